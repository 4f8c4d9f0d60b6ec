//! The header of an image: 548 bytes.

use super::MAX_SECTIONS;
use super::error::EifError;

/// Magic 4, version 2, flags 2, memory 8, processors 8, reserved 2, sections 2, offsets 32 * 8, sizes 32 * 8, unused 4,
/// checksum 4.
pub(super) const HEADER_BYTES: usize = 548;

/// The checksum covers all bytes of the file but its own four, which are the header's last.
pub(super) const CHECKED_HEADER_BYTES: usize = HEADER_BYTES - 4;

const MAGIC: &[u8; 4] = b".eif";

/// Version 2 has a checksum, 3 adds the signature, 4 the metadata.
const VERSIONS: std::ops::RangeInclusive<u16> = 2..=4;

const FLAG_ARM64: u16 = 1;

/// The processors that an image is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Architecture {
    /// `x86_64`.
    X86_64,
    /// `aarch64`.
    Arm64,
}

#[derive(Clone, Debug)]
pub(super) struct Header {
    pub(super) version: u16,
    pub(super) architecture: Architecture,
    pub(super) crc: u32,
    table: Vec<TableEntry>,
}

/// Where the header says that a section's header stands, and how long its content is.
#[derive(Clone, Copy, Debug)]
pub(super) struct TableEntry {
    pub(super) offset: u64,
    pub(super) size: u64,
}

impl Header {
    pub(super) fn parse(bytes: &[u8; HEADER_BYTES]) -> Result<Self, EifError> {
        let mut fields = Fields(bytes);
        if &fields.take::<4>()? != MAGIC {
            return Err(EifError::Magic);
        }
        let version = fields.u16()?;
        if !VERSIONS.contains(&version) {
            return Err(EifError::Version(version));
        }
        let architecture = if fields.u16()? & FLAG_ARM64 == 0 {
            Architecture::X86_64
        } else {
            Architecture::Arm64
        };
        // Default memory, default processors, reserved: nothing that is measured depends on them.
        fields.take::<18>()?;
        let count = usize::from(fields.u16()?);
        if count > MAX_SECTIONS {
            return Err(EifError::TooManySections(count));
        }
        let offsets = fields.table()?;
        let sizes = fields.table()?;
        let table = offsets
            .into_iter()
            .zip(sizes)
            .map(|(offset, size)| TableEntry { offset, size })
            .take(count);
        let table = table.collect();
        fields.take::<4>()?;
        let crc = u32::from_be_bytes(fields.take()?);
        Ok(Header {
            version,
            architecture,
            crc,
            table,
        })
    }

    pub(super) fn table(&self) -> &[TableEntry] {
        &self.table
    }
}

/// The bytes of the header that are not read yet.
struct Fields<'a>(&'a [u8]);

impl Fields<'_> {
    fn take<const LENGTH: usize>(&mut self) -> Result<[u8; LENGTH], EifError> {
        let (field, rest) = self.0.split_first_chunk().ok_or(EifError::Truncated("the header"))?;
        self.0 = rest;
        Ok(*field)
    }

    fn u16(&mut self) -> Result<u16, EifError> {
        self.take().map(u16::from_be_bytes)
    }

    fn table(&mut self) -> Result<Vec<u64>, EifError> {
        (0..MAX_SECTIONS).map(|_| self.take().map(u64::from_be_bytes)).collect()
    }
}
