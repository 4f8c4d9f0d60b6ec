//! How every command answers: words for people or one JSON object for machines, and an exit status that means something.

use std::io::{self, Write};
use std::process::ExitCode;

use serde_json::{Map, Value, json};

/// What a command found out.
pub(crate) struct Answer {
    accepted: bool,
    words: String,
    json: Map<String, Value>,
}

/// A command that could not be carried out as it was called: exit status 2.
pub(crate) type WrongUse = anyhow::Error;

impl Answer {
    /// The good answer; `json` must be an object.
    pub(crate) fn accepted(words: impl Into<String>, json: Value) -> Self {
        Answer { accepted: true, words: words.into(), json: object(json) }
    }

    /// A refusal with its stable code and its reason, and what else a machine may want.
    pub(crate) fn refused(code: &str, reason: impl Into<String>, json: Value) -> Self {
        let reason = reason.into();
        let mut members = object(json!({"code": code, "reason": reason}));
        members.extend(object(json));
        Answer { accepted: false, words: format!("refused [{code}]: {reason}"), json: members }
    }

    /// A part of what machines get.
    pub(crate) fn member(&self, name: &str) -> Option<&Value> {
        self.json.get(name)
    }

    /// A refusal in whose words more is to be said than code and reason.
    pub(crate) fn with_words(mut self, words: impl Into<String>) -> Self {
        self.words = words.into();
        self
    }
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}

/// Prints the answer: in JSON always on standard output, in words a refusal on standard error.
pub(crate) fn print(answer: Result<Answer, WrongUse>, as_json: bool) -> ExitCode {
    let (text, refused, status) = match answer {
        Ok(Answer { accepted, json, .. }) if as_json => {
            let mut members = object(json!({"accepted": accepted}));
            members.extend(json);
            (format!("{:#}", Value::Object(members)), false, u8::from(!accepted))
        }
        Ok(Answer { accepted, words, .. }) => (words, !accepted, u8::from(!accepted)),
        Err(error) if as_json => {
            let reason = format!("{error:#}");
            (format!("{:#}", json!({"accepted": false, "code": "wrong-use", "reason": reason})), false, 2)
        }
        Err(error) => (format!("error: {error:#}"), true, 2),
    };
    let written = if refused { line(io::stderr().lock(), &text) } else { line(io::stdout().lock(), &text) };
    match written {
        // The reader of a pipe may have seen enough.
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => ExitCode::from(2),
        _ => ExitCode::from(status),
    }
}

/// The end of a command that served: what kept it from serving is said on standard error, with exit status 2.
pub(crate) fn served(outcome: Result<ExitCode, WrongUse>) -> ExitCode {
    outcome.unwrap_or_else(|error| print(Err(error), false))
}

fn line(mut stream: impl Write, text: &str) -> io::Result<()> {
    let end = if text.ends_with('\n') { "" } else { "\n" };
    write!(stream, "{text}{end}")?;
    stream.flush()
}
