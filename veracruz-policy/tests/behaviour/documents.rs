//! Rules of meaning that no schema can say, one by one, and texts that survive reading and printing.

use proptest::prelude::*;
use serde_json::{Value, json};
use veracruz_policy::{FullPolicy, FunctionPolicy, Platform, Rule, Sha256Digest, UserPolicy, VaasPolicy};

use crate::fixtures::*;

/// A bent full policy, where it is bent, and the rule that it breaks.
type Case = (Value, &'static str, Rule);

fn bent(pointer: &str, replacement: Value) -> Value {
    with(full(), pointer, replacement)
}

#[track_caller]
fn each_breaks_its_rule(cases: &[Case]) {
    for (document, pointer, rule) in cases {
        assert_breaks(parse_full(document), pointer, *rule);
    }
}

#[test]
fn rules_about_principals_each_have_their_own_error() {
    let rights = "/identities/0/file_rights/0/rights";
    let name = "/identities/0/file_rights/0/file_name";
    let program = || full()["programs"][0].clone();
    each_breaks_its_rule(&[
        (bent("/identities/1/certificate", json!(pem("s3"))), "/identities/1/certificate", Rule::DuplicateCertificate),
        (bent("/identities/2/id", json!(0)), "/identities/2/id", Rule::DuplicateId),
        (bent("/identities/0/id", json!(-1)), "/identities/0/id", Rule::OutOfRange),
        (bent("/identities/0/id", json!(4294967296u64)), "/identities/0/id", Rule::OutOfRange),
        (bent("/identities/0/id", json!(1.0)), "/identities/0/id", Rule::OutOfRange),
        (bent("/identities/0/certificate", json!("nothing")), "/identities/0/certificate", Rule::BadCertificate),
        (bent(rights, json!(1u32 << 30)), rights, Rule::UnknownRight),
        (bent(name, json!("/a/../b")), name, Rule::BadPath),
        (bent(name, json!("")), name, Rule::BadPath),
        (without(full(), rights), "/identities/0/file_rights/0", Rule::MissingField),
        (without(full(), name), "/identities/0/file_rights/0", Rule::MissingField),
        (
            bent("/identities/0/file_rights/-", json!({"file_name": "s3_app_input", "rights": R})),
            "/identities/0/file_rights/1",
            Rule::ContradictoryEntry,
        ),
        (bent("/programs/-", with(program(), "/id", json!(1))), "/programs/1/program_file_name", Rule::DuplicateName),
        (bent("/programs/-", with(program(), "/program_file_name", json!("/b"))), "/programs/1/id", Rule::DuplicateId),
    ]);
}

#[test]
fn rules_about_files_and_settings_each_have_their_own_error() {
    each_breaks_its_rule(&[
        (bent("/file_hashes/0/hash", json!("ab")), "/file_hashes/0/hash", Rule::HashLength),
        (bent("/file_hashes/0/hash", json!("g".repeat(64))), "/file_hashes/0/hash", Rule::HashDigit),
        (bent("/file_hashes/1/file_path", json!("program//detector.wasm")), "/file_hashes/1", Rule::ContradictoryHash),
        (
            bent("/ciphersuite", json!("TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256")),
            "/ciphersuite",
            Rule::CiphersuiteNotTls13,
        ),
        (bent("/ciphersuite", json!("ROT13")), "/ciphersuite", Rule::UnknownCiphersuite),
        (bent("/execution_strategy", json!("jit")), "/execution_strategy", Rule::UnknownStrategy),
        (bent("/max_memory_mib", json!(0)), "/max_memory_mib", Rule::OutOfRange),
        (bent("/enclave_cert_expiry/day", json!(31)), "/enclave_cert_expiry", Rule::BadDate),
        (bent("/enclave_cert_expiry/year", json!(0)), "/enclave_cert_expiry", Rule::BadDate),
        (bent("/enclave_cert_expiry/hour", json!(24)), "/enclave_cert_expiry", Rule::BadDate),
        (bent("/enclave_cert_expiry/minute", json!(60)), "/enclave_cert_expiry", Rule::BadDate),
        (bent("/veracruz_server_url", json!("localhost")), "/veracruz_server_url", Rule::BadEndpoint),
        (
            bent("/proxy_attestation_server_url", json!("http://a:1")),
            "/proxy_attestation_server_url",
            Rule::BadEndpoint,
        ),
        (bent("/proxy_service_cert", json!("")), "/proxy_service_cert", Rule::BadCertificate),
        (bent("/runtime_manager_hash_nitro", json!("cc")), "/runtime_manager_hash_nitro", Rule::HashLength),
    ]);
}

#[test]
fn rules_about_pipelines_and_modules_each_have_their_own_error() {
    let bent = |pointer: &str, replacement: Value| with(full_main(), pointer, replacement);
    let pipeline =
        |name: &str, id: u32| with(with(full_main()["pipelines"][0].clone(), "/name", json!(name)), "/id", json!(id));
    let two = |first: Value, second: Value| bent("/pipelines", json!([first, second]));
    let special_file = "/native_modules/0/type/Static/special_file";
    each_breaks_its_rule(&[
        (bent("/pipelines/0/pipeline", json!("if {")), "/pipelines/0/pipeline", Rule::BadPipeline),
        (bent("/pipelines/0/name", json!("a/b")), "/pipelines/0/name", Rule::BadName),
        (two(pipeline("a", 0), pipeline("b", 0)), "/pipelines/1/id", Rule::DuplicateId),
        (two(pipeline("a", 0), pipeline("a", 1)), "/pipelines/1/name", Rule::DuplicateName),
        (two(pipeline("1", 0), pipeline("b", 1)), "/pipelines/0", Rule::AmbiguousPipeline),
        (bent("/native_modules/1/name", json!("own")), "/native_modules/2/name", Rule::DuplicateName),
        (bent(special_file, json!("/../x")), special_file, Rule::BadPath),
    ]);
}

#[test]
fn rules_of_the_other_documents_each_have_their_own_error() {
    assert_breaks(parse_function(&with(function(), "/function", json!("a/b"))), "/function", Rule::BadName);
    let twice = with(function(), "/data_files/-", function()["data_files"][0].clone());
    assert_breaks(parse_function(&twice), "/data_files/1/data_file", Rule::DuplicateName);
    let clash = with(function(), "/data_files/0/data_file", json!("/program/detector.wasm"));
    assert_breaks(parse_function(&clash), "/data_files/0", Rule::ContradictoryHash);
    let huge = with(function(), "/data_files/0/priority", json!(u64::MAX));
    assert_breaks(parse_function(&huge), "/data_files/0/priority", Rule::OutOfRange);
    assert_breaks(parse_user(&with(user(), "/instanceid", json!(""))), "/instanceid", Rule::BadName);
    assert_breaks(parse_vaas(&with(vaas(), "/instance_id", json!("n".repeat(190)))), "/instance_id", Rule::BadName);
}

#[test]
fn every_rule_is_broken_by_some_test() {
    // Kept beside the tables: a rule that is added must get a case. These are the codes that scripts rely on.
    let codes: Vec<&str> = Rule::ALL.iter().map(|rule| rule.code()).collect();
    let expected = [
        "duplicate-key",
        "missing-field",
        "unknown-field",
        "wrong-type",
        "out-of-range",
        "bad-name",
        "bad-path",
        "unknown-right",
        "contradictory-entry",
        "bad-certificate",
        "unsupported-key",
        "key-size",
        "duplicate-certificate",
        "duplicate-id",
        "duplicate-name",
        "hash-length",
        "hash-digit",
        "contradictory-hash",
        "bad-date",
        "unknown-ciphersuite",
        "ciphersuite-not-tls13",
        "unknown-strategy",
        "bad-endpoint",
        "bad-pipeline",
        "ambiguous-pipeline",
    ];
    assert_eq!(codes, expected);
}

#[test]
fn full_policies_of_all_three_dialects_are_read_and_printed_with_their_own_keys() {
    for (name, value) in [("i-poc", full()), ("main", full_main()), ("demo", full_demo())] {
        let policy = parse_full(&value).unwrap_or_else(|error| panic!("{name}: {error}"));
        let printed: Value = serde_json::from_str(&policy.canonical_text()).unwrap();
        let keys = |value: &Value| -> std::collections::BTreeSet<String> {
            value.as_object().unwrap().iter().filter(|(_, v)| !v.is_null()).map(|(k, _)| k.clone()).collect()
        };
        assert_eq!(keys(&printed), keys(&value), "{name}");
    }
    assert_eq!(
        parse_full(&full_main()).unwrap().platforms().collect::<Vec<_>>(),
        [Platform::Nitro, Platform::Simulated]
    );
}

#[test]
fn unknown_keys_are_ignored_in_full_policies_only() {
    let surplus = |value| with(value, "/std_streams_table", json!([]));
    assert!(parse_full(&surplus(full())).is_ok());
    assert_breaks(parse_vaas(&surplus(vaas())), "/std_streams_table", Rule::UnknownField);
    assert_breaks(parse_user(&surplus(user())), "/std_streams_table", Rule::UnknownField);
    assert_breaks(parse_function(&surplus(function())), "/std_streams_table", Rule::UnknownField);
}

#[test]
fn the_hash_is_over_the_exact_text() {
    let text = full().to_string();
    let policy = FullPolicy::parse(&text).unwrap();
    assert_eq!(policy.text(), text);
    assert_eq!(policy.hash(), Sha256Digest::of(text.as_bytes()));
    let with_newline = FullPolicy::parse(&format!("{text}\n")).unwrap();
    assert_ne!(with_newline.hash(), policy.hash());
    assert_eq!(with_newline.canonical_text(), policy.canonical_text());
}

#[test]
fn canonical_texts_are_what_scripts_cut() {
    let text = parse_full(&full()).unwrap().canonical_text();
    assert!(text.starts_with("{\n    \"ciphersuite\": \"TLS1_3_CHACHA20_POLY1305_SHA256\",\n    \"debug\": false,"));
    assert!(text.ends_with("    \"veracruz_server_url\": \"localhost:3014\"\n}"));
    let with_url: Vec<&str> = text.lines().filter(|line| line.contains("veracruz_server_url")).collect();
    assert_eq!(with_url, ["    \"veracruz_server_url\": \"localhost:3014\""]);
    let keys: Vec<String> =
        serde_json::from_str::<Value>(&text).unwrap().as_object().unwrap().keys().cloned().collect();
    let wanted = [
        "ciphersuite",
        "debug",
        "enable_clock",
        "execution_strategy",
        "max_memory_mib",
        "programs",
        "identities",
        "file_hashes",
        "enclave_cert_expiry",
        "proxy_attestation_server_url",
        "proxy_service_cert",
        "runtime_manager_hash_nitro",
        "runtime_manager_hash_sgx",
        "runtime_manager_hash_tz",
        "veracruz_server_url",
    ];
    assert_eq!(keys, wanted);
}

/// The expected text is what Python's `json.dumps(…, indent=4)` prints for the same value.
#[test]
fn canonical_texts_are_escaped_like_pythons() {
    let name = "f\u{e9}\u{1f600}\"\\b\u{7f}";
    let user =
        parse_user(&with(with(user(), "/function", json!("f\u{e9}\u{1f600}\"\\b")), "/identities", json!([]))).unwrap();
    let expected = "{\n    \"function\": \"f\\u00e9\\ud83d\\ude00\\\"\\\\b\",\n    \"instanceid\": \"uniqueID\",\n    \"identities\": []\n}";
    assert_eq!(user.canonical_text(), expected);
    // DEL is a control character, so it can only stand in a path.
    let path = format!("/{name}");
    let document = with(full(), "/identities/0/file_rights/0/file_name", json!(path));
    assert!(parse_full(&document).unwrap().canonical_text().contains("\"/f\\u00e9\\ud83d\\ude00\\\"\\\\b\\u007f\""));
}

#[test]
fn printing_and_reading_canonical_texts_changes_nothing() {
    let function = FunctionPolicy::parse(&parse_function(&function()).unwrap().canonical_text()).unwrap();
    assert_eq!(function.text(), function.canonical_text());
    let user = UserPolicy::parse(&parse_user(&user()).unwrap().canonical_text()).unwrap();
    assert_eq!(user.text(), user.canonical_text());
    let vaas = VaasPolicy::parse(&parse_vaas(&vaas()).unwrap().canonical_text()).unwrap();
    assert_eq!(vaas.text(), vaas.canonical_text());
    for value in [full(), full_main(), full_demo()] {
        let full = FullPolicy::parse(&parse_full(&value).unwrap().canonical_text()).unwrap();
        assert_eq!(full.text(), full.canonical_text());
    }
}

fn any_name() -> impl Strategy<Value = String> {
    prop_oneof!["[a-z]{1,8}", "[^/\\x00-\\x1f\\x7f-\\u{9f}]{1,12}"]
        .prop_filter("no dots", |name| name != "." && name != "..")
}

fn any_file_rights() -> impl Strategy<Value = Value> {
    let name = prop_oneof![
        Just("stdin".to_owned()),
        Just("stdout".to_owned()),
        any_name().prop_map(|name| format!("/{name}/"))
    ];
    proptest::collection::btree_map(name, 0u32..(1 << 30), 0..5).prop_map(|entries| {
        let mut seen = std::collections::HashSet::new();
        let distinct = entries.into_iter().filter(|(name, _)| seen.insert(name.trim_matches('/').replace("/./", "/")));
        distinct.map(|(name, rights)| json!({"file_name": name, "rights": rights})).collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_valid_content_has_one_stable_canonical_text(
        rights in proptest::collection::vec(any_file_rights(), 3),
        clock: bool, memory in 1u32.., year in 1u32..=9999, month in 1u32..=12, day in 1u32..=28,
        order in Just(vec![0usize, 1, 2]).prop_shuffle(), shuffle in any::<u64>(),
    ) {
        let mut value = full();
        for (position, rights) in order.iter().zip(&rights) {
            value["identities"][*position]["file_rights"] = rights.clone();
        }
        value["enable_clock"] = json!(clock);
        value["max_memory_mib"] = json!(memory);
        value["enclave_cert_expiry"] = json!({"year": year, "month": month, "day": day, "hour": 0, "minute": 59});
        let policy = parse_full(&value).unwrap();
        let canonical = policy.canonical_text();
        let again = FullPolicy::parse(&canonical).unwrap();
        prop_assert_eq!(again.canonical_text(), canonical.clone());
        prop_assert_eq!(again.text(), canonical.clone());
        // Neither the order of keys nor white space is content.
        let mut members: Vec<(String, Value)> = value.as_object().unwrap().clone().into_iter().collect();
        let turn = shuffle as usize % members.len();
        members.rotate_left(turn);
        let turned = Value::Object(members.into_iter().collect());
        let pretty = serde_json::to_string_pretty(&turned).unwrap();
        prop_assert_eq!(FullPolicy::parse(&pretty).unwrap().canonical_text(), canonical);
    }

    #[test]
    fn no_text_makes_a_reader_panic(text in "\\PC{0,200}") {
        let _ = FullPolicy::parse(&text);
        let _ = FunctionPolicy::parse(&text);
        let _ = UserPolicy::parse(&text);
        let _ = VaasPolicy::parse(&text);
    }
}
