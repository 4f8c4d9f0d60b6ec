//! Reference measurements: the code that the operator vouches for, by platform.
//!
//! The text is JSON, an array of `{"name": "runtime 0.1", "platform": "nitro", "pcrs": {"0": "<96 hex digits>", …}}`. It
//! is read strictly: a misspelt key or a value given twice is an error and never a measurement less or more. All errors
//! are told at once, each with its JSON pointer (RFC 6901). Files are not read here.

mod read;

use std::fmt;

use veracruz_policy::Platform;

use self::read::Faults;
use crate::measurement::Measurements;

/// Bytes of the text: a thousand entries with every register fit.
pub const MAX_REFERENCE_BYTES: usize = 4 * 1024 * 1024;

/// Entries in the text. Each is compared with each piece of evidence; an operator has a handful.
pub const MAX_REFERENCES: usize = 1024;

/// Characters of a name: it goes into log lines.
pub const MAX_NAME_CHARS: usize = 128;

/// One measurement that certificates are issued for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    name: String,
    platform: Platform,
    measurements: Measurements,
}

impl Reference {
    /// The operator's name for the code.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The platform that the registers belong to.
    pub fn platform(&self) -> Platform {
        self.platform
    }

    /// The registers.
    pub fn measurements(&self) -> &Measurements {
        &self.measurements
    }
}

/// The accepted measurements: at least one, no name and no set of registers twice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReferenceMeasurements(Vec<Reference>);

impl ReferenceMeasurements {
    /// Reads the JSON text.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with it, in the order of the text.
    pub fn parse(text: &str) -> Result<Self, ReferenceErrors> {
        let mut faults = Faults::default();
        let references = read::entries(text, &mut faults).unwrap_or_default();
        if faults.0.is_empty() { Ok(ReferenceMeasurements(references)) } else { Err(ReferenceErrors(faults.0)) }
    }

    /// The entries, in the order of the text.
    pub fn iter(&self) -> impl Iterator<Item = &Reference> {
        self.0.iter()
    }

    pub(crate) fn of_platform(&self, platform: Platform) -> impl Iterator<Item = &Reference> {
        self.iter().filter(move |reference| reference.platform == platform)
    }
}

/// Everything that is wrong with a text of reference measurements.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReferenceErrors(Vec<ReferenceError>);

/// One fault of the text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("at `{pointer}`: {problem}")]
pub struct ReferenceError {
    /// Where: a JSON pointer, empty for the whole text.
    pub pointer: String,
    /// What is wrong and what to write instead.
    pub problem: String,
}

impl ReferenceErrors {
    /// The faults, at least one.
    pub fn iter(&self) -> impl Iterator<Item = &ReferenceError> {
        self.0.iter()
    }
}

impl fmt::Display for ReferenceErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the reference measurements are refused:")?;
        for error in &self.0 {
            write!(f, "\n  - {error}")?;
        }
        Ok(())
    }
}

impl std::error::Error for ReferenceErrors {}
