//! What functions are made of: a few variants of a function, with programs and data files of different sizes.

use std::sync::Arc;

use serde_json::json;
use veracruz_policy::{Rights, Sha256Digest};

/// Bytes of the large files: many times what is written at once.
const LARGE: usize = 3 << 20;

/// The one that every variant can run.
pub(crate) const SMALL_PROGRAM: usize = 0;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Program,
    DataFile,
}

/// A file that a function declares.
pub(crate) struct Content {
    pub(crate) kind: Kind,
    pub(crate) path: &'static str,
    pub(crate) bytes: Arc<[u8]>,
    pub(crate) digest: Sha256Digest,
}

/// What a function with this number is.
pub(crate) struct Variant {
    number: u64,
    pub(crate) files: Vec<Content>,
}

impl Variant {
    pub(crate) fn new(number: u64) -> Self {
        let mut random = fastrand::Rng::with_seed(number);
        let mut bytes = |length: usize| -> Vec<u8> { (0..length).map(|_| random.u8(..)).collect() };
        let (padding, large, small) = (bytes(LARGE), bytes(LARGE), bytes(40));
        let files = vec![
            content(Kind::Program, "/program/small.wasm", printing(&said(number))),
            content(Kind::Program, "/program/large.wasm", padded(printing("large"), &padding)),
            content(Kind::DataFile, "/program_data/small", small),
            content(Kind::DataFile, "/program_data/large", large),
            content(Kind::DataFile, "/program_data/empty", Vec::new()),
        ];
        Variant { number, files }
    }

    /// What its small program prints.
    pub(crate) fn says(&self) -> String {
        said(self.number)
    }

    /// The policy of a function of this name.
    pub(crate) fn policy(&self, function: &str) -> String {
        let of = |kind| self.files.iter().filter(move |file| file.kind == kind);
        let right = |name: &str, rights: Rights| json!([{"file_name": name, "rights": rights.bits()}]);
        let programs = of(Kind::Program).enumerate().map(|(id, file)| {
            json!({
                "id": id,
                "program_file_name": file.path,
                "pi_hash": file.digest.to_string(),
                "file_rights": right("stdout", Rights::WRITE),
            })
        });
        let data = of(Kind::DataFile).map(|file| json!({"data_file": file.path, "pi_hash": file.digest.to_string()}));
        let policy = json!({
            "function": function,
            "execution_strategy": "Interpretation",
            "max_memory_mib": 64,
            "debug": false,
            "enable_clock": false,
            "file_rights": [
                {"file_name": "/program/", "rights": Rights::WRITE.bits()},
                {"file_name": "/program_data/", "rights": Rights::WRITE.bits()},
            ],
            "programs": programs.collect::<Vec<_>>(),
            "data_files": data.collect::<Vec<_>>(),
        });
        policy.to_string()
    }
}

fn said(number: u64) -> String {
    format!("variant {number}")
}

fn content(kind: Kind, path: &'static str, bytes: Vec<u8>) -> Content {
    let digest = Sha256Digest::of(&bytes);
    Content { kind, path, bytes: bytes.into(), digest }
}

/// A program that prints `text` and ends.
pub(crate) fn printing(text: &str) -> Vec<u8> {
    let length = text.len();
    wat::parse_str(format!(
        r#"(module
             (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
             (memory (export "memory") 1)
             (data (i32.const 0) "\10\00\00\00\{length:02x}\00\00\00") (data (i32.const 16) "{text}")
             (func (export "_start") (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))))"#
    ))
    .unwrap()
}

/// The same program with a custom section behind it, which engines pass over.
fn padded(mut program: Vec<u8>, padding: &[u8]) -> Vec<u8> {
    program.push(0);
    let mut rest = padding.len() + 2;
    loop {
        let more = if rest > 0x7f { 0x80 } else { 0 };
        program.push(u8::try_from(rest & 0x7f).unwrap() | more);
        rest >>= 7;
        if rest == 0 {
            break;
        }
    }
    program.extend([1, b'p']);
    program.extend(padding);
    program
}
