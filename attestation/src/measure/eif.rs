//! Enclave image files (EIF): parsed, and measured as AWS's tools and the platform measure them.
//!
//! The format is that of AWS's `aws-nitro-enclaves-image-format`: all numbers big-endian, a header of 548 bytes, then
//! sections of a 12-byte header and content, one after the other.
//!
//! AWS's own tool walks the sections in the order of the file; a loader may find them by the tables of the header. Two
//! readings of one image would have two measurements, so an image whose tables differ from its layout is refused here,
//! and so is one with bytes after its last section.

mod crc;
mod error;
mod header;
mod measure;
mod signature;

pub use error::EifError;
pub use header::Architecture;
pub use measure::ImageMeasurements;
pub use signature::MAX_SIGNATURE_BYTES;

use header::{HEADER_BYTES, Header};

/// The sections that the tables of the header have room for.
pub const MAX_SECTIONS: usize = 32;

const SECTION_HEADER_BYTES: usize = 12;

/// An image whose structure and checksum are sound. It borrows the file's bytes and copies none of them.
#[derive(Clone, Debug)]
pub struct Eif<'a> {
    header: Header,
    sections: Vec<Section<'a>>,
}

/// One section.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Section<'a> {
    /// What is in it.
    pub kind: SectionKind,
    /// Its content, without its header.
    pub content: &'a [u8],
}

/// What a section holds, with its number in the format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SectionKind {
    /// 1: the kernel.
    Kernel,
    /// 2: the kernel's command line.
    Cmdline,
    /// 3: an initial file system.
    Ramdisk,
    /// 4: who signed the image.
    Signature,
    /// 5: how the image was built, as JSON. Measured by nothing.
    Metadata,
}

impl<'a> Eif<'a> {
    /// Reads a whole image.
    ///
    /// # Errors
    ///
    /// [`EifError`] for the first thing that is not as the format says; the checksum is looked at last.
    pub fn parse(image: &'a [u8]) -> Result<Self, EifError> {
        let (header_bytes, body) = image.split_first_chunk().ok_or(EifError::Truncated("the header"))?;
        let header = Header::parse(header_bytes)?;
        let mut sections = Vec::new();
        let (mut rest, mut position) = (body, HEADER_BYTES as u64);
        for entry in header.table() {
            let (section, after) = read_section(rest)?;
            let length = section.content.len() as u64;
            // AWS's tool leaves the old size in the table when it replaces the signature of a signed image (seen with its
            // version 0.8.1). Nothing that is measured as code hangs on it.
            let is_size_right = entry.size == length || section.kind == SectionKind::Signature;
            if entry.offset != position || !is_size_right {
                return Err(EifError::Tables(sections.len()));
            }
            position += SECTION_HEADER_BYTES as u64 + length;
            sections.push(section);
            rest = after;
        }
        if !rest.is_empty() {
            return Err(EifError::Trailing(rest.len()));
        }
        check_order(&sections)?;
        crc::check(header_bytes, body, header.crc)?;
        Ok(Eif { header, sections })
    }

    /// The version of the format: 2 to 4.
    pub fn version(&self) -> u16 {
        self.header.version
    }

    /// The processors that the image is for.
    pub fn architecture(&self) -> Architecture {
        self.header.architecture
    }

    /// The sections in the order of the file.
    pub fn sections(&self) -> &[Section<'a>] {
        &self.sections
    }

    /// The values of PCR0, PCR1, PCR2 and, where the image is signed, PCR8.
    ///
    /// # Errors
    ///
    /// [`EifError::Signature`] when the signature section is not as the format says.
    pub fn measure(&self) -> Result<ImageMeasurements, EifError> {
        measure::measure(&self.sections)
    }
}

fn read_section(bytes: &[u8]) -> Result<(Section<'_>, &[u8]), EifError> {
    let (head, rest) = bytes.split_first_chunk().ok_or(EifError::Truncated("a section's header"))?;
    // Type, flags (unused so far), size.
    let [k0, k1, _, _, s0, s1, s2, s3, s4, s5, s6, s7]: [u8; SECTION_HEADER_BYTES] = *head;
    let kind = SectionKind::of(u16::from_be_bytes([k0, k1]))?;
    let size = u64::from_be_bytes([s0, s1, s2, s3, s4, s5, s6, s7]);
    let content = usize::try_from(size).ok().and_then(|size| rest.split_at_checked(size));
    let (content, rest) = content.ok_or(EifError::Truncated("a section"))?;
    Ok((Section { kind, content }, rest))
}

/// The order in which everything that is measured has to stand: kernel, command line, then ramdisks. The measurements
/// are defined in that order, AWS's tool computes them in the order of the file, and this way both are the same.
fn check_order(sections: &[Section<'_>]) -> Result<(), EifError> {
    let mut measured = sections.iter().map(|section| section.kind).filter(|kind| kind.is_measured());
    let starts = [measured.next(), measured.next(), measured.next()];
    let expected = [SectionKind::Kernel, SectionKind::Cmdline, SectionKind::Ramdisk].map(Some);
    if starts != expected || measured.any(|kind| kind != SectionKind::Ramdisk) {
        return Err(EifError::Order);
    }
    for kind in [SectionKind::Signature, SectionKind::Metadata] {
        if sections.iter().filter(|section| section.kind == kind).count() > 1 {
            return Err(EifError::Repeated(kind));
        }
    }
    Ok(())
}

impl SectionKind {
    fn of(number: u16) -> Result<Self, EifError> {
        match number {
            1 => Ok(SectionKind::Kernel),
            2 => Ok(SectionKind::Cmdline),
            3 => Ok(SectionKind::Ramdisk),
            4 => Ok(SectionKind::Signature),
            5 => Ok(SectionKind::Metadata),
            other => Err(EifError::Kind(other)),
        }
    }

    const fn is_measured(self) -> bool {
        matches!(self, SectionKind::Kernel | SectionKind::Cmdline | SectionKind::Ramdisk)
    }
}

impl std::fmt::Debug for Section<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Section").field("kind", &self.kind).field("bytes", &self.content.len()).finish()
    }
}
