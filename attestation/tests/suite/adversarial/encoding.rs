//! CBOR inside the payload: other spellings, other types, duplicates.

use veracruz_tests::forge::{Draft, cbor};

use super::{Case, Legal, case, legal};

/// All fields, with an item of the right type that may replace the value.
const FIELDS: [&str; 9] =
    ["module_id", "digest", "timestamp", "pcrs", "certificate", "cabundle", "public_key", "user_data", "nonce"];

pub(super) fn variants() -> Legal {
    vec![
        legal("definite payload map", |d| d.payload.indefinite = false),
        legal("indefinite map of registers", |d| d.payload.set("pcrs", cbor::indefinite_map(&Draft::pcrs()))),
        legal("fields in another order", |d| d.payload.entries.reverse()),
        legal("registers in another order", |d| {
            let mut pcrs = Draft::pcrs();
            pcrs.reverse();
            d.payload.set("pcrs", cbor::map(&pcrs));
        }),
    ]
}

pub(super) fn cases() -> Vec<Case> {
    [spellings(), maps(), types(), duplicates()].into_iter().flatten().collect()
}

fn spellings() -> Vec<Case> {
    let nonce = |name: &str, code: &'static str, item: Vec<u8>| {
        case(format!("nonce {name}"), code, move |d| d.payload.set("nonce", item.clone())).saying("nonce")
    };
    let long_pcr = |d: &mut Draft, index: Vec<u8>, value: Vec<u8>| {
        let mut pcrs = Draft::pcrs();
        pcrs[0] = (index, value);
        d.payload.set("pcrs", cbor::map(&pcrs));
    };
    vec![
        nonce("length in two bytes", "cbor-not-minimal", [cbor::head_of_width(2, 23, 1), vec![1; 23]].concat()),
        nonce("length in three bytes", "cbor-not-minimal", [cbor::head_of_width(2, 255, 2), vec![1; 255]].concat()),
        nonce("length in nine bytes", "cbor-not-minimal", [cbor::head_of_width(2, 5, 8), vec![1; 5]].concat()),
        nonce("indefinite", "cbor-indefinite", cbor::indefinite_bytes(b"nonce")),
        nonce("with reserved head", "cbor-reserved", vec![0x5e, 1]),
        nonce("of a length past the end", "field-length", vec![0x5b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]),
        case("timestamp in more bytes", "cbor-not-minimal", |d| {
            d.payload.set("timestamp", cbor::head_of_width(0, 1, 8));
        })
        .saying("timestamp"),
        case("field name indefinite", "cbor-indefinite", |d| {
            d.payload.entries[8].0 = cbor::indefinite_text("nonce");
        }),
        case("field name in more bytes", "cbor-not-minimal", |d| {
            d.payload.entries[8].0 = [cbor::head_of_width(3, 5, 1), b"nonce".to_vec()].concat();
        }),
        case("module id indefinite", "cbor-indefinite", |d| d.payload.set("module_id", cbor::indefinite_text("i-0"))),
        case("module id not UTF-8", "cbor-not-utf8", |d| {
            d.payload.set("module_id", [cbor::head(3, 2), vec![0xc3, 0x28]].concat());
        }),
        case("cabundle indefinite", "cbor-indefinite", |d| {
            let mut bundle = d.chain.certificates();
            bundle.pop();
            let items: Vec<_> = bundle.iter().map(|der| cbor::bytes(der)).collect();
            d.payload.set("cabundle", cbor::indefinite_array(&items));
        }),
        case("register index in more bytes", "cbor-not-minimal", move |d| {
            long_pcr(d, cbor::head_of_width(0, 0, 1), cbor::bytes(&[1; 48]));
        }),
        case("register value in more bytes", "cbor-not-minimal", move |d| {
            long_pcr(d, cbor::unsigned(0), [cbor::head_of_width(2, 48, 2), vec![1; 48]].concat());
        }),
        case("register value indefinite", "cbor-indefinite", move |d| {
            long_pcr(d, cbor::unsigned(0), cbor::indefinite_bytes(&[1; 48]));
        }),
    ]
}

fn maps() -> Vec<Case> {
    let bytes = |name: &str, code: &'static str, change: fn(Vec<u8>) -> Vec<u8>| {
        case(name, code, move |d: &mut Draft| d.payload_bytes = Some(change(d.payload_bytes())))
    };
    vec![
        bytes("a byte after the payload map", "cbor-trailing-bytes", |p| [p, vec![0]].concat()),
        bytes("a second break", "cbor-trailing-bytes", |p| [p, vec![0xff]].concat()),
        bytes("no break", "cbor-truncated", |p| p[..p.len() - 1].to_vec()),
        bytes("payload map in a byte string", "cbor-type", |p| cbor::bytes(&p)),
        bytes("payload map tagged", "cbor-type", |p| cbor::tagged(24, &p)),
        case("payload an array", "cbor-type", |d| d.payload_bytes = Some(cbor::array(&[]))),
        case("payload map head in two bytes", "cbor-not-minimal", |d| {
            d.payload.indefinite = false;
            let payload = d.payload_bytes();
            d.payload_bytes = Some([cbor::head_of_width(5, 9, 1), payload[1..].to_vec()].concat());
        }),
        case("one entry more announced than there", "cbor-truncated", |d| {
            d.payload.indefinite = false;
            let payload = d.payload_bytes();
            d.payload_bytes = Some([cbor::head(5, 10), payload[1..].to_vec()].concat());
        }),
        case("one entry fewer announced than there", "cbor-trailing-bytes", |d| {
            d.payload.indefinite = false;
            let payload = d.payload_bytes();
            d.payload_bytes = Some([cbor::head(5, 8), payload[1..].to_vec()].concat());
        }),
        case("a break in a definite map", "cbor-type", |d| {
            d.payload.indefinite = false;
            let payload = d.payload_bytes();
            d.payload_bytes = Some([cbor::head(5, 10), payload[1..].to_vec(), vec![0xff]].concat());
        }),
        case("a break in place of a value", "cbor-type", |d| d.payload.set("nonce", vec![0xff])),
    ]
}

/// Every field with values of every type that it does not have.
fn types() -> Vec<Case> {
    let items: [(&str, Vec<u8>); 9] = [
        ("an unsigned integer", cbor::unsigned(1)),
        ("a negative integer", cbor::negative(0)),
        ("a byte string", cbor::bytes(b"SHA384")),
        ("a text string", cbor::text("SHA384")),
        ("an array", cbor::array(&[])),
        ("a map", cbor::map(&[])),
        ("null", cbor::null()),
        ("a floating-point number", cbor::float(1.0)),
        ("a tag", cbor::tagged(1, &cbor::unsigned(1))),
    ];
    let is_right = |field: &str, item: &str| match field {
        "module_id" | "digest" => item == "a text string",
        "timestamp" => item == "an unsigned integer",
        "pcrs" => item == "a map",
        "certificate" => item == "a byte string",
        "cabundle" => item == "an array",
        _ => item == "a byte string" || item == "null",
    };
    let mut cases = Vec::new();
    for field in FIELDS {
        for (name, item) in items.iter().filter(|(name, _)| !is_right(field, name)) {
            let item = item.clone();
            cases.push(case(format!("{field} is {name}"), "cbor-type", move |d| d.payload.set(field, item.clone())));
        }
        cases.push(case(format!("{field} is undefined"), "cbor-type", move |d| d.payload.set(field, vec![0xf7])));
        cases.push(case(format!("{field} is false"), "cbor-type", move |d| d.payload.set(field, vec![0xf4])));
    }
    cases.push(case("a field name is an integer", "cbor-type", |d| d.payload.entries[8].0 = cbor::unsigned(1)));
    cases.push(case("a field name is bytes", "cbor-type", |d| d.payload.entries[8].0 = cbor::bytes(b"nonce")));
    cases
}

fn duplicates() -> Vec<Case> {
    let field = |field: &'static str| {
        case(format!("{field} twice"), "duplicate-field", move |d: &mut Draft| {
            let (certificate, bundle) = chain_items(d);
            d.payload.set("certificate", certificate);
            d.payload.set("cabundle", bundle);
            let key = cbor::text(field);
            let again = d.payload.entries.iter().find(|(other, _)| *other == key).unwrap().clone();
            d.payload.entries.push(again);
        })
        .saying(field)
    };
    let mut cases: Vec<_> = FIELDS.into_iter().map(field).collect();
    cases.push(case("nonce null and given", "duplicate-field", |d| {
        d.payload.entries.push((cbor::text("nonce"), cbor::null()));
    }));
    cases.push(case("PCR0 twice", "duplicate-pcr", |d| {
        let mut pcrs = Draft::pcrs();
        pcrs.push(pcrs[0].clone());
        d.payload.set("pcrs", cbor::map(&pcrs));
    }));
    cases.push(case("PCR0 twice in an indefinite map", "duplicate-pcr", |d| {
        let mut pcrs = Draft::pcrs();
        pcrs.push((cbor::unsigned(0), cbor::bytes(&[9; 48])));
        d.payload.set("pcrs", cbor::indefinite_map(&pcrs));
    }));
    cases
}

fn chain_items(draft: &Draft) -> (Vec<u8>, Vec<u8>) {
    let mut bundle = draft.chain.certificates();
    let leaf = bundle.pop().unwrap();
    let items: Vec<_> = bundle.iter().map(|der| cbor::bytes(der)).collect();
    (cbor::bytes(&leaf), cbor::array(&items))
}
