//! Who may do what: the one place where a right is looked up.
//!
//! A [`Permit`] is a value that only [`FullPolicy::decide`] makes, so whatever takes one cannot be reached without a
//! decision. Looking up allocates nothing; a refusal does, to say what is missing where.

use std::collections::HashMap;
use std::fmt;

use crate::certificate::Certificate;
use crate::digest::Sha256Digest;
use crate::document::{FullDocument, FullPolicy, PipelineEntry};
use crate::name::Name;
use crate::path::{Stream, Target, VfsPath};
use crate::rights::Rights;
use crate::table::{RightsEntry, RightsTable};

/// Whoever acts in an instance.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Principal {
    /// The peer of a session, by the id of its identity.
    Participant(u32),
    /// A running program, by its path.
    Program(VfsPath),
    /// The programs of a running pipeline, by the pipeline's name.
    Pipeline(Name),
}

impl fmt::Display for Principal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Principal::Participant(id) => write!(f, "participant {id}"),
            Principal::Program(path) => write!(f, "program {path:?}"),
            Principal::Pipeline(name) => write!(f, "pipeline {:?}", name.as_str()),
        }
    }
}

/// What is to be done with a target.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// Read a whole file, or what a stream holds.
    Read,
    /// Replace a file's content, or set the standard input.
    Write {
        /// Whether the file does not exist yet.
        creates: bool,
    },
    /// Add to the end of a file.
    Append {
        /// Whether the file does not exist yet.
        creates: bool,
    },
    /// Run the file as a program.
    Execute,
    /// List a directory.
    List,
    /// Ask whether a path exists, and for its size.
    Stat,
    /// Use exactly these rights: what a program's system call needs.
    Use(Rights),
}

impl Action {
    /// The rights that the action needs on `target` (reference behaviour of Veracruz main's client operations).
    pub fn needs(self, target: &Target) -> Rights {
        let created = |creates| {
            if creates { Rights::PATH_CREATE_FILE } else { Rights::empty() }
        };
        let on_path = match target {
            Target::Path(_) => Rights::PATH_OPEN,
            Target::Stream(_) => Rights::empty(),
        };
        match (self, target) {
            (Action::Read, _) => on_path | Rights::FD_READ | Rights::FD_SEEK,
            (Action::Write { .. }, Target::Stream(_)) | (Action::Append { .. }, Target::Stream(_)) => {
                Rights::FD_WRITE | Rights::FD_SEEK
            }
            (Action::Write { creates }, Target::Path(_)) => {
                on_path | Rights::FD_WRITE | Rights::FD_SEEK | Rights::PATH_FILESTAT_SET_SIZE | created(creates)
            }
            (Action::Append { creates }, Target::Path(_)) => {
                on_path | Rights::FD_WRITE | Rights::FD_SEEK | created(creates)
            }
            (Action::Execute, _) => Rights::EXECUTE_ONLY,
            (Action::List, _) => on_path | Rights::FD_READDIR,
            (Action::Stat, _) => on_path,
            (Action::Use(rights), _) => rights,
        }
    }

    /// Whether a file can be another one afterwards.
    fn changes(self) -> bool {
        const CHANGING: Rights = Rights::FD_WRITE
            .union(Rights::FD_ALLOCATE)
            .union(Rights::FD_FILESTAT_SET_SIZE)
            .union(Rights::PATH_FILESTAT_SET_SIZE)
            .union(Rights::PATH_RENAME_SOURCE)
            .union(Rights::PATH_RENAME_TARGET)
            .union(Rights::PATH_LINK_TARGET)
            .union(Rights::PATH_SYMLINK)
            .union(Rights::PATH_UNLINK_FILE);
        match self {
            Action::Write { .. } | Action::Append { .. } => true,
            Action::Use(rights) => rights.intersects(CHANGING),
            Action::Read | Action::Execute | Action::List | Action::Stat => false,
        }
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Action::Read => f.write_str("read"),
            Action::Write { .. } => f.write_str("write"),
            Action::Append { .. } => f.write_str("append to"),
            Action::Execute => f.write_str("execute"),
            Action::List => f.write_str("list"),
            Action::Stat => f.write_str("look at"),
            Action::Use(rights) => write!(f, "use {rights} on"),
        }
    }
}

/// Proof that the policy allows one action of one principal on one target.
#[derive(Debug)]
#[must_use = "a permit is to be handed to what does the action"]
pub struct Permit<'p> {
    action: Action,
    target: &'p Target,
    entry: &'p RightsEntry,
    declared: Option<&'p Sha256Digest>,
}

impl<'p> Permit<'p> {
    /// The action that is allowed.
    pub fn action(&self) -> Action {
        self.action
    }

    /// On what.
    pub fn target(&self) -> &'p Target {
        self.target
    }

    /// All rights of the entry that decided; an open file gets no more than these.
    pub fn granted(&self) -> Rights {
        self.entry.rights()
    }

    /// For a write: the digest that the new content must have.
    pub fn declared_hash(&self) -> Option<&'p Sha256Digest> {
        self.declared
    }
}

/// Why the policy does not allow an action.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{principal} may not {action} {target:?}: {reason}", target = target.to_string())]
pub struct Denial {
    /// Who asked.
    pub principal: Principal,
    /// For what.
    pub action: Action,
    /// On what.
    pub target: Target,
    /// What is in the way.
    pub reason: DenialReason,
}

/// A refusal; boxed, because the way through is the common one and a `Result` is as large as its larger half.
pub type Denied = Box<Denial>;

/// What is in the way of an action.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DenialReason {
    /// The policy has no such principal.
    #[error("the policy does not name this principal")]
    UnknownPrincipal,
    /// No entry covers the target.
    #[error("none of its entries covers the target")]
    NoEntry,
    /// The entry that decides lacks rights.
    #[error("the entry {entry:?} gives {granted} and lacks {missing}")]
    MissingRights {
        /// The entry's name, as the policy writes it.
        entry: String,
        /// Its rights.
        granted: Rights,
        /// Rights that the action needs besides.
        missing: Rights,
    },
    /// A stream goes the other way: participants write `stdin` and read `stdout` and `stderr`.
    #[error("participants write stdin and read stdout and stderr, never the other way round")]
    StreamDirection,
    /// The policy fixes the file's content.
    #[error("the policy fixes the content of this file by its hash; it can only be written whole, by a participant")]
    ContentIsFixed,
    /// The file is no program of the policy.
    #[error("the policy names no program with this path")]
    NotAProgram,
}

impl DenialReason {
    /// A stable name for machines.
    pub fn code(&self) -> &'static str {
        match self {
            DenialReason::UnknownPrincipal => "unknown-principal",
            DenialReason::NoEntry => "no-entry",
            DenialReason::MissingRights { .. } => "missing-rights",
            DenialReason::StreamDirection => "stream-direction",
            DenialReason::ContentIsFixed => "content-is-fixed",
            DenialReason::NotAProgram => "not-a-program",
        }
    }
}

impl FullPolicy {
    /// Decides whether `principal` may do `action` on `target`.
    ///
    /// The longest entry that covers the target decides alone. A file with a declared hash can only be written whole by
    /// a participant, and only with that content: see [`Permit::declared_hash`]. Executing also needs the path to be a
    /// program of the policy; steps of a pipeline are not, so the runtime decides about them with
    /// [`Rights::EXECUTE_ONLY`] as [`Action::Use`].
    ///
    /// # Errors
    /// [`Denied`] says what is missing on which entry.
    pub fn decide<'p>(
        &'p self,
        principal: &Principal,
        action: Action,
        target: &'p Target,
    ) -> Result<Permit<'p>, Denied> {
        let deny = |reason| Box::new(Denial { principal: principal.clone(), action, target: target.clone(), reason });
        let table = self.table(principal).ok_or_else(|| deny(DenialReason::UnknownPrincipal))?;
        if !direction_fits(principal, action, target) {
            return Err(deny(DenialReason::StreamDirection));
        }
        let entry = table.deciding(target).ok_or_else(|| deny(DenialReason::NoEntry))?;
        let missing = action.needs(target).difference(entry.rights());
        if !missing.is_empty() {
            let (entry, granted) = (entry.name().to_owned(), entry.rights());
            return Err(deny(DenialReason::MissingRights { entry, granted, missing }));
        }
        if action == Action::Execute && !self.index().is_program(target) {
            return Err(deny(DenialReason::NotAProgram));
        }
        let declared = if action.changes() { self.index().declared_hash(target) } else { None };
        if declared.is_some() && !matches!((principal, action), (Principal::Participant(_), Action::Write { .. })) {
            return Err(deny(DenialReason::ContentIsFixed));
        }
        Ok(Permit { action, target, entry, declared })
    }

    /// The participant whose certificate has exactly these DER bytes.
    pub fn participant(&self, der: &[u8]) -> Option<Principal> {
        let position = *self.index().certificates.get(&Sha256Digest::of(der))?;
        let identity = self.identities.get(position).filter(|identity| identity.certificate.der() == der)?;
        Some(Principal::Participant(identity.id))
    }

    /// The principal of a program.
    pub fn program(&self, path: &VfsPath) -> Option<Principal> {
        self.index().programs.contains_key(path).then(|| Principal::Program(path.clone()))
    }

    /// The pipeline that a request names: by its name or by its index, with or without a leading slash (clients of
    /// Veracruz main send `/0`).
    pub fn pipeline(&self, request: &str) -> Option<(Principal, &PipelineEntry)> {
        let wanted = request.strip_prefix('/').unwrap_or(request);
        let by_name = Name::parse(wanted).ok().and_then(|name| self.index().pipelines.get(&name).copied());
        let position = by_name.or_else(|| wanted.parse().ok())?;
        let entry = self.pipelines().get(position)?;
        Some((Principal::Pipeline(entry.name.clone()), entry))
    }

    /// The digest that the policy declares for a file.
    pub fn declared_hash(&self, path: &VfsPath) -> Option<&Sha256Digest> {
        self.index().hashes.get(path)
    }

    /// The rights of a principal, for building what it sees of the file system.
    pub fn table(&self, principal: &Principal) -> Option<&RightsTable> {
        let index = self.index();
        match principal {
            Principal::Participant(id) => {
                self.identities.get(*index.participants.get(id)?).map(|identity| &identity.file_rights)
            }
            Principal::Program(path) => {
                self.programs.get(*index.programs.get(path)?).map(|program| &program.file_rights)
            }
            Principal::Pipeline(name) => {
                self.pipelines().get(*index.pipelines.get(name)?).map(|pipeline| &pipeline.file_rights)
            }
        }
    }
}

fn direction_fits(principal: &Principal, action: Action, target: &Target) -> bool {
    let (Principal::Participant(_), Target::Stream(stream)) = (principal, target) else {
        return true;
    };
    match action {
        Action::Write { .. } => *stream == Stream::Stdin,
        Action::Read => *stream != Stream::Stdin,
        Action::Stat | Action::Use(_) => true,
        Action::Append { .. } | Action::Execute | Action::List => false,
    }
}

/// Positions in the document by what requests name.
#[derive(Clone, Debug)]
pub(crate) struct Index {
    participants: HashMap<u32, usize>,
    certificates: HashMap<Sha256Digest, usize>,
    programs: HashMap<VfsPath, usize>,
    pipelines: HashMap<Name, usize>,
    hashes: HashMap<VfsPath, Sha256Digest>,
}

impl Index {
    pub(crate) fn of(document: &FullDocument) -> Self {
        let identities = || document.identities.iter().enumerate();
        let fingerprint = |certificate: &Certificate| certificate.fingerprint();
        Index {
            participants: identities().map(|(position, identity)| (identity.id, position)).collect(),
            certificates: identities().map(|(position, one)| (fingerprint(&one.certificate), position)).collect(),
            programs: positions(document.programs.iter().map(|program| program.program_file_name.clone())),
            pipelines: positions(document.pipelines().iter().map(|pipeline| pipeline.name.clone())),
            hashes: document.file_hashes.iter().map(|file| (file.file_path.clone(), file.hash)).collect(),
        }
    }

    fn is_program(&self, target: &Target) -> bool {
        target.as_path().is_some_and(|path| self.programs.contains_key(path))
    }

    fn declared_hash(&self, target: &Target) -> Option<&Sha256Digest> {
        target.as_path().and_then(|path| self.hashes.get(path))
    }
}

fn positions<K: std::hash::Hash + Eq>(keys: impl Iterator<Item = K>) -> HashMap<K, usize> {
    keys.enumerate().map(|(position, key)| (key, position)).collect()
}
