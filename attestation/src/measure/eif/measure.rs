//! From sections to registers, as AWS's documents define them (`nitro-cli describe-eif` prints the same values).

use sha2::{Digest as _, Sha384};

use super::error::EifError;
use super::{Section, SectionKind, signature};
use crate::measurement::{Measurements, MeasurementsError, Pcr};

/// The registers that an image determines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ImageMeasurements {
    /// The whole image: kernel, command line, all ramdisks.
    pub pcr0: Pcr,
    /// Kernel, command line and the first ramdisk.
    pub pcr1: Pcr,
    /// The remaining ramdisks. With none, this is the measurement of nothing, not zero.
    pub pcr2: Pcr,
    /// The certificate that signed the image; `None` for an unsigned one, whose PCR8 is zero.
    pub pcr8: Option<Pcr>,
}

impl ImageMeasurements {
    /// All of them, to be expected of evidence.
    ///
    /// # Errors
    ///
    /// [`MeasurementsError`] never comes: no digest is all zero.
    pub fn measurements(&self) -> Result<Measurements, MeasurementsError> {
        let image = [(0, self.pcr0), (1, self.pcr1), (2, self.pcr2)];
        Measurements::new(image.into_iter().chain(self.pcr8.map(|pcr8| (8, pcr8))))
    }
}

pub(super) fn measure(sections: &[Section<'_>]) -> Result<ImageMeasurements, EifError> {
    let (mut image, mut boot, mut application) = (Sha384::new(), Sha384::new(), Sha384::new());
    let mut pcr8 = None;
    let mut ramdisks = 0;
    for section in sections {
        match section.kind {
            SectionKind::Kernel | SectionKind::Cmdline => {
                image.update(section.content);
                boot.update(section.content);
            }
            SectionKind::Ramdisk => {
                image.update(section.content);
                if ramdisks == 0 { &mut boot } else { &mut application }.update(section.content);
                ramdisks += 1;
            }
            SectionKind::Signature => pcr8 = Some(Pcr::of_content(&signature::certificate_der(section.content)?)),
            SectionKind::Metadata => {}
        }
    }
    let register = |content: Sha384| Pcr::ZERO.extend(&content.finalize());
    Ok(ImageMeasurements {
        pcr0: register(image),
        pcr1: register(boot),
        pcr2: register(application),
        pcr8,
    })
}
