//! The device's messages, against a script of what it says. The bytes were printed by `aws-nitro-enclaves-nsm-api` 0.5.2
//! with its own encoder.

use std::io;
use std::sync::Mutex;

use proptest::prelude::*;

use super::{Channel, DEVICE_PATH, DeviceNsm, MAX_REQUEST_BYTES, response};
use crate::attester::{AttestationRequest, Nsm, NsmError};
use crate::measurement::Pcr;

const DESCRIBE_PCR: &str = "a16b4465736372696265504352a2646c6f636bf5646461746158300707070707070707070707070707070707070707\
                            07070707070707070707070707070707070707070707070707070707";
const DESCRIBE_NSM: &str = "a16b44657363726962654e534da76d76657273696f6e5f6d616a6f72016d76657273696f6e5f6d696e6f72026d7665\
                            7273696f6e5f706174636819012c696d6f64756c655f696468692d302d656e6330686d61785f7063727318206b6c6f\
                            636b65645f7063727391000102030405060708090a0b0c0d0e0f18186664696765737466534841333834";
const ATTESTATION: &str = "a16b4174746573746174696f6ea168646f63756d656e7443840102";

/// Answers each request with the same bytes, and remembers the last request.
#[derive(Debug)]
pub(super) struct Script {
    answer: Result<Vec<u8>, i32>,
    asked: Mutex<Vec<u8>>,
}

impl Script {
    pub(super) fn exchange(&self, request: &[u8], response: &mut [u8]) -> io::Result<usize> {
        *self.asked.lock().unwrap() = request.to_vec();
        let answer = self.answer.as_ref().map_err(|code| io::Error::from_raw_os_error(*code))?;
        response[..answer.len()].copy_from_slice(answer);
        Ok(answer.len())
    }
}

fn device(answer: &str) -> DeviceNsm {
    let answer = Ok(hex::decode(answer).unwrap());
    DeviceNsm(Channel::Script(Script { answer, asked: Mutex::default() }))
}

fn asked(device: &DeviceNsm) -> String {
    match &device.0 {
        Channel::Script(script) => hex::encode(&*script.asked.lock().unwrap()),
        Channel::Device(_) => panic!("a device"),
    }
}

#[test]
fn requests_are_those_of_the_library_of_aws() {
    type Ask = fn(&DeviceNsm) -> Result<(), NsmError>;
    let full =
        || AttestationRequest { user_data: Some(vec![1, 2]), nonce: Some(vec![3; 32]), public_key: Some(Vec::new()) };
    let all = "a16b4174746573746174696f6ea369757365725f64617461420102656e6f6e636558200303030303030303030303030303030303\
               0303030303030303030303030303036a7075626c69635f6b657940";
    let none = "a16b4174746573746174696f6ea369757365725f64617461f6656e6f6e6365f66a7075626c69635f6b6579f6";
    let cases: &[(Ask, &str)] = &[
        (|nsm| nsm.describe_pcr(3).map(drop), "a16b4465736372696265504352a165696e64657803"),
        (|nsm| nsm.extend_pcr(16, &[0xaa, 0xbb]).map(drop), "a169457874656e64504352a265696e64657810646461746142aabb"),
        (|nsm| nsm.lock_pcr(16), "a1674c6f636b504352a165696e64657810"),
        (|nsm| nsm.lock_pcrs(32), "a1684c6f636b50435273a16572616e67651820"),
        (|nsm| nsm.describe().map(drop), "6b44657363726962654e534d"),
        (|nsm| nsm.random().map(drop), "6947657452616e646f6d"),
        (|nsm| nsm.attest(&AttestationRequest::default()).map(drop), none),
    ];
    for (ask, request) in cases {
        let device = device("00");
        assert!(matches!(ask(&device), Err(NsmError::InvalidResponse)));
        assert_eq!(asked(&device), *request);
    }
    let device = device(ATTESTATION);
    device.attest(&full()).unwrap();
    assert_eq!(asked(&device), all);
}

#[test]
fn answers_of_the_library_of_aws_are_understood() {
    let sevens = Pcr::from([7; 48]);
    let state = device(DESCRIBE_PCR).describe_pcr(3).unwrap();
    assert!(state.is_locked && state.value == sevens);
    let extended = format!("a169457874656e64504352a16464617461 5830{}", "07".repeat(48)).replace(' ', "");
    assert_eq!(device(&extended).extend_pcr(16, &[]).unwrap(), sevens);
    device("674c6f636b504352").lock_pcr(16).unwrap();
    device("684c6f636b50435273").lock_pcrs(32).unwrap();
    assert_eq!(device(ATTESTATION).attest(&AttestationRequest::default()).unwrap(), [0x84, 1, 2]);
    assert_eq!(device("a16947657452616e646f6da16672616e646f6d450909090909").random().unwrap(), [9; 5]);
    let description = device(DESCRIBE_NSM).describe().unwrap();
    assert_eq!((description.version_major, description.version_minor, description.version_patch), (1, 2, 300));
    assert_eq!((description.module_id.as_str(), description.max_pcrs), ("i-0-enc0", 32));
    assert_eq!(description.locked_pcrs, (0..16).chain([24]).collect());
    assert_eq!(description.digest, "SHA384");
}

#[test]
fn answers_may_come_in_indefinite_maps_with_new_fields() {
    // {_ "Attestation": {_ "new": [_ {"a": 1}, "b"], "document": h'840102'}}
    let indefinite =
        "bf6b4174746573746174696f6ebf636e65779fa161610161 62ff68646f63756d656e7443840102ffff".replace(' ', "");
    assert_eq!(device(&indefinite).attest(&AttestationRequest::default()).unwrap(), [0x84, 1, 2]);
}

#[test]
fn error_codes_are_told_apart() {
    let error = |name: &str| {
        let text = format!("{:02x}{}", 0x60 + name.len(), hex::encode(name));
        device(&format!("a1654572726f72{text}")).lock_pcr(16).unwrap_err()
    };
    assert!(matches!(error("InvalidArgument"), NsmError::InvalidArgument));
    assert!(matches!(error("InvalidIndex"), NsmError::InvalidIndex));
    assert!(matches!(error("InvalidResponse"), NsmError::InvalidResponse));
    assert!(matches!(error("ReadOnlyIndex"), NsmError::ReadOnlyIndex));
    assert!(matches!(error("InvalidOperation"), NsmError::InvalidOperation));
    assert!(matches!(error("BufferTooSmall"), NsmError::BufferTooSmall));
    assert!(matches!(error("InputTooLarge"), NsmError::InputTooLarge));
    assert!(matches!(error("InternalError"), NsmError::InternalError));
    for odd in ["Success", "NewError", ""] {
        assert!(matches!(error(odd), NsmError::InvalidResponse), "{odd}");
    }
}

#[test]
fn answers_that_are_cut_doubled_or_of_another_operation_are_refused() {
    let whole = hex::decode(DESCRIBE_NSM).unwrap();
    for length in 0..whole.len() {
        assert!(matches!(response::description(&whole[..length]), Err(NsmError::InvalidResponse)), "{length}");
    }
    let cases = [
        ("a byte after the end", format!("{ATTESTATION}00")),
        ("another operation", DESCRIBE_PCR.to_owned()),
        ("its name alone", "6b4174746573746174696f6e".to_owned()),
        ("no document", "a16b4174746573746174696f6ea0".to_owned()),
        ("two documents", "a16b4174746573746174696f6ea268646f63756d656e74418468646f63756d656e744184".to_owned()),
        ("a document of text", "a16b4174746573746174696f6ea168646f63756d656e7463414243".to_owned()),
        ("an answer behind a map of none", ATTESTATION.replacen("a1", "a0", 1)),
        ("two answers", "a26b4174746573746174696f6ea168646f63756d656e74418467446f75626c6564f6".to_owned()),
        ("an unknown field that is too deep", format!("a16b4174746573746174696f6ea2636e6577{}00", "81".repeat(9))),
    ];
    for (what, answer) in cases {
        let answer = device(&answer).attest(&AttestationRequest::default());
        assert!(matches!(answer, Err(NsmError::InvalidResponse)), "{what}");
    }
    let empty = device("a16947657452616e646f6da16672616e646f6d40").random();
    assert!(matches!(empty, Err(NsmError::InvalidResponse)), "no randomness is not randomness");
    let short = "a169457874656e64504352a16464617461420707";
    assert!(matches!(device(short).extend_pcr(16, &[]), Err(NsmError::InvalidResponse)), "a register of 2 bytes");
}

#[test]
fn what_the_device_cannot_take_is_not_sent() {
    let long = |length| Some(vec![0; length]);
    let cases = [
        AttestationRequest { user_data: long(513), ..AttestationRequest::default() },
        AttestationRequest { nonce: long(513), ..AttestationRequest::default() },
        AttestationRequest { public_key: long(1025), ..AttestationRequest::default() },
    ];
    for request in cases {
        let device = device(ATTESTATION);
        assert!(matches!(device.attest(&request), Err(NsmError::InputTooLarge)));
        assert_eq!(asked(&device), "");
    }
    let device = device(ATTESTATION);
    assert!(matches!(device.extend_pcr(16, &[0; MAX_REQUEST_BYTES]), Err(NsmError::InputTooLarge)));
    assert_eq!(asked(&device), "");
}

#[test]
fn failures_of_the_driver_are_told() {
    let failing = |code| DeviceNsm(Channel::Script(Script { answer: Err(code), asked: Mutex::default() }));
    let message_size = rustix::io::Errno::MSGSIZE.raw_os_error();
    assert!(matches!(failing(message_size).random(), Err(NsmError::InputTooLarge)));
    assert!(matches!(failing(rustix::io::Errno::NOTTY.raw_os_error()).random(), Err(NsmError::Unreachable { .. })));
}

#[test]
fn outside_of_an_enclave_there_is_no_device() {
    if std::path::Path::new(DEVICE_PATH).exists() {
        eprintln!("skipped: {DEVICE_PATH} is here");
        return;
    }
    assert!(matches!(DeviceNsm::open(), Err(NsmError::Unreachable { .. })));
}

proptest! {
    #[test]
    fn any_answer_is_understood_or_refused(answer in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = response::description(&answer);
        let _ = response::pcr_state(&answer);
        let _ = response::locked_pcr(&answer);
        let _ = response::document(&answer);
    }

    #[test]
    fn a_damaged_answer_is_understood_or_refused(place: prop::sample::Index, byte: u8) {
        let mut answer = hex::decode(DESCRIBE_NSM).unwrap();
        let place = place.index(answer.len());
        answer[place] = byte;
        let _ = response::description(&answer);
    }
}
