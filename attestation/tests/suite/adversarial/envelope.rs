//! COSE: tags, the array, headers, algorithms, signatures.

use veracruz_tests::forge::{Key, cbor, der};

use super::{Case, Legal, case, legal};

pub(super) fn variants() -> Legal {
    vec![legal("tag 18", |d| d.envelope_head = [cbor::head(6, 18), cbor::head(4, 4)].concat())]
}

pub(super) fn cases() -> Vec<Case> {
    [frame(), headers(), signatures()].into_iter().flatten().collect()
}

fn frame() -> Vec<Case> {
    vec![
        case("tag 17", "tag", |d| d.envelope_head = [cbor::head(6, 17), cbor::head(4, 4)].concat()),
        case("tag 98 of COSE_Sign", "tag", |d| d.envelope_head = [cbor::head(6, 98), cbor::head(4, 4)].concat()),
        case("tag 18 twice", "cbor-type", |d| {
            d.envelope_head = [cbor::head(6, 18), cbor::head(6, 18), cbor::head(4, 4)].concat();
        }),
        case("tag 18 in two bytes", "cbor-not-minimal", |d| {
            d.envelope_head = [cbor::head_of_width(6, 18, 2), cbor::head(4, 4)].concat();
        }),
        case("array of 3", "envelope-items", |d| d.envelope_head = cbor::head(4, 3)),
        case("array of 5", "envelope-items", |d| {
            d.envelope_head = cbor::head(4, 5);
            d.tail = cbor::null();
        }),
        case("array of 2^64-1", "envelope-items", |d| d.envelope_head = cbor::head(4, u64::MAX)),
        case("array head in two bytes", "cbor-not-minimal", |d| d.envelope_head = cbor::head_of_width(4, 4, 1)),
        case("indefinite array", "cbor-indefinite", |d| {
            d.envelope_head = vec![0x9f];
            d.tail = vec![0xff];
        }),
        case("a map instead", "cbor-type", |d| d.envelope_head = cbor::head(5, 4)),
        case("reserved additional information", "cbor-reserved", |d| d.envelope_head = vec![0x9c]),
        case("a byte after the end", "cbor-trailing-bytes", |d| d.tail = vec![0]),
        case("a null after the end", "cbor-trailing-bytes", |d| d.tail = cbor::null()),
        case("longer than a document can be", "document-length", |d| d.tail = vec![0; 16 * 1024 + 256]),
        case("payload of 0 bytes", "field-length", |d| d.payload_bytes = Some(Vec::new())).saying("payload"),
        case("payload of 16385 bytes", "field-length", |d| d.payload_bytes = Some(vec![0xbf; 16_385]))
            .saying("payload"),
        case("payload of 16384 bytes is looked into", "cbor-type", |d| d.payload_bytes = Some(vec![0xbf; 16_384])),
        case("payload detached", "cbor-type", |d| d.payload_item = Some(cbor::null())).saying("payload"),
        case("payload as text", "cbor-type", |d| d.payload_item = Some(cbor::text("payload"))).saying("payload"),
        case("payload as indefinite string", "cbor-indefinite", |d| {
            d.payload_item = Some(cbor::indefinite_bytes(&d.payload_bytes()));
        })
        .saying("payload"),
        case("payload length in four bytes", "cbor-not-minimal", |d| {
            let payload = d.payload_bytes();
            d.payload_item = Some([cbor::head_of_width(2, payload.len() as u64, 4), payload].concat());
        })
        .saying("payload"),
    ]
}

/// Headers that name another algorithm, each with a signature that is right over them.
fn headers() -> Vec<Case> {
    let algorithm = |number: Vec<u8>| cbor::map(&[(cbor::unsigned(1), number)]);
    let header = |name: &str, content: Vec<u8>| {
        case(format!("protected: {name}"), "protected-header", move |d| d.protected = content.clone())
    };
    let extra = [(cbor::unsigned(1), cbor::negative(34)), (cbor::unsigned(4), cbor::bytes(b"kid"))];
    let twice = [(cbor::unsigned(1), cbor::negative(34)), (cbor::unsigned(1), cbor::negative(34))];
    vec![
        header("ES256 (-7)", algorithm(cbor::negative(6))),
        header("ES512 (-36)", algorithm(cbor::negative(35))),
        header("PS384 (-38)", algorithm(cbor::negative(37))),
        header("HMAC (5)", algorithm(cbor::unsigned(5))),
        header("35 without the sign", algorithm(cbor::unsigned(35))),
        header("the algorithm as text", algorithm(cbor::text("ES384"))),
        header("no algorithm", cbor::map(&[])),
        header("empty string", Vec::new()),
        header("a key id too", cbor::map(&extra)),
        header("the algorithm twice", cbor::map(&twice)),
        header("not minimal", [vec![0xa1, 0x01], cbor::head_of_width(1, 34, 2)].concat()),
        header("indefinite map", cbor::indefinite_map(&[(cbor::unsigned(1), cbor::negative(34))])),
        case("algorithm only in the unprotected header", "unprotected-header", |d| {
            d.protected = Vec::new();
            d.unprotected = cbor::map(&[(cbor::unsigned(1), cbor::negative(34))]);
        }),
        case("algorithm in both headers", "unprotected-header", |d| {
            d.unprotected = cbor::map(&[(cbor::unsigned(1), cbor::negative(34))]);
        }),
        case("unprotected header as array", "cbor-type", |d| d.unprotected = cbor::array(&[])),
        case("unprotected header null", "cbor-type", |d| d.unprotected = cbor::null()),
        case("unprotected header indefinite", "cbor-indefinite", |d| d.unprotected = cbor::indefinite_map(&[])),
        case("P-256 leaf, ES256 header", "protected-header", |d| {
            d.protected = cbor::map(&[(cbor::unsigned(1), cbor::negative(6))]);
            d.chain.leaf_mut().key = Key::p256();
            d.signature = Some(vec![1; 96]);
        }),
    ]
}

fn signatures() -> Vec<Case> {
    let of_length = |length: usize| {
        case(format!("signature of {length} bytes"), "signature-length", move |d| d.signature = Some(vec![1; length]))
    };
    vec![
        of_length(0),
        of_length(64),
        of_length(95),
        of_length(97),
        case("signature in DER", "signature-length", |d| {
            d.signature = Some(der::sequence(&[der::item(2, &[1; 48]), der::item(2, &[1; 48])]));
        }),
        case("signature of zeros", "signature", |d| d.signature = Some(vec![0; 96])),
        case("signature of another key", "signature", |d| {
            d.signature = Some(Key::p384().sign_document(b"anything"));
        }),
        case("signature of the right key over the bare payload", "signature", |d| {
            d.payload_bytes = Some(d.payload_bytes());
            d.signature = Some(d.chain.leaf().key.sign_document(&d.payload_bytes()));
        }),
        case("signature as text", "cbor-type", |d| {
            d.payload_item = Some([cbor::bytes(&d.payload_bytes()), cbor::text("signature")].concat());
        }),
    ]
}
