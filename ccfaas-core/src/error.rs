//! Why the service did not do what it was asked: what, where, and what to do next.
//!
//! What goes out is a [`Problem`]; the inside of a failure goes to the log alone.

use veracruz_policy::{PolicyError, Sha256Digest};
use veracruz_rest::{Problem, SegmentError};

use crate::blobs::BlobError;
use crate::ports::{ProvisionError, VaasError};
use crate::store::{FileKind, StoreError};

/// Characters of a foreign text that are shown: names have at most 189 bytes.
const MAX_SHOWN: usize = 200;

/// After how many seconds a request makes sense again that found no room or nobody.
const RETRY_SECONDS: u64 = 10;

/// The step of a creation that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Step {
    /// VaaS starts an instance.
    Vaas,
    /// The policy that VaaS answers is held against what was asked for.
    Check,
    /// The instance is connected to.
    Connect,
    /// The instance proves what it is.
    Verify,
    /// Programs and data files go in.
    Load,
    /// The instance is written down.
    Note,
    /// The user went away before the end.
    Wait,
}

impl Step {
    /// All steps.
    pub const ALL: [Step; 7] =
        [Step::Vaas, Step::Check, Step::Connect, Step::Verify, Step::Load, Step::Note, Step::Wait];

    /// Stable, for metrics and messages.
    pub const fn name(self) -> &'static str {
        match self {
            Step::Vaas => "vaas",
            Step::Check => "check",
            Step::Connect => "connect",
            Step::Verify => "verify",
            Step::Load => "load",
            Step::Note => "note",
            Step::Wait => "wait",
        }
    }
}

/// Why the service did not do what it was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A document breaks rules, alone or together with its counterpart.
    #[error(transparent)]
    Policy(#[from] PolicyError),
    /// The function's name is taken.
    #[error("Could not create the function {0}: it already exists; delete it first, or choose another name")]
    FunctionExists(String),
    /// There are as many functions as may be.
    #[error("there are {0} functions already, and no more may be; delete one that is not needed")]
    TooManyFunctions(u64),
    /// No function has this name.
    #[error("function {0} not found; GET /function lists those that there are")]
    FunctionNotFound(String),
    /// The function was deleted while an instance of it was made.
    #[error("function {0} was deleted while the instance was made; nothing of the instance stays")]
    FunctionGone(String),
    /// Function and user policy together are more than VaaS takes.
    #[error(
        "the policies of function and user make an instance's policy of {bytes} bytes, and {limit} is the most that VaaS \
         takes; ask with fewer identities or rights, or have the function declare fewer files"
    )]
    ComposedTooLarge {
        /// Of the composed policy.
        bytes: usize,
        /// The most that it may have.
        limit: usize,
    },
    /// The last part of the path names no file.
    #[error("the file's name in the path cannot be read: {0}")]
    BadFileName(#[from] SegmentError),
    /// The function declares no such file.
    #[error("{} {name} does not exist on function {function}; its policy lists those that do", kind.name())]
    FileNotDeclared {
        /// What was asked for.
        kind: FileKind,
        /// As it stands in the path.
        name: String,
        /// The function.
        function: String,
    },
    /// The file is not loaded.
    #[error("{} {path} is not loaded in function {function}", kind.name())]
    FileNotLoaded {
        /// What was asked for.
        kind: FileKind,
        /// Its name.
        path: String,
        /// The function.
        function: String,
    },
    /// The file is loaded already.
    #[error("{} {path} already exists in function {function}; delete it first to load it again", kind.name())]
    FileExists {
        /// What was sent.
        kind: FileKind,
        /// Its name.
        path: String,
        /// The function.
        function: String,
    },
    /// The file is too large.
    #[error("a {} has fewer than {limit} bytes here; this one is larger", kind.name())]
    FileTooLarge {
        /// What was sent.
        kind: FileKind,
        /// The bytes that are too many.
        limit: u64,
    },
    /// The content is another one.
    #[error("the SHA-256 {found} of {path} does not match function description, which has {declared}; send that file")]
    HashMismatch {
        /// Its name.
        path: String,
        /// Of what was sent.
        found: Sha256Digest,
        /// Of the function's policy.
        declared: Sha256Digest,
    },
    /// The content was not sent to its end.
    #[error("the body ended before its end; nothing of it was kept; send it again")]
    BodyIncomplete,
    /// The instance's name is taken.
    #[error("Could not create instance already exists {0}; delete it first, or choose another instanceid")]
    InstanceExists(String),
    /// There are as many instances as may be.
    #[error("there are {0} instances already, and no more may be; delete one that is not needed")]
    TooManyInstances(u64),
    /// No instance has this name.
    #[error("Veracruz instance '{0}' does not exist!")]
    InstanceNotFound(String),
    /// VaaS did not do what it was asked.
    #[error("step vaas: {0}")]
    Vaas(#[from] VaasError),
    /// The service's name at VaaS is not known to be its own.
    #[error(
        "step vaas: VaaS has instances that this service does not know, so it makes none; the operator of this service has \
         to say whose they are"
    )]
    Strangers,
    /// VaaS made another instance than was asked for.
    #[error("step check: VaaS made another instance than was asked for: {0}")]
    Altered(String),
    /// The instance did not get its files.
    #[error("step {step}: {0}", step = step_of(.0).name())]
    Provision(#[from] ProvisionError),
    /// The instance did not get its files in time.
    #[error("step load: the files were not loaded within {0} s")]
    ProvisionLate(u64),
    /// The user went away before the end.
    #[error("the request was given up; the instance is taken back")]
    GivenUp,
    /// The service is ending.
    #[error("the service is ending; send the request again")]
    Closing,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The folder of contents failed.
    #[error(transparent)]
    Blob(#[from] BlobError),
    /// What was written down cannot be read, or a task of the service broke.
    #[error("the service is broken: {0}")]
    Broken(String),
}

impl Error {
    /// What goes out.
    pub fn problem(&self) -> Problem {
        let said = |status: u16, code: &'static str| Problem::new(status, code, self);
        match self {
            Error::Policy(error) => error.into(),
            Error::FunctionExists(_) => said(400, "function-exists"),
            Error::TooManyFunctions(_) => said(507, "too-many-functions"),
            Error::FunctionNotFound(_) | Error::FunctionGone(_) => said(404, "function-not-found"),
            Error::ComposedTooLarge { .. } => said(413, "policy-too-large"),
            Error::BadFileName(_) => said(400, "bad-file-name"),
            Error::FileNotDeclared { .. } => said(404, "file-not-declared"),
            Error::FileNotLoaded { .. } => said(404, "file-not-loaded"),
            Error::FileExists { .. } => said(400, "file-exists"),
            Error::FileTooLarge { .. } => said(400, "file-too-large"),
            Error::HashMismatch { .. } => said(400, "hash-mismatch"),
            Error::BodyIncomplete => said(400, "body-incomplete"),
            Error::InstanceExists(_) => said(400, "instance-exists"),
            Error::TooManyInstances(_) => said(507, "too-many-instances"),
            Error::InstanceNotFound(_) => said(404, "instance-not-found"),
            Error::Vaas(error) => of_vaas(error),
            Error::Strangers => said(503, "not-ready").with_retry_after(RETRY_SECONDS),
            Error::Altered(_) | Error::Provision(ProvisionError::NotVerified { .. }) => {
                said(502, "instance-not-verified")
            }
            Error::Provision(_) => said(502, "provisioning-failed"),
            Error::ProvisionLate(_) => said(504, "provisioning-failed"),
            Error::GivenUp | Error::Closing => said(503, "closing").with_retry_after(RETRY_SECONDS),
            Error::Store(error) if error.is_full() => storage_full(),
            Error::Blob(error) if error.is_full() => storage_full(),
            Error::Store(_) | Error::Blob(_) | Error::Broken(_) => Problem::internal(),
        }
    }

    /// The step of a creation that this ends.
    pub(crate) fn step(&self) -> Step {
        match self {
            Error::Vaas(_) | Error::Strangers => Step::Vaas,
            Error::Altered(_) => Step::Check,
            Error::Provision(error) => step_of(error),
            Error::ProvisionLate(_) | Error::FunctionGone(_) => Step::Load,
            Error::GivenUp | Error::Closing => Step::Wait,
            _ => Step::Note,
        }
    }
}

fn step_of(error: &ProvisionError) -> Step {
    match error {
        ProvisionError::NotVerified { .. } => Step::Verify,
        ProvisionError::Connect { .. } => Step::Connect,
        ProvisionError::File { .. } => Step::Load,
    }
}

/// Where VaaS is and why it cannot be reached is for the log.
fn of_vaas(error: &VaasError) -> Problem {
    let unreachable = |status: u16, what: &str| {
        let detail = format!("step vaas: {what}; try again, and if it lasts tell the operator of this service");
        Problem::new(status, "vaas-unreachable", detail).with_retry_after(RETRY_SECONDS)
    };
    match error {
        VaasError::Unreachable(_) => unreachable(502, "VaaS cannot be reached"),
        VaasError::Late(seconds) => unreachable(504, &format!("VaaS did not answer within {seconds} s")),
        VaasError::Refused(problem) if problem.status == 503 => unreachable(503, "VaaS takes no requests now"),
        VaasError::Refused(problem) if problem.status == 507 => {
            let detail = format!("step vaas: {}", shown(&problem.detail));
            Problem::new(507, "no-free-slot", detail).with_retry_after(problem.retry_after.unwrap_or(RETRY_SECONDS))
        }
        VaasError::Refused(problem) => {
            // An instance that did not start in time, or anything else that VaaS says no to.
            let status = if problem.status == 504 { 504 } else { 502 };
            let detail = format!("step vaas: VaaS refused: {} ({})", shown(&problem.detail), shown(&problem.code));
            Problem::new(status, "vaas-refused", detail).with_errors(problem.errors.clone())
        }
        VaasError::Unintelligible(_) => {
            Problem::new(502, "vaas-answer", "step vaas: VaaS's answer cannot be understood; tell the operator")
        }
    }
}

fn storage_full() -> Problem {
    let detail = "there is no space left; delete functions that are not needed, or tell the operator";
    Problem::new(507, "storage-full", detail)
}

/// A foreign text in a message: bounded and escaped.
pub(crate) fn shown(text: &str) -> String {
    let mut shown: String = text.chars().take(MAX_SHOWN).flat_map(char::escape_debug).collect();
    if text.chars().nth(MAX_SHOWN).is_some() {
        shown.push('…');
    }
    shown
}
