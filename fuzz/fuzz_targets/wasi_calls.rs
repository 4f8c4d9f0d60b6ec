//! Any bytes as a script of file calls, made by a guest and by a plain map: they agree on what succeeds and on what is
//! read, and all memory is given back.
#![no_main]

use libfuzzer_sys::fuzz_target;

#[expect(dead_code, reason = "the suite that it belongs to uses the rest")]
#[path = "../../runtime/tests/files/guests/guest.rs"]
mod guest;
#[path = "../../runtime/tests/files/guests/script.rs"]
mod script;
#[expect(dead_code, reason = "the suite that it belongs to uses the rest")]
#[path = "../../runtime/tests/files/world.rs"]
mod world;

fuzz_target!(|calls: &[u8]| {
    script::drive(calls);
});
