//! A full policy from its parts, for people and programs that write policies by hand.

use crate::capability::{CapabilityError, parse_capabilities};
use crate::certificate::{Authorities, Certificate};
use crate::digest::Sha256Digest;
use crate::document::{
    FileHash, FullDocument, FullPolicy, Identity, NativeModule, PipelineEntry, Program, RuntimeHash,
};
use crate::endpoint::Endpoint;
use crate::error::PolicyError;
use crate::name::{Name, NameError};
use crate::path::{PathError, VfsPath};
use crate::pipeline::{Pipeline, PipelineError};
use crate::platform::Platform;
use crate::session::{Ciphersuite, ExecutionStrategy};
use crate::timepoint::Timepoint;

/// MiB of an instance when nobody says otherwise, as Veracruz's policy generator has it.
const DEFAULT_MEMORY_MIB: u32 = 256;

/// Collects the parts of a full policy. Ids are given in order, from 0, in each list.
///
/// Rights are given as capabilities: `"/input/:w,/output/:r"`. The result is in the dialect of Veracruz main, which
/// wants `native_modules` and `pipelines` even when they are empty.
#[derive(Clone, Debug)]
#[must_use = "a builder does nothing until `build`"]
pub struct PolicyBuilder {
    document: FullDocument,
}

impl PolicyBuilder {
    /// A policy of an instance at `server`, attested by the service at `attestation_server` with `authorities`, whose
    /// certificate expires at `expiry`.
    pub fn new(server: Endpoint, attestation_server: Endpoint, authorities: Authorities, expiry: Timepoint) -> Self {
        PolicyBuilder {
            document: FullDocument {
                ciphersuite: Ciphersuite::Chacha20Poly1305Sha256.into(),
                debug: false,
                enable_clock: false,
                execution_strategy: ExecutionStrategy::Jit,
                max_memory_mib: DEFAULT_MEMORY_MIB,
                programs: Vec::new(),
                identities: Vec::new(),
                native_modules: Some(Vec::new()),
                pipelines: Some(Vec::new()),
                file_hashes: Vec::new(),
                enclave_cert_expiry: expiry,
                proxy_attestation_server_url: attestation_server,
                proxy_service_cert: authorities,
                runtime_manager_hash_linux: None,
                runtime_manager_hash_nitro: None,
                runtime_manager_hash_sevsnp: None,
                runtime_manager_hash_icecap: None,
                runtime_manager_hash_sgx: None,
                runtime_manager_hash_tz: None,
                veracruz_server_url: server,
            },
        }
    }

    /// Adds a participant.
    ///
    /// # Errors
    /// [`BuildError::Capability`].
    pub fn identity(mut self, certificate: Certificate, capabilities: &str) -> Result<Self, BuildError> {
        let id = next_id(self.document.identities.len());
        let file_rights = parse_capabilities(capabilities)?;
        self.document.identities.push(Identity { certificate, file_rights, id });
        Ok(self)
    }

    /// Adds a program. With a hash, only that content can be provisioned under its name.
    ///
    /// # Errors
    /// [`BuildError::Path`], [`BuildError::Capability`].
    pub fn program(mut self, path: &str, hash: Option<Sha256Digest>, capabilities: &str) -> Result<Self, BuildError> {
        let program_file_name = VfsPath::parse(path)?;
        let file_rights = parse_capabilities(capabilities)?;
        if let Some(hash) = hash {
            self.document.file_hashes.push(FileHash { file_path: program_file_name.clone(), hash });
        }
        let id = next_id(self.document.programs.len());
        self.document.programs.push(Program { file_rights, id, program_file_name });
        Ok(self)
    }

    /// Adds a pipeline.
    ///
    /// # Errors
    /// [`BuildError::Name`], [`BuildError::Pipeline`], [`BuildError::Capability`].
    pub fn pipeline(mut self, name: &str, text: &str, capabilities: &str) -> Result<Self, BuildError> {
        let pipelines = self.document.pipelines.get_or_insert_default();
        pipelines.push(PipelineEntry {
            name: Name::parse(name)?,
            pipeline: Pipeline::parse(text)?,
            id: next_id(pipelines.len()),
            file_rights: parse_capabilities(capabilities)?,
        });
        Ok(self)
    }

    /// Adds a native module.
    pub fn native_module(mut self, module: NativeModule) -> Self {
        self.document.native_modules.get_or_insert_default().push(module);
        self
    }

    /// Fixes the content of a file.
    ///
    /// # Errors
    /// [`BuildError::Path`].
    pub fn file_hash(mut self, path: &str, hash: Sha256Digest) -> Result<Self, BuildError> {
        self.document.file_hashes.push(FileHash { file_path: VfsPath::parse(path)?, hash });
        Ok(self)
    }

    /// Accepts a runtime: SHA-256 of its measurement as the platform's policies write it.
    pub fn runtime(mut self, platform: Platform, hash: Sha256Digest) -> Self {
        let hash = Some(RuntimeHash(Some(hash)));
        match platform {
            Platform::Nitro => self.document.runtime_manager_hash_nitro = hash,
            Platform::Simulated => self.document.runtime_manager_hash_linux = hash,
        }
        self
    }

    /// Sets the ciphersuite; CHACHA20-POLY1305 by default.
    pub fn ciphersuite(mut self, suite: Ciphersuite) -> Self {
        self.document.ciphersuite = suite.into();
        self
    }

    /// Sets how programs are executed; compiled by default.
    pub fn execution_strategy(mut self, strategy: ExecutionStrategy) -> Self {
        self.document.execution_strategy = strategy;
        self
    }

    /// Sets whether programs see the real time; not by default.
    pub fn enable_clock(mut self, enabled: bool) -> Self {
        self.document.enable_clock = enabled;
        self
    }

    /// Sets debug mode; off by default.
    pub fn debug(mut self, debug: bool) -> Self {
        self.document.debug = debug;
        self
    }

    /// Sets the least memory, in MiB; 256 by default.
    pub fn max_memory_mib(mut self, mib: u32) -> Self {
        self.document.max_memory_mib = mib;
        self
    }

    /// Leaves out the keys that only Veracruz main knows, for readers of the demo tag, when they are empty.
    pub fn demo_dialect(mut self) -> Self {
        self.document.native_modules = self.document.native_modules.filter(|modules| !modules.is_empty());
        self.document.pipelines = self.document.pipelines.filter(|pipelines| !pipelines.is_empty());
        self
    }

    /// The policy, in its canonical text.
    ///
    /// # Errors
    /// [`BuildError::Policy`] with all rules that the parts break together.
    pub fn build(&self) -> Result<FullPolicy, BuildError> {
        Ok(FullPolicy::from_document(&self.document)?)
    }
}

fn next_id(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// Why parts do not make a policy.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// Rights that cannot be read.
    #[error(transparent)]
    Capability(#[from] CapabilityError),
    /// A path without normal form.
    #[error(transparent)]
    Path(#[from] PathError),
    /// A name that is none.
    #[error("the name cannot be used: {0}")]
    Name(#[from] NameError),
    /// A text that is no pipeline.
    #[error(transparent)]
    Pipeline(#[from] PipelineError),
    /// Rules that the parts break together.
    #[error(transparent)]
    Policy(#[from] PolicyError),
}
