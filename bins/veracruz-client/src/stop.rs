//! Why the command ends, in the words of Veracruz's client where it had words for it, and then in ours.

use std::fmt;
use std::path::Path;

use serde_json::{Value, json};
use veracruz_client::{Error, IdentityError, Refusal};

const WRONG_USE: &str = "wrong-use";

/// A reason to end: what scripts look for, what is wrong, and what to do.
#[derive(Debug)]
pub(crate) struct Stop {
    code: String,
    text: String,
    next_step: &'static str,
}

impl Stop {
    /// Something of this machine: a file, as a rule.
    pub(crate) fn local(what: impl fmt::Display, path: &Path, error: impl fmt::Display) -> Self {
        Stop { code: "local-file".to_owned(), text: format!("{what} {}: {error}", path.display()), next_step: "" }
    }

    /// The policy cannot be used.
    pub(crate) fn policy(path: &Path, error: impl fmt::Display) -> Self {
        let text = format!("VeracruzClient: Unexpected policy error: {}: {error}", path.display());
        Stop { code: "policy".to_owned(), text, next_step: "" }
    }

    /// The flags do not go together.
    pub(crate) fn wrong_use(text: &str) -> Self {
        Stop { code: WRONG_USE.to_owned(), text: text.to_owned(), next_step: "" }
    }

    /// Whether the command line itself is wrong.
    pub(crate) fn is_wrong_use(&self) -> bool {
        self.code == WRONG_USE
    }

    pub(crate) fn json(&self) -> Value {
        json!({"code": self.code, "message": self.text, "next_step": self.next_step})
    }
}

impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} [{}]", self.text, self.code)?;
        if self.next_step.is_empty() { Ok(()) } else { write!(f, "\n  {}", self.next_step) }
    }
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        let text = match words_of_veracruz(&error) {
            Some(words) => format!("{words}: {error}"),
            None => error.to_string(),
        };
        Stop { code: error.code().to_owned(), text, next_step: error.next_step() }
    }
}

/// What Veracruz's client said in the same case; scripts look for some of these texts.
fn words_of_veracruz(error: &Error) -> Option<String> {
    let words = match error {
        Error::Failed { failure, .. } => {
            return Some(format!("VeracruzClient: Received non-success status: {}", failure.status().name()));
        }
        Error::NoResult { .. } => "VeracruzClient: Received no result from the Veracruz server",
        Error::Identity(IdentityError::Key(_) | IdentityError::Mismatch) => "VeracruzClient: Unexpected key error",
        Error::Identity(_) => "VeracruzClient: Unexpected certificate error",
        Error::Ciphersuite(_) => "VeracruzClient: Unexpected ciphersuite error",
        Error::Trust(_) => "VeracruzClient: Unexpected policy error",
        Error::Refused(refusal) => of_refusal(refusal)?,
        _ => return None,
    };
    Some(words.to_owned())
}

fn of_refusal(refusal: &Refusal) -> Option<&'static str> {
    match refusal.code() {
        "no-certificate" => Some("VeracruzClient: No Peer certificates received"),
        "measurement-mismatch" | "measurement-not-accepted" | "runtime-hash-mismatch" | "pcr-mismatch" => {
            Some("VeracruzClient: Unexpected runtime hash")
        }
        "policy-hash-mismatch" | "policy-hash-differs" | "policy-register" => {
            Some("VeracruzClient: Unexpected policy error")
        }
        _ => None,
    }
}
