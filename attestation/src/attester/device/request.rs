//! Requests to the device: CBOR, byte for byte what `aws-nitro-enclaves-nsm-api` 0.5.2 sends.
//!
//! An operation without arguments is its name as text; one with arguments is a map from its name to a map of them.

use crate::attester::nsm::AttestationRequest;
use crate::cbor::Writer;

pub(super) fn describe_nsm() -> Vec<u8> {
    name_alone("DescribeNSM")
}

pub(super) fn get_random() -> Vec<u8> {
    name_alone("GetRandom")
}

pub(super) fn describe_pcr(index: u8) -> Vec<u8> {
    number("DescribePCR", "index", index)
}

pub(super) fn lock_pcr(index: u8) -> Vec<u8> {
    number("LockPCR", "index", index)
}

/// Locks the registers `0..range`.
pub(super) fn lock_pcrs(range: u8) -> Vec<u8> {
    number("LockPCRs", "range", range)
}

pub(super) fn extend_pcr(index: u8, data: &[u8]) -> Vec<u8> {
    let mut cbor = Writer::new();
    cbor.map(1).text("ExtendPCR").map(2).text("index").unsigned(index.into()).text("data").bytes(data);
    cbor.finish()
}

pub(super) fn attestation(request: &AttestationRequest) -> Vec<u8> {
    let mut cbor = Writer::new();
    cbor.map(1).text("Attestation").map(3);
    let fields = [("user_data", &request.user_data), ("nonce", &request.nonce), ("public_key", &request.public_key)];
    for (name, value) in fields {
        cbor.text(name);
        match value {
            Some(value) => cbor.bytes(value),
            None => cbor.null(),
        };
    }
    cbor.finish()
}

fn name_alone(operation: &str) -> Vec<u8> {
    let mut cbor = Writer::new();
    cbor.text(operation);
    cbor.finish()
}

fn number(operation: &str, argument: &str, value: u8) -> Vec<u8> {
    let mut cbor = Writer::new();
    cbor.map(1).text(operation).map(1).text(argument).unsigned(value.into());
    cbor.finish()
}
