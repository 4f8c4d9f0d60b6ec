//! `veracruz function`, against the real function service.

use std::net::TcpListener;

use serde_json::json;

use crate::services::{DATA, Services, write_function};
use crate::shell::{Ended, Folder};

#[test]
fn a_function_is_registered_filled_shown_and_removed() {
    let folder = Folder::new();
    let services = Services::start(&folder);
    let to = services.ccfaas();
    write_function(&folder, "vod");
    assert_eq!(folder.ok(&format!("function list {to}")), "\n");
    assert!(folder.ok(&format!("function create function.json {to}")).contains("function upload vod"));
    folder.refused(&format!("function create function.json {to}"), "function-exists");
    assert_eq!(folder.json(&format!("function list {to}")).1["functions"], json!(["vod"]));

    let shown = folder.ok(&format!("function show vod {to} --policy-out again.json"));
    assert_eq!(shown.matches("not loaded").count(), 2, "{shown}");
    assert_eq!(folder.text("again.json"), folder.text("function.json"), "letter by letter");
    folder.wrong_use(&format!("function show vod {to} --policy-out again.json"), "exists");

    let said = folder.ok(&format!("function upload vod /program/empty.wasm=build/empty.wasm {to}"));
    assert!(said.contains("bytes from build/empty.wasm") && said.contains("1 file(s) are not loaded yet"), "{said}");
    let (_, answer) = folder.json(&format!("function upload vod --from build {to}"));
    assert_eq!(answer["not_loaded"], 0);
    assert_eq!(answer["files"][0]["name"], "/program_data/weights");
    assert_eq!(answer["files"][0]["bytes"], DATA.len());
    let (_, again) = folder.json(&format!("function upload vod program/empty.wasm=build/empty.wasm {to}"));
    assert_eq!(again["files"][0]["sent"], false, "it is loaded already");
    let (_, shown) = folder.json(&format!("function show vod {to}"));
    assert_eq!((&shown["files"][0]["loaded"], &shown["files"][1]["loaded"]), (&json!(true), &json!(true)));

    folder.ok(&format!("function delete vod {to}"));
    folder.refused(&format!("function show vod {to}"), "function-not-found");
    folder.refused(&format!("function delete vod {to}"), "function-not-found");
}

#[test]
fn functions_are_listed_in_pages() {
    let folder = Folder::new();
    let services = Services::start(&folder);
    let to = services.ccfaas();
    for name in ["a", "b", "c"] {
        write_function(&folder, name);
        folder.ok(&format!("function create function.json {to}"));
    }
    assert_eq!(folder.ok(&format!("function list {to}")), "a\nb\nc\n");
    assert_eq!(folder.ok(&format!("function list --after a --limit 1 {to}")), "b\n");
}

#[test]
fn a_file_that_is_not_the_declared_one_is_not_sent() {
    let folder = Folder::new();
    let services = Services::start(&folder);
    let to = services.ccfaas();
    write_function(&folder, "vod");
    folder.ok(&format!("function create function.json {to}"));
    folder.write("build/weights", b"other weights");
    let refused = folder.refused(&format!("function upload vod --from build {to}"), "hash-mismatch");
    assert_eq!(refused["file"], "/program_data/weights");
    let undeclared = format!("function upload vod /program/other.wasm=build/empty.wasm {to}");
    assert_eq!(folder.refused(&undeclared, "file-not-declared")["file"], "/program/other.wasm");
    folder.wrong_use(&format!("function upload vod /program/empty.wasm=nowhere.wasm {to}"), "nowhere.wasm");
    folder.wrong_use(&format!("function upload vod /program/empty.wasm=build {to}"), "no regular file");
    folder.wrong_use(&format!("function upload vod {to}"), "/program/empty.wasm=PATH");
    let (_, shown) = folder.json(&format!("function show vod {to}"));
    assert_eq!(shown["files"][0]["loaded"], false, "the right file was not sent either, before all were compared");
}

#[test]
fn what_cannot_be_right_is_refused_before_anybody_is_asked() {
    let folder = Folder::new();
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let to = format!("--ccfaas http://{nobody}");
    folder.write("function.json", r#"{"function": "linear-regression", "programs": []}"#);
    let refused = folder.refused(&format!("function create function.json {to}"), "policy-invalid");
    let missing = refused["violations"].to_string();
    assert!(missing.contains("max_memory_mib") && missing.contains("file_rights"), "{missing}");
    write_function(&folder, "vod");
    let refused = folder.refused(&format!("function create function.json {to}"), "unreachable");
    assert_eq!(refused["next_step"], "check the address, and that the service runs");
    assert!(folder.run(&format!("function list {to}"), &[]).err.contains("\nnext: check the address"));
    folder.wrong_use(&format!("function show a/b {to}"), "\"a/b\"");
    folder.wrong_use("function list --ccfaas 127.0.0.1:5010", "http://HOST:PORT");
    folder.wrong_use("function list --ccfaas http://user:hunter2@127.0.0.1", "token or a client certificate");
    folder.wrong_use(&format!("function list {to} --client-cert a.pem"), "go together");
    folder.wrong_use(&format!("function list {to} --token-file nowhere"), "nowhere");
    folder.wrong_use(&format!("function upload vod /program/a {to}"), "FILE_NAME=PATH");
}

#[test]
fn a_token_goes_to_no_other_machine_in_the_clear_and_is_never_shown() {
    let folder = Folder::new();
    folder.write("token", "t0k3n");
    let ended = folder.run("function list --ccfaas http://192.0.2.1:5010 --token-file token", &[]);
    assert_eq!(ended.status, 2);
    assert!(ended.err.contains("plain http"), "{}", ended.err);
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let near = folder.run(&format!("function list --ccfaas http://{nobody} --token-file token"), &["--json"]);
    assert_eq!(near.status, 1);
    assert!(!format!("{}{}{}{}", ended.out, ended.err, near.out, near.err).contains("t0k3n"));
}

#[test]
fn the_variable_names_the_service_and_the_flag_wins() {
    let folder = Folder::new();
    let services = Services::start(&folder);
    let to = services.ccfaas();
    let url = to.strip_prefix("--ccfaas ").unwrap();
    let by_variable = Ended::of(folder.command("function list").env("VERACRUZ_CCFAAS", url));
    assert_eq!((by_variable.status, by_variable.err.as_str()), (0, ""));
    let by_flag = Ended::of(folder.command(&format!("function {to} list")).env("VERACRUZ_CCFAAS", "nonsense"));
    assert_eq!((by_flag.status, by_flag.err.as_str()), (0, ""));
}
