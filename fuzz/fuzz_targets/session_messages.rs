//! Any bytes as a request and as a response: the streaming decoder understands them as prost does, and what it understood
//! comes back as it was when it is sent again.
#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../../protocol/tests/wire/oracle.rs"]
mod oracle;
#[path = "../../protocol/tests/wire/seen.rs"]
mod seen;

fuzz_target!(|body: &[u8]| {
    let stream = [&(body.len() as u64).to_be_bytes(), body].concat();
    let [request] = seen::requests(&stream).try_into().expect("one frame is one message");
    oracle::hold_request(body, &request);
    let [response] = seen::responses(&stream).try_into().expect("one frame is one message");
    oracle::hold_response(body, &response);
});
