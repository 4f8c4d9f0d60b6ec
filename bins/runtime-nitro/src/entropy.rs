//! Randomness of the enclave: the kernel's generator, with the secure module's bytes in it.
//!
//! An enclave boots from the same image each time and has no disk and no devices whose timing varies. The cryptography
//! library draws from the kernel's generator, so it must hold something that the host does not know before a key is made.

use std::fs::OpenOptions;
use std::io::{self, Read as _, Write as _};
use std::path::Path;

use veracruz_attestation::attester::Nsm;

/// The kernel's generator (random(4)).
pub const KERNEL_RANDOM: &str = "/dev/random";

/// Calls of the module: each gives up to 256 bytes; the generator's state has 32.
const DRAWS: usize = 2;

/// Mixes the module's randomness into the kernel's generator at `path`, then waits until the generator is ready.
///
/// Bytes that are written count for nothing in the kernel's own estimate (random(4)), so this makes the generator better
/// and never makes it look better: it is ready when the kernel says so, as a rule because its `nsm` driver feeds it too.
///
/// # Errors
///
/// The module gives nothing, or the generator cannot be opened, written or read.
pub fn seed(nsm: &dyn Nsm, path: &Path) -> io::Result<()> {
    let mut kernel = OpenOptions::new().read(true).write(true).open(path)?;
    for _ in 0..DRAWS {
        kernel.write_all(&nsm.random().map_err(io::Error::other)?)?;
    }
    // Blocks until the generator is initialised.
    kernel.read_exact(&mut [0])
}
