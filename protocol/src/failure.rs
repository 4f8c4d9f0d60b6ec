//! How a runtime says no: Veracruz's status, and our name and explanation beside it.

use std::fmt;

use crate::error::{EncodeError, Refusal};
use crate::limits::{MAX_CODE_BYTES, MAX_DETAIL_BYTES};

/// `ResponseStatus` of Veracruz main.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Status {
    /// 0, and every number that the protocol does not name: a failure.
    Unset,
    /// 1: it was done.
    Success,
    /// 2; never sent by Veracruz main.
    FailedInvalidRole,
    /// 3; never sent by Veracruz main.
    FailedNotReady,
    /// 4; never sent by Veracruz main.
    FailedGeneric,
    /// 5; never sent by Veracruz main.
    FailedVmError,
    /// 6; never sent by Veracruz main.
    FailedErrorCodeReturned,
    /// 7: every failure of Veracruz main, and of ours.
    FailedInvalidRequest,
}

impl Status {
    /// The number on the wire.
    pub const fn number(self) -> i32 {
        match self {
            Status::Unset => 0,
            Status::Success => 1,
            Status::FailedInvalidRole => 2,
            Status::FailedNotReady => 3,
            Status::FailedGeneric => 4,
            Status::FailedVmError => 5,
            Status::FailedErrorCodeReturned => 6,
            Status::FailedInvalidRequest => 7,
        }
    }

    /// The status of a number; one without a name is [`Status::Unset`], as in Veracruz's clients.
    pub const fn from_number(number: i32) -> Self {
        match number {
            1 => Status::Success,
            2 => Status::FailedInvalidRole,
            3 => Status::FailedNotReady,
            4 => Status::FailedGeneric,
            5 => Status::FailedVmError,
            6 => Status::FailedErrorCodeReturned,
            7 => Status::FailedInvalidRequest,
            _ => Status::Unset,
        }
    }

    /// The name in the protocol, which Veracruz's clients print.
    pub const fn name(self) -> &'static str {
        match self {
            Status::Unset => "UNSET",
            Status::Success => "SUCCESS",
            Status::FailedInvalidRole => "FAILED_INVALID_ROLE",
            Status::FailedNotReady => "FAILED_NOT_READY",
            Status::FailedGeneric => "FAILED_GENERIC",
            Status::FailedVmError => "FAILED_VM_ERROR",
            Status::FailedErrorCodeReturned => "FAILED_ERROR_CODE_RETURNED",
            Status::FailedInvalidRequest => "FAILED_INVALID_REQUEST",
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Why a request was not done.
///
/// Displayed, it is the status's name, then code and detail when the runtime sent them, with control characters other
/// than line breaks and tabs escaped: the text is the peer's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    status: Status,
    code: String,
    detail: String,
}

impl Failure {
    /// A failure as runtimes send it: status 7, a stable name in kebab case for programs, and what is wrong and what to do
    /// next for people. Texts beyond [`MAX_CODE_BYTES`] and [`MAX_DETAIL_BYTES`] are cut.
    pub fn new(code: impl Into<String>, detail: impl Into<String>) -> Self {
        Failure::with_status(Status::FailedInvalidRequest, code.into(), detail.into())
    }

    /// The caller has seen that the status is no success.
    pub(crate) fn with_status(status: Status, code: String, detail: String) -> Self {
        Failure { status, code: cut(code, MAX_CODE_BYTES), detail: cut(detail, MAX_DETAIL_BYTES) }
    }

    /// The status, never [`Status::Success`].
    pub fn status(&self) -> Status {
        self.status
    }

    /// The stable name; empty from a server of Veracruz.
    pub fn code(&self) -> &str {
        &self.code
    }

    /// What is wrong and what to do next; empty from a server of Veracruz.
    pub fn detail(&self) -> &str {
        &self.detail
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.status)?;
        if !self.code.is_empty() {
            write!(f, " ({})", self.code.escape_debug())?;
        }
        if !self.detail.is_empty() {
            f.write_str(": ")?;
        }
        for c in self.detail.chars() {
            match c {
                '\n' | '\t' => write!(f, "{c}")?,
                c if c.is_control() => write!(f, "{}", c.escape_debug())?,
                c => write!(f, "{c}")?,
            }
        }
        Ok(())
    }
}

impl std::error::Error for Failure {}

impl From<&Refusal> for Failure {
    fn from(refusal: &Refusal) -> Self {
        Failure::new(refusal.code().code(), refusal.detail())
    }
}

impl From<EncodeError> for Failure {
    fn from(error: EncodeError) -> Self {
        Failure::new(error.code(), error.to_string())
    }
}

/// At most `limit` bytes of the text, whole characters.
fn cut(mut text: String, limit: usize) -> String {
    let end = text.floor_char_boundary(limit);
    text.truncate(end);
    text
}
