//! Decrypts points that came from a store that must not see them, and fits a straight line through them.
//!
//! In: `/s3_app_input/`, one file, encrypted with AES-128 in counter mode (NIST SP 800-38A, section 6.5, the whole block
//! counts, big-endian): a line `x, y` for each point. `/user_input/key` and `/user_input/iv`, 16 bytes each.
//! Out: `/output/linear-regression.dat`, as `linear-regression` writes it.
//!
//! Counter mode hides and does not protect: a changed file is noticed only where it is no text of points any more.

use std::process::ExitCode;

use aes::Aes128;
use ctr::Ctr128BE;
use ctr::cipher::{KeyIvInit as _, StreamCipher as _};
use guests::{Outcome, bad, finish, fit, input, inputs, output};

const POINTS: &str = "/s3_app_input/";
const KEY: &str = "/user_input/key";
const IV: &str = "/user_input/iv";

fn main() -> ExitCode {
    finish(run())
}

fn run() -> Outcome {
    let mut files = inputs(POINTS)?;
    let (path, mut bytes) = match files.len() {
        1 => files.remove(0),
        count => return Err(bad(POINTS, format!("has {count} files instead of one"))),
    };
    let (key, iv) = (block(KEY)?, block(IV)?);
    Ctr128BE::<Aes128>::new(&key.into(), &iv.into()).apply_keystream(&mut bytes);
    let name = path.display().to_string();
    let text = String::from_utf8(bytes).map_err(|_| bad(&name, "is no text after decryption: another key or IV?"))?;
    output("/output/linear-regression.dat", fit(&name, &text)?)
}

/// The 16 bytes of a file.
fn block(path: &str) -> Outcome<[u8; 16]> {
    let bytes = input(path)?;
    let found = bytes.len();
    bytes.try_into().map_err(|_| bad(path, format!("has {found} bytes instead of 16")))
}
