//! The chain: fake roots, wrong certificates, wrong order.

use time::Duration;
use veracruz_tests::forge::{
    BASIC_CONSTRAINTS, CertificateSpec, Chain, Draft, ECDSA_SHA384, Extension, KEY_USAGE, Key, Link, basic_constraints,
    cbor, der, key_usage,
};

use super::{Case, Legal, NOW, case, legal};

/// An extension that no verifier knows: 1.3.6.1.4.1.99999.1.
const UNKNOWN: &[u8] = &[0x2b, 0x06, 0x01, 0x04, 0x01, 0x86, 0x8d, 0x1f, 0x01];
/// `id-ce-nameConstraints` 2.5.29.30: known to parsers, not judged here.
const NAME_CONSTRAINTS: &[u8] = &[0x55, 0x1d, 0x1e];
/// `ecdsa-with-SHA256` 1.2.840.10045.4.3.2.
const ECDSA_SHA256: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02];

/// `secp384r1` 1.3.132.0.34.
const SECP384R1: &[u8] = &[0x2b, 0x81, 0x04, 0x00, 0x22];

const LEAF: usize = 4;

fn spec(draft: &mut Draft, link: usize) -> &mut CertificateSpec {
    &mut draft.chain.links[link].spec
}

/// A chain with the names of the honest one and other keys.
fn fake_chain() -> Chain {
    Chain::new(NOW)
}

pub(super) fn variants() -> Legal {
    vec![
        legal("a leaf right under the root", |d| adopt(d, 0)),
        legal("8 certificates in the bundle", |d| adopt(d, 7)),
        legal("an unknown extension that is not critical", |d| {
            spec(d, LEAF).extensions.push(Extension::new(UNKNOWN, false, der::octets(b"x")));
        }),
        legal("leaf of 1024 bytes", |d| pad(d, LEAF, 1024)),
        legal("intermediate of 1024 bytes", |d| pad(d, 2, 1024)),
        legal("critical KeyUsage in the leaf", |d| {
            let mut usage = key_usage(true, false);
            usage.critical = Some(true);
            spec(d, LEAF).set(usage);
        }),
    ]
}

/// A chain of another length under the draft's own root.
fn adopt(draft: &mut Draft, below: usize) {
    let mut chain = Chain::of_length(NOW, below);
    chain.links[0] = draft.chain.links.remove(0);
    chain.root_der = draft.chain.root_der.clone();
    draft.chain = chain;
}

/// Fills a certificate to exactly `size` bytes. The length of an ECDSA signature in DER varies, so it may take some tries.
fn pad(draft: &mut Draft, link: usize, size: usize) {
    for _ in 0..100 {
        spec(draft, link).remove(UNKNOWN);
        let padding = size - draft.chain.certificates()[link].len() - 40;
        for more in 0..40 {
            spec(draft, link).set(Extension::new(UNKNOWN, false, vec![0; padding + more]));
            let mut all = draft.chain.certificates();
            if all[link].len() == size {
                draft.certificate = all.pop();
                draft.cabundle = Some(all);
                return;
            }
        }
    }
    panic!("no certificate of {size} bytes could be made");
}

pub(super) fn cases() -> Vec<Case> {
    [roots(), orders(), forms(), algorithms(), times(), issuers(), leaves()].into_iter().flatten().collect()
}

/// Path lengths would stop a longer bundle before the check that a case is for.
fn forget_path_lengths(draft: &mut Draft) {
    (1..LEAF).for_each(|link| spec(draft, link).set(basic_constraints(true, None)));
}

fn roots() -> Vec<Case> {
    vec![
        case("a fake root of the same name with its own chain", "root", |d| d.chain = fake_chain()),
        case("the genuine root, then a fake chain", "certificate-signature", |d| {
            let genuine = d.chain.root_der.clone();
            d.chain = fake_chain();
            d.chain.root_der = genuine;
        })
        .saying("cabundle[1]"),
        case("the genuine root made anew with the same key", "root", |d| {
            let root = &d.chain.links[0];
            d.chain.root_der = root.spec.issue(&root.key, &root.key);
        }),
        case("no root", "root", |d| {
            let all = d.chain.certificates();
            d.cabundle = Some(all[1..LEAF].to_vec());
        }),
        case("only the root", "certificate-issuer", |d| {
            let all = d.chain.certificates();
            d.cabundle = Some(all[..1].to_vec());
        })
        .saying("certificate:"),
    ]
}

fn orders() -> Vec<Case> {
    let bundle = |name: &str, code: &'static str, order: &'static [usize]| {
        case(name, code, move |d| {
            forget_path_lengths(d);
            let all = d.chain.certificates();
            d.certificate = Some(all[LEAF].clone());
            d.cabundle = Some(order.iter().map(|index| all[*index].clone()).collect());
        })
    };
    vec![
        bundle("regional missing", "certificate-issuer", &[0, 2, 3]),
        bundle("zonal missing", "certificate-issuer", &[0, 1, 3]),
        bundle("instance missing", "certificate-issuer", &[0, 1, 2]),
        bundle("two swapped", "certificate-issuer", &[0, 2, 1, 3]),
        bundle("the root last", "root", &[3, 2, 1, 0]),
        bundle("the root twice", "certificate-self-issued", &[0, 0, 1, 2, 3]),
        bundle("regional twice", "certificate-issuer", &[0, 1, 1, 2, 3]),
        bundle("instance twice", "certificate-issuer", &[0, 1, 2, 3, 3]),
        bundle("the leaf in the bundle too", "certificate-not-ca", &[0, 1, 2, 3, 4]),
        case("an unrelated certificate at the end", "certificate-issuer", |d| {
            forget_path_lengths(d);
            let mut all = d.chain.certificates();
            d.certificate = all.pop();
            all.push(fake_chain().certificates()[1].clone());
            d.cabundle = Some(all);
        }),
        case("an unrelated certificate in between", "certificate-issuer", |d| {
            forget_path_lengths(d);
            let mut all = d.chain.certificates();
            d.certificate = all.pop();
            all.insert(2, fake_chain().certificates()[3].clone());
            d.cabundle = Some(all);
        }),
        case("issuer's name in another string type", "certificate-issuer", |d| {
            let issuer = &mut spec(d, LEAF).issuer;
            let tag = issuer.iter().rposition(|byte| *byte == 0x0c).unwrap();
            issuer[tag] = 0x13;
        }),
    ]
}

fn forms() -> Vec<Case> {
    let mut cases = Vec::new();
    for link in [2, LEAF] {
        cases.extend([
            case(format!("{link}: no certificate at all"), "certificate-malformed", move |d| {
                let mut all = d.chain.certificates();
                all[link] = b"no certificate".to_vec();
                d.certificate = all.pop();
                d.cabundle = Some(all);
            }),
            case(format!("{link}: a byte after the certificate"), "certificate-trailing-bytes", move |d| {
                let mut all = d.chain.certificates();
                all[link].push(0);
                d.certificate = all.pop();
                d.cabundle = Some(all);
            }),
            case(format!("{link}: FALSE written out (not DER)"), "certificate-not-der", move |d| {
                let mut usage = key_usage(true, link != LEAF);
                usage.critical = Some(false);
                spec(d, link).set(usage);
            }),
            case(format!("{link}: version 1"), "certificate-version", move |d| {
                spec(d, link).version = None;
                spec(d, link).extensions.clear();
            }),
            case(format!("{link}: an extension twice"), "certificate-duplicate-extension", move |d| {
                let again = spec(d, link).extensions[1].clone();
                spec(d, link).extensions.push(again);
            }),
            case(format!("{link}: unknown critical extension"), "certificate-critical-extension", move |d| {
                spec(d, link).extensions.push(Extension::new(UNKNOWN, true, der::octets(b"x")));
            }),
            case(format!("{link}: critical name constraints"), "certificate-critical-extension", move |d| {
                let none = der::sequence(&[der::item(0xa0, &der::sequence(&[der::item(0x82, b"aws")]))]);
                spec(d, link).extensions.push(Extension::new(NAME_CONSTRAINTS, true, none));
            }),
            case(format!("{link}: KeyUsage that does not parse"), "certificate-malformed", move |d| {
                spec(d, link).set(Extension::new(KEY_USAGE, true, der::octets(b"x")));
            }),
        ]);
    }
    cases
}

fn algorithms() -> Vec<Case> {
    let sha256 = || der::sequence(&[der::oid(ECDSA_SHA256)]);
    let null = || der::item(5, &[]);
    let mut cases = Vec::new();
    for link in [1, LEAF] {
        cases.extend([
            case(format!("{link}: ecdsa-with-SHA256"), "certificate-signature-algorithm", move |d| {
                spec(d, link).inner_algorithm = sha256();
                spec(d, link).outer_algorithm = sha256();
            }),
            case(format!("{link}: SHA-256 inside only"), "certificate-signature-algorithm", move |d| {
                spec(d, link).inner_algorithm = sha256();
            }),
            case(format!("{link}: SHA-256 outside only"), "certificate-signature-algorithm", move |d| {
                spec(d, link).outer_algorithm = sha256();
            }),
            case(format!("{link}: parameters inside"), "certificate-signature-algorithm", move |d| {
                spec(d, link).inner_algorithm = der::sequence(&[der::oid(ECDSA_SHA384), null()]);
            }),
            case(format!("{link}: parameters outside"), "certificate-signature-algorithm", move |d| {
                spec(d, link).outer_algorithm = der::sequence(&[der::oid(ECDSA_SHA384), null()]);
            }),
            case(format!("{link}: key on P-256"), "certificate-key", move |d| {
                d.signature = Some(vec![1; 96]);
                d.chain.links[link].key = Key::p256();
            }),
            case(format!("{link}: RSA key"), "certificate-key", move |d| {
                d.signature = Some(vec![1; 96]);
                spec(d, link).spki = Some(Key::rsa().spki());
            }),
            case(format!("{link}: a compressed point"), "certificate-key", move |d| {
                let spki = d.chain.links[link].key.spki();
                let (head, point) = spki.split_at(spki.len() - 97);
                let algorithm = &head[2..head.len() - 3];
                let compressed = [&[2 | point[96] & 1], &point[1..49]].concat();
                spec(d, link).spki = Some(der::sequence(&[algorithm.to_vec(), der::bits(&compressed)]));
            }),
        ]);
    }
    cases.extend([
        odd_key("a hybrid point", |_, point| point[0] = 6 | point[96] & 1),
        odd_key("the OID of another curve", |algorithm, _| *algorithm.last_mut().unwrap() = 0x23),
        odd_key("the OID of ECDH", |algorithm, _| {
            *algorithm = der::sequence(&[der::oid(&[0x2b, 0x81, 0x04, 0x01, 0x0c]), der::oid(SECP384R1)]);
        }),
        case("leaf's signature with unused bits", "certificate-signature", |d| {
            let (mut all, at) = std::iter::repeat_with(|| d.chain.certificates()).find_map(even_signature).unwrap();
            all[LEAF][at] = 1;
            d.certificate = all.pop();
            d.cabundle = Some(all);
        }),
    ]);
    cases.push(case("RSA leaf, PS384 header and signature", "protected-header", |d| {
        d.protected = cbor::map(&[(cbor::unsigned(1), cbor::negative(37))]);
        d.chain.leaf_mut().key = Key::rsa();
    }));
    cases
}

/// A leaf whose key has the right length; `change` gets the AlgorithmIdentifier and the point.
fn odd_key(name: &'static str, change: fn(&mut Vec<u8>, &mut Vec<u8>)) -> Case {
    case(name, "certificate-key", move |d| {
        let spki = d.chain.leaf().key.spki();
        let (head, point) = spki.split_at(spki.len() - 97);
        let (mut algorithm, mut point) = (head[2..head.len() - 3].to_vec(), point.to_vec());
        change(&mut algorithm, &mut point);
        spec(d, LEAF).spki = Some(der::sequence(&[algorithm, der::bits(&point)]));
    })
}

/// A chain whose leaf's signature ends with a zero bit, and where the count of unused bits stands: before the
/// signature's own SEQUENCE, which is the last one that reaches to the end.
fn even_signature(all: Vec<Vec<u8>>) -> Option<(Vec<Vec<u8>>, usize)> {
    let leaf = &all[LEAF];
    let reaches_the_end = |at: &usize| leaf[*at] == 0x30 && usize::from(leaf[*at + 1]) == leaf.len() - at - 2;
    let at = (0..leaf.len() - 90).rev().find(reaches_the_end)? - 1;
    (leaf[at] == 0 && leaf.last()? & 1 == 0).then_some((all, at))
}

fn times() -> Vec<Case> {
    let mut cases = Vec::new();
    for link in 1..=LEAF {
        cases.extend([
            case(format!("{link}: its time is over"), "certificate-expired", move |d| {
                spec(d, link).not_after = NOW - Duration::seconds(1);
            }),
            case(format!("{link}: its time has not begun"), "certificate-not-yet-valid", move |d| {
                spec(d, link).not_before = NOW + Duration::seconds(1);
            }),
        ]);
    }
    cases
}

fn issuers() -> Vec<Case> {
    let mut cases = Vec::new();
    for link in 1..LEAF {
        cases.extend([
            case(format!("{link}: CA=FALSE"), "certificate-not-ca", move |d| {
                spec(d, link).set(basic_constraints(false, None))
            }),
            case(format!("{link}: no BasicConstraints"), "certificate-not-ca", move |d| {
                spec(d, link).remove(BASIC_CONSTRAINTS)
            }),
            case(format!("{link}: BasicConstraints not critical"), "certificate-not-ca", move |d| {
                let mut constraints = basic_constraints(true, None);
                constraints.critical = None;
                spec(d, link).set(constraints);
            }),
            case(format!("{link}: no keyCertSign"), "certificate-key-cert-sign", move |d| {
                spec(d, link).set(key_usage(true, false))
            }),
            case(format!("{link}: no KeyUsage"), "certificate-key-cert-sign", move |d| spec(d, link).remove(KEY_USAGE)),
            case(format!("{link}: signature spoilt"), "certificate-signature", move |d| {
                spec(d, link).spoil_signature = true
            }),
        ]);
    }
    for link in 1..LEAF - 1 {
        cases.push(case(format!("{link}: path length one too small"), "certificate-path-length", move |d| {
            spec(d, link).set(basic_constraints(true, Some(u8::try_from(LEAF - 2 - link).unwrap())));
        }));
    }
    cases.push(case("a CA below the one of path length 0", "certificate-path-length", |d| {
        let leaf = d.chain.links.pop().unwrap();
        let (from, to) = (leaf.spec.not_before, leaf.spec.not_after);
        d.chain.push_ca("one too many", Some(0), from, to);
        re_issue(d, leaf);
    }));
    cases.push(case("an enclave's leaf as CA", "certificate-not-ca", |d| {
        let (from, to) = (d.chain.leaf().spec.not_before, d.chain.leaf().spec.not_after);
        forget_path_lengths(d);
        let mut spec = CertificateSpec::new("leaf", "leaf of a leaf", from, to);
        spec.extensions = vec![basic_constraints(false, None), key_usage(true, false)];
        d.chain.links.push(Link { spec, key: Key::p384() });
    }));
    cases
}

fn re_issue(draft: &mut Draft, mut leaf: Link) {
    leaf.spec.issuer = draft.chain.leaf().spec.subject.clone();
    draft.chain.links.push(leaf);
}

fn leaves() -> Vec<Case> {
    vec![
        case("leaf is a CA", "leaf-is-ca", |d| spec(d, LEAF).set(basic_constraints(true, None))),
        case("leaf is a CA of path length 0", "leaf-is-ca", |d| spec(d, LEAF).set(basic_constraints(true, Some(0)))),
        case("leaf without BasicConstraints", "leaf-is-ca", |d| spec(d, LEAF).remove(BASIC_CONSTRAINTS)),
        case("leaf with a path length", "leaf-path-length", |d| spec(d, LEAF).set(basic_constraints(false, Some(0)))),
        case("leaf without digitalSignature", "leaf-key-usage", |d| spec(d, LEAF).set(key_usage(false, false))),
        case("leaf without KeyUsage", "leaf-key-usage", |d| spec(d, LEAF).remove(KEY_USAGE)),
        case("leaf with keyCertSign", "leaf-signs-certificates", |d| spec(d, LEAF).set(key_usage(true, true))),
        case("leaf's signature spoilt", "certificate-signature", |d| spec(d, LEAF).spoil_signature = true),
        case("leaf signed by the zonal key", "certificate-signature", |d| {
            let all = d.chain.certificates();
            let links = &d.chain.links;
            d.certificate = Some(links[LEAF].spec.issue(&links[LEAF].key, &links[2].key));
            d.cabundle = Some(all[..LEAF].to_vec());
        }),
        case("leaf signs itself", "certificate-self-issued", |d| {
            let instance = d.chain.links[3].spec.subject.clone();
            spec(d, LEAF).subject = instance;
        }),
    ]
}
