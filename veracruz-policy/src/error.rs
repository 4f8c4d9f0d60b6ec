//! Why a document was refused: every violation at once, each with its place, what was expected and what was found.

use std::fmt;

use serde::Serialize;

use crate::coded::coded;
use crate::document::DocumentKind;

/// Violations kept of one document. A hostile document can hold a violation in each of its values; a person reads the
/// first few, a machine needs to know that there are more.
const MAX_VIOLATIONS: usize = 256;

/// Characters of a refused text that are shown.
const MAX_SHOWN: usize = 60;

/// Why a text is no document of the kind that was asked for.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PolicyError {
    /// The text is longer than [`crate::MAX_DOCUMENT_BYTES`].
    #[error("the document has {size} bytes, the limit is {limit}; remove what does not belong into a policy")]
    TooLarge {
        /// Bytes of the text.
        size: usize,
        /// The limit in bytes.
        limit: usize,
    },
    /// The text holds more JSON values than [`crate::MAX_DOCUMENT_VALUES`].
    #[error("the document has more than {limit} JSON values; split the parties over several instances")]
    TooManyValues {
        /// The limit.
        limit: usize,
    },
    /// The text is not JSON.
    #[error("not a JSON text: {reason} at line {line}, column {column}")]
    NotJson {
        /// Line, from 1.
        line: usize,
        /// Column, from 1.
        column: usize,
        /// What the JSON parser says.
        reason: String,
    },
    /// None of the four kinds of document has these keys.
    #[error(
        "not a policy document: the top level has none of the keys that tell a function, user, VaaS or full policy"
    )]
    UnknownKind,
    /// The text is JSON, and these rules are broken.
    #[error("{0}")]
    Invalid(Violations),
}

impl PolicyError {
    /// A stable name for machines.
    pub fn code(&self) -> &'static str {
        match self {
            PolicyError::TooLarge { .. } => "document-too-large",
            PolicyError::TooManyValues { .. } => "too-many-values",
            PolicyError::NotJson { .. } => "not-json",
            PolicyError::UnknownKind => "unknown-document-kind",
            PolicyError::Invalid(_) => "policy-invalid",
        }
    }

    /// The violations, if the text was JSON.
    pub fn violations(&self) -> &[Violation] {
        match self {
            PolicyError::Invalid(violations) => &violations.found,
            _ => &[],
        }
    }
}

/// All rules that one document breaks, in the order of the document's stages: shape first, then meaning.
#[derive(Debug, PartialEq, Eq)]
pub struct Violations {
    kind: DocumentKind,
    found: Vec<Violation>,
    omitted: usize,
}

impl Violations {
    /// The kind of document that was expected.
    pub fn kind(&self) -> DocumentKind {
        self.kind
    }

    /// Violations that were found and are not listed, because there were too many.
    pub fn omitted(&self) -> usize {
        self.omitted
    }
}

impl fmt::Display for Violations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the {} policy breaks {} rule(s):", self.kind, self.found.len() + self.omitted)?;
        for violation in &self.found {
            write!(f, "\n  {violation}")?;
        }
        if self.omitted > 0 {
            write!(f, "\n  … and {} more", self.omitted)?;
        }
        Ok(())
    }
}

/// One broken rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Violation {
    /// Where: a JSON pointer (RFC 6901), `""` for the whole document.
    pub pointer: String,
    /// Which rule.
    #[serde(rename = "code")]
    pub rule: Rule,
    /// What the rule wants there.
    pub expected: String,
    /// What stands there, bounded, escaped, and never the content of a key.
    pub found: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = if self.pointer.is_empty() { "(top level)" } else { &self.pointer };
        write!(f, "{place}: expected {}, found {} [{}]", self.expected, self.found, self.rule)
    }
}

coded! {
    /// The rules that a document can break. `code()` is stable.
    Rule {
        /// A key appears twice in one object: two readers could take different values.
        DuplicateKey = "duplicate-key",
        /// A required key is absent.
        MissingField = "missing-field",
        /// A key that the published schema does not know.
        UnknownField = "unknown-field",
        /// A value of another JSON type.
        WrongType = "wrong-type",
        /// A number outside its range.
        OutOfRange = "out-of-range",
        /// A name that is empty, too long, or has characters that no name may have.
        BadName = "bad-name",
        /// A path that has no normal form inside the instance.
        BadPath = "bad-path",
        /// A bit that is none of the 30 rights.
        UnknownRight = "unknown-right",
        /// Two entries of one principal name the same path with different rights.
        ContradictoryEntry = "contradictory-entry",
        /// Not exactly one well-formed X.509 certificate in PEM.
        BadCertificate = "bad-certificate",
        /// A certificate whose key is of a kind that no session takes.
        UnsupportedKey = "unsupported-key",
        /// An RSA key below 2048 bits, or above the bound.
        KeySize = "key-size",
        /// Two identities with one certificate: who is at the other end would be undecided.
        DuplicateCertificate = "duplicate-certificate",
        /// Two entries of one list with the same id.
        DuplicateId = "duplicate-id",
        /// Two programs, pipelines, modules or data files with the same name.
        DuplicateName = "duplicate-name",
        /// A digest that does not have 64 characters.
        HashLength = "hash-length",
        /// A digest with a character that is no hexadecimal digit.
        HashDigit = "hash-digit",
        /// One path with two different hashes.
        ContradictoryHash = "contradictory-hash",
        /// No date of the calendar.
        BadDate = "bad-date",
        /// A name that is no ciphersuite.
        UnknownCiphersuite = "unknown-ciphersuite",
        /// A ciphersuite of TLS 1.2, with which no TLS 1.3 session can ever start.
        CiphersuiteNotTls13 = "ciphersuite-not-tls13",
        /// Neither `Interpretation` nor `JIT`.
        UnknownStrategy = "unknown-strategy",
        /// Not `host:port`.
        BadEndpoint = "bad-endpoint",
        /// A text outside the pipeline grammar.
        BadPipeline = "bad-pipeline",
        /// A pipeline whose name is the index of another: a request for it would have two meanings.
        AmbiguousPipeline = "ambiguous-pipeline",
    }
}

/// What a parser of one value says when it refuses: the rule, and the two halves of the sentence.
pub(crate) struct Refusal {
    pub(crate) rule: Rule,
    pub(crate) expected: String,
    pub(crate) found: String,
}

impl Refusal {
    pub(crate) fn new(rule: Rule, expected: impl Into<String>, found: impl Into<String>) -> Self {
        Refusal { rule, expected: expected.into(), found: found.into() }
    }
}

/// Collects violations while a document is walked, so that all are reported at once.
#[derive(Default)]
pub(crate) struct Report {
    found: Vec<Violation>,
    omitted: usize,
}

impl Report {
    pub(crate) fn add(&mut self, pointer: &str, refusal: Refusal) {
        if self.found.len() == MAX_VIOLATIONS {
            self.omitted += 1;
            return;
        }
        let Refusal { rule, expected, found } = refusal;
        self.found.push(Violation { pointer: pointer.to_owned(), rule, expected, found });
    }

    pub(crate) fn is_clean(&self) -> bool {
        self.found.is_empty()
    }

    pub(crate) fn into_error(self, kind: DocumentKind) -> PolicyError {
        PolicyError::Invalid(Violations { kind, found: self.found, omitted: self.omitted })
    }
}

/// A text of a document as an error may show it: bounded, escaped, and not at all when it could be a key.
pub(crate) fn shown(text: &str) -> String {
    if text.contains("PRIVATE KEY") {
        return "a private key (not shown): it must never leave its owner".to_owned();
    }
    let mut head: String = text.chars().take(MAX_SHOWN).collect();
    if head.len() < text.len() {
        head.push('…');
    }
    format!("{head:?}")
}
