//! Rights as people type them: `"/input/ : w, /output/ : r, stdin : 534084"`, the form of Veracruz's policy generator.

use crate::path::PathError;
use crate::rights::{Rights, RightsError};
use crate::table::{ContradictoryEntry, RightsEntry, RightsTable};

/// Reads a list of `name:rights`, separated by commas, blanks optional; rights are letters of `rwx`, a number, or names
/// joined by `|`. An empty text is a table without entries.
///
/// # Errors
/// [`CapabilityError`] names the first pair that cannot be read.
pub fn parse_capabilities(text: &str) -> Result<RightsTable, CapabilityError> {
    let pairs = text.split(',').map(str::trim).filter(|pair| !pair.is_empty());
    let entries: Vec<RightsEntry> = pairs.map(parse_pair).collect::<Result<_, _>>()?;
    RightsTable::new(entries).map_err(|mut contradictions| CapabilityError::Contradiction(contradictions.remove(0)))
}

fn parse_pair(pair: &str) -> Result<RightsEntry, CapabilityError> {
    let shown = || pair.chars().take(80).collect::<String>();
    let (name, rights) = pair.rsplit_once(':').ok_or_else(|| CapabilityError::NoRights(shown()))?;
    let rights: Rights = rights.parse().map_err(|reason| CapabilityError::Rights { pair: shown(), reason })?;
    RightsEntry::new(name.trim(), rights).map_err(|reason| CapabilityError::Path { pair: shown(), reason })
}

/// Why a text is no list of capabilities.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CapabilityError {
    /// A part without colon.
    #[error("{0:?} has no `:rights`; write for example `/input/:r`")]
    NoRights(String),
    /// Rights that cannot be read.
    #[error("in {pair:?}: {reason}")]
    Rights {
        /// The part.
        pair: String,
        /// What is wrong.
        reason: RightsError,
    },
    /// A name that is no stream and no path.
    #[error("in {pair:?}: {reason}")]
    Path {
        /// The part.
        pair: String,
        /// What is wrong.
        reason: PathError,
    },
    /// One path with two different rights.
    #[error("{0}")]
    Contradiction(ContradictoryEntry),
}
