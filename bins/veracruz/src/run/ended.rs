//! How `veracruz run` itself ends: its exit statuses and its words.

use std::fmt;

use serde_json::{Value, json};
use veracruz_runtime::offline::{Ended, OfflineError};

/// The program was not run (as `docker run` has it).
const NOT_RUN: u8 = 125;
/// It ended by itself, but its files could not be copied out.
const NOT_COPIED: u8 = 126;
/// It was ended: what a shell shows for SIGABRT, and `wasmtime run` for a trap.
const ENDED: u8 = 134;
/// Nobody reads its output: what a shell shows for SIGPIPE.
pub(super) const BROKEN_PIPE: u8 = 141;

/// Why there is no exit code of the program alone.
pub(super) enum Failure {
    NotRun(anyhow::Error),
    Ended(Ended),
    NotCopied { code: u32, error: anyhow::Error },
}

pub(super) fn status_of(ended: &Result<u32, Failure>) -> u8 {
    match ended {
        Ok(code) => u8::try_from(*code).unwrap_or(u8::MAX),
        Err(Failure::NotRun(_)) => NOT_RUN,
        Err(Failure::Ended(_)) => ENDED,
        Err(Failure::NotCopied { .. }) => NOT_COPIED,
    }
}

impl Failure {
    fn code(&self) -> &str {
        match self {
            Failure::NotRun(error) | Failure::NotCopied { error, .. } => {
                error.downcast_ref().map_or("wrong-use", OfflineError::code)
            }
            Failure::Ended(ended) => ended.code(),
        }
    }

    fn reason(&self) -> String {
        match self {
            Failure::NotRun(error) => format!("{error:#}"),
            Failure::NotCopied { code, error } => format!("the program ended with code {code}, but {error:#}"),
            Failure::Ended(ended) => ended.to_string(),
        }
    }

    /// For the JSON object.
    pub(super) fn members(&self) -> Vec<(String, Value)> {
        let mut members = vec![("code".to_owned(), json!(self.code())), ("reason".to_owned(), json!(self.reason()))];
        if let Failure::NotCopied { code, .. } = self {
            members.push(("exit_code".to_owned(), json!(code)));
        }
        members
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = if matches!(self, Failure::Ended(_)) { "failed" } else { "refused" };
        write!(f, "{word} [{}]: {}", self.code(), self.reason())
    }
}
