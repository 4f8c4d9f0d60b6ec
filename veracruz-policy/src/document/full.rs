//! The full policy: what the runtime enforces and every party checks.
//!
//! Three dialects exist and are one type here: Veracruz main (`native_modules`, `pipelines`), its demo tag (neither),
//! and the i-poc (neither, with the measurements of two platforms that are gone). A document prints with the keys that
//! it was read with.

use std::ops::Deref;

use serde::Serialize;

use super::files::{FileHash, file_hashes};
use super::identities::Identity;
use super::members::{RuntimeHash, runtime_hash};
use super::pipelines::{NativeModule, PipelineEntry, native_modules, pipelines};
use super::programs::Program;
use super::vaas::{Core, optionally, timepoint};
use super::{Checked, DocumentKind};
use crate::certificate::Authorities;
use crate::decide::Index;
use crate::digest::Sha256Digest;
use crate::endpoint::Endpoint;
use crate::error::{PolicyError, Refusal, Report};
use crate::platform::Platform;
use crate::reader::Cursor;
use crate::session::{CiphersuiteName, ExecutionStrategy};
use crate::timepoint::Timepoint;

/// The content of a full policy. Keys are printed in this order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FullDocument {
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
    /// Native modules; `None` where the dialect does not know them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub native_modules: Option<Vec<NativeModule>>,
    /// Pipelines; `None` where the dialect does not know them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pipelines: Option<Vec<PipelineEntry>>,
    /// Files whose content is fixed.
    pub file_hashes: Vec<FileHash>,
    /// When the instance's certificate expires.
    pub enclave_cert_expiry: Timepoint,
    /// Who attests the instance.
    pub proxy_attestation_server_url: Endpoint,
    /// With which certificates.
    pub proxy_service_cert: Authorities,
    /// The measurement of a runtime without isolation (this project's `simulated` platform).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub runtime_manager_hash_linux: Option<RuntimeHash>,
    /// The first 32 bytes of a Nitro enclave's PCR0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub runtime_manager_hash_nitro: Option<RuntimeHash>,
    /// The measurement of an SEV-SNP guest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub runtime_manager_hash_sevsnp: Option<RuntimeHash>,
    /// The measurement of an IceCap realm (demo tag).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub runtime_manager_hash_icecap: Option<RuntimeHash>,
    /// Kept as written: the i-poc writes it and nobody reads it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub runtime_manager_hash_sgx: Option<String>,
    /// Kept as written: the i-poc writes it and nobody reads it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub runtime_manager_hash_tz: Option<String>,
    /// Where the instance listens. Last, because scripts cut it out of the text.
    pub veracruz_server_url: Endpoint,
}

impl FullDocument {
    /// The measurement that the policy accepts for `platform`: SHA-256, or the first 32 bytes of a longer one.
    pub fn runtime_hash(&self, platform: Platform) -> Option<Sha256Digest> {
        let hash = match platform {
            Platform::Nitro => self.runtime_manager_hash_nitro,
            Platform::Simulated => self.runtime_manager_hash_linux,
        };
        hash.and_then(|hash| hash.0)
    }

    /// The platforms of this project that the policy accepts. One that names [`Platform::Simulated`] protects nobody
    /// from the machine's owner, whatever else it names.
    pub fn platforms(&self) -> impl Iterator<Item = Platform> {
        [Platform::Nitro, Platform::Simulated].into_iter().filter(|platform| self.runtime_hash(*platform).is_some())
    }

    /// The native modules, none where the dialect does not know them.
    pub fn native_modules(&self) -> &[NativeModule] {
        self.native_modules.as_deref().unwrap_or_default()
    }

    /// The pipelines, none where the dialect does not know them.
    pub fn pipelines(&self) -> &[PipelineEntry] {
        self.pipelines.as_deref().unwrap_or_default()
    }
}

/// A full policy that is valid, ready to decide. It cannot be changed.
#[derive(Clone, Debug)]
pub struct FullPolicy {
    checked: Checked<FullDocument>,
    hash: Sha256Digest,
    index: Index,
}

impl FullPolicy {
    /// Reads a full policy. Keys that are not known are ignored, as Veracruz does; [`crate::lint`] names them.
    ///
    /// # Errors
    /// All rules that the text breaks.
    pub fn parse(text: &str) -> Result<Self, PolicyError> {
        let checked = super::read(DocumentKind::Full, text, read)?;
        let index = Index::of(&checked);
        Ok(FullPolicy { hash: Sha256Digest::of(text.as_bytes()), index, checked })
    }

    /// The policy with this content, whose text is the canonical one.
    ///
    /// # Errors
    /// All rules that the content breaks.
    pub fn from_document(document: &FullDocument) -> Result<Self, PolicyError> {
        FullPolicy::parse(&crate::json::to_text(document))
    }

    /// The text exactly as received: what the hash is over.
    pub fn text(&self) -> &str {
        self.checked.text()
    }

    /// The canonical text of the same content.
    pub fn canonical_text(&self) -> String {
        self.checked.canonical_text()
    }

    /// The policy hash: SHA-256 over the exact text.
    pub fn hash(&self) -> Sha256Digest {
        self.hash
    }

    pub(crate) fn index(&self) -> &Index {
        &self.index
    }
}

impl Deref for FullPolicy {
    type Target = FullDocument;

    fn deref(&self) -> &FullDocument {
        &self.checked
    }
}

fn read(root: &Cursor<'_>, report: &mut Report) -> Option<FullDocument> {
    let core = Core::read(root, report);
    let modules = optionally(root.optional("native_modules"), |list| native_modules(&list, report));
    let pipelines = optionally(root.optional("pipelines"), |list| pipelines(&list, report));
    let hashes = root.optional("file_hashes").and_then(|list| file_hashes(&list, report));
    let expiry = root.optional("enclave_cert_expiry").and_then(|date| timepoint(&date, report));
    let proxy_url = endpoint(root, "proxy_attestation_server_url", report);
    let proxy_cert = root
        .optional("proxy_service_cert")
        .and_then(|text| text.parsed(report, |text| Authorities::from_pem(text).map_err(Refusal::from)));
    let mut measured = |key: &str| optionally(root.optional(key), |hash| runtime_hash(&hash, report));
    let linux = measured("runtime_manager_hash_linux");
    let nitro = measured("runtime_manager_hash_nitro");
    let sevsnp = measured("runtime_manager_hash_sevsnp");
    let icecap = measured("runtime_manager_hash_icecap");
    let as_written = |key: &str| root.optional(key).and_then(|text| text.text().map(str::to_owned));
    let server_url = endpoint(root, "veracruz_server_url", report);
    Some(FullDocument {
        ciphersuite: core.ciphersuite?,
        debug: core.settings.debug?,
        enable_clock: core.settings.enable_clock?,
        execution_strategy: core.settings.execution_strategy?,
        max_memory_mib: core.settings.max_memory_mib?,
        programs: core.programs?,
        identities: core.identities?,
        native_modules: modules?,
        pipelines: pipelines?,
        file_hashes: hashes?,
        enclave_cert_expiry: expiry?,
        proxy_attestation_server_url: proxy_url?,
        proxy_service_cert: proxy_cert?,
        runtime_manager_hash_linux: linux?,
        runtime_manager_hash_nitro: nitro?,
        runtime_manager_hash_sevsnp: sevsnp?,
        runtime_manager_hash_icecap: icecap?,
        runtime_manager_hash_sgx: as_written("runtime_manager_hash_sgx"),
        runtime_manager_hash_tz: as_written("runtime_manager_hash_tz"),
        veracruz_server_url: server_url?,
    })
}

fn endpoint(root: &Cursor<'_>, key: &str, report: &mut Report) -> Option<Endpoint> {
    root.optional(key)?.parsed(report, |text| Endpoint::parse(text).map_err(|error| error.refuse(text)))
}
