//! The claims have one encoding, and nothing else is read.

use proptest::prelude::*;
use time::OffsetDateTime;
use veracruz_attestation::Pcr;
use veracruz_attestation::certificate::{AttestationClaims, ClaimsError, MAX_MODULE_ID_BYTES};
use veracruz_policy::Platform;

use super::world::claims;

#[test]
fn the_encoding_is_the_documented_one() {
    let encoded = claims().encode();
    assert!(encoded.starts_with(&[0xaa, 0x61, b'v', 0x01, 0x64, b'p', b'c', b'r', b'0', 0x58, 0x30]));
    let keys = [
        "v",
        "pcr0",
        "pcr1",
        "pcr2",
        "pcr16",
        "evidence",
        "platform",
        "issued_at",
        "module_id",
        "policy_hash",
    ];
    let mut place = 0;
    for key in keys {
        let text = [&[0x60 + key.len() as u8], key.as_bytes()].concat();
        let found = encoded[place..].windows(text.len()).position(|window| window == text);
        place += found.unwrap_or_else(|| panic!("{key} does not follow"));
    }
}

#[test]
fn each_other_encoding_is_refused() {
    let encoded = claims().encode();
    let pairs = |count: u8, rest: &[u8]| [&[0xa0 + count], rest].concat();
    let version = |version: u8| [&[0xaa, 0x61, b'v', version], &encoded[4..]].concat();
    let long_module = AttestationClaims {
        module_id: "m".repeat(MAX_MODULE_ID_BYTES + 1),
        ..claims()
    };
    let odd_module = AttestationClaims {
        module_id: "two words".to_owned(),
        ..claims()
    };
    let cases = [
        ("nothing", Vec::new(), None),
        ("another version", version(2), Some(ClaimsError::Version(2))),
        ("version 0", version(0), Some(ClaimsError::Version(0))),
        (
            "one pair announced too few",
            pairs(9, &encoded[1..]),
            Some(ClaimsError::Keys),
        ),
        (
            "one pair announced too many",
            pairs(11, &encoded[1..]),
            Some(ClaimsError::Keys),
        ),
        (
            "a key twice",
            pairs(11, &[&encoded[1..4], &encoded[1..]].concat()),
            Some(ClaimsError::Keys),
        ),
        (
            "an unknown key at the end",
            pairs(11, &[&encoded[1..], &[0x61, b'z', 0]].concat()),
            None,
        ),
        ("an indefinite map", [&[0xbf], &encoded[1..], &[0xff]].concat(), None),
        (
            "a version that is not in shortest form",
            [&[0xaa, 0x61, b'v', 0x18, 1], &encoded[4..]].concat(),
            None,
        ),
        (
            "a module's name that is too long",
            long_module.encode(),
            Some(ClaimsError::Value("module_id")),
        ),
        (
            "a module's name with a blank",
            odd_module.encode(),
            Some(ClaimsError::Value("module_id")),
        ),
    ];
    for (what, bytes, error) in cases {
        let found = AttestationClaims::decode(&bytes).expect_err(what);
        assert!(error.is_none_or(|error| error == found), "{what}: {found}");
    }
    for length in 0..encoded.len() {
        AttestationClaims::decode(&encoded[..length]).unwrap_err();
    }
}

proptest! {
    #[test]
    fn claims_survive_encoding(claims in any_claims()) {
        prop_assert_eq!(AttestationClaims::decode(&claims.encode()).unwrap(), claims);
    }

    #[test]
    fn what_is_read_is_written_back_the_same(claims in any_claims(), place in any::<prop::sample::Index>(), byte: u8) {
        let mut bytes = claims.encode();
        let place = place.index(bytes.len());
        bytes[place] = byte;
        if let Ok(read) = AttestationClaims::decode(&bytes) {
            prop_assert_eq!(read.encode(), bytes);
        }
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
        let _ = AttestationClaims::decode(&bytes);
    }
}

fn any_claims() -> impl Strategy<Value = AttestationClaims> {
    let pcr =
        || prop::collection::vec(any::<u8>(), 48).prop_map(|bytes| Pcr::from(<[u8; 48]>::try_from(bytes).unwrap()));
    let optional = || prop::option::of(pcr());
    (
        (pcr(), pcr(), pcr(), optional(), optional()),
        "[!-~]{1,128}",
        any::<[u8; 32]>(),
        0..253_402_300_799_i64,
    )
        .prop_map(
            |((pcr0, pcr1, pcr2, pcr3, pcr16), module_id, policy, seconds)| AttestationClaims {
                platform: if seconds % 2 == 0 {
                    Platform::Nitro
                } else {
                    Platform::Simulated
                },
                pcr0,
                pcr1,
                pcr2,
                pcr3,
                pcr16,
                policy_hash: policy.into(),
                module_id,
                evidence_sha384: *pcr0.as_bytes(),
                issued_at: OffsetDateTime::from_unix_timestamp(seconds).unwrap(),
            },
        )
}
