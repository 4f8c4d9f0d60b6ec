//! What a session must answer: the policy's decision, and what is there. It knows nothing of the runtime.

use std::collections::{BTreeMap, BTreeSet};

use veracruz_client::FileKind;
use veracruz_policy::{Action, FullPolicy, Principal, Sha256Digest, Stream, Target, VfsPath};

/// What a participant tries.
#[derive(Clone, Debug)]
pub(crate) enum Operation {
    Write(Vec<u8>),
    /// In several messages.
    WriteInParts(Vec<u8>),
    Append(Vec<u8>),
    Read,
    List,
    Stat,
    Compute,
}

/// What it gets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    Done,
    Content(Vec<u8>),
    Entries(Vec<(String, FileKind, u64)>),
    Stat(FileKind, u64),
    ExitCode(u32),
}

/// An answer, or the code of a refusal.
pub(crate) type Outcome = Result<Answer, String>;

/// The files of an instance as plain maps.
pub(crate) struct Model {
    pub(crate) policy: FullPolicy,
    pub(crate) files: BTreeMap<VfsPath, Vec<u8>>,
    pub(crate) stdin: Vec<u8>,
    /// What every program prints.
    pub(crate) printed: &'static [u8],
    directories: BTreeSet<VfsPath>,
}

enum Found {
    Missing,
    /// Below a file.
    Nowhere,
    Directory,
    Content(Vec<u8>),
}

impl Model {
    /// Nothing but the directories that the policy names with a slash.
    pub(crate) fn new(policy: FullPolicy, printed: &'static [u8]) -> Self {
        let mut model =
            Model { files: BTreeMap::new(), stdin: Vec::new(), printed, directories: BTreeSet::new(), policy };
        let participants = model.policy.identities.iter().map(|identity| &identity.file_rights);
        let programs = model.policy.programs.iter().map(|program| &program.file_rights);
        let entries = participants.chain(programs).flat_map(|table| table.entries());
        let named = entries.filter(|entry| entry.name().ends_with('/'));
        let paths: Vec<VfsPath> = named.filter_map(|entry| entry.target().as_path().cloned()).collect();
        for path in paths {
            model.make_directories(&path);
            model.directories.insert(path);
        }
        model
    }

    /// What must come of an operation, and its effect.
    pub(crate) fn act(&mut self, who: &Principal, operation: &Operation, name: &str) -> Outcome {
        let target = match operation {
            Operation::List | Operation::Compute => VfsPath::parse(name).map(Target::Path),
            _ => Target::parse(name),
        };
        let target = target.map_err(|_| "bad-name".to_owned())?;
        let found = self.find(&target);
        let creates = matches!(found, Found::Missing);
        let action = match operation {
            Operation::Write(_) | Operation::WriteInParts(_) => Action::Write { creates },
            Operation::Append(_) => Action::Append { creates },
            Operation::Read => Action::Read,
            Operation::List => Action::List,
            Operation::Stat => Action::Stat,
            Operation::Compute => Action::Execute,
        };
        self.policy.decide(who, action, &target).map(drop).map_err(|denied| denied.reason.code().to_owned())?;
        match operation {
            Operation::Write(bytes) | Operation::WriteInParts(bytes) => self.write(&target, found, bytes.clone()),
            Operation::Append(bytes) => self.append(&target, found, bytes),
            Operation::Read => file(found).map(Answer::Content),
            Operation::List => match found {
                Found::Directory => Ok(Answer::Entries(self.visible_entries(who, &target))),
                Found::Missing => Err("not-found".to_owned()),
                Found::Nowhere | Found::Content(_) => Err("not-a-directory".to_owned()),
            },
            Operation::Stat => stat(found, &target),
            Operation::Compute => file(found).map(|_| Answer::ExitCode(0)),
        }
    }

    /// Puts a file there.
    pub(crate) fn put(&mut self, path: &VfsPath, bytes: Vec<u8>) {
        self.make_directories(path);
        self.files.insert(path.clone(), bytes);
    }

    fn write(&mut self, target: &Target, found: Found, bytes: Vec<u8>) -> Outcome {
        let Target::Path(path) = target else {
            self.stdin = bytes;
            return Ok(Answer::Done);
        };
        in_the_way(&found)?;
        if self.policy.declared_hash(path).is_some_and(|declared| *declared != Sha256Digest::of(&bytes)) {
            return Err("wrong-hash".to_owned());
        }
        if self.policy.program(path).is_some() && !bytes.starts_with(b"\0asm") {
            return Err("not-a-module".to_owned());
        }
        self.put(path, bytes);
        Ok(Answer::Done)
    }

    fn append(&mut self, target: &Target, found: Found, bytes: &[u8]) -> Outcome {
        in_the_way(&found)?;
        let path = target.as_path().expect("no right goes that far: no stream is appended to");
        if self.policy.program(path).is_some() {
            return Err("program-append".to_owned());
        }
        self.make_directories(path);
        self.files.entry(path.clone()).or_default().extend_from_slice(bytes);
        Ok(Answer::Done)
    }

    fn find(&self, target: &Target) -> Found {
        match target {
            Target::Stream(Stream::Stdin) => Found::Content(self.stdin.clone()),
            Target::Stream(Stream::Stdout) => Found::Content(self.printed.to_vec()),
            Target::Stream(Stream::Stderr) => Found::Content(Vec::new()),
            Target::Path(path) if path.is_root() || self.directories.contains(path) => Found::Directory,
            Target::Path(path) => match self.files.get(path) {
                Some(bytes) => Found::Content(bytes.clone()),
                None if self.files.keys().any(|file| file.contains(path)) => Found::Nowhere,
                None => Found::Missing,
            },
        }
    }

    fn visible_entries(&self, who: &Principal, directory: &Target) -> Vec<(String, FileKind, u64)> {
        let table = self.policy.table(who).unwrap();
        let visible = |path: &VfsPath| {
            table.deciding(&Target::from(path.clone())).is_some_and(|entry| !entry.rights().is_empty())
        };
        let files = self.files.iter().map(|(path, bytes)| (path, FileKind::File, bytes.len() as u64));
        let directories = self.directories.iter().map(|path| (path, FileKind::Directory, 0));
        let children = files.chain(directories).filter(|(path, ..)| above(path).as_ref() == directory.as_path());
        let mut entries: Vec<_> = children
            .filter(|(path, ..)| visible(path))
            .map(|(path, kind, size)| (path.components().last().unwrap().to_owned(), kind, size))
            .collect();
        entries.sort_by(|(left, ..), (right, ..)| left.cmp(right));
        entries
    }

    fn make_directories(&mut self, path: &VfsPath) {
        let mut here = path.clone();
        while let Some(up) = above(&here).filter(|up| !up.is_root()) {
            self.directories.insert(up.clone());
            here = up;
        }
    }
}

fn above(path: &VfsPath) -> Option<VfsPath> {
    let (up, _) = path.as_str().rsplit_once('/').filter(|_| !path.is_root())?;
    Some(VfsPath::parse(if up.is_empty() { "/" } else { up }).unwrap())
}

fn in_the_way(found: &Found) -> Result<(), String> {
    match found {
        Found::Directory => Err("is-a-directory".to_owned()),
        Found::Nowhere => Err("not-a-directory".to_owned()),
        Found::Missing | Found::Content(_) => Ok(()),
    }
}

fn file(found: Found) -> Result<Vec<u8>, String> {
    in_the_way(&found)?;
    match found {
        Found::Content(bytes) => Ok(bytes),
        _ => Err("not-found".to_owned()),
    }
}

fn stat(found: Found, target: &Target) -> Outcome {
    match (found, target) {
        (Found::Content(bytes), Target::Stream(_)) => Ok(Answer::Stat(FileKind::Stream, bytes.len() as u64)),
        (Found::Content(bytes), Target::Path(_)) => Ok(Answer::Stat(FileKind::File, bytes.len() as u64)),
        (Found::Directory, _) => Ok(Answer::Stat(FileKind::Directory, 0)),
        (Found::Missing, _) => Err("not-found".to_owned()),
        (Found::Nowhere, _) => Err("not-a-directory".to_owned()),
    }
}
