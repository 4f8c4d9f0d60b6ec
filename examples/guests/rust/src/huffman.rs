//! Canonical Huffman codes over bytes, and the small file format that `huffman-encode` writes.
//!
//! A file is `HUF1`, the length of the original in 8 bytes (big-endian), 256 bytes with the length in bits of each
//! byte's code (0: does not occur), and the codes, first bit highest, with zeros at the end.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

const MAGIC: &[u8; 4] = b"HUF1";
const HEADER: usize = 4 + 8 + 256;
/// A code this long needs more input (Fibonacci of 64) than any file has.
const MAX_BITS: usize = 63;

/// What is wrong with a file that [`decode`] refuses.
pub type Refusal = &'static str;

/// The file for `bytes`.
pub fn encode(bytes: &[u8]) -> Vec<u8> {
    let lengths = code_lengths(bytes);
    let mut codes = [(0_u64, 0_u8); 256];
    for (code, symbol) in canonical(&lengths) {
        codes[usize::from(symbol)] = (code, lengths[usize::from(symbol)]);
    }
    let mut file = Vec::with_capacity(HEADER + bytes.len());
    file.extend_from_slice(MAGIC);
    file.extend_from_slice(&(bytes.len() as u64).to_be_bytes());
    file.extend_from_slice(&lengths);
    let (mut byte, mut used) = (0_u8, 0);
    for symbol in bytes {
        let (code, length) = codes[usize::from(*symbol)];
        for bit in (0..length).rev() {
            byte = byte << 1 | (code >> bit & 1) as u8;
            used += 1;
            if used == 8 {
                file.push(byte);
                (byte, used) = (0, 0);
            }
        }
    }
    if used > 0 {
        file.push(byte << (8 - used));
    }
    file
}

/// The bytes that `file` stands for. A file that is cut, too long, or with impossible codes is refused.
pub fn decode(file: &[u8]) -> Result<Vec<u8>, Refusal> {
    let (magic, rest) = file.split_first_chunk::<4>().ok_or("is too short")?;
    let (length, rest) = rest.split_first_chunk::<8>().ok_or("is too short")?;
    let (lengths, bits) = rest.split_first_chunk::<256>().ok_or("is too short")?;
    if magic != MAGIC {
        return Err("does not start with HUF1");
    }
    let length = usize::try_from(u64::from_be_bytes(*length)).map_err(|_| "is too large for this machine")?;
    // Each byte has a code of one bit at least, so this bounds what is allocated.
    if length > bits.len() * 8 {
        return Err("is cut");
    }
    let table = Table::new(lengths)?;
    let mut bits = bits.iter().flat_map(|byte| (0..8).rev().map(move |at| byte >> at & 1));
    let bytes = (0..length).map(|_| table.next(&mut bits)).collect::<Result<Vec<_>, _>>()?;
    if bits.clone().count() >= 8 || bits.any(|bit| bit != 0) {
        return Err("goes on after its end");
    }
    Ok(bytes)
}

/// The length of each byte's code, 0 for a byte that does not occur.
fn code_lengths(bytes: &[u8]) -> [u8; 256] {
    let mut counts = [0_u64; 256];
    bytes.iter().for_each(|byte| counts[usize::from(*byte)] += 1);
    let mut lengths = [0; 256];
    // A tree is its weight, a number that settles ties, and the bytes in it.
    let mut trees: BinaryHeap<_> = (0..=255_u8)
        .filter(|b| counts[usize::from(*b)] > 0)
        .map(|b| Reverse((counts[usize::from(b)], b, vec![b])))
        .collect();
    if let (1, Some(Reverse((_, only, _)))) = (trees.len(), trees.peek()) {
        lengths[usize::from(*only)] = 1;
    }
    while let (Some(Reverse((w1, tie, mut left))), Some(Reverse((w2, _, right)))) = (trees.pop(), trees.pop()) {
        left.extend(right);
        left.iter().for_each(|byte| lengths[usize::from(*byte)] += 1);
        trees.push(Reverse((w1 + w2, tie, left)));
    }
    lengths
}

/// Codes in canonical order: by length, then by byte.
fn canonical(lengths: &[u8; 256]) -> impl Iterator<Item = (u64, u8)> + '_ {
    let mut symbols: Vec<u8> = (0..=255).filter(|symbol| lengths[usize::from(*symbol)] > 0).collect();
    symbols.sort_by_key(|symbol| (lengths[usize::from(*symbol)], *symbol));
    let (mut code, mut length) = (0_u64, 0);
    symbols.into_iter().map(move |symbol| {
        let next = lengths[usize::from(symbol)];
        code <<= next - length;
        length = next;
        code += 1;
        (code - 1, symbol)
    })
}

/// For each length its first code and the bytes of that length in order.
struct Table {
    first: [u64; MAX_BITS + 1],
    symbols: Vec<Vec<u8>>,
}

impl Table {
    fn new(lengths: &[u8; 256]) -> Result<Self, Refusal> {
        let mut table = Table { first: [0; MAX_BITS + 1], symbols: vec![vec![]; MAX_BITS + 1] };
        // Kraft's sum in units of 2^-63: above one, codes would overlap.
        let mut used = 0_u128;
        for length in lengths.iter().filter(|length| **length > 0) {
            used += 1_u128 << MAX_BITS.checked_sub(usize::from(*length)).ok_or("has a code that is too long")?;
        }
        if used > 1 << MAX_BITS {
            return Err("has codes that overlap");
        }
        for (code, symbol) in canonical(lengths) {
            let length = usize::from(lengths[usize::from(symbol)]);
            if table.symbols[length].is_empty() {
                table.first[length] = code;
            }
            table.symbols[length].push(symbol);
        }
        Ok(table)
    }

    fn next(&self, bits: &mut impl Iterator<Item = u8>) -> Result<u8, Refusal> {
        let mut code = 0_u64;
        for length in 1..=MAX_BITS {
            code = code << 1 | u64::from(bits.next().ok_or("is cut")?);
            let at = code.checked_sub(self.first[length]).and_then(|at| usize::try_from(at).ok());
            if let Some(symbol) = at.and_then(|at| self.symbols[length].get(at)) {
                return Ok(*symbol);
            }
        }
        Err("has bits that are no code")
    }
}

#[cfg(test)]
mod tests {
    use super::{decode, encode};

    #[test]
    fn what_is_encoded_is_decoded_again() {
        let skewed: Vec<u8> = (0..20_u32).flat_map(|n| vec![n as u8; 1 << (n / 2)]).collect();
        for bytes in [&b""[..], b"a", b"aaaa", b"ab", b"the quick brown fox", &(0..=255).collect::<Vec<u8>>(), &skewed]
        {
            assert_eq!(decode(&encode(bytes)).as_deref(), Ok(bytes));
        }
    }

    #[test]
    fn a_cut_or_longer_file_is_refused() {
        let file = encode(b"the quick brown fox");
        for length in 0..file.len() {
            assert!(decode(&file[..length]).is_err(), "{length} bytes");
        }
        assert_eq!(decode(&[&file[..], &[0]].concat()), Err("goes on after its end"));
    }

    #[test]
    fn impossible_codes_are_refused() {
        let mut file = encode(b"ab");
        file[12..12 + 256].fill(1);
        assert_eq!(decode(&file), Err("has codes that overlap"));
        file[12..12 + 256].fill(200);
        assert_eq!(decode(&file), Err("has a code that is too long"));
    }
}
