//! From a registered function and a user's request to the policy of an instance.

use serde_json::{Value, json};
use veracruz_policy::compose::{ComposeError, Infrastructure, full_policy, vaas_policy};
use veracruz_policy::{
    Action, Authorities, BuildError, Endpoint, FullPolicy, Name, Platform, PolicyBuilder, Principal, Sha256Digest,
    Target, Timepoint,
};

use crate::fixtures::*;

fn infrastructure() -> Infrastructure {
    Infrastructure {
        veracruz_server_url: Endpoint::parse("localhost:3014").unwrap(),
        proxy_attestation_server_url: Endpoint::parse("veracruz-nitro-proxy:3010").unwrap(),
        proxy_service_cert: Authorities::from_pem(&pem("proxy")).unwrap(),
        runtime_manager_hash_nitro: Some(hash('c').parse().unwrap()),
        runtime_manager_hash_linux: None,
        enclave_cert_expiry: Timepoint::new(2027, 4, 11, 16, 46).unwrap(),
    }
}

#[test]
fn the_composition_is_what_the_old_services_made() {
    let function = parse_function(&function()).unwrap();
    let user = parse_user(&user()).unwrap();
    let loader = certificate("loader");
    let composed = vaas_policy(&function, &user, Some(&loader), Some(Name::parse("CCFaaS").unwrap())).unwrap();
    let expected = parse_vaas(&without(vaas(), "/enclave_cert_expiry")).unwrap();
    assert_eq!(composed.text(), expected.canonical_text());
    let policy = full_policy(&composed, &infrastructure()).unwrap();
    assert_eq!(policy.text(), parse_full(&full()).unwrap().canonical_text());
    assert_eq!(policy.hash(), Sha256Digest::of(policy.text().as_bytes()));
}

#[test]
fn an_expiry_that_was_asked_for_is_kept() {
    let vaas = parse_vaas(&with(vaas(), "/enclave_cert_expiry/year", json!(2030))).unwrap();
    assert_eq!(full_policy(&vaas, &infrastructure()).unwrap().enclave_cert_expiry.year(), 2030);
}

#[test]
fn without_anything_to_load_there_is_no_loader() {
    let composed =
        vaas_policy(&parse_function(&function()).unwrap(), &parse_user(&user()).unwrap(), None, None).unwrap();
    assert_eq!(composed.identities.iter().map(|identity| identity.id).collect::<Vec<_>>(), [0, 1]);
    assert_eq!(composed.instance_id, None);
}

#[test]
fn a_function_that_gives_its_loader_nothing_can_still_be_loaded_and_only_that() {
    let bare = parse_function(&with(function(), "/file_rights", json!([]))).unwrap();
    let loader = certificate("loader");
    let vaas = vaas_policy(&bare, &parse_user(&user()).unwrap(), Some(&loader), None).unwrap();
    let policy = full_policy(&vaas, &infrastructure()).unwrap();
    let may_write = |path: &str| {
        let target = Target::parse(path).unwrap();
        policy.decide(&Principal::Participant(2), Action::Write { creates: true }, &target).is_ok()
    };
    assert!(may_write("/program/detector.wasm") && may_write("/program_data/coco.names"));
    assert!(!may_write("/program/other.wasm") && !may_write("/user_input/key"));
}

#[test]
fn parts_that_do_not_fit_are_refused() {
    let function = parse_function(&function()).unwrap();
    let other = parse_user(&with(user(), "/function", json!("other"))).unwrap();
    assert!(matches!(vaas_policy(&function, &other, None, None), Err(ComposeError::OtherFunction { .. })));
    let user = parse_user(&user()).unwrap();
    let error = vaas_policy(&function, &user, Some(&certificate("user")), None).unwrap_err();
    assert!(error.to_string().contains("duplicate-certificate"), "{error}");
}

fn builder() -> PolicyBuilder {
    let endpoint = |text| Endpoint::parse(text).unwrap();
    let authorities = Authorities::from_pem(&pem("proxy")).unwrap();
    let expiry = Timepoint::new(2027, 1, 2, 3, 4).unwrap();
    PolicyBuilder::new(endpoint("127.0.0.1:3017"), endpoint("127.0.0.1:3010"), authorities, expiry)
}

#[test]
fn a_policy_is_built_from_the_inputs_of_the_old_generator() {
    let policy = builder()
        .identity(certificate("a"), "/input/:w,/output/:r,/program/:wx,stdin:w")
        .unwrap()
        .program("/program/a.wasm", Some(hash('a').parse().unwrap()), "/input/:r,/output/:w")
        .unwrap()
        .pipeline("both", "/program/a.wasm ; /program/a.wasm", "/output/:rw")
        .unwrap()
        .runtime(Platform::Simulated, hash('b').parse().unwrap())
        .enable_clock(true)
        .max_memory_mib(512)
        .build()
        .unwrap();
    let written: Value = serde_json::from_str(policy.text()).unwrap();
    assert_eq!(written["native_modules"], json!([]));
    assert_eq!(written["pipelines"][0]["name"], "both");
    assert_eq!(written["identities"][0]["file_rights"][2], json!({"file_name": "/program/", "rights": 537404996}));
    assert_eq!(written["file_hashes"], json!([{"file_path": "/program/a.wasm", "hash": hash('a')}]));
    assert_eq!(written["runtime_manager_hash_linux"], hash('b'));
    assert_eq!(written["max_memory_mib"], 512);
    assert_eq!(FullPolicy::parse(policy.text()).unwrap().canonical_text(), policy.text());
    let demo: Value = serde_json::from_str(builder().demo_dialect().build().unwrap().text()).unwrap();
    assert!(demo.get("pipelines").is_none() && demo.get("native_modules").is_none());
}

#[test]
fn a_builder_refuses_what_a_reader_refuses() {
    let twice = builder().identity(certificate("a"), "").unwrap().identity(certificate("a"), "").unwrap();
    assert!(matches!(twice.build(), Err(BuildError::Policy(_))));
    assert!(matches!(builder().program("/../a", None, ""), Err(BuildError::Path(_))));
    assert!(matches!(builder().pipeline("a", "{", ""), Err(BuildError::Pipeline(_))));
    assert!(matches!(builder().pipeline("", "a", ""), Err(BuildError::Name(_))));
    assert!(matches!(builder().identity(certificate("a"), "/a"), Err(BuildError::Capability(_))));
}
