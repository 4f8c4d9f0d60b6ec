//! The calls of WASI preview 1 as Rust, generated from `witx/`: a trait, its types, and a function for each call that
//! reads arguments from guest memory and writes results to it. Nothing in here decides anything.

#![expect(clippy::too_many_arguments, reason = "WASI's functions have as many as they have")]

use veracruz_policy::Rights as PolicyRights;
use wiggle::GuestError;

use super::Wasi;
use crate::vfs::VfsError;

wiggle::from_witx!({
    witx: ["witx/wasi_snapshot_preview1.witx"],
    errors: { errno => Stop },
    wasmtime: false,
    tracing: false,
});

use types::{Errno, Rights};

/// Why a call does not succeed.
#[derive(Debug)]
pub(crate) enum Stop {
    /// The guest is told so.
    Errno(Errno),
    /// The guest ends.
    End(wiggle::error::Error),
}

impl From<Errno> for Stop {
    fn from(errno: Errno) -> Self {
        Stop::Errno(errno)
    }
}

impl From<GuestError> for Stop {
    fn from(error: GuestError) -> Self {
        Stop::Errno(errno_of(&error))
    }
}

impl From<VfsError> for Stop {
    fn from(error: VfsError) -> Self {
        Stop::Errno(match error {
            VfsError::Denied(_) | VfsError::ContentIsFixed(_) | VfsError::WrongHash { .. } => Errno::Acces,
            VfsError::NotFound(_) => Errno::Noent,
            VfsError::IsDirectory(_) => Errno::Isdir,
            VfsError::NotDirectory(_) => Errno::Notdir,
            VfsError::Exists(_) => Errno::Exist,
            VfsError::NotEmpty(_) => Errno::Notempty,
            VfsError::OverBudget(_) | VfsError::TooManyFiles { .. } | VfsError::TooManyEntries { .. } => Errno::Nospc,
            VfsError::TooDeep { .. } => Errno::Nametoolong,
            VfsError::TooLarge { .. } | VfsError::TooLargeAtOnce { .. } => Errno::Fbig,
            VfsError::IntoItself(_) => Errno::Inval,
        })
    }
}

/// What a guest is told about an argument that cannot be used.
pub(super) fn errno_of(error: &GuestError) -> Errno {
    match error {
        GuestError::InFunc { err, .. } => errno_of(err),
        GuestError::PtrOverflow | GuestError::PtrOutOfBounds(_) => Errno::Fault,
        GuestError::InvalidUtf8(_) => Errno::Ilseq,
        GuestError::PtrNotAligned(..)
        | GuestError::InvalidFlagValue(_)
        | GuestError::InvalidEnumValue(_)
        | GuestError::SliceLengthsDiffer
        | GuestError::TryFromIntError(_) => Errno::Inval,
    }
}

impl wiggle::GuestErrorType for Errno {
    fn success() -> Self {
        Errno::Success
    }
}

impl types::UserErrorConversion for Wasi {
    fn errno_from_stop(&mut self, stop: Stop) -> wiggle::error::Result<Errno> {
        match stop {
            Stop::Errno(errno) => Ok(errno),
            Stop::End(error) => Err(error),
        }
    }
}

/// Bit 29 is `sock_accept` for guests and the right to execute for policies, so neither crosses over.
const COMMON: u32 = (1 << 29) - 1;

/// The rights of a policy that guests know.
pub(super) fn to_guest(rights: PolicyRights) -> Rights {
    Rights::from_bits_truncate(u64::from(rights.bits() & COMMON))
}

/// The rights of a guest that policies know.
pub(super) fn from_guest(rights: Rights) -> PolicyRights {
    PolicyRights::from_bits_truncate((rights.bits() & u64::from(COMMON)) as u32)
}
