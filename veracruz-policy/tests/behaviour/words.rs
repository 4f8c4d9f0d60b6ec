//! Lint, explanation, difference: what people read.

use serde_json::{Value, json};
use veracruz_policy::audit::FindingCode;
use veracruz_policy::{DocumentKind, Rule, Subject, diff, explain, lint};

use crate::fixtures::*;

fn advice(kind: DocumentKind, value: &Value) -> Vec<(String, &'static str)> {
    lint(kind, &value.to_string()).unwrap().into_iter().map(|one| (one.pointer, one.code)).collect()
}

#[test]
fn sound_documents_need_no_advice_but_for_the_authority() {
    assert_eq!(advice(DocumentKind::Function, &function()), []);
    assert_eq!(advice(DocumentKind::User, &user()), []);
    assert_eq!(advice(DocumentKind::Vaas, &vaas()), []);
    assert_eq!(advice(DocumentKind::Full, &full()), [("/proxy_service_cert".to_owned(), "not-an-authority")]);
}

#[test]
fn odd_documents_get_advice() {
    let entry = |name: &str, rights: u32| json!({"file_name": name, "rights": rights});
    use DocumentKind::*;
    for (kind, value, pointer, code) in [
        (Full, with(full(), "/rumtime_manager_hash_linux", json!("")), "/rumtime_manager_hash_linux", "unknown-key"),
        (Full, with(full(), "/debug", json!(true)), "/debug", "debug"),
        (
            Full,
            with(full(), "/identities/0/file_rights/0", entry("s3//input", W)),
            "/identities/0/file_rights/0",
            "path-not-normal",
        ),
        (
            Full,
            with(full(), "/identities/0/file_rights/-", entry("s3_app_input", W)),
            "/identities/0/file_rights/1",
            "repeated-entry",
        ),
        (
            Full,
            with(full(), "/identities/0/file_rights/-", entry("/x", 0)),
            "/identities/0/file_rights/1",
            "empty-rights",
        ),
        (Full, with(full(), "/file_hashes", json!([])), "/programs/0/program_file_name", "program-without-hash"),
        (
            Full,
            with(full(), "/identities/1/file_rights", json!([])),
            "/programs/0/program_file_name",
            "nobody-executes",
        ),
        (Full, with(full(), "/identities/2/file_rights", json!([])), "/file_hashes/0", "nobody-provisions"),
        (
            Full,
            with(full(), "/ciphersuite", json!("TLS1_3_AES_128_CCM_SHA256")),
            "/ciphersuite",
            "ciphersuite-not-offered",
        ),
        (Full, with(full(), "/veracruz_server_url", json!("<IP>:<Port>")), "/veracruz_server_url", "place-holder"),
        (Full, without(full(), "/runtime_manager_hash_nitro"), "", "no-runtime"),
        (Full, full_main(), "/runtime_manager_hash_linux", "simulated-platform"),
        (Vaas, without(vaas(), "/file_hashes"), "", "no-file-hashes"),
        (User, with(user(), "/identities/1/file_rights", json!([])), "/identities", "nobody-executes"),
        (Function, with(function(), "/programs", json!([])), "/programs", "no-program"),
    ] {
        let found = advice(kind, &value);
        assert!(found.contains(&(pointer.to_owned(), code)), "{kind} {code} at {pointer}: {found:?}");
    }
}

#[test]
fn explanations_say_who_may_do_what() {
    let words = explain(DocumentKind::Full, &full().to_string()).unwrap();
    for part in [
        "Participant 0, whoever holds the P-256 key",
        "may write, create files in, create directories in \"/s3_app_input\" and everything below it",
        "may execute \"/program\" and everything below it",
        "may read the programs' stdout",
        "Program \"/program/detector.wasm\"",
        "may write its stdout",
        "Fixed content",
        "vouched for by veracruz-nitro-proxy:3010, until 2027-04-11T16:46Z",
        "Accepts the runtime cccc",
        "Policy hash: ",
    ] {
        assert!(words.contains(part), "{part:?} is not in:\n{words}");
    }
    assert!(explain(DocumentKind::Full, &full_main().to_string()).unwrap().contains("INSECURE"));
    assert!(
        explain(DocumentKind::Full, &with(full(), "/debug", json!(true)).to_string()).unwrap().contains("DEBUG MODE")
    );
    assert!(
        explain(DocumentKind::User, &user().to_string())
            .unwrap()
            .contains("Asks for an instance of the function \"vod\"")
    );
    assert!(
        explain(DocumentKind::Function, &function().to_string())
            .unwrap()
            .contains("Data file \"/program_data/coco.names\"")
    );
    assert!(explain(DocumentKind::Vaas, &vaas().to_string()).unwrap().contains("Participant 2"));
}

#[test]
fn differences_are_those_of_meaning() {
    let changes = |after: &Value| diff(&parse_full(&full()).unwrap(), &parse_full(after).unwrap());
    let mut same = full();
    same["identities"][0]["file_rights"][0]["file_name"] = json!("s3_app_input");
    assert_eq!(changes(&same), []);

    let narrowed = with(full(), "/identities/0/file_rights/-", json!({"file_name": "/s3_app_input/a", "rights": 0}));
    let found = changes(&narrowed);
    assert_eq!(found.len(), 1);
    assert!(matches!(&found[0].subject, Subject::Rights { target, .. } if target == "/s3_app_input/a"));
    assert_eq!((found[0].before.as_deref(), found[0].after.as_deref()), (Some("w"), None));
    assert!(found[0].to_string().starts_with("- rights of identity "));

    let found = changes(&with(full(), "/max_memory_mib", json!(1)));
    assert_eq!(found[0].to_string(), "~ setting max_memory_mib: 2000 → 1");

    let words: Vec<String> = changes(&full_main()).iter().map(ToString::to_string).collect();
    for part in [
        "+ runtime measurement for simulated",
        "+ pipeline \"0\"",
        "+ native module \"own\"",
        "+ rights of pipeline \"0\"",
    ] {
        assert!(words.iter().any(|word| word.starts_with(part)), "{part}: {words:#?}");
    }
}

/// Scripts and people look codes up in `docs/POLICY.md`, so none may be absent there.
#[test]
fn every_code_is_explained_in_the_documents() {
    let text = include_str!("../../../docs/POLICY.md");
    let rules = Rule::ALL.iter().map(|rule| rule.code());
    let findings = FindingCode::ALL.iter().map(|code| code.code());
    for code in rules.chain(findings) {
        assert!(text.contains(&format!("`{code}`")), "{code} is not in docs/POLICY.md");
    }
}
