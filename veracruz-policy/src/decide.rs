//! Who may do what: the one place where a right is looked up.
//!
//! A [`Permit`] is a value that only [`FullPolicy::decide`] makes, so whatever takes one cannot be reached without a
//! decision. Looking up allocates nothing; a refusal does, to say what is missing where.

mod action;
mod denial;
mod index;

use std::fmt;

pub use action::Action;
pub use denial::{Denial, DenialReason, Denied};
pub(crate) use index::Index;

use crate::digest::Sha256Digest;
use crate::document::{FullPolicy, PipelineEntry};
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

impl FullPolicy {
    /// Decides whether `principal` may do `action` on `target`.
    ///
    /// The longest entry that covers the target decides alone. A file with a declared hash can only be written whole by
    /// a participant, and only with that content: see [`Permit::declared_hash`]; nor can a directory above it be renamed.
    /// Executing also needs the path to be a program of the policy; steps of a pipeline are not, so the runtime decides
    /// about them with [`Rights::EXECUTE_ONLY`] as [`Action::Use`].
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
        if action.moves() && self.index().fixes_below(target) {
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
