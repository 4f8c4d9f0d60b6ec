//! `veracruz policy …`.

use serde_json::{Value, json};

use crate::shell::Folder;

const EXPIRY: &str = "2036-01-01T00:00:00Z";

/// A folder with identities, a program, a runtime and the policy of both, `policy.json`.
fn folder() -> Folder {
    let folder = Folder::new();
    for name in ["alice", "bob", "mallory"] {
        folder.ok(&format!("identity new {name}"));
    }
    folder.ok("identity new service --authority");
    folder.write("sum.wasm", "a program");
    folder.write("runtime", "a runtime");
    let ended = new(&folder, &["-o", "policy.json"]);
    assert_eq!(ended.status, 0, "{}", ended.err);
    folder
}

fn new(folder: &Folder, more: &[&str]) -> crate::shell::Ended {
    let mut arguments = vec![
        "--certificate",
        "alice.cert.pem => /input/:w,/output/:r,/program/:x",
        "--certificate",
        "bob.cert.pem => /program/:w",
        "--program-binary",
        "/program/sum.wasm=sum.wasm => /input/:r,/output/:w",
        "--proxy-attestation-server-cert",
        "service.cert.pem",
        "--certificate-expiry",
        EXPIRY,
        "--css-file",
        "runtime",
    ];
    arguments.extend(more);
    folder.run("policy new -s 127.0.0.1:3017 -t 127.0.0.1:3010", &arguments)
}

#[test]
fn a_policy_is_written_linted_explained_and_hashed() {
    let folder = folder();
    let text = folder.text("policy.json");
    let policy: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(policy["identities"][1]["file_rights"], json!([{"file_name": "/program/", "rights": 534084}]));
    assert_eq!(policy["enclave_cert_expiry"]["year"], 2036);
    assert!(text.ends_with("\"veracruz_server_url\": \"127.0.0.1:3017\"\n}"));

    let (_, lint) = folder.json("policy lint policy.json");
    assert_eq!((&lint["kind"], &lint["advice"][0]["code"]), (&json!("full"), &json!("simulated-platform")));
    assert!(folder.ok("policy explain policy.json").contains("may execute \"/program\""));
    let hash = folder.ok("policy hash policy.json");
    assert_eq!(folder.json("policy hash policy.json").1["hash"], hash.trim());
    assert!(folder.ok("policy explain policy.json").contains(hash.trim()));
}

#[test]
fn the_forms_of_the_old_generator_are_taken() {
    let folder = folder();
    let line = "policy new -c alice.cert.pem -c bob.cert.pem -w /program/sum.wasm=sum.wasm,/program/b.wasm=runtime \
                -s localhost:3017 -t localhost:3010 --proxy-attestation-server-cert service.cert.pem -b runtime \
                -e Interpretation -n -m 512 --hashes /data=runtime";
    let rights = ["-p", "/input/ : w, stdin : 534084", "-p", "/program/ : w", "-p", "/input/ : r", "-p", "/b : rwx"];
    let expiry = [
        "-x",
        "Sun, 1 Jan 2034 12:30:00 +0100",
        "--pipeline",
        "both=/program/sum.wasm ; /program/b.wasm",
        "-p",
        "/out/:w",
    ];
    let ended = folder.run(line, &[&rights[..], &expiry[..]].concat());
    assert_eq!(ended.status, 0, "{}", ended.err);
    let policy: Value = serde_json::from_str(&ended.out).unwrap();
    assert_eq!(policy["identities"][0]["file_rights"][1], json!({"file_name": "stdin", "rights": 534084}));
    assert_eq!(policy["programs"][1]["file_rights"][0]["rights"], 537421382);
    assert_eq!(policy["pipelines"][0]["file_rights"][0]["file_name"], "/out/");
    assert_eq!(policy["file_hashes"].as_array().unwrap().len(), 3);
    assert_eq!(policy["enclave_cert_expiry"], json!({"day": 1, "hour": 11, "minute": 30, "month": 1, "year": 2034}));
    assert_eq!((&policy["execution_strategy"], &policy["max_memory_mib"]), (&json!("Interpretation"), &json!(512)));
}

#[test]
fn wrong_use_of_new_is_told() {
    let folder = folder();
    for (more, word) in [
        (vec!["-o", "policy.json"], "exists"),
        (vec!["-c", "mallory.cert.pem"], "has no rights"),
        (vec!["-p", "/a:r"], "more than there is"),
        (vec!["-c", "alice.cert.pem => /:r"], "duplicate-certificate"),
        (vec!["-c", "alice.key.pem => /:r"], "private key"),
        (vec!["-c", "nobody.pem => /:r"], "nobody.pem"),
        (vec!["-c", "mallory.cert.pem => /:q"], "/:q"),
        (vec!["--runtime", "simulated=00"], "64 hexadecimal digits"),
        (vec!["--runtime", &format!("simulated={}", "a".repeat(64))], "2 runtimes"),
        (vec!["-e", "jit"], "Interpretation"),
    ] {
        let ended = new(&folder, &more);
        assert_eq!(ended.status, 2, "{more:?}: {}{}", ended.out, ended.err);
        assert!(ended.err.contains(word), "{more:?}: {word:?} is not in {}", ended.err);
    }
    folder.wrong_use("policy new", "--certificate");
}

#[test]
fn lint_refuses_with_code_places_and_status() {
    let folder = folder();
    folder.write("broken.json", folder.text("policy.json").replace("\"JIT\"", "\"jit\""));
    let answer = folder.refused("policy lint broken.json", "policy-invalid");
    assert_eq!(answer["violations"][0]["pointer"], "/execution_strategy");
    assert_eq!(answer["violations"][0]["code"], "unknown-strategy");
    folder.refused("policy hash broken.json", "policy-invalid");
    folder.refused("policy explain broken.json", "policy-invalid");
    folder.refused("policy lint --kind user policy.json", "policy-invalid");
    folder.write("text", "no json");
    folder.refused("policy lint text", "not-json");
    folder.write("other.json", "{\"a\": 1}");
    folder.refused("policy lint other.json", "unknown-document-kind");
    folder.write("bytes", [0xff, 0xfe]);
    folder.wrong_use("policy lint bytes", "UTF-8");
    folder.wrong_use("policy lint nothing.json", "nothing.json");
    folder.wrong_use("policy lint --kind half policy.json", "half");
}

#[test]
fn differences_are_an_exit_status() {
    let folder = folder();
    folder.ok("policy diff policy.json policy.json");
    folder.write("more.json", folder.text("policy.json").replace("\"max_memory_mib\": 256", "\"max_memory_mib\": 512"));
    let (status, answer) = folder.json("policy diff policy.json more.json");
    assert_eq!((status, &answer["code"]), (1, &json!("policies-differ")));
    assert_eq!(
        answer["changes"][0],
        json!({"subject": {"kind": "setting", "key": "max_memory_mib"}, "before": "256", "after": "512"})
    );
    folder.write("spaced.json", format!("{}\n", folder.text("policy.json")));
    assert!(folder.ok("policy diff policy.json spaced.json").contains("texts differ"));
}

#[test]
fn schemas_are_served() {
    let folder = Folder::new();
    for kind in ["function", "user", "vaas", "full"] {
        let schema: Value = serde_json::from_str(&folder.ok(&format!("policy schema {kind}"))).unwrap();
        assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
        assert_eq!(folder.json(&format!("policy schema {kind}")).1["schema"], schema);
    }
    folder.wrong_use("policy schema", "KIND");
}

/// What a service would answer to `user.json`: made here by hand, as an honest one would.
fn services_answer(folder: &Folder) -> Value {
    let hash = |digit: &str| digit.repeat(64);
    let rights = |name: &str, rights: u32| json!({"file_name": name, "rights": rights});
    let certificate = |name: &str| folder.text(&format!("{name}.cert.pem")).trim_end().to_owned();
    let program_rights = json!([rights("/input/", 24582), rights("/output/", 534084)]);
    let user_rights = json!([rights("/input/", 534084), rights("/output/", 24582), rights("/program/", 536879104)]);
    let function = json!({
        "function": "sum", "execution_strategy": "JIT", "max_memory_mib": 256, "debug": false, "enable_clock": false,
        "programs": [{"file_rights": program_rights, "id": 0, "pi_hash": hash("a"), "program_file_name": "/program/sum.wasm"}],
        "data_files": [], "file_rights": [rights("/program/", 534084)],
    });
    let identity = json!({"certificate": certificate("alice"), "file_rights": user_rights});
    let user = json!({"function": "sum", "instanceid": "one", "identities": [identity]});
    folder.write("function.json", function.to_string());
    folder.write("user.json", user.to_string());
    json!({
        "ciphersuite": "TLS1_3_CHACHA20_POLY1305_SHA256", "debug": false, "enable_clock": false,
        "execution_strategy": "JIT", "max_memory_mib": 256,
        "programs": [{"file_rights": program_rights, "id": 0, "program_file_name": "/program/sum.wasm"}],
        "identities": [
            {"certificate": certificate("alice"), "file_rights": user_rights, "id": 0},
            {"certificate": certificate("bob"), "file_rights": [rights("/program/", 534084)], "id": 1},
        ],
        "file_hashes": [{"file_path": "/program/sum.wasm", "hash": hash("a")}],
        "enclave_cert_expiry": {"day": 1, "hour": 1, "minute": 1, "month": 1, "year": 2036},
        "proxy_attestation_server_url": "localhost:3010", "proxy_service_cert": certificate("service"),
        "runtime_manager_hash_nitro": hash("c"), "veracruz_server_url": "localhost:3014",
    })
}

#[test]
fn an_audit_tells_an_honest_service_from_another() {
    let folder = folder();
    let honest = services_answer(&folder);
    folder.write("honest.json", honest.to_string());
    let known = format!(
        "--function function.json --user user.json --loader bob.cert.pem --attestation-server localhost:3010 \
         --authority service.cert.pem --runtime nitro={}",
        "c".repeat(96)
    );
    let said = folder.ok(&format!("policy audit honest.json {known}"));
    assert!(said.contains("nobody more than you asked for"), "{said}");

    let mut other = honest.clone();
    other["identities"][1]["file_rights"] = json!([{"file_name": "/", "rights": 550470}]);
    folder.write("other.json", other.to_string());
    let answer = folder.refused(&format!("policy audit other.json {known}"), "policy-not-as-asked");
    let codes: Vec<&str> =
        answer["findings"].as_array().unwrap().iter().map(|one| one["code"].as_str().unwrap()).collect();
    for code in ["extra-rights", "inputs-readable", "outputs-readable", "inputs-replaceable"] {
        assert!(codes.contains(&code), "{code} is not in {codes:?}");
    }
    folder.refused("policy audit honest.json --function function.json --user user.json", "policy-not-as-asked");
    folder.wrong_use("policy audit honest.json --function user.json --user user.json", "no function policy");
}
