//! Any bytes as an enclave image, as they are and with the checksum put right, so that the fuzzer gets past it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use veracruz_attestation::measure::Eif;

const HEADER: usize = 548;
const CHECKSUM: std::ops::Range<usize> = HEADER - 4..HEADER;

fuzz_target!(|input: &[u8]| {
    check(input);
    if input.len() < HEADER {
        return;
    }
    let mut image = input.to_vec();
    let checksum = crc32(image[..CHECKSUM.start].iter().chain(&image[HEADER..]));
    image[CHECKSUM].copy_from_slice(&checksum.to_be_bytes());
    check(&image);
});

fn check(image: &[u8]) {
    let Ok(eif) = Eif::parse(image) else { return };
    let content: usize = eif.sections().iter().map(|section| 12 + section.content.len()).sum();
    assert_eq!(HEADER + content, image.len(), "every byte belongs to a section");
    if let Ok(measured) = eif.measure() {
        measured.measurements().unwrap();
    }
}

/// CRC-32 of IEEE 802.3, bit by bit: inputs are small.
fn crc32<'a>(bytes: impl Iterator<Item = &'a u8>) -> u32 {
    !bytes.fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 }
        })
    })
}
