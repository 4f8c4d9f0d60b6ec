//! Programs are measured while they are read.

use std::io::{self, Read};

use veracruz_attestation::measure::{ProgramMeasurement, measure_program, runtime_hash};
use veracruz_policy::Sha256Digest;

#[test]
fn a_program_is_hashed_whole_however_its_reader_hands_it_out() {
    let program: Vec<u8> = (0..200_000_u32).map(|number| number as u8).collect();
    let whole = measure_program(program.as_slice()).unwrap();
    assert_eq!(whole.sha256, Sha256Digest::of(&program));
    assert_eq!(whole, ProgramMeasurement::of(&program));
    assert_eq!(whole.bytes, 200_000);
    let dribbled = Dribble { rest: &program, interrupt: true };
    assert_eq!(measure_program(dribbled).unwrap(), whole);
    assert_eq!(measure_program(io::empty()).unwrap().sha256, Sha256Digest::of(b""));
}

/// Old policies hold the plain SHA-256 of the runtime, and certificates show the first 32 bytes of PCR0.
#[test]
fn what_old_clients_compare_of_a_simulated_runtime_is_its_plain_sha256() {
    let program = ProgramMeasurement::of(b"a runtime");
    assert_eq!(runtime_hash(&program.pcr()), *Sha256Digest::of(b"a runtime").as_bytes());
    assert_eq!(program.pcr().as_bytes()[32..], [0; 16]);
}

#[test]
fn a_broken_reader_gives_an_error_and_no_measurement() {
    struct Broken;
    impl Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::ErrorKind::PermissionDenied.into())
        }
    }
    let partly = (&b"some bytes"[..]).chain(Broken);
    assert_eq!(measure_program(partly).unwrap_err().kind(), io::ErrorKind::PermissionDenied);
}

/// Hands out 1000 bytes at a time, and is interrupted before each.
struct Dribble<'a> {
    rest: &'a [u8],
    interrupt: bool,
}

impl Read for Dribble<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.interrupt = !self.interrupt;
        if !self.interrupt {
            return Err(io::ErrorKind::Interrupted.into());
        }
        let length = self.rest.len().min(1000).min(buffer.len());
        let (now, later) = self.rest.split_at(length);
        buffer[..length].copy_from_slice(now);
        self.rest = later;
        Ok(length)
    }
}
