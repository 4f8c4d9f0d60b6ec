//! The port: what a Nitro Secure Module offers to the code inside an enclave.
//!
//! Operations and error names are those of AWS's `aws-nitro-enclaves-nsm-api` (`docs/attestation_process.md` and its
//! request and response types).

use std::collections::BTreeSet;

use crate::measurement::Pcr;

/// The longest `user_data` and `nonce` of a request: the device takes 512 bytes (AWS's CDDL; its text says 1024).
pub const MAX_REQUEST_FIELD_BYTES: usize = 512;

/// The longest `public_key` of a request (AWS's CDDL): an RSA-4096 key, 550 bytes, fits.
pub const MAX_REQUEST_KEY_BYTES: usize = 1024;

/// Registers 0 to 15 belong to the platform and are locked when the enclave starts.
pub const RESERVED_PCRS: u8 = 16;

/// A Nitro Secure Module: the device of an enclave, or a simulation of one.
pub trait Nsm: Send + Sync {
    /// What the module says about itself.
    ///
    /// # Errors
    ///
    /// [`NsmError`] when the module cannot be asked.
    fn describe(&self) -> Result<NsmDescription, NsmError>;

    /// Reads a register, locked or not (`DescribePCR`).
    ///
    /// # Errors
    ///
    /// [`NsmError::InvalidIndex`] past 31.
    fn describe_pcr(&self, index: u8) -> Result<PcrState, NsmError>;

    /// Records `data` in a register, `SHA384(old || data)`, and gives the new value.
    ///
    /// # Errors
    ///
    /// [`NsmError::InvalidIndex`] past 31, [`NsmError::ReadOnlyIndex`] where the register is locked,
    /// [`NsmError::InputTooLarge`] when the data does not fit a request.
    fn extend_pcr(&self, index: u8, data: &[u8]) -> Result<Pcr, NsmError>;

    /// Locks one register until the enclave ends; evidence shows it from then on.
    ///
    /// # Errors
    ///
    /// [`NsmError::InvalidIndex`] past 31, [`NsmError::ReadOnlyIndex`] where it is locked already.
    fn lock_pcr(&self, index: u8) -> Result<(), NsmError>;

    /// Locks the registers `0..range`; those that are locked already stay so.
    ///
    /// # Errors
    ///
    /// [`NsmError::InvalidIndex`] for a range past 32.
    fn lock_pcrs(&self, range: u8) -> Result<(), NsmError>;

    /// Makes evidence: an attestation document with the fields of the request.
    ///
    /// # Errors
    ///
    /// [`NsmError::InputTooLarge`] for a field of more than [`MAX_REQUEST_FIELD_BYTES`], or a key of more than
    /// [`MAX_REQUEST_KEY_BYTES`].
    fn attest(&self, request: &AttestationRequest) -> Result<Vec<u8>, NsmError>;

    /// Random bytes of the module; 1 to 256 of them, as it likes.
    ///
    /// # Errors
    ///
    /// [`NsmError`] when the module cannot be asked.
    fn random(&self) -> Result<Vec<u8>, NsmError>;
}

/// What goes into evidence besides the module's own fields. None of it may be secret: evidence is public.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AttestationRequest {
    /// What the evidence is bound to, as a rule the 48 bytes of the binding.
    pub user_data: Option<Vec<u8>>,
    /// The verifier's nonce.
    pub nonce: Option<Vec<u8>>,
    /// A key that secrets may be wrapped for, DER.
    pub public_key: Option<Vec<u8>>,
}

/// A register as the module describes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PcrState {
    /// Its value.
    pub value: Pcr,
    /// Whether it can no longer be extended.
    pub is_locked: bool,
}

/// The answer to `DescribeNSM`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NsmDescription {
    /// Version of the module, major.
    pub version_major: u16,
    /// Version of the module, minor.
    pub version_minor: u16,
    /// Version of the module, patch.
    pub version_patch: u16,
    /// The enclave's id as evidence names it.
    pub module_id: String,
    /// How many registers there are: 32.
    pub max_pcrs: u16,
    /// The registers that are locked.
    pub locked_pcrs: BTreeSet<u16>,
    /// The digest of the registers: `SHA384`.
    pub digest: String,
}

/// Why a module did not do what it was asked. The first ones are the module's own codes.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NsmError {
    /// An argument of the request is not valid.
    #[error("the secure module found an argument invalid")]
    InvalidArgument,
    /// There is no such register.
    #[error("the secure module has no such register; indices are 0 to 31")]
    InvalidIndex,
    /// The answer does not belong to the request.
    #[error("the secure module's answer does not belong to the request")]
    InvalidResponse,
    /// The register is locked.
    #[error("the register is locked and cannot be changed until the enclave ends")]
    ReadOnlyIndex,
    /// The module cannot do that in its state.
    #[error("the secure module cannot do that now")]
    InvalidOperation,
    /// The answer would not fit.
    #[error("the secure module's answer does not fit the buffer")]
    BufferTooSmall,
    /// The request is too large.
    #[error("the request is too large for the secure module; user data and nonce have at most 512 bytes, a key 1024")]
    InputTooLarge,
    /// The module failed.
    #[error("the secure module failed inside")]
    InternalError,
    /// The module could not be reached.
    #[error("the secure module could not be reached: {what}")]
    Unreachable {
        /// What was tried.
        what: &'static str,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
}
