//! The registers and their rules: 0 to 15 are the platform's and locked at boot, 16 to 31 the application's.

use super::super::nsm::{NsmError, PcrState, RESERVED_PCRS};
use crate::measure::ProgramMeasurement;
use crate::measurement::{PCR_COUNT, Pcr};

/// The most data of one `ExtendPCR`: a request to the device has at most 4096 bytes, head included.
const MAX_EXTEND_BYTES: usize = 4096 - 64;

/// What the platform measured when the enclave started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BootMeasurements {
    /// The whole image.
    pub pcr0: Pcr,
    /// Kernel, command line and first ramdisk.
    pub pcr1: Pcr,
    /// The other ramdisks.
    pub pcr2: Pcr,
    /// The certificate that signed the image, if one did.
    pub pcr8: Option<Pcr>,
}

impl BootMeasurements {
    /// The measurements of a runtime that is a plain program and no image: all three are of the whole program, so that
    /// each of them names the code. The value is [`ProgramMeasurement::pcr`].
    pub fn of_program(program: &[u8]) -> Self {
        BootMeasurements::from(ProgramMeasurement::of(program))
    }
}

/// As [`BootMeasurements::of_program`], of a program that was measured already.
impl From<ProgramMeasurement> for BootMeasurements {
    fn from(program: ProgramMeasurement) -> Self {
        let pcr = program.pcr();
        BootMeasurements { pcr0: pcr, pcr1: pcr, pcr2: pcr, pcr8: None }
    }
}

#[derive(Clone, Copy)]
struct Register {
    value: Pcr,
    locked: bool,
}

/// The 32 registers of one enclave.
pub(super) struct Registers([Register; PCR_COUNT as usize]);

impl Registers {
    /// The registers as an enclave finds them. PCR3 stays zero: no role is given to the parent instance.
    pub(super) fn at_boot(boot: &BootMeasurements, instance_id: &str) -> Self {
        let mut registers = Registers([Register { value: Pcr::ZERO, locked: false }; PCR_COUNT as usize]);
        let instance = Pcr::ZERO.extend(instance_id.as_bytes());
        let boot = [(0, boot.pcr0), (1, boot.pcr1), (2, boot.pcr2), (4, instance), (8, boot.pcr8.unwrap_or(Pcr::ZERO))];
        for (index, value) in boot {
            registers.set(index, value);
        }
        registers.0.iter_mut().take(usize::from(RESERVED_PCRS)).for_each(|register| register.locked = true);
        registers
    }

    /// Zeroes what names the code, as debug mode does.
    pub(super) fn forget_the_code(&mut self) {
        (0..=2).for_each(|index| self.set(index, Pcr::ZERO));
    }

    /// `DescribePCR`.
    pub(super) fn describe(&self, index: u8) -> Result<PcrState, NsmError> {
        let register = self.0.get(usize::from(index)).ok_or(NsmError::InvalidIndex)?;
        Ok(PcrState { value: register.value, is_locked: register.locked })
    }

    /// `ExtendPCR`.
    pub(super) fn extend(&mut self, index: u8, data: &[u8]) -> Result<Pcr, NsmError> {
        if data.len() > MAX_EXTEND_BYTES {
            return Err(NsmError::InputTooLarge);
        }
        let register = self.writable(index)?;
        register.value = register.value.extend(data);
        Ok(register.value)
    }

    /// `LockPCR`.
    pub(super) fn lock(&mut self, index: u8) -> Result<(), NsmError> {
        self.writable(index)?.locked = true;
        Ok(())
    }

    /// `LockPCRs`: all below `range`, whether locked already or not.
    pub(super) fn lock_range(&mut self, range: u8) -> Result<(), NsmError> {
        if range > PCR_COUNT {
            return Err(NsmError::InvalidIndex);
        }
        self.0.iter_mut().take(usize::from(range)).for_each(|register| register.locked = true);
        Ok(())
    }

    /// The registers that evidence shows.
    pub(super) fn locked(&self) -> impl Iterator<Item = (u8, &Pcr)> {
        (0..).zip(&self.0).filter(|(_, register)| register.locked).map(|(index, register)| (index, &register.value))
    }

    fn writable(&mut self, index: u8) -> Result<&mut Register, NsmError> {
        let register = self.0.get_mut(usize::from(index)).ok_or(NsmError::InvalidIndex)?;
        if register.locked { Err(NsmError::ReadOnlyIndex) } else { Ok(register) }
    }

    fn set(&mut self, index: usize, value: Pcr) {
        if let Some(register) = self.0.get_mut(index) {
            register.value = value;
        }
    }
}
