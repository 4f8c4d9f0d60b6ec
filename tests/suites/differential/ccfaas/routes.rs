//! `/function` and `/instance`, row by row.

use std::fs;

use reqwest::Method;
use serde_json::{Value, json};
use veracruz_policy::FullPolicy;

use crate::cases::{Case, cases};
use crate::daemons::Functions;
use crate::documents::{Person, function, user_policy};
use crate::relay::{Fate, Relay};
use crate::world::{Instance, World, listed, register, text};

pub(super) const CASES: &[Case] = cases![
    ccfaas_get_function_200,
    ccfaas_post_function_200,
    ccfaas_post_function_400_not_json,
    ccfaas_post_function_400_incorrect,
    ccfaas_post_function_400_exists,
    ccfaas_get_function_n_200,
    ccfaas_get_function_n_404,
    ccfaas_delete_function_n_200,
    ccfaas_delete_function_n_404,
    ccfaas_get_instance_200,
    ccfaas_post_instance_200,
    ccfaas_post_instance_400_not_json,
    ccfaas_post_instance_400_incorrect,
    ccfaas_post_instance_400_exists,
    ccfaas_post_instance_404,
    ccfaas_post_instance_502_vaas,
    ccfaas_post_instance_502_loading,
    ccfaas_get_instance_n_200,
    ccfaas_get_instance_n_404,
    ccfaas_delete_instance_n_200,
    ccfaas_delete_instance_n_404,
    ccfaas_delete_instance_n_502,
];

fn ccfaas_get_function_200(world: &World) {
    let name = world.function();
    let list = world.ccfaas.get("/function").object(&["functions"]);
    assert!(list["functions"].as_array().unwrap().contains(&name.into()), "{list}");
}

/// The answer is the request, byte for byte.
fn ccfaas_post_function_200(world: &World) {
    let function = function(&world.name("function"));
    let text = serde_json::to_string_pretty(&function).unwrap();
    let answer = world.ccfaas.post_raw("/function", text.clone());
    let keys: Vec<&str> = function.as_object().unwrap().keys().map(String::as_str).collect();
    answer.object(&keys);
    assert_eq!(answer.text, text);
}

fn ccfaas_post_function_400_not_json(world: &World) {
    let function = function(&world.name("function")).to_string();
    for kind in [None, Some("text/plain"), Some("application/x-www-form-urlencoded")] {
        let answer = world.ccfaas.send(Method::POST, "/function", kind, function.clone());
        answer.refused_saying(400, "not-json", "input should be a JSON object");
    }
    world.ccfaas.post_raw("/function", &b"\xff\xfe"[..]).refused(400, "not-json");
    for (body, found) in [(json!([]), "wrong-type"), (json!("text"), "wrong-type"), (Value::Null, "wrong-type")] {
        world.ccfaas.post("/function", &body).refused_at("policy-invalid", &[("", found)]);
    }
}

fn ccfaas_post_function_400_incorrect(world: &World) {
    let good = function(&world.name("function"));
    let keys = ["function", "execution_strategy", "max_memory_mib", "programs", "debug", "enable_clock", "file_rights"];
    for key in keys {
        let mut body = good.clone();
        body.as_object_mut().unwrap().remove(key);
        let answer = world.ccfaas.post("/function", &body);
        answer.refused_at("policy-invalid", &[("", "missing-field")]);
        assert!(answer.text.contains(key), "{key} is not named: {}", answer.text);

        let mut body = good.clone();
        body[key] = json!({"other": "type"});
        world.ccfaas.post("/function", &body).refused_at("policy-invalid", &[(&format!("/{key}"), "wrong-type")]);
    }
    for key in ["file_rights", "id", "pi_hash", "program_file_name"] {
        let mut body = good.clone();
        body["programs"][0].as_object_mut().unwrap().remove(key);
        world.ccfaas.post("/function", &body).refused_at("policy-invalid", &[("/programs/0", "missing-field")]);
    }
    for key in ["data_file", "pi_hash"] {
        let mut body = good.clone();
        body["data_files"][1].as_object_mut().unwrap().remove(key);
        world.ccfaas.post("/function", &body).refused_at("policy-invalid", &[("/data_files/1", "missing-field")]);
    }
    let mut body = good.clone();
    body["surprise"] = true.into();
    body["programs"][0]["pi_hash"] = "cafe".into();
    // All of it at once.
    let places = [("/surprise", "unknown-field"), ("/programs/0/pi_hash", "hash-length")];
    world.ccfaas.post("/function", &body).refused_at("policy-invalid", &places);
}

fn ccfaas_post_function_400_exists(world: &World) {
    let name = world.function();
    let words = format!("Could not create the function {name}");
    world.ccfaas.post("/function", &function(&name)).refused_saying(400, "function-exists", &words);
    // What was loaded before is untouched.
    let programs = world.ccfaas.get(&format!("/function/{name}/program")).object(&["programs"]);
    assert_eq!(programs["programs"].as_array().unwrap().len(), 1);
}

fn ccfaas_get_function_n_200(world: &World) {
    let name = world.name("function");
    let text = serde_json::to_string_pretty(&function(&name)).unwrap();
    assert_eq!(world.ccfaas.post_raw("/function", text.clone()).status, 200);
    let answer = world.ccfaas.get(&format!("/function/{name}"));
    assert_eq!((answer.status, answer.headers["content-type"].as_bytes()), (200, &b"application/json"[..]));
    assert_eq!(answer.text, text);
}

fn ccfaas_get_function_n_404(world: &World) {
    world.ccfaas.get("/function/nobody").refused_saying(404, "function-not-found", "function nobody not found");
}

fn ccfaas_delete_function_n_200(world: &World) {
    let name = world.function();
    world.ccfaas.delete(&format!("/function/{name}")).says(&format!("Function {name} deleted"));
    world.ccfaas.get(&format!("/function/{name}")).refused(404, "function-not-found");
    let list = world.ccfaas.get("/function").object(&["functions"]);
    assert!(!list["functions"].as_array().unwrap().contains(&name.clone().into()));
    // Its files are gone too, so that a new function of the name begins with nothing.
    assert_eq!(world.ccfaas.post("/function", &function(&name)).status, 200);
    for kind in ["program", "data_file"] {
        let list = world.ccfaas.get(&format!("/function/{name}/{kind}")).object(&[&format!("{kind}s")]);
        assert_eq!(list[format!("{kind}s")], json!([]));
    }
}

fn ccfaas_delete_function_n_404(world: &World) {
    world.ccfaas.delete("/function/nobody").refused(404, "function-not-found");
}

fn ccfaas_get_instance_200(world: &World) {
    let instance = world.instance(&world.function());
    let list = world.ccfaas.get("/instance").object(&["instances"]);
    assert!(list["instances"].as_array().unwrap().contains(&instance.name.as_str().into()), "{list}");
}

/// The policy is a JSON text as Python writes it, in the order of keys that scripts cut it by.
fn ccfaas_post_instance_200(world: &World) {
    let instance = world.instance(&world.function());
    let policy: Value = serde_json::from_str(&instance.policy).unwrap();
    let keys: Vec<_> = policy.as_object().unwrap().keys().map(String::as_str).collect();
    let asked = [
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
    ];
    assert_eq!(&keys[..asked.len()], asked);
    assert_eq!(keys.last(), Some(&"veracruz_server_url"), "scripts cut it from the end");
    for key in ["runtime_manager_hash_sgx", "runtime_manager_hash_tz"] {
        assert_eq!(policy[key], "");
    }
    assert_eq!(policy["ciphersuite"], "TLS1_3_CHACHA20_POLY1305_SHA256");
    assert!(instance.policy.starts_with("{\n    \"ciphersuite\": "), "four spaces and a space behind each colon");
    assert!(instance.policy.ends_with("\"\n}"), "no newline at its end");
    assert!(instance.policy.is_ascii());

    let people: Vec<_> =
        policy["identities"].as_array().unwrap().iter().map(|identity| identity["id"].clone()).collect();
    assert_eq!(people, [0, 1, 2], "the user's two in their order, then the loader");
    assert_eq!(policy["identities"][0]["certificate"], instance.app.certificate);
    assert_eq!(policy["identities"][1]["certificate"], instance.user.certificate);
    let hashes: Vec<_> = policy["file_hashes"].as_array().unwrap().iter().map(|file| text(file, "file_path")).collect();
    assert_eq!(hashes, ["/program/detector.wasm", "/program_data/coco.names", "/program_data/yolov3.weights"]);
    assert_eq!(policy["programs"][0].get("pi_hash"), None);
    world.http.wait(async { instance.user.connect(&instance.policy).await.close().await.unwrap() });
}

fn ccfaas_post_instance_400_not_json(world: &World) {
    let (app, user) = (Person::new("app"), Person::new("user"));
    let body = user_policy("any", "any", &app, &user).to_string();
    for kind in [None, Some("text/plain")] {
        let answer = world.ccfaas.send(Method::POST, "/instance", kind, body.clone());
        answer.refused_saying(400, "not-json", "input should be a JSON object");
    }
    world.ccfaas.post("/instance", &json!([1])).refused_at("policy-invalid", &[("", "wrong-type")]);
}

fn ccfaas_post_instance_400_incorrect(world: &World) {
    let (app, user) = (Person::new("app"), Person::new("user"));
    let good = user_policy(&world.function(), &world.name("instance"), &app, &user);
    for key in ["function", "instanceid", "identities"] {
        let mut body = good.clone();
        body.as_object_mut().unwrap().remove(key);
        world.ccfaas.post("/instance", &body).refused_at("policy-invalid", &[("", "missing-field")]);
        body[key] = 7.into();
        world.ccfaas.post("/instance", &body).refused_at("policy-invalid", &[(&format!("/{key}"), "wrong-type")]);
    }
    for key in ["certificate", "file_rights"] {
        let mut body = good.clone();
        body["identities"][1].as_object_mut().unwrap().remove(key);
        world.ccfaas.post("/instance", &body).refused_at("policy-invalid", &[("/identities/1", "missing-field")]);
    }
    let mut body = good.clone();
    body["identities"][0]["id"] = 0.into();
    world.ccfaas.post("/instance", &body).refused_at("policy-invalid", &[("/identities/0/id", "unknown-field")]);
}

fn ccfaas_post_instance_400_exists(world: &World) {
    let function = world.function();
    let instance = world.instance(&function);
    let again = user_policy(&function, &instance.name, &Person::new("app"), &Person::new("user"));
    let words = format!("Could not create instance already exists {}", instance.name);
    world.ccfaas.post("/instance", &again).refused_saying(400, "instance-exists", &words);
    world.http.wait(async { instance.user.connect(&instance.policy).await.close().await.unwrap() });
}

fn ccfaas_post_instance_404(world: &World) {
    let name = world.name("instance");
    let body = user_policy("nobody", &name, &Person::new("app"), &Person::new("user"));
    world.ccfaas.post("/instance", &body).refused_saying(404, "function-not-found", "function nobody not found");
    world.ccfaas.get(&format!("/instance/{name}")).refused(404, "instance-not-found");
}

/// The i-poc's 500 `Error accessing the vaas_server`: nobody listens where VaaS should be.
fn ccfaas_post_instance_502_vaas(world: &World) {
    let functions = Functions::start(world, "127.0.0.1:9", &[]);
    register(&functions.door, "function");
    let body = user_policy("function", "instance", &Person::new("app"), &Person::new("user"));
    let answer = functions.door.post("/instance", &body);
    answer.refused_saying(502, "vaas-unreachable", "step vaas: ");
    assert_eq!(functions.door.get("/instance").object(&["instances"])["instances"], json!([]));
}

/// The i-poc's 500 `Loading programs failed so instance removed`: a file's content has gone from the disk.
fn ccfaas_post_instance_502_loading(world: &World) {
    let functions = Functions::start(world, world.vaas.address(), &[]);
    register(&functions.door, "function");
    functions.contents().into_iter().for_each(|path| fs::remove_file(path).unwrap());
    let body = user_policy("function", "instance", &Person::new("app"), &Person::new("user"));
    functions.door.post("/instance", &body).refused_saying(502, "provisioning-failed", "step load: ");
    assert_eq!(functions.door.get("/instance").object(&["instances"])["instances"], json!([]));
    assert_eq!(listed(&world.vaas, &functions.id), []);
}

fn ccfaas_get_instance_n_200(world: &World) {
    let instance = world.instance(&world.function());
    let shown = world.ccfaas.get(&instance.path()).object(&["instance", "policy"]);
    assert_eq!(shown, json!({"instance": instance.name, "policy": instance.policy}));
    let policy = FullPolicy::parse(text(&shown, "policy")).unwrap();
    let hash = world.http.wait(async { instance.user.connect(&instance.policy).await.policy_hash().await.unwrap() });
    assert_eq!(hash, policy.hash(), "the text is the one that the instance enforces");
}

fn ccfaas_get_instance_n_404(world: &World) {
    let words = "Veracruz instance 'nobody' does not exist!";
    world.ccfaas.get("/instance/nobody").refused_saying(404, "instance-not-found", words);
}

fn ccfaas_delete_instance_n_200(world: &World) {
    let instance = world.instance(&world.function());
    let Instance { name, .. } = &instance;
    world.ccfaas.delete(&instance.path()).says(&format!("instance {name} deleted"));
    world.ccfaas.get(&instance.path()).refused(404, "instance-not-found");
    let at_vaas = world.vaas.get(&format!("/veracruz?instance_hash={}", instance.hash())).object(&["veracruz"]);
    assert_eq!(at_vaas["veracruz"], json!([]));
}

fn ccfaas_delete_instance_n_404(world: &World) {
    world.ccfaas.delete("/instance/nobody").refused(404, "instance-not-found");
}

/// The i-poc's 500: VaaS cannot be reached.
fn ccfaas_delete_instance_n_502(world: &World) {
    let relay = Relay::start(world.http.runtime(), "127.0.0.1:0", world.vaas.address());
    let functions = Functions::start(world, relay.address(), &[]);
    register(&functions.door, "function");
    let instance = Instance::create(&functions.door, "function", "instance");
    relay.set(Fate::Refuse);
    functions.door.delete(&instance.path()).refused_saying(502, "vaas-unreachable", "try again");
}
