//! Any bytes as a script of what participants send to an instance, and how it is cut: sessions and their model agree on
//! every reply and on the files, sessions hold little, and all memory is given back.
#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../../runtime/tests/state/files.rs"]
mod files;
#[path = "../../runtime/tests/state/guests.rs"]
mod guests;
#[path = "../../runtime/tests/state/peer.rs"]
mod peer;
#[path = "../../runtime/tests/state/pipe.rs"]
mod pipe;
#[path = "../../runtime/tests/state/play.rs"]
mod play;
#[path = "../../runtime/tests/state/reply.rs"]
mod reply;
#[path = "../../runtime/tests/state/script.rs"]
mod script;
#[expect(dead_code, reason = "the suite that it belongs to uses the rest")]
#[path = "../../protocol/tests/wire/seen.rs"]
mod seen;
#[path = "../../runtime/tests/state/theatre.rs"]
mod theatre;
#[path = "../../runtime/tests/state/world.rs"]
mod world;

thread_local! {
    static THEATRE: theatre::Theatre = theatre::Theatre::open();
}

fuzz_target!(|bytes: &[u8]| {
    THEATRE.with(|theatre| drop(script::drive(theatre, bytes)));
});
