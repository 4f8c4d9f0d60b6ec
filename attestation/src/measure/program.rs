//! The measurement of a runtime that is a plain program.

use std::io;

use sha2::{Digest as _, Sha256};
use veracruz_policy::Sha256Digest;

use crate::measurement::Pcr;

/// How much is read at once: large enough that reading costs little next to hashing.
const CHUNK_BYTES: usize = 64 * 1024;

/// What a program's bytes are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProgramMeasurement {
    /// What Veracruz's `runtime_manager_hash_linux` holds.
    pub sha256: Sha256Digest,
    /// The size of the program.
    pub bytes: u64,
}

impl ProgramMeasurement {
    /// Measures a program that lies in memory.
    pub fn of(program: &[u8]) -> Self {
        ProgramMeasurement { sha256: Sha256Digest::of(program), bytes: program.len() as u64 }
    }

    /// PCR0 of the simulated platform, which has no image to measure: SHA-256 of the program, then zeros. So the first
    /// 32 bytes, which clients of Veracruz compare, are what its policies hold as `runtime_manager_hash_linux`: the plain
    /// SHA-256 of the runtime binary.
    pub fn pcr(&self) -> Pcr {
        let mut value = [0; 48];
        value.iter_mut().zip(self.sha256.as_bytes()).for_each(|(to, from)| *to = *from);
        Pcr::from(value)
    }
}

/// Reads a program to its end and hashes it on the way.
///
/// # Errors
///
/// What `program` reports; interrupted reads are tried again.
pub fn measure_program(mut program: impl io::Read) -> io::Result<ProgramMeasurement> {
    let (mut sha256, mut bytes) = (Sha256::new(), 0);
    let mut chunk = vec![0; CHUNK_BYTES];
    loop {
        let read = match program.read(&mut chunk) {
            Ok(0) => break,
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        // A reader that says it read more than fits is broken; nothing of it can be believed.
        let content = chunk.get(..read).ok_or(io::ErrorKind::InvalidData)?;
        sha256.update(content);
        bytes += read as u64;
    }
    let sha256: [u8; 32] = sha256.finalize().into();
    Ok(ProgramMeasurement { sha256: sha256.into(), bytes })
}
