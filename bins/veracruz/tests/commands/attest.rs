//! `veracruz attest …`.

use serde_json::{Value, json};

use crate::shell::{Folder, shared};

const NONCE: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

/// A folder with simulated evidence, its root, and PCR0 of the program that it is of.
fn simulated(more: &str) -> (Folder, String) {
    let folder = Folder::new();
    folder.write("runtime", "a runtime");
    let line = format!("attest simulate --program runtime --out doc --root root.pem --nonce {NONCE} {more}");
    let (_, answer) = folder.json(&line);
    let pcr0 = answer["pcrs"]["0"].as_str().unwrap().to_owned();
    (folder, pcr0)
}

#[test]
fn simulated_evidence_is_refused_by_default_and_accepted_when_asked_for() {
    let (folder, pcr0) = simulated("--user-data abcd");
    folder.refused("attest verify doc", "root");
    folder.refused("attest verify --aws --allow-simulated doc", "root");
    folder.refused("attest verify --anchor root.pem doc", "simulated-platform");
    let all =
        format!("--anchor root.pem --allow-simulated --pcr 0={pcr0} --nonce {NONCE} --user-data abcd --max-age 60");
    let said = folder.ok(&format!("attest verify {all} doc"));
    assert!(said.contains("INSECURE") && said.contains("simulated"), "{said}");
    let (_, answer) = folder.json(&format!("attest verify {all} doc"));
    assert_eq!((&answer["platform"], &answer["measurement_compared"]), (&json!("simulated"), &json!(true)));
    let (_, measured) = folder.json("attest measure runtime");
    assert_eq!(measured["pcrs"]["0"], pcr0.as_str());
    assert_eq!(measured["reference"]["platform"], "simulated");
}

#[test]
fn a_measurement_is_put_into_the_services_file() {
    let folder = Folder::new();
    folder.write("runtime", "a runtime");
    folder.write("other", "another runtime");
    folder.write("copy", "a runtime");
    let entries = || serde_json::from_slice::<Vec<Value>>(&std::fs::read(folder.path("known.json")).unwrap()).unwrap();
    let names = || entries().iter().map(|entry| entry["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>();
    for file in ["runtime", "other", "runtime", "copy"] {
        folder.ok(&format!("attest measure {file} --add-to known.json"));
    }
    assert_eq!(names(), ["other", "runtime"], "neither a name nor a set of registers twice");
    folder.write("other", "a newer one");
    let (_, measured) = folder.json("attest measure other --add-to known.json");
    assert_eq!(names(), ["runtime", "other"]);
    assert_eq!(entries()[1], measured["reference"], "the newer one replaced the older");
    folder.write("bad.json", "{}");
    folder.wrong_use("attest measure other --add-to bad.json", "bad.json is no JSON array of measurements");
    assert_eq!(std::fs::read(folder.path("bad.json")).unwrap(), b"{}");
}

#[test]
fn a_simulated_root_is_made_once() {
    let folder = Folder::new();
    let said = folder.ok("attest simulated-root root");
    assert!(said.contains("INSECURE"), "{said}");
    let certificate = std::fs::read_to_string(folder.path("root.pem")).unwrap();
    assert!(certificate.starts_with("-----BEGIN CERTIFICATE-----") && !certificate.contains("KEY"));
    let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(folder.path("root")).unwrap().permissions());
    assert_eq!(mode & 0o777, 0o600);
    folder.wrong_use("attest simulated-root root", "--force");
    folder.ok("attest simulated-root root --force");
    assert_ne!(std::fs::read_to_string(folder.path("root.pem")).unwrap(), certificate);
}

#[test]
fn the_root_of_aws_named_by_its_file_is_aws() {
    let (folder, _) = simulated("");
    folder.write("aws.pem", include_str!("../../../../attestation/src/nitro/aws-nitro-root-g1.pem"));
    // Neither refused as simulated nor trusted for what another root signed.
    folder.refused("attest verify --anchor aws.pem doc", "root");
}

#[test]
fn each_thing_that_does_not_fit_has_its_code() {
    let (folder, pcr0) = simulated("");
    let verify = "attest verify --anchor root.pem --allow-simulated";
    let other = "ab".repeat(48);
    for (arguments, code) in [
        (format!("--pcr 0={other}"), "pcr-mismatch"),
        (format!("--pcr 0={pcr0} --pcr 20={other}"), "pcr-absent"),
        (format!("--nonce 00{NONCE}"), "nonce-mismatch"),
        ("--user-data 00".to_owned(), "user-data-absent"),
        ("--at 2020-01-01T00:00:00Z".to_owned(), "certificate-not-yet-valid"),
        ("--at 2120-01-01T00:00:00Z".to_owned(), "certificate-expired"),
    ] {
        folder.refused(&format!("{verify} {arguments} doc"), code);
    }
    folder.write("cut", &std::fs::read(folder.path("doc")).unwrap()[..1000]);
    folder.refused(&format!("{verify} cut"), "cbor-truncated");
    folder.write("empty", "");
    folder.refused(&format!("{verify} empty"), "cbor-truncated");
    folder.refused("attest explain cut", "cbor-truncated");
}

#[test]
fn debug_mode_is_refused_unless_allowed() {
    let (folder, _) = simulated("--debug");
    let verify = "attest verify --anchor root.pem --allow-simulated";
    folder.refused(&format!("{verify} doc"), "debug");
    assert!(folder.ok(&format!("{verify} --allow-debug doc")).contains("debug mode"));
}

#[test]
fn an_answer_without_measurements_says_so() {
    let (folder, _) = simulated("");
    let verify = "attest verify --anchor root.pem --allow-simulated doc";
    assert!(folder.ok(verify).contains("NO MEASUREMENT WAS COMPARED"));
    assert_eq!(folder.json(verify).1["measurement_compared"], false);
}

#[test]
fn wrong_use_is_told() {
    let (folder, pcr0) = simulated("");
    let zero = "00".repeat(48);
    for (line, word) in [
        ("attest verify".to_owned(), "FILE"),
        ("attest verify nothing".to_owned(), "nothing"),
        ("attest verify --pcr 0=zz doc".to_owned(), "--pcr"),
        ("attest verify --pcr 32=zz doc".to_owned(), "0 to 31"),
        (format!("attest verify --pcr 0={zero} doc"), "debug mode"),
        (format!("attest verify --pcr 0={pcr0} --pcr 0={pcr0} doc"), "twice"),
        ("attest verify --nonce xyz doc".to_owned(), "hexadecimal"),
        ("attest verify --nonce= doc".to_owned(), "at least one byte"),
        ("attest verify --at yesterday doc".to_owned(), "2026-01-31"),
        ("attest verify --aws --anchor root.pem doc".to_owned(), "cannot be used with"),
        ("attest verify --anchor doc --allow-simulated doc".to_owned(), "doc"),
        ("attest simulate --program runtime --out doc --root root2.pem".to_owned(), "exists"),
    ] {
        folder.wrong_use(&line, word);
    }
    let ended = folder.run("attest verify --nonce zz --json doc", &[]);
    assert_eq!(ended.status, 2);
}

#[test]
fn an_explanation_verifies_nothing_and_says_so() {
    let (folder, _) = simulated("");
    let said = folder.ok("attest explain doc");
    assert!(said.contains("NOT checked"), "{said}");
    assert_eq!(folder.json("attest explain doc").1["evidence"]["standing"], "unverified");
}

/// File, the time in it, and what the answer is at that time.
const REAL: [(&str, Option<&str>); 8] = [
    ("dstack-20251225-a", None),
    ("dstack-20251225-b", None),
    ("evervault-20221013-nonce256", None),
    ("evervault-20230118-userdata-nonce", None),
    ("marlin-20240226", None),
    ("marlin-20240410", None),
    ("debug-dstack-20251225", Some("debug")),
    ("debug-evervault-20221012", Some("debug")),
];

#[test]
fn real_documents_of_aws_are_genuine_at_their_own_time() {
    for (name, code) in REAL {
        let Some(file) = shared(&format!("nitro/real/{name}.bin")) else { return };
        let folder = Folder::new();
        folder.write("doc", std::fs::read(file).unwrap());
        let (_, explained) = folder.json("attest explain doc");
        let at = explained["evidence"]["timestamp"].as_str().unwrap();
        let verify = format!("attest verify --aws --at {at} doc");
        match code {
            Some(code) => {
                folder.refused(&verify, code);
                folder.ok(&format!("{verify} --allow-debug"));
            }
            None => {
                let pcr0 = explained["evidence"]["pcrs"][0]["value"].as_str().unwrap();
                let (_, answer) = folder.json(&format!("{verify} --pcr 0={pcr0} --max-age 1"));
                assert_eq!((&answer["platform"], &answer["measurement_compared"]), (&json!("nitro"), &json!(true)));
            }
        }
        folder.refused("attest verify --aws doc", "certificate-expired");
    }
}
