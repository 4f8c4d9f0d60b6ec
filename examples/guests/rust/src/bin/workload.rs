//! What the benchmarks measure: one kind of work, named by the first word of `/input/work`, as often as the number behind
//! it says (`read-blocks 4096`). It prints a checksum, so that no compiler can leave the work out.
//!
//! | word | what one unit is |
//! |---|---|
//! | `matrix` | a product of two 64 × 64 matrices of doubles |
//! | `sieve` | the primes below 100,000 |
//! | `hash` | 64 KiB through FNV-1a |
//! | `read-blocks`, `write-blocks` | 64 KiB of `/work/blocks`, read (from its start again at its end) or written |
//! | `read-bytes`, `write-bytes`, `seek` | one byte, or one seek, of `/work/bytes` |

use std::fs::{File, OpenOptions};
use std::hint::black_box;
use std::io::{Read, Seek, SeekFrom, Write};
use std::process::ExitCode;

use guests::{Outcome, bad, finish};

const WORK: &str = "/input/work";
const BLOCKS: &str = "/work/blocks";
const BYTES: &str = "/work/bytes";
const BLOCK: usize = 64 * 1024;

fn main() -> ExitCode {
    finish(run())
}

fn run() -> Outcome {
    let text = std::fs::read_to_string(WORK).map_err(|error| bad(WORK, error))?;
    let (word, times) = text.trim().split_once(' ').unwrap_or((text.trim(), "1"));
    let times: u64 = times.parse().map_err(|error| bad(WORK, error))?;
    let sum = match word {
        "matrix" => (0..times).map(matrix).fold(0, u64::wrapping_add),
        "sieve" => (0..times).map(|_| sieve(black_box(100_000))).sum(),
        "hash" => (0..times).map(hash).fold(0, u64::wrapping_add),
        "read-blocks" => read_blocks(times)?,
        "write-blocks" => write_blocks(times)?,
        "read-bytes" => read_bytes(times)?,
        "write-bytes" => write_bytes(times)?,
        "seek" => seek(times)?,
        other => return Err(bad(WORK, format!("`{other}` is no work; the first lines of workload.rs list them"))),
    };
    println!("{word} {times}: {sum:016x}");
    Ok(())
}

fn matrix(seed: u64) -> u64 {
    const SIDE: usize = 64;
    let value = |index: usize| ((index as u64 * 31 + seed) % 17) as f64;
    let left: Vec<f64> = (0..SIDE * SIDE).map(value).collect();
    let right: Vec<f64> = (0..SIDE * SIDE).map(|index| value(index + 7)).collect();
    let mut product = vec![0.0; SIDE * SIDE];
    for row in 0..SIDE {
        for inner in 0..SIDE {
            let factor = left[row * SIDE + inner];
            for column in 0..SIDE {
                product[row * SIDE + column] += factor * right[inner * SIDE + column];
            }
        }
    }
    product.iter().fold(0, |sum, value| sum ^ value.to_bits())
}

fn sieve(limit: usize) -> u64 {
    let mut composite = vec![false; limit];
    let mut primes = 0;
    for number in 2..limit {
        if composite[number] {
            continue;
        }
        primes += 1;
        for multiple in (number * number..limit).step_by(number) {
            composite[multiple] = true;
        }
    }
    primes
}

fn hash(seed: u64) -> u64 {
    (0..BLOCK as u64)
        .fold(0xcbf2_9ce4_8422_2325 ^ seed, |hash, byte| (hash ^ (byte & 0xff)).wrapping_mul(0x0100_0000_01b3))
}

fn read_blocks(times: u64) -> Outcome<u64> {
    let mut file = File::open(BLOCKS).map_err(|error| bad(BLOCKS, error))?;
    let mut block = vec![0; BLOCK];
    let mut bytes = 0;
    for _ in 0..times {
        let read = file.read(&mut block)?;
        bytes += read as u64 + u64::from(block[0] & 1);
        if read < BLOCK {
            file.rewind()?;
        }
    }
    Ok(bytes)
}

fn write_blocks(times: u64) -> Outcome<u64> {
    let mut file = File::create(BLOCKS).map_err(|error| bad(BLOCKS, error))?;
    let block = vec![7; BLOCK];
    for _ in 0..times {
        file.write_all(&block)?;
    }
    Ok(file.stream_position()?)
}

fn read_bytes(times: u64) -> Outcome<u64> {
    let mut file = File::open(BYTES).map_err(|error| bad(BYTES, error))?;
    let mut byte = [0];
    let mut sum = 0;
    for _ in 0..times {
        sum += file.read(&mut byte)? as u64 + u64::from(byte[0]);
    }
    Ok(sum)
}

fn write_bytes(times: u64) -> Outcome<u64> {
    let mut file = File::create(BYTES).map_err(|error| bad(BYTES, error))?;
    for _ in 0..times {
        file.write_all(&[1])?;
    }
    Ok(file.stream_position()?)
}

fn seek(times: u64) -> Outcome<u64> {
    let mut file = OpenOptions::new().read(true).open(BYTES).map_err(|error| bad(BYTES, error))?;
    let mut sum = 0;
    for time in 0..times {
        sum += file.seek(SeekFrom::Start(time % 1000))?;
    }
    Ok(sum)
}
