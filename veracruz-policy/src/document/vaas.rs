//! The VaaS policy: what the function service sends to the instance service.

use serde::Serialize;

use super::files::{FileHash, file_hashes};
use super::function::Settings;
use super::identities::{Identity, identities};
use super::members::name_at;
use super::programs::{Program, programs};
use super::{Checked, DocumentKind};
use crate::error::{PolicyError, Refusal, Report};
use crate::name::Name;
use crate::reader::Cursor;
use crate::session::{CiphersuiteName, ExecutionStrategy};
use crate::timepoint::Timepoint;

/// A VaaS policy that is valid.
pub type VaasPolicy = Checked<VaasDocument>;

/// The content of a VaaS policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct VaasDocument {
    /// By which the caller finds its instances again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instance_id: Option<Name>,
    /// The one ciphersuite of all sessions.
    pub ciphersuite: CiphersuiteName,
    /// Debug mode.
    pub debug: bool,
    /// Whether programs see the real time.
    pub enable_clock: bool,
    /// How programs are executed.
    pub execution_strategy: ExecutionStrategy,
    /// The least memory that the instance needs, in MiB.
    pub max_memory_mib: u32,
    /// Programs that may run.
    pub programs: Vec<Program>,
    /// Participants.
    pub identities: Vec<Identity>,
    /// Files whose content is fixed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file_hashes: Option<Vec<FileHash>>,
    /// When the instance's certificate expires; the instance service chooses where it is absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enclave_cert_expiry: Option<Timepoint>,
}

impl VaasPolicy {
    /// Reads a VaaS policy.
    ///
    /// # Errors
    /// All rules that the text breaks.
    pub fn parse(text: &str) -> Result<Self, PolicyError> {
        super::read(DocumentKind::Vaas, text, read)
    }
}

fn read(root: &Cursor<'_>, report: &mut Report) -> Option<VaasDocument> {
    let instance_id = optionally(root.optional("instance_id"), |name| name_at(&name, report));
    let core = Core::read(root, report);
    let file_hashes = optionally(root.optional("file_hashes"), |list| file_hashes(&list, report));
    let expiry = optionally(root.optional("enclave_cert_expiry"), |date| timepoint(&date, report));
    Some(VaasDocument {
        instance_id: instance_id?,
        ciphersuite: core.ciphersuite?,
        debug: core.settings.debug?,
        enable_clock: core.settings.enable_clock?,
        execution_strategy: core.settings.execution_strategy?,
        max_memory_mib: core.settings.max_memory_mib?,
        programs: core.programs?,
        identities: core.identities?,
        file_hashes: file_hashes?,
        enclave_cert_expiry: expiry?,
    })
}

/// What VaaS and full policies have in common.
pub(super) struct Core {
    pub(super) settings: Settings,
    pub(super) ciphersuite: Option<CiphersuiteName>,
    pub(super) programs: Option<Vec<Program>>,
    pub(super) identities: Option<Vec<Identity>>,
}

impl Core {
    pub(super) fn read(root: &Cursor<'_>, report: &mut Report) -> Self {
        let suite = |text| CiphersuiteName::parse(text).map_err(|error| error.refuse(text));
        Core {
            settings: Settings::read(root, report),
            ciphersuite: root.optional("ciphersuite").and_then(|text| text.parsed(report, suite)),
            programs: root.optional("programs").and_then(|list| programs(&list, report)),
            identities: root.optional("identities").and_then(|list| identities(&list, report)),
        }
    }
}

/// `Some(None)` for what may be absent and is, `None` for what is there and wrong.
pub(super) fn optionally<C, T>(present: Option<C>, read: impl FnOnce(C) -> Option<T>) -> Option<Option<T>> {
    match present {
        Some(cursor) => read(cursor).map(Some),
        None => Some(None),
    }
}

pub(super) fn timepoint(date: &Cursor<'_>, report: &mut Report) -> Option<Timepoint> {
    let mut part = |key: &str| date.optional(key).and_then(|number| number.number(report));
    let (year, month, day, hour, minute) = (part("year"), part("month"), part("day"), part("hour"), part("minute"));
    let read = Timepoint::new(year?, month?, day?, hour?, minute?);
    date.keep(read.map_err(Refusal::from), report)
}
