//! The commands that read one policy or two: lint, explain, diff, hash, schema.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use serde_json::{Value, json};
use veracruz_policy::{DocumentKind, FullPolicy, PolicyError};

use crate::files::read_text;
use crate::output::{Answer, WrongUse};

/// A kind of policy, as the command line names it.
#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum Kind {
    /// What an operator registers.
    Function,
    /// What a user asks for.
    User,
    /// What the function service sends to the instance service.
    Vaas,
    /// What the runtime enforces.
    Full,
}

impl From<Kind> for DocumentKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Function => DocumentKind::Function,
            Kind::User => DocumentKind::User,
            Kind::Vaas => DocumentKind::Vaas,
            Kind::Full => DocumentKind::Full,
        }
    }
}

#[derive(Args)]
struct Document {
    /// The policy; `-` for standard input.
    file: PathBuf,
    /// Which kind of policy it is [default: what its keys tell].
    #[arg(long, value_enum)]
    kind: Option<Kind>,
}

impl Document {
    /// The kind and the text.
    fn read(&self) -> anyhow::Result<(String, Result<DocumentKind, PolicyError>)> {
        let text = read_text(&self.file)?;
        let kind = match self.kind {
            Some(kind) => Ok(kind.into()),
            None => DocumentKind::detect(&text),
        };
        Ok((text, kind))
    }
}

/// A refused policy as every command answers it.
pub(super) fn refusal(error: &PolicyError, file: &Path) -> Answer {
    let json = json!({"file": file, "violations": error.violations()});
    Answer::refused(error.code(), error.to_string(), json)
}

#[derive(Args)]
pub(crate) struct Lint {
    #[command(flatten)]
    document: Document,
}

impl Lint {
    pub(super) fn run(self) -> Result<Answer, WrongUse> {
        let (text, kind) = self.document.read()?;
        let file = &self.document.file;
        let linted = kind.and_then(|kind| veracruz_policy::lint(kind, &text).map(|advice| (kind, advice)));
        let (kind, advice) = match linted {
            Ok(linted) => linted,
            Err(error) => return Ok(refusal(&error, file)),
        };
        let mut words = format!("{}: a valid {kind} policy", file.display());
        for one in &advice {
            let _ = write!(words, "\n  {one}");
        }
        Ok(Answer::accepted(words, json!({"file": file, "kind": kind, "advice": advice})))
    }
}

#[derive(Args)]
pub(crate) struct Explain {
    #[command(flatten)]
    document: Document,
}

impl Explain {
    pub(super) fn run(self) -> Result<Answer, WrongUse> {
        let (text, kind) = self.document.read()?;
        let explained = kind.and_then(|kind| veracruz_policy::explain(kind, &text).map(|words| (kind, words)));
        Ok(match explained {
            Ok((kind, words)) => {
                let json = json!({"kind": kind, "explanation": words.lines().collect::<Vec<_>>()});
                Answer::accepted(words, json)
            }
            Err(error) => refusal(&error, &self.document.file),
        })
    }
}

#[derive(Args)]
pub(crate) struct Diff {
    /// The full policy before.
    before: PathBuf,
    /// The full policy after.
    after: PathBuf,
}

impl Diff {
    pub(super) fn run(self) -> Result<Answer, WrongUse> {
        let (before, after) = match (full(&self.before)?, full(&self.after)?) {
            (Ok(before), Ok(after)) => (before, after),
            (Err(error), _) => return Ok(refusal(&error, &self.before)),
            (_, Err(error)) => return Ok(refusal(&error, &self.after)),
        };
        let changes = veracruz_policy::diff(&before, &after);
        let json = json!({"changes": changes, "before": before.hash(), "after": after.hash()});
        if changes.is_empty() {
            let words = match before.hash() == after.hash() {
                true => "no difference at all",
                false => "no difference in meaning; the texts differ, and so do their hashes",
            };
            return Ok(Answer::accepted(words, json));
        }
        let words: Vec<String> = changes.iter().map(ToString::to_string).collect();
        let reason = format!("{} difference(s)", changes.len());
        Ok(Answer::refused("policies-differ", reason, json).with_words(words.join("\n")))
    }
}

/// A full policy in a file, or why it is none.
pub(super) fn full(file: &Path) -> anyhow::Result<Result<FullPolicy, PolicyError>> {
    Ok(FullPolicy::parse(&read_text(file)?))
}

#[derive(Args)]
pub(crate) struct Hash {
    /// The full policy; `-` for standard input. Every byte counts, a newline at the end too.
    file: PathBuf,
}

impl Hash {
    pub(super) fn run(self) -> Result<Answer, WrongUse> {
        Ok(match full(&self.file)? {
            Ok(policy) => Answer::accepted(policy.hash().to_string(), json!({"hash": policy.hash()})),
            Err(error) => refusal(&error, &self.file),
        })
    }
}

#[derive(Args)]
pub(crate) struct Schema {
    /// Which kind of policy.
    #[arg(value_enum)]
    kind: Kind,
}

impl Schema {
    pub(super) fn run(self) -> Result<Answer, WrongUse> {
        let text = DocumentKind::from(self.kind).schema();
        Ok(Answer::accepted(text, json!({"schema": serde_json::from_str::<Value>(text)?})))
    }
}
