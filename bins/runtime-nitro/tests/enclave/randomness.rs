//! The kernel's generator and the module's bytes.

use std::path::Path;

use time::OffsetDateTime;
use veracruz_attestation::attester::{BootMeasurements, SimulatedNsm};
use veracruz_runtime_nitro::{KERNEL_RANDOM, seed};

fn module() -> SimulatedNsm {
    SimulatedNsm::new(BootMeasurements::of_program(b"image"), OffsetDateTime::now_utc).unwrap()
}

#[test]
fn the_kernel_takes_the_modules_randomness() {
    seed(&module(), Path::new(KERNEL_RANDOM)).unwrap();
}

#[test]
fn the_modules_bytes_go_where_the_kernel_reads_them() {
    let file = tempfile::NamedTempFile::new().unwrap();
    // 512 bytes are overwritten, the one behind them is what is read.
    std::fs::write(file.path(), [0; 513]).unwrap();
    seed(&module(), file.path()).unwrap();
    let written = std::fs::read(file.path()).unwrap();
    assert!(written[..512].chunks(32).all(|bytes| bytes.iter().any(|byte| *byte != 0)));
}

#[test]
fn without_a_generator_there_is_no_enclave() {
    assert!(seed(&module(), Path::new("/nowhere/random")).is_err());
    let file = tempfile::NamedTempFile::new().unwrap();
    assert!(seed(&module(), file.path()).is_err(), "a generator that gives nothing is none");
}
