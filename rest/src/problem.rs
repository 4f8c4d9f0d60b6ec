//! A refused request in words: `application/problem+json` (RFC 9457).
//!
//! The type is `about:blank` and the title the status's phrase, as section 4.2.1 has it for problems that need no page of
//! their own; programs go by `code`. What went wrong inside a service is never in one: its log has that.

use std::borrow::Cow;
use std::fmt;

use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The media type.
pub const PROBLEM_TYPE: &str = "application/problem+json";

/// A refused request, as it travels.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct Problem {
    /// Always `about:blank`.
    #[serde(default, serialize_with = "blank", deserialize_with = "ignored")]
    #[cfg_attr(feature = "server", schema(value_type = String))]
    r#type: (),
    /// The phrase of the status.
    #[serde(default)]
    title: Cow<'static, str>,
    /// The status code of the response.
    #[cfg_attr(feature = "server", schema(minimum = 400, maximum = 599))]
    pub status: u16,
    /// Stable, for programs: lower-case words with hyphens.
    #[serde(default = "unknown")]
    pub code: Cow<'static, str>,
    /// What is wrong and what to do next, for people.
    #[serde(default)]
    pub detail: String,
    /// Each thing that is wrong with the request's body, where it can be told apart.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<Fault>,
    /// After how many seconds a repetition makes sense; sent as `Retry-After`.
    #[serde(skip)]
    pub retry_after: Option<u64>,
}

/// One thing that is wrong with a body.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct Fault {
    /// Where: a JSON pointer (RFC 6901), empty for the whole body.
    pub pointer: String,
    /// The rule that is broken, stable.
    pub code: Cow<'static, str>,
    /// What the rule wants, and what stands there.
    pub detail: String,
}

impl Problem {
    /// A problem; `title` is taken from the status.
    pub fn new(status: u16, code: &'static str, detail: impl ToString) -> Self {
        Problem {
            r#type: (),
            title: phrase(status).into(),
            status,
            code: code.into(),
            detail: detail.to_string(),
            errors: Vec::new(),
            retry_after: None,
        }
    }

    /// The service failed: the client learns that, the log has the reason.
    pub fn internal() -> Self {
        Problem::new(500, "internal", "the service failed; its operator finds the reason in its log")
    }

    /// With the time after which a repetition makes sense, in seconds.
    #[must_use]
    pub fn with_retry_after(mut self, seconds: u64) -> Self {
        self.retry_after = Some(seconds);
        self
    }

    /// With what is wrong in the body, in order.
    #[must_use]
    pub fn with_errors(mut self, errors: impl IntoIterator<Item = Fault>) -> Self {
        self.errors.extend(errors);
        self
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({}, {})", self.detail, self.status, self.code)
    }
}

impl std::error::Error for Problem {}

#[cfg(feature = "policy")]
impl From<&veracruz_policy::PolicyError> for Problem {
    /// 413 for a document beyond the bounds, else 400; each violation is a [`Fault`].
    fn from(error: &veracruz_policy::PolicyError) -> Self {
        use veracruz_policy::PolicyError;
        let status = match error {
            PolicyError::TooLarge { .. } | PolicyError::TooManyValues { .. } => 413,
            _ => 400,
        };
        let faults = error.violations().iter().map(|violation| Fault {
            pointer: violation.pointer.clone(),
            code: violation.rule.code().into(),
            detail: format!("expected {}, found {}", violation.expected, violation.found),
        });
        Problem::new(status, error.code(), error).with_errors(faults)
    }
}

fn blank<S: Serializer>(_: &(), to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str("about:blank")
}

fn ignored<'de, D: Deserializer<'de>>(from: D) -> Result<(), D::Error> {
    IgnoredAny::deserialize(from).map(|_| ())
}

fn unknown() -> Cow<'static, str> {
    "unknown".into()
}

/// The phrases of the statuses that the services use (RFC 9110, section 15; RFC 4918, section 11.5).
const fn phrase(status: u16) -> &'static str {
    match status {
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        408 => "Request Timeout",
        409 => "Conflict",
        410 => "Gone",
        413 => "Content Too Large",
        431 => "Request Header Fields Too Large",
        500 => "Internal Server Error",
        501 => "Not Implemented",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        507 => "Insufficient Storage",
        _ => "Refused",
    }
}
