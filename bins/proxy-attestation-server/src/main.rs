//! proxy-attestation-server.
fn main() {}
