//! Reading what a service answers, within bounds.

use reqwest::header::{CONTENT_TYPE, RETRY_AFTER};
use reqwest::{Response, StatusCode};
use serde::de::DeserializeOwned;
use veracruz_rest::{Fault, PROBLEM_TYPE, Problem};

use super::call::failed;
use super::error::Error;
use super::foreign::{bounded, paragraphs};

/// Bytes of an answer. The longest are policies: a function and a user policy of a megabyte each, indented, and escaped
/// once more because they travel as a JSON text.
pub const MAX_ANSWER_BYTES: usize = 8 * 1024 * 1024;

/// Faults of a refused body that are kept.
const MAX_FAULTS: usize = 100;

/// An answer that was read to its end.
pub(super) struct Answer {
    url: String,
    status: StatusCode,
    body: Vec<u8>,
}

impl Answer {
    /// Reads the answer; a refusal is an error.
    pub(super) async fn read(mut response: Response, url: String, seconds: u64) -> Result<Self, Error> {
        let status = response.status();
        let is_problem = header(&response, CONTENT_TYPE.as_str()).is_some_and(|kind| kind.starts_with(PROBLEM_TYPE));
        let retry_after = header(&response, RETRY_AFTER.as_str()).and_then(|value| value.parse().ok());
        let mut body = Vec::new();
        while let Some(piece) = response.chunk().await.map_err(|error| failed(error, &url, seconds))? {
            if body.len() + piece.len() > MAX_ANSWER_BYTES {
                return Err(Error::TooLarge { url, limit: MAX_ANSWER_BYTES });
            }
            body.extend_from_slice(&piece);
        }
        if status.is_success() {
            return Ok(Answer { url, status, body });
        }
        match serde_json::from_slice(&body) {
            Ok(problem) if is_problem => Err(Error::Refused(Box::new(cleaned(problem, status, retry_after)))),
            _ => {
                let text = bounded(String::from_utf8_lossy(&body).trim());
                let text = if text.is_empty() { "without a word".to_owned() } else { text };
                Err(Error::RefusedInWords { url, status: status.as_u16(), text })
            }
        }
    }

    /// The body as JSON.
    pub(super) fn value<T: DeserializeOwned>(&self) -> Result<T, Error> {
        // The parser's message is left out: it would repeat what stands there.
        serde_json::from_slice(&self.body).map_err(|error| {
            let (line, column) = (error.line(), error.column());
            self.refuse(format!("it is not the JSON that belongs there (line {line}, column {column})"))
        })
    }

    /// The body as JSON text.
    pub(super) fn json_text(self) -> Result<String, Error> {
        self.value::<serde::de::IgnoredAny>()?;
        let Answer { url, body, .. } = self;
        String::from_utf8(body).map_err(|_| Error::Protocol { url, detail: "it is no UTF-8 text".to_owned() })
    }

    /// That the status is this one.
    pub(super) fn expect(self, status: StatusCode) -> Result<Self, Error> {
        if self.status == status {
            return Ok(self);
        }
        Err(self.refuse(format!("its status is {}, not {}", self.status.as_u16(), status.as_u16())))
    }

    fn refuse(&self, detail: String) -> Error {
        Error::Protocol { url: self.url.clone(), detail }
    }
}

fn header<'r>(response: &'r Response, name: &str) -> Option<&'r str> {
    response.headers().get(name)?.to_str().ok()
}

/// A problem whose texts can be shown, with the status that was really sent.
fn cleaned(problem: Problem, status: StatusCode, retry_after: Option<u64>) -> Problem {
    let mut clean = Problem::new(status.as_u16(), "refused", paragraphs(&problem.detail));
    if is_code(&problem.code) {
        clean.code = problem.code;
    }
    clean.retry_after = retry_after;
    clean.with_errors(problem.errors.into_iter().take(MAX_FAULTS).map(|fault| Fault {
        pointer: bounded(&fault.pointer),
        code: if is_code(&fault.code) { fault.code } else { "unknown".into() },
        detail: bounded(&fault.detail),
    }))
}

/// Codes go to scripts.
fn is_code(code: &str) -> bool {
    let letter = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=64).contains(&code.len()) && code.bytes().all(letter)
}
