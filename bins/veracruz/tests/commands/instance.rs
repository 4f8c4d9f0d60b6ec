//! `veracruz instance`, against the real services with real, if simulated, instances.

use std::net::TcpListener;

use serde_json::json;
use veracruz_policy::FullPolicy;

use crate::services::{Services, write_function, write_user};
use crate::shell::Folder;

/// Services with a function `vod` that is ready to be instantiated, and a user policy that asks for `i`.
fn ready() -> (Folder, Services) {
    let folder = Folder::new();
    let services = Services::start(&folder);
    write_function(&folder, "vod");
    write_user(&folder, "vod", "i");
    folder.ok(&format!("function create function.json {}", services.ccfaas()));
    folder.ok(&format!("function upload vod --from build {}", services.ccfaas()));
    (folder, services)
}

#[test]
fn an_instance_is_created_audited_shown_and_ended() {
    let (folder, services) = ready();
    let to = services.ccfaas();
    let known = "--function function.json --loader state/loader/certificate.pem --allow-simulated";
    let said = folder.ok(&format!("instance create user.json {known} --policy-out policy.json {to}"));
    assert!(said.contains("nobody was found to have more than you asked for"), "{said}");
    assert!(!said.contains("warning"), "everything that was told agrees: {said}");
    let policy = FullPolicy::parse(&folder.text("policy.json")).unwrap();
    assert!(said.contains(&policy.hash().to_string()));

    let (_, shown) = folder.json(&format!("instance show i {to}"));
    assert_eq!((&shown["status"], &shown["policy_hash"]), (&json!("OK"), &json!(policy.hash())));
    assert_eq!(shown["policy"], policy.text());
    assert_eq!(folder.json(&format!("instance list {to}")).1["instances"], json!(["i"]));
    folder.refused(&format!("instance create user.json {known} {to}"), "instance-exists");

    folder.ok(&format!("instance delete i {to}"));
    folder.refused(&format!("instance show i {to}"), "instance-not-found");
    assert_eq!(folder.json(&format!("instance list {to}")).1["instances"], json!([]));
}

#[test]
fn a_policy_that_gives_more_than_was_asked_for_is_refused_though_the_instance_runs() {
    let (folder, services) = ready();
    let to = services.ccfaas();
    // The simulated platform was not asked for.
    let (status, answer) = folder.json(&format!("instance create user.json --policy-out policy.json {to}"));
    assert_eq!((status, &answer["code"]), (1, &json!("policy-not-as-asked")));
    let codes: Vec<&str> =
        answer["findings"].as_array().unwrap().iter().map(|finding| finding["code"].as_str().unwrap()).collect();
    assert!(codes.contains(&"simulated-platform") && codes.contains(&"unknown-loader"), "{codes:?}");
    assert_eq!(answer["function_from_service"], true);
    assert_eq!(answer["policy"], folder.text("policy.json"), "it is there to be looked at");
    folder.ok(&format!("instance delete i {to}"));

    let ended = folder.run(&format!("instance create user.json {to}"), &[]);
    assert_eq!((ended.status, ended.out.as_str()), (1, ""));
    assert!(ended.err.contains("veracruz instance delete i"), "{}", ended.err);
    folder.ok(&format!("instance delete i {to}"));
    folder.ok(&format!("instance create user.json --no-audit {to}"));
    folder.ok(&format!("instance delete i {to}"));

    // The operator's own publication is not what the service has.
    let other = folder.text("function.json").replace("\"max_memory_mib\": 64", "\"max_memory_mib\": 64,\"x\": 1");
    folder.write("other.json", other);
    folder.wrong_use(&format!("instance create user.json --function other.json {to}"), "no function policy");
    let other = folder.text("function.json").replace("/program_data/\"", "/elsewhere/\"");
    folder.write("other.json", other);
    let refused = format!("instance create user.json --function other.json --allow-simulated {to}");
    assert_eq!(folder.json(&refused).1["code"], "policy-not-as-asked");
}

#[test]
fn a_user_policy_that_cannot_be_right_is_refused_before_anybody_is_asked() {
    let folder = Folder::new();
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let to = format!("--ccfaas http://{nobody}");
    folder.write("user.json", r#"{"function": "vod", "identities": []}"#);
    let refused = folder.refused(&format!("instance create user.json {to}"), "policy-invalid");
    assert!(refused["violations"].to_string().contains("instanceid"));
    write_user(&folder, "vod", "i");
    folder.refused(&format!("instance create user.json {to}"), "unreachable");
    let line = format!("instance create user.json --policy-out user.json {to}");
    folder.wrong_use(&line, "user.json exists");
    folder.wrong_use(&format!("instance create user.json --loader nowhere.pem {to}"), "nowhere.pem");
    folder.refused(&format!("instance list {to}"), "unreachable");
}

#[test]
fn a_function_without_its_files_or_without_a_name_gives_no_instance() {
    let folder = Folder::new();
    let services = Services::start(&folder);
    let to = services.ccfaas();
    write_user(&folder, "vod", "i");
    folder.refused(&format!("instance create user.json {to}"), "function-not-found");
    assert_eq!(folder.json(&format!("instance list {to}")).1["instances"], json!([]));
}
