//! Joins the shares of Shamir's secret sharing over GF(2^8) into the secret.
//!
//! In: every file in `/input/`, one share each: the point `x` (1 to 255) in the first byte, then for each byte of the
//! secret its polynomial's value at `x`. A file of hexadecimal digits and white space is read as hex text, any other as
//! raw bytes. The field is that of AES, modulo x^8 + x^4 + x^3 + x + 1. Out: `/output/shamir.dat`.
//!
//! Fewer shares than the secret was split for give noise of the right length: the scheme cannot tell.

use std::process::ExitCode;

use guests::{Outcome, bad, finish, inputs, output};

struct Share {
    x: u8,
    values: Vec<u8>,
}

fn main() -> ExitCode {
    finish(run())
}

fn run() -> Outcome {
    let mut shares: Vec<Share> = Vec::new();
    for (path, bytes) in inputs("/input/")? {
        let share = parse(&bytes).map_err(|what| bad(path.display(), what))?;
        if shares.iter().any(|other| other.x == share.x) {
            return Err(bad(path.display(), format!("a second share for the point {}", share.x)));
        }
        if shares.iter().any(|other| other.values.len() != share.values.len()) {
            return Err(bad(path.display(), "its length differs from the other shares'"));
        }
        shares.push(share);
    }
    let length = shares.first().ok_or_else(|| bad("/input", "holds no share"))?.values.len();
    let secret: Vec<u8> = (0..length).map(|at| at_zero(&shares, at)).collect();
    output("/output/shamir.dat", secret)
}

fn parse(bytes: &[u8]) -> Result<Share, &'static str> {
    let raw = hex(bytes).unwrap_or_else(|| bytes.to_vec());
    match raw.split_first() {
        Some((0, _)) => Err("the point 0 is the secret itself, not a share"),
        Some((x, values)) if !values.is_empty() => Ok(Share { x: *x, values: values.to_vec() }),
        _ => Err("a share has at least two bytes"),
    }
}

/// The bytes that hex text stands for, if it is that.
fn hex(text: &[u8]) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> = text
        .iter()
        .filter(|byte| !byte.is_ascii_whitespace())
        .map(|byte| char::from(*byte).to_digit(16).map(|digit| digit as u8))
        .collect();
    let digits = digits.filter(|digits| digits.len() % 2 == 0 && !digits.is_empty())?;
    Some(digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect())
}

/// Lagrange's interpolation at 0 of the polynomial behind byte `at` of the secret.
fn at_zero(shares: &[Share], at: usize) -> u8 {
    shares.iter().fold(0, |sum, share| {
        let others = shares.iter().filter(|other| other.x != share.x);
        let weight = others.fold(1, |product, other| multiply(product, divide(other.x, other.x ^ share.x)));
        sum ^ multiply(share.values[at], weight)
    })
}

fn multiply(mut a: u8, mut b: u8) -> u8 {
    let mut product = 0;
    while b != 0 {
        if b & 1 != 0 {
            product ^= a;
        }
        let overflow = a & 0x80 != 0;
        a <<= 1;
        if overflow {
            a ^= 0x1b;
        }
        b >>= 1;
    }
    product
}

/// `b` is never 0: two shares have different points. b^254 is its inverse.
fn divide(a: u8, b: u8) -> u8 {
    (0..254).fold(a, |quotient, _| multiply(quotient, b))
}
