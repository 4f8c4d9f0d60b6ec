//! Policies of confidential computing functions: who may do what, decided without I/O.
//!
//! Parties who trust neither each other nor the machine's owner agree on a policy. This crate reads the policies that
//! users of Veracruz and of its i-poc already have, refuses what is wrong with them in words that name the place, and
//! decides with them:
//!
//! - [`FunctionPolicy`], [`UserPolicy`], [`VaasPolicy`], [`FullPolicy`]: the four documents, valid by construction;
//! - [`FullPolicy::decide`]: a principal, an action and a target give a [`Permit`] or a [`Denial`];
//! - [`compose`]: function + user + loader → VaaS policy → full policy;
//! - [`audit`](audit::audit): what a full policy gives to others beyond what its user asked for;
//! - [`lint`], [`explain`], [`diff`]: what is odd, what it means, what changed;
//! - [`PolicyBuilder`]: a full policy from its parts.
//!
//! It has no files, no network, no clock and no runtime, and must never get one: a decision depends on the text alone.

pub mod audit;
mod builder;
mod capability;
mod certificate;
mod coded;
pub mod compose;
mod decide;
mod diff;
mod digest;
mod document;
mod endpoint;
mod error;
mod explain;
mod json;
mod lint;
mod name;
mod path;
mod pem;
mod pipeline;
mod platform;
mod reader;
mod rights;
mod session;
mod table;
mod timepoint;

pub use builder::{BuildError, PolicyBuilder};
pub use capability::{CapabilityError, parse_capabilities};
pub use certificate::{Authorities, Certificate, CertificateError, KeyKind};
pub use decide::{Action, Denial, DenialReason, Denied, Permit, Principal};
pub use diff::{Change, Subject, diff};
pub use digest::{DigestError, Sha256Digest};
pub use document::{
    Checked, DataFile, DocumentKind, FileHash, FullDocument, FullPolicy, FunctionDocument, FunctionPolicy,
    FunctionProgram, Identity, NativeModule, NativeModuleKind, PipelineEntry, Program, RuntimeHash, UserDocument,
    UserIdentity, UserPolicy, VaasDocument, VaasPolicy,
};
pub use endpoint::{Endpoint, EndpointError};
pub use error::{PolicyError, Rule, Violation, Violations};
pub use explain::explain;
pub use json::{MAX_DOCUMENT_BYTES, MAX_DOCUMENT_VALUES, StrictJson, strict_json};
pub use lint::{Advice, lint};
pub use name::{MAX_NAME_BYTES, Name, NameError};
pub use path::{MAX_COMPONENT_BYTES, MAX_PATH_BYTES, PathError, Stream, Target, VfsPath};
pub use pem::{PemError, pem_certificates};
pub use pipeline::{MAX_PIPELINE_BYTES, MAX_PIPELINE_DEPTH, Pipeline, PipelineError, Step};
pub use platform::{Platform, UnknownPlatform};
pub use rights::{Rights, RightsError};
pub use session::{Ciphersuite, CiphersuiteError, CiphersuiteName, ExecutionStrategy, UnknownStrategy};
pub use table::{ContradictoryEntry, RightsEntry, RightsTable};
pub use timepoint::{BadTimepoint, Timepoint};
