//! The measurement of a runtime that is a plain program.

use std::sync::{Arc, mpsc};
use std::{io, thread};

use sha2::{Digest as _, Sha256, Sha384};
use veracruz_policy::Sha256Digest;

use crate::measurement::Pcr;

/// How much is read at once: large enough that reading costs little next to hashing.
const CHUNK_BYTES: usize = 256 * 1024;

/// How many of these the slower hash may lag behind.
const CHUNKS_AHEAD: usize = 4;

/// The digests of a program's bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProgramMeasurement {
    /// What Veracruz's `runtime_manager_hash_linux` holds.
    pub sha256: Sha256Digest,
    /// The SHA-384 of the same bytes.
    pub sha384: [u8; 48],
    /// The size of the program.
    pub bytes: u64,
}

impl ProgramMeasurement {
    /// Measures a program that lies in memory.
    pub fn of(program: &[u8]) -> Self {
        let sha384 = Sha384::digest(program).into();
        ProgramMeasurement { sha256: Sha256Digest::of(program), sha384, bytes: program.len() as u64 }
    }

    /// PCR0 of the simulated platform, which has no image to measure: SHA-256 of the program, then the first 16 bytes of
    /// its SHA-384. So the first 32 bytes, which clients of Veracruz compare, are what its policies hold as
    /// `runtime_manager_hash_linux`: the plain SHA-256 of the runtime binary.
    pub fn pcr(&self) -> Pcr {
        let mut value = [0; 48];
        let digests = self.sha256.as_bytes().iter().chain(&self.sha384);
        value.iter_mut().zip(digests).for_each(|(to, from)| *to = *from);
        Pcr::from(value)
    }
}

/// Reads a program to its end and hashes it on the way: SHA-384, which takes several times as long as SHA-256 on most
/// processors, on a thread of its own.
///
/// # Errors
///
/// What `program` reports; interrupted reads are tried again.
pub fn measure_program(mut program: impl io::Read) -> io::Result<ProgramMeasurement> {
    thread::scope(|scope| {
        let (chunks, arriving) = mpsc::sync_channel::<Arc<[u8]>>(CHUNKS_AHEAD);
        let sha384 = scope.spawn(move || {
            let mut sha384 = Sha384::new();
            arriving.iter().for_each(|chunk| sha384.update(&chunk));
            sha384.finalize()
        });
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
            chunks.send(content.into()).map_err(|_| io::ErrorKind::BrokenPipe)?;
            sha256.update(content);
            bytes += read as u64;
        }
        drop(chunks);
        let sha256: [u8; 32] = sha256.finalize().into();
        let sha384 = sha384.join().map_err(|_| io::ErrorKind::BrokenPipe)?;
        Ok(ProgramMeasurement { sha256: sha256.into(), sha384: sha384.into(), bytes })
    })
}
