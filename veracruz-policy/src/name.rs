//! Names of functions, instances, pipelines and modules.

use std::fmt;

use serde::{Serialize, Serializer};

use crate::error::{Refusal, Rule, shown};

/// Bytes of a name: its base64 must fit a file name of 255 bytes, which is the limit that users of the old service met.
pub const MAX_NAME_BYTES: usize = 189;

/// A name: 1 to [`MAX_NAME_BYTES`] bytes of UTF-8, one segment of a URL (no `/`, not `.` or `..`), no control character.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name(String);

impl Name {
    /// Reads a name.
    ///
    /// # Errors
    /// [`NameError`].
    pub fn parse(text: &str) -> Result<Self, NameError> {
        match text {
            "" => Err(NameError::Empty),
            "." | ".." => Err(NameError::Dots),
            _ if text.len() > MAX_NAME_BYTES => Err(NameError::TooLong(text.len())),
            _ if text.contains('/') => Err(NameError::Slash),
            _ if text.chars().any(char::is_control) => Err(NameError::Control),
            _ => Ok(Name(text.to_owned())),
        }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for Name {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

/// Why a text is no name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// No text.
    #[error("it is empty")]
    Empty,
    /// Longer than [`MAX_NAME_BYTES`].
    #[error("it has {0} bytes, the limit is {MAX_NAME_BYTES}")]
    TooLong(usize),
    /// `.` or `..`, which URLs cannot carry.
    #[error("URLs cannot carry `.` and `..`")]
    Dots,
    /// A slash, which URLs take for two segments.
    #[error("it has a `/`")]
    Slash,
    /// A control character.
    #[error("it has a control character")]
    Control,
}

impl NameError {
    pub(crate) fn refuse(self, text: &str) -> Refusal {
        let expected = format!("a name of 1 to {MAX_NAME_BYTES} bytes without `/` and control characters");
        Refusal::new(Rule::BadName, expected, format!("{}: {self}", shown(text)))
    }
}
