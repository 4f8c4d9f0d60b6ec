//! A user finds out what the services slipped in.

use serde_json::{Value, json};
use veracruz_policy::audit::{Asked, Finding, FindingCode, KnownInfrastructure, Severity, audit};
use veracruz_policy::{Authorities, Certificate, Endpoint, Platform};

use crate::fixtures::*;

fn known() -> KnownInfrastructure {
    KnownInfrastructure {
        attestation_server: Some(Endpoint::parse("veracruz-nitro-proxy:3010").unwrap()),
        authorities: Some(Authorities::from_pem(&pem("proxy")).unwrap()),
        runtimes: vec![(Platform::Nitro, hash('c').parse().unwrap())],
        allow_simulated: false,
    }
}

fn findings_of(policy: &Value, loader: Option<&Certificate>, known: &KnownInfrastructure) -> Vec<Finding> {
    let (function, user) = (parse_function(&function()).unwrap(), parse_user(&user()).unwrap());
    let asked = Asked { function: &function, user: &user, loader, infrastructure: known };
    audit(&parse_full(policy).unwrap(), &asked).unwrap()
}

fn findings(policy: &Value) -> Vec<Finding> {
    findings_of(policy, Some(&certificate("loader")), &known())
}

#[test]
fn an_honest_policy_has_no_findings() {
    assert_eq!(findings(&full()), []);
}

#[test]
fn what_was_slipped_in_is_found() {
    let thief = |rights: Value| json!({"certificate": pem("thief"), "file_rights": rights, "id": 9});
    let with_identity = |entry| with(full(), "/identities/-", entry);
    let entry = |name: &str, rights: u32| json!({"file_name": name, "rights": rights});
    use FindingCode::*;
    use Severity::*;
    let table: Vec<(Value, Severity, FindingCode)> = vec![
        (with_identity(thief(json!([]))), Danger, ExtraIdentity),
        (with_identity(thief(rights(&[("/output/", R)]))), Danger, OutputsReadable),
        (with_identity(thief(rights(&[("/user_input/key", R)]))), Danger, InputsReadable),
        (with_identity(thief(rights(&[("/", R)]))), Danger, InputsReadable),
        (with_identity(thief(rights(&[("stdout", R)]))), Danger, OutputsReadable),
        (with_identity(thief(rights(&[("/user_input/", W)]))), Danger, InputsReplaceable),
        (with(full(), "/identities/2/file_rights/-", entry("/user_input/", R)), Danger, InputsReadable),
        (with(full(), "/identities/2/file_rights/-", entry("/output/deep/er", R)), Danger, OutputsReadable),
        (with(full(), "/identities/2/file_rights/-", entry("/s3_app_input/", W)), Danger, InputsReplaceable),
        (with(full(), "/identities/2/file_rights/0/rights", json!(W | X)), Warning, LoaderBeyondWriting),
        (with(full(), "/identities/0/file_rights/0/rights", json!(RW)), Danger, ExtraRights),
        (with(full(), "/identities/1/file_rights", rights(&[("/output/", R)])), Warning, MissingRights),
        (with(full(), "/identities/0", thief(json!([]))), Warning, MissingIdentity),
        (
            with(
                full(),
                "/programs/-",
                json!({"program_file_name": "/program/spy.wasm", "id": 1, "file_rights": rights(&[("/user_input/", R)])}),
            ),
            Danger,
            ExtraProgram,
        ),
        (
            with(full(), "/programs/-", json!({"program_file_name": "/program/spy.wasm", "id": 1, "file_rights": []})),
            Danger,
            ProgramReplaceable,
        ),
        (with(full(), "/programs", json!([])), Warning, MissingProgram),
        (with(full(), "/programs/0/file_rights/-", entry("/elsewhere/", RW)), Danger, ExtraRights),
        (with(full(), "/file_hashes/0/hash", json!(hash('9'))), Danger, OtherHash),
        (with(full(), "/file_hashes", json!([])), Danger, MissingHash),
        (with(full(), "/file_hashes", json!([])), Danger, ProgramReplaceable),
        (
            with(full(), "/file_hashes/-", json!({"file_path": "/user_input/key", "hash": hash('8')})),
            Warning,
            ExtraHash,
        ),
        (with(full(), "/pipelines", full_main()["pipelines"].clone()), Danger, ExtraPipeline),
        (with(full(), "/native_modules", full_main()["native_modules"].clone()), Danger, ExtraNativeModule),
        (with(full(), "/debug", json!(true)), Danger, Debug),
        (with(full(), "/enable_clock", json!(false)), Warning, OtherSetting),
        (with(full(), "/execution_strategy", json!("Interpretation")), Warning, OtherSetting),
        (with(full(), "/max_memory_mib", json!(1)), Warning, OtherSetting),
        (with(full(), "/ciphersuite", json!("TLS1_3_AES_128_GCM_SHA256")), Warning, OtherSetting),
        (with(full(), "/proxy_attestation_server_url", json!("elsewhere:3010")), Danger, OtherAttestationServer),
        (with(full(), "/proxy_service_cert", json!(pem("other proxy"))), Danger, OtherAttestationServer),
        (with(full(), "/runtime_manager_hash_nitro", json!(hash('1'))), Danger, OtherRuntime),
        (with(full(), "/runtime_manager_hash_linux", json!(hash('c'))), Danger, Simulated),
        (without(full(), "/runtime_manager_hash_nitro"), Danger, NoRuntime),
    ];
    let mut seen: Vec<FindingCode> = vec![UnknownLoader, NotCompared];
    for (policy, severity, code) in table {
        let found = findings(&policy);
        let hit = found.iter().any(|finding| finding.severity == severity && finding.code == code);
        assert!(hit, "{severity} {code} is not in {found:#?}");
        assert!(found.is_sorted(), "the gravest first");
        seen.push(code);
    }
    for code in FindingCode::ALL {
        assert!(seen.contains(code), "{code} is found by no case");
    }
}

#[test]
fn a_rewritten_but_equal_policy_has_no_findings() {
    let mut turned = full();
    turned["identities"].as_array_mut().unwrap().reverse();
    turned["identities"][0]["id"] = json!(70);
    turned["identities"][2]["file_rights"][0]["file_name"] = json!("s3_app_input");
    assert_eq!(findings(&turned), []);
}

#[test]
fn a_loader_that_the_user_cannot_name_is_a_warning_and_more_than_a_loader_is_danger() {
    let found = findings_of(&full(), None, &known());
    assert_eq!(found.len(), 1, "{found:#?}");
    assert_eq!((found[0].severity, found[0].code), (Severity::Warning, FindingCode::UnknownLoader));
    let second = json!({"certificate": pem("thief"), "file_rights": rights(&[("/program/", W)]), "id": 9});
    let two = findings_of(&with(full(), "/identities/-", second), None, &known());
    assert!(
        two.iter().any(|finding| finding.code == FindingCode::ExtraIdentity),
        "a function has one loader: {two:#?}"
    );
    let more = with(full(), "/identities/2/file_rights/-", json!({"file_name": "/tmp/", "rights": R}));
    assert!(findings_of(&more, None, &known()).iter().any(|finding| finding.code == FindingCode::ExtraIdentity));
}

#[test]
fn what_the_user_cannot_compare_is_said() {
    let found = findings_of(&full(), Some(&certificate("loader")), &KnownInfrastructure::default());
    assert_eq!(found.len(), 3);
    assert!(found.iter().all(|one| (one.severity, one.code) == (Severity::Notice, FindingCode::NotCompared)));
    let simulated =
        with(without(full(), "/runtime_manager_hash_nitro"), "/runtime_manager_hash_linux", json!(hash('c')));
    let allowing = KnownInfrastructure {
        runtimes: vec![(Platform::Simulated, hash('c').parse().unwrap())],
        allow_simulated: true,
        ..known()
    };
    assert_eq!(findings_of(&simulated, Some(&certificate("loader")), &allowing), []);
}

#[test]
fn a_measurement_of_one_platform_never_stands_in_for_another() {
    let known = KnownInfrastructure { runtimes: vec![(Platform::Simulated, hash('c').parse().unwrap())], ..known() };
    let found = findings_of(&full(), Some(&certificate("loader")), &known);
    assert_eq!(found.iter().map(|finding| finding.code).collect::<Vec<_>>(), [FindingCode::NotCompared]);
}
