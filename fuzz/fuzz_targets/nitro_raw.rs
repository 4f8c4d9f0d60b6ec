//! Attestation documents and root certificates from raw bytes: no input may panic, hang or take memory.
#![no_main]

use libfuzzer_sys::fuzz_target;
use time::OffsetDateTime;
use time::macros::datetime;
use veracruz_attestation::nitro::{Anchors, authenticate, parse_unverified};

/// A time at which the certificates of a real document in a corpus may be over; inputs that parse are judged at their own.
const NOW: OffsetDateTime = datetime!(2026-11-22 12:00:00 UTC);

fuzz_target!(|data: &[u8]| {
    let now = match parse_unverified(data) {
        Ok(unverified) => {
            let _ = unverified.explain().to_string();
            unverified.timestamp()
        }
        Err(_) => NOW,
    };
    let _ = authenticate(data, &Anchors::aws(), now).map(|genuine| genuine.explain().to_string());
    let _ = Anchors::insecure(data);
});
