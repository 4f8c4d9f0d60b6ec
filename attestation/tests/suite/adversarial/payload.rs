//! The fields: unknown and missing ones, bounds, registers, timestamps.

use time::Duration;
use veracruz_tests::forge::{Chain, Draft, cbor};

use super::{Case, Legal, NOW, case, legal};

fn set_milliseconds(draft: &mut Draft, milliseconds: i128) {
    draft.payload.set("timestamp", cbor::unsigned(u64::try_from(milliseconds).unwrap()));
}

fn now_milliseconds() -> i128 {
    NOW.unix_timestamp_nanos() / 1_000_000
}

fn set_pcrs(draft: &mut Draft, change: impl Fn(&mut Vec<(Vec<u8>, Vec<u8>)>)) {
    let mut pcrs = Draft::pcrs();
    change(&mut pcrs);
    draft.payload.set("pcrs", cbor::map(&pcrs));
}

pub(super) fn variants() -> Legal {
    let mut made = vec![
        legal("module id of 1 byte", |d| d.payload.set("module_id", cbor::text("m"))),
        legal("module id of 256 bytes", |d| d.payload.set("module_id", cbor::text(&"m".repeat(256)))),
        legal("one register", |d| set_pcrs(d, |pcrs| pcrs.truncate(1))),
        legal("32 registers", |d| {
            set_pcrs(d, |pcrs| pcrs.extend((16..32).map(|i| (cbor::unsigned(i), cbor::bytes(&[7; 48])))));
        }),
        legal("as old as its leaf", |d| {
            let from = d.chain.leaf().spec.not_before;
            set_milliseconds(d, from.unix_timestamp_nanos() / 1_000_000);
        }),
        legal("of the leaf's last moment", |d| {
            let to = d.chain.leaf().spec.not_after;
            set_milliseconds(d, to.unix_timestamp_nanos() / 1_000_000);
        }),
    ];
    for field in ["public_key", "user_data", "nonce"] {
        made.push(legal(format!("{field} absent"), move |d| d.payload.remove(field)));
        made.push(legal(format!("{field} null"), move |d| d.payload.set(field, cbor::null())));
        made.push(legal(format!("{field} empty"), move |d| d.payload.set(field, cbor::bytes(&[]))));
        made.push(legal(format!("{field} of 1024 bytes"), move |d| d.payload.set(field, cbor::bytes(&[1; 1024]))));
    }
    made
}

pub(super) fn cases() -> Vec<Case> {
    [fields(), bounds(), registers(), timestamps()].into_iter().flatten().collect()
}

fn fields() -> Vec<Case> {
    let unknown = |name: &'static str, item: Vec<u8>| {
        case(format!("unknown field {name:?}"), "unknown-field", move |d| {
            d.payload.entries.push((cbor::text(name), item.clone()));
        })
    };
    let mut cases = vec![
        unknown("nitrotpm_pcrs", cbor::map(&Draft::pcrs())),
        unknown("Nonce", cbor::null()),
        unknown("nonce ", cbor::null()),
        unknown("", cbor::null()),
        case("NitroTPM instead of an enclave", "unknown-field", |d| {
            d.payload.remove("pcrs");
            d.payload.set("nitrotpm_pcrs", cbor::map(&Draft::pcrs()));
        })
        .saying("another kind"),
        case("a name with control characters is shown escaped", "unknown-field", |d| {
            d.payload.entries.push((cbor::text("\u{1b}[2J\n"), cbor::null()));
        })
        .saying("\\u{1b}[2J\\n"),
        case("digest SHA256", "digest", |d| d.payload.set("digest", cbor::text("SHA256"))),
        case("digest in small letters", "digest", |d| d.payload.set("digest", cbor::text("sha384"))),
    ];
    for field in ["module_id", "digest", "timestamp", "pcrs", "certificate", "cabundle"] {
        cases.push(case(format!("no {field}"), "missing-field", move |d| d.payload.remove(field)).saying(field));
    }
    cases
}

fn bounds() -> Vec<Case> {
    let length = |field: &'static str, item: Vec<u8>| {
        case(format!("{field} out of bounds"), "field-length", move |d| d.payload.set(field, item.clone()))
            .saying(field)
    };
    vec![
        length("module_id", cbor::text("")),
        length("module_id", cbor::text(&"m".repeat(257))),
        length("public_key", cbor::bytes(&[1; 1025])),
        length("user_data", cbor::bytes(&[1; 1025])),
        length("nonce", cbor::bytes(&[1; 1025])),
        length("certificate", cbor::bytes(&[])),
        length("certificate", cbor::bytes(&[1; 1025])),
        length("cabundle", cbor::array(&[cbor::bytes(&[])])),
        length("cabundle", cbor::array(&[cbor::bytes(&[1; 1025])])),
        case("certificate of 1024 bytes is looked into", "certificate-malformed", |d| {
            d.certificate = Some(vec![1; 1024]);
        }),
        case("cabundle entry of 1024 bytes is looked into", "certificate-malformed", |d| {
            d.cabundle = Some(vec![vec![1; 1024]]);
        }),
        case("no cabundle entry", "cabundle-count", |d| d.cabundle = Some(Vec::new())),
        case("9 cabundle entries", "cabundle-count", |d| {
            d.chain = Chain::of_length(NOW, 8);
        }),
        case("2^32 cabundle entries announced", "cabundle-count", |d| {
            d.payload.set("cabundle", cbor::head(4, 1 << 32))
        }),
        case("2^63 registers announced", "cbor-type", |d| d.payload.set("pcrs", cbor::head(5, 1 << 63))),
    ]
}

fn registers() -> Vec<Case> {
    let one = |name: &str, code: &'static str, index: Vec<u8>, value: Vec<u8>| {
        case(name, code, move |d| set_pcrs(d, |pcrs| pcrs.push((index.clone(), value.clone()))))
    };
    let value = || cbor::bytes(&[1; 48]);
    vec![
        case("no register", "no-pcrs", |d| d.payload.set("pcrs", cbor::map(&[]))),
        case("no register, indefinite", "no-pcrs", |d| d.payload.set("pcrs", cbor::indefinite_map(&[]))),
        one("register 32", "pcr-index", cbor::unsigned(32), value()),
        one("register 256, not 0", "pcr-index", cbor::unsigned(256), value()),
        one("register -1", "cbor-type", cbor::negative(0), value()),
        one("register \"0\"", "cbor-type", cbor::text("0"), value()),
        one("register of 0 bytes", "pcr-length", cbor::unsigned(16), cbor::bytes(&[])),
        one("register of 47 bytes", "pcr-length", cbor::unsigned(16), cbor::bytes(&[1; 47])),
        one("register of 49 bytes", "pcr-length", cbor::unsigned(16), cbor::bytes(&[1; 49])),
        one("register of 32 bytes", "pcr-length", cbor::unsigned(16), cbor::bytes(&[1; 32])),
        one("register as text", "cbor-type", cbor::unsigned(16), cbor::text(&"0".repeat(48))),
        one("register null", "cbor-type", cbor::unsigned(16), cbor::null()),
    ]
}

/// The leaf's window is from three seconds before to three hours after the whole second of `NOW`.
fn timestamps() -> Vec<Case> {
    vec![
        case("timestamp one millisecond before its leaf", "timestamp-outside-leaf", |d| {
            let from = d.chain.leaf().spec.not_before;
            set_milliseconds(d, from.unix_timestamp_nanos() / 1_000_000 - 1);
        }),
        case("timestamp one millisecond after its leaf", "timestamp-outside-leaf", |d| {
            let to = d.chain.leaf().spec.not_after;
            set_milliseconds(d, to.unix_timestamp_nanos() / 1_000_000 + 1);
        }),
        case("timestamp in seconds", "timestamp-outside-leaf", |d| set_milliseconds(d, now_milliseconds() / 1000)),
        case("timestamp in microseconds", "timestamp-range", |d| set_milliseconds(d, now_milliseconds() * 1000)),
        case("timestamp 0", "timestamp-outside-leaf", |d| set_milliseconds(d, 0)),
        case("timestamp a year ahead", "timestamp-outside-leaf", |d| {
            set_milliseconds(d, now_milliseconds() + Duration::days(365).whole_milliseconds());
        }),
        case("timestamp past the year 9999", "timestamp-range", |d| set_milliseconds(d, i128::from(u64::MAX))),
        case("timestamp a float", "cbor-type", |d| d.payload.set("timestamp", cbor::float(1.8e12))),
        case("timestamp negative", "cbor-type", |d| d.payload.set("timestamp", cbor::negative(1_800_000_000_000))),
    ]
}
