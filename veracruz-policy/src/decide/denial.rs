//! What is in the way of an action, in words that name the entry and the right.

use super::{Action, Principal};
use crate::path::Target;
use crate::rights::Rights;

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
