//! The model of an instance's files: a map from paths to bytes, and the policy's decisions.

use std::collections::BTreeMap;
use std::sync::Arc;

use veracruz_policy::{Action, FullPolicy, Principal, Rights, Sha256Digest, Step, Stream, Target, VfsPath};
use veracruz_protocol::{FileKind, ListEntry};
use veracruz_runtime::offline;
use veracruz_runtime::vfs::{MAX_DEPTH, WriteMode};

use crate::guests::{Deed, Guests, LOG, MARK, SAID, SLEPT};

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Node {
    Directory,
    File { content: Vec<u8>, sealed: bool },
}

/// What became of a program.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Ran {
    /// It was not run, or trapped.
    Failed,
    Exited(u32),
    /// It goes on until it is cancelled.
    Sleeps,
    /// The model does not know what it does.
    Unknown,
}

/// Something that is no directory is in the way.
struct InTheWay;

pub(crate) struct Files {
    pub(crate) policy: Arc<FullPolicy>,
    pub(crate) nodes: BTreeMap<String, Node>,
    guests: Guests,
    stdin: Vec<u8>,
    stdout: Vec<u8>,
}

impl Files {
    pub(crate) fn new(policy: Arc<FullPolicy>, guests: Guests, nodes: BTreeMap<String, Node>) -> Self {
        Files { policy, nodes, guests, stdin: Vec::new(), stdout: Vec::new() }
    }

    /// Whether these are the same names with the same content.
    pub(crate) fn is_in(&self, found: &BTreeMap<String, Node>) -> bool {
        let same = |(left, right): (&Node, &Node)| match (left, right) {
            (Node::File { content: left, .. }, Node::File { content: right, .. }) => left == right,
            _ => left == right,
        };
        self.nodes.keys().eq(found.keys()) && self.nodes.values().zip(found.values()).all(same)
    }

    fn allows(&self, who: &Principal, action: Action, target: &Target) -> bool {
        self.policy.decide(who, action, target).is_ok()
    }

    fn look(&self, path: &VfsPath) -> Result<Option<&Node>, InTheWay> {
        let mut here = String::new();
        let mut node = Some(&Node::Directory);
        for component in path.components() {
            match node {
                Some(Node::File { .. }) => return Err(InTheWay),
                Some(Node::Directory) => {}
                None => return Ok(None),
            }
            here.push('/');
            here.push_str(component);
            node = self.nodes.get(&here);
        }
        Ok(node)
    }

    fn content(&self, target: &Target) -> Option<&Vec<u8>> {
        match target {
            Target::Stream(Stream::Stdin) => Some(&self.stdin),
            Target::Stream(Stream::Stdout) => Some(&self.stdout),
            Target::Stream(Stream::Stderr) => Some(const { &Vec::new() }),
            Target::Path(path) => match self.look(path) {
                Ok(Some(Node::File { content, .. })) => Some(content),
                _ => None,
            },
        }
    }

    pub(crate) fn read(&self, who: &Principal, target: &Target) -> Option<Vec<u8>> {
        if !self.allows(who, Action::Read, target) {
            return None;
        }
        self.content(target).cloned()
    }

    pub(crate) fn may_write(&self, who: &Principal, target: &Target, mode: WriteMode) -> bool {
        let node = target.as_path().map_or(Ok(None), |path| self.look(path));
        let creates = target.as_path().is_some() && matches!(node, Ok(None));
        let action = match mode {
            WriteMode::Replace => Action::Write { creates },
            WriteMode::Append => Action::Append { creates },
        };
        self.allows(who, action, target) && matches!(node, Ok(None | Some(Node::File { .. })))
    }

    /// Whether an upload becomes the file.
    pub(crate) fn commit(&mut self, who: &Principal, target: &Target, mode: WriteMode, upload: Vec<u8>) -> bool {
        if !self.may_write(who, target, mode) {
            return false;
        }
        let Target::Path(path) = target else {
            self.stdin = upload;
            return true;
        };
        let declared = self.policy.declared_hash(path);
        if declared.is_some_and(|declared| *declared != Sha256Digest::of(&upload)) {
            return false;
        }
        if self.is_program(path) && (mode == WriteMode::Append || !self.runs_here(&upload)) {
            return false;
        }
        let sealed = declared.is_some();
        let old = match self.nodes.get_mut(path.as_str()) {
            Some(Node::File { content, sealed }) => Some((content, *sealed)),
            _ => None,
        };
        match (old, mode) {
            (Some((_, true)), _) => {}
            (Some((content, false)), WriteMode::Replace) => *content = upload,
            (Some((content, false)), WriteMode::Append) => content.extend_from_slice(&upload),
            (None, _) => return self.create(path, upload, sealed),
        }
        true
    }

    fn create(&mut self, path: &VfsPath, content: Vec<u8>, sealed: bool) -> bool {
        if path.is_root() || path.components().count() > MAX_DEPTH {
            return false;
        }
        let above = path.as_str().match_indices('/').skip(1);
        for (end, _) in above {
            self.nodes.entry(path.as_str()[..end].to_owned()).or_insert(Node::Directory);
        }
        self.nodes.insert(path.as_str().to_owned(), Node::File { content, sealed });
        true
    }

    fn is_program(&self, path: &VfsPath) -> bool {
        let steps = self.policy.pipelines().iter().flat_map(|entry| entry.pipeline.programs());
        self.policy.programs.iter().map(|program| &program.program_file_name).chain(steps).any(|known| known == path)
    }

    fn runs_here(&self, wasm: &[u8]) -> bool {
        self.guests.deed(wasm).is_some()
            || offline::check(wasm, self.policy.max_memory_mib).is_ok_and(|report| report.refusals.is_empty())
    }

    pub(crate) fn stat(&self, who: &Principal, target: &Target) -> Option<(FileKind, u64)> {
        if !self.allows(who, Action::Stat, target) {
            return None;
        }
        match target {
            Target::Stream(_) => Some((FileKind::Stream, self.content(target)?.len() as u64)),
            Target::Path(path) => self.look(path).ok()?.map(Node::kind_and_size),
        }
    }

    pub(crate) fn list(&self, who: &Principal, path: &VfsPath) -> Option<Vec<ListEntry>> {
        let directory = self.look(path).ok()??;
        if !self.allows(who, Action::List, &Target::from(path.clone())) || *directory != Node::Directory {
            return None;
        }
        let prefix = if path.is_root() { "/".to_owned() } else { format!("{path}/") };
        let inside = self.nodes.iter().filter_map(|(name, node)| Some((name.strip_prefix(&prefix)?, node)));
        let mut entries = Vec::new();
        for (name, node) in inside.filter(|(name, _)| !name.is_empty() && !name.contains('/')) {
            let target = Target::from(VfsPath::parse(&format!("{prefix}{name}")).unwrap());
            let entry = self.policy.table(who).and_then(|table| table.deciding(&target));
            if entry.is_some_and(|entry| entry.rights() != Rights::empty()) {
                let (kind, size) = node.kind_and_size();
                entries.push(ListEntry { name: name.to_owned(), kind, size });
            }
        }
        Some(entries)
    }

    /// Runs a program that a participant asked for.
    pub(crate) fn compute(&mut self, who: &Principal, name: &str) -> Ran {
        let Ok(path) = VfsPath::parse(name) else { return Ran::Failed };
        if !self.allows(who, Action::Execute, &Target::from(path.clone())) {
            return Ran::Failed;
        }
        let Some(wasm) = self.content(&Target::from(path)).cloned() else { return Ran::Failed };
        self.stdout.clear();
        self.run(&wasm)
    }

    /// Runs a pipeline that a participant asked for.
    pub(crate) fn pipeline(&mut self, who: &Principal, name: &str) -> Ran {
        let policy = Arc::clone(&self.policy);
        let Some((_, entry)) = policy.pipeline(name) else { return Ran::Failed };
        self.stdout.clear();
        self.sequence(who, entry.pipeline.steps())
    }

    fn sequence(&mut self, who: &Principal, steps: &[Step]) -> Ran {
        for step in steps {
            let ran = match step {
                Step::Run(path) => self.step(who, path),
                Step::Block(steps) => self.sequence(who, steps),
                Step::If { exists, then, otherwise } => {
                    let found = self.stat(who, &Target::from(exists.clone())).is_some();
                    self.sequence(who, if found { then } else { otherwise })
                }
            };
            if ran != Ran::Exited(0) {
                return ran;
            }
        }
        Ran::Exited(0)
    }

    fn step(&mut self, who: &Principal, path: &VfsPath) -> Ran {
        let target = Target::from(path.clone());
        if !self.allows(who, Action::Use(Rights::EXECUTE_ONLY), &target) {
            return Ran::Failed;
        }
        match self.content(&target).cloned() {
            Some(wasm) => self.run(&wasm),
            None => Ran::Failed,
        }
    }

    fn run(&mut self, wasm: &[u8]) -> Ran {
        match self.guests.deed(wasm) {
            None if self.runs_here(wasm) => Ran::Unknown,
            None | Some(Deed::Traps) => Ran::Failed,
            Some(Deed::Exits(code)) => Ran::Exited(code),
            Some(Deed::Says) => {
                self.stdout.extend_from_slice(SAID.as_bytes());
                if self.note(LOG, SAID) { Ran::Exited(0) } else { Ran::Exited(1) }
            }
            Some(Deed::Sleeps) => {
                if self.note(SLEPT, MARK) {
                    Ran::Sleeps
                } else {
                    Ran::Exited(1)
                }
            }
        }
    }

    /// A program adds to a file. Whether it can: the name may be a directory by now.
    fn note(&mut self, name: &str, text: &str) -> bool {
        match self.nodes.entry(name.to_owned()).or_insert(Node::File { content: Vec::new(), sealed: false }) {
            Node::File { content, .. } => {
                content.extend_from_slice(text.as_bytes());
                true
            }
            Node::Directory => false,
        }
    }
}

impl Node {
    fn kind_and_size(&self) -> (FileKind, u64) {
        match self {
            Node::Directory => (FileKind::Directory, 0),
            Node::File { content, .. } => (FileKind::File, content.len() as u64),
        }
    }
}
