//! The four documents of the i-poc, from text to types that are valid by construction.
//!
//! An operator registers a *function policy*; a user asks with a *user policy*; the function service makes a *VaaS
//! policy* of both; the instance service completes it to the *full policy* that the runtime enforces.

mod files;
mod full;
mod function;
mod identities;
mod members;
mod pipelines;
mod programs;
mod schema;
mod user;
mod vaas;

use std::fmt;
use std::ops::Deref;

use serde::Serialize;

pub use files::{DataFile, FileHash};
pub use full::{FullDocument, FullPolicy};
pub use function::{FunctionDocument, FunctionPolicy};
pub use identities::{Identity, UserIdentity};
pub use members::RuntimeHash;
pub use pipelines::{NativeModule, NativeModuleKind, PipelineEntry};
pub use programs::{FunctionProgram, Program};
pub use user::{UserDocument, UserPolicy};
pub use vaas::{VaasDocument, VaasPolicy};

use crate::error::{PolicyError, Refusal, Report, Rule};
use crate::json::{self, StrictJson, strict_json};
use crate::reader::Cursor;

/// Which of the four documents.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum DocumentKind {
    /// What an operator registers: programs, data files, settings.
    Function,
    /// What a user asks for: a function, and who may do what with the instance.
    User,
    /// What the function service sends to the instance service.
    Vaas,
    /// What the runtime enforces and every party checks.
    Full,
}

impl DocumentKind {
    /// All four.
    pub const ALL: [DocumentKind; 4] =
        [DocumentKind::Function, DocumentKind::User, DocumentKind::Vaas, DocumentKind::Full];

    /// `function`, `user`, `vaas` or `full`.
    pub const fn name(self) -> &'static str {
        match self {
            DocumentKind::Function => "function",
            DocumentKind::User => "user",
            DocumentKind::Vaas => "vaas",
            DocumentKind::Full => "full",
        }
    }

    /// The JSON Schema (draft 2020-12) of the document. Those of function, user and VaaS policies are the published
    /// ones of the i-poc; that of full policies is this project's, since none was published.
    pub const fn schema(self) -> &'static str {
        match self {
            DocumentKind::Function => include_str!("../schemas/function.schema.json"),
            DocumentKind::User => include_str!("../schemas/user.schema.json"),
            DocumentKind::Vaas => include_str!("../schemas/vaas.schema.json"),
            DocumentKind::Full => include_str!("../schemas/full.schema.json"),
        }
    }

    /// The kind that the keys of `text` tell.
    ///
    /// # Errors
    /// As for any reader of JSON, and [`PolicyError::UnknownKind`].
    pub fn detect(text: &str) -> Result<Self, PolicyError> {
        let StrictJson { value, .. } = strict_json(text)?;
        let has = |key: &str| value.get(key).is_some();
        if ["veracruz_server_url", "proxy_service_cert", "proxy_attestation_server_url"].into_iter().any(has) {
            Ok(DocumentKind::Full)
        } else if has("instanceid") {
            Ok(DocumentKind::User)
        } else if has("function") {
            Ok(DocumentKind::Function)
        } else if has("ciphersuite") || has("identities") {
            Ok(DocumentKind::Vaas)
        } else {
            Err(PolicyError::UnknownKind)
        }
    }
}

impl fmt::Display for DocumentKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A document that was read and found valid, with the text it was read from. It cannot be changed, and there is no
/// other way to make one than to read it or to compose it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked<D> {
    document: D,
    text: String,
}

impl<D> Checked<D> {
    /// The text exactly as received.
    pub fn text(&self) -> &str {
        &self.text
    }
}

impl<D: Serialize> Checked<D> {
    /// The canonical text of the same content.
    pub fn canonical_text(&self) -> String {
        json::to_text(&self.document)
    }
}

impl<D> Deref for Checked<D> {
    type Target = D;

    fn deref(&self) -> &D {
        &self.document
    }
}

/// Reads a document: JSON, then its schema, then its meaning; what is wrong in any stage is reported together.
fn read<D>(
    kind: DocumentKind,
    text: &str,
    read: impl FnOnce(&Cursor<'_>, &mut Report) -> Option<D>,
) -> Result<Checked<D>, PolicyError> {
    let StrictJson { value, repeated } = strict_json(text)?;
    let mut report = Report::default();
    for pointer in &repeated {
        report.add(pointer, Refusal::new(Rule::DuplicateKey, "each key once in an object", "the key a second time"));
    }
    schema::check(kind.schema(), &value, &mut report);
    let document = read(&Cursor::root(&value), &mut report);
    match document {
        Some(document) if report.is_clean() => Ok(Checked { document, text: text.to_owned() }),
        _ => Err(report.into_error(kind)),
    }
}
