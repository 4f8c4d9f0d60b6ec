//! `/veracruz`, row by row; and what went wrong with how an instance is named: V6, V7, V16.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use reqwest::Method;
use serde_json::{Value, json};
use veracruz_policy::FullPolicy;

use crate::cases::{Case, cases};
use crate::daemons::Host;
use crate::documents::Person;
use crate::world::{Runtime, World, listed, text};

pub(super) const CASES: &[Case] = cases![
    vaas_get_veracruz_200,
    vaas_get_veracruz_n_200,
    vaas_get_veracruz_n_400,
    vaas_get_veracruz_n_404,
    vaas_get_veracruz_n_404_instance_id,
    vaas_delete_veracruz_n_200,
    vaas_delete_veracruz_n_400,
    vaas_delete_veracruz_n_404,
    vaas_post_veracruz_200,
    vaas_post_veracruz_400_not_json,
    vaas_post_veracruz_400_incorrect,
    vaas_post_veracruz_502,
    vaas_post_veracruz_504,
    vaas_post_veracruz_507,
    v06_looking_and_deleting_take_the_same_names,
    v07_an_instance_without_an_id_is_described_and_missed_like_any_other,
    v16_a_query_is_a_text_and_no_selector,
];

/// What the list calls an instance.
fn listed_as(runtime: &Runtime) -> String {
    format!("veracruz-nitro-server:{}", runtime.port())
}

fn vaas_get_veracruz_200(world: &World) {
    let (one, other) = (world.runtime(), world.runtime());
    let id = one.id.as_deref().unwrap();
    let entry = json!({"instance_id": id, "instance_hash": one.hash, "status": "OK"});
    let list = json!([{ listed_as(&one): entry }]);
    let whole = FullPolicy::parse(&one.policy).unwrap().hash();
    for query in [
        format!("instance_id={id}"),
        format!("instance_hash={}", one.hash),
        // What goes beyond a label's length is cut.
        format!("instance_hash={whole}"),
        format!("instance_id={id}&instance_hash={}&surprise=1", one.hash),
    ] {
        let answer = world.vaas.get(&format!("/veracruz?{query}")).object(&["veracruz"]);
        assert_eq!(answer["veracruz"], list, "{query}");
    }
    let all = world.vaas.get("/veracruz").object(&["veracruz"]);
    for runtime in [&one, &other] {
        let entries = all["veracruz"].as_array().unwrap();
        assert!(entries.iter().any(|entry| entry.get(listed_as(runtime)).is_some()), "{all}");
    }
    for query in ["instance_id=nobody", "instance_hash=cafe"] {
        let none = world.vaas.get(&format!("/veracruz?{query}")).object(&["veracruz"]);
        assert_eq!(none["veracruz"], json!([]), "{query}");
    }
}

fn vaas_get_veracruz_n_200(world: &World) {
    let runtime = world.runtime();
    let wanted = json!({"instance_id": runtime.id, "instance_hash": runtime.hash, "status": "OK"});
    let place = runtime.place();
    for path in [place.clone(), runtime.path(), format!("{place}?instance_hash={}", runtime.hash)] {
        let shown = world.vaas.get(&path).object(&["instance_id", "instance_hash", "status"]);
        assert_eq!(shown, wanted, "{path}");
    }
}

/// Names that are no `host:port`; some of them were a 200.
const BAD_NAMES: [&str; 6] = ["nobody", "host:", ":3014", "host:port", "a:1:2", "host:99999"];

fn vaas_get_veracruz_n_400(world: &World) {
    for name in BAD_NAMES {
        let answer = world.vaas.get(&format!("/veracruz/{name}"));
        answer.refused_saying(400, "bad-instance-name", "name should be on the form <host>:<port>");
    }
}

fn vaas_get_veracruz_n_404(world: &World) {
    let runtime = world.runtime();
    let url = text(&serde_json::from_str(&runtime.policy).unwrap(), "veracruz_server_url").to_owned();
    let words = format!("Veracruz instance '{url}' does not exist!");
    let answer = world.vaas.get(&format!("/veracruz/{url}?instance_hash=cafe"));
    answer.refused_saying(404, "no-such-instance", &words);
    let words = "Veracruz instance '127.0.0.1:9' does not exist!";
    world.vaas.get("/veracruz/127.0.0.1:9").refused_saying(404, "no-such-instance", words);
}

fn vaas_get_veracruz_n_404_instance_id(world: &World) {
    let runtime = world.runtime();
    let answer = world.vaas.get(&format!("{}?instance_id=other", runtime.place()));
    answer.refused_saying(404, "no-such-instance", "and instance_id 'other' does not exist!");
}

fn vaas_delete_veracruz_n_200(world: &World) {
    let runtime = world.runtime();
    let url = text(&serde_json::from_str(&runtime.policy).unwrap(), "veracruz_server_url").to_owned();
    world.vaas.delete(&runtime.path()).says(&format!("Veracruz instance '{url}' was removed"));
    world.vaas.get(&runtime.path()).refused(404, "no-such-instance");
    // Another case may have an instance there by now.
    assert!(world.http.wait(runtime.person.try_connect(&runtime.policy)).is_err());
    // Who did not hear the answer asks again.
    assert_eq!(world.vaas.delete(&runtime.path()).status, 200);
}

fn vaas_delete_veracruz_n_400(world: &World) {
    for name in BAD_NAMES {
        let answer = world.vaas.delete(&format!("/veracruz/{name}?instance_id=a&instance_hash=b"));
        answer.refused_saying(400, "bad-instance-name", "name should be on the form <host>:<port>");
    }
}

/// Who deletes must name all that the instance has.
fn vaas_delete_veracruz_n_404(world: &World) {
    let runtime = world.runtime();
    let (place, id) = (runtime.place(), runtime.id.as_deref().unwrap());
    for query in [
        String::new(),
        format!("instance_id={id}"),
        format!("instance_hash={}", runtime.hash),
        format!("instance_id=other&instance_hash={}", runtime.hash),
        format!("instance_id={id}&instance_hash=cafe"),
        format!("instance_id={id}&instance_hash={}", &runtime.hash[..58]),
    ] {
        world.vaas.delete(&format!("{place}?{query}")).refused(404, "no-such-instance");
    }
    assert_eq!(world.vaas.get(&runtime.path()).status, 200);
    world.http.wait(async { runtime.person.connect(&runtime.policy).await.close().await.unwrap() });
    world.vaas.delete("/veracruz/127.0.0.1:9?instance_id=a&instance_hash=b").refused(404, "no-such-instance");
}

/// The hash is that of the text, and the text is the request's keys in their order, then those of the infrastructure.
fn vaas_post_veracruz_200(world: &World) {
    let runtime = world.runtime();
    let whole = FullPolicy::parse(&runtime.policy).unwrap().hash().to_string();
    assert_eq!(runtime.hash, whole[..59]);
    let policy: Value = serde_json::from_str(&runtime.policy).unwrap();
    let keys: Vec<_> = policy.as_object().unwrap().keys().map(String::as_str).collect();
    let begins = ["ciphersuite", "debug", "enable_clock", "execution_strategy", "max_memory_mib", "programs"];
    assert_eq!(&keys[..begins.len()], begins);
    assert_eq!(keys.last(), Some(&"veracruz_server_url"));
    assert_eq!(policy.get("instance_id"), None);
    let attestation = world.up.url("attestation");
    assert_eq!(policy["proxy_attestation_server_url"], attestation.trim_start_matches("http://"));
    let mut session = world.http.wait(runtime.person.connect(&runtime.policy));
    let enforced = world.http.wait(session.policy_hash()).unwrap();
    assert_eq!(enforced.to_string(), whole);
}

fn vaas_post_veracruz_400_not_json(world: &World) {
    let body = Person::new("participant").vaas_policy(None).to_string();
    for kind in [None, Some("text/plain")] {
        let answer = world.vaas.send(Method::POST, "/veracruz", kind, body.clone());
        answer.refused_saying(400, "not-json", "input should be a JSON object");
    }
    world.vaas.post_raw("/veracruz", "{\"debug\": tru}").refused(400, "not-json");
    world.vaas.post("/veracruz", &json!([])).refused_at("policy-invalid", &[("", "wrong-type")]);
}

fn vaas_post_veracruz_400_incorrect(world: &World) {
    let id = world.name("id");
    let good = Person::new("participant").vaas_policy(Some(&id));
    let keys =
        ["ciphersuite", "debug", "enable_clock", "execution_strategy", "max_memory_mib", "identities", "programs"];
    for key in keys {
        let mut body = good.clone();
        body.as_object_mut().unwrap().remove(key);
        world.vaas.post("/veracruz", &body).refused_at("policy-invalid", &[("", "missing-field")]);
        body[key] = json!({"other": "type"});
        world.vaas.post("/veracruz", &body).refused_at("policy-invalid", &[(&format!("/{key}"), "wrong-type")]);
    }
    for key in ["certificate", "file_rights", "id"] {
        let mut body = good.clone();
        body["identities"][0].as_object_mut().unwrap().remove(key);
        world.vaas.post("/veracruz", &body).refused_at("policy-invalid", &[("/identities/0", "missing-field")]);
    }
    for key in ["day", "hour", "minute", "month", "year"] {
        let mut body = good.clone();
        body["enclave_cert_expiry"] = json!({"day": 1, "hour": 1, "minute": 1, "month": 1, "year": 2099});
        body["enclave_cert_expiry"].as_object_mut().unwrap().remove(key);
        world.vaas.post("/veracruz", &body).refused_at("policy-invalid", &[("/enclave_cert_expiry", "missing-field")]);
    }
    let mut body = good.clone();
    body["veracruz_server_url"] = "127.0.0.1:1".into();
    world.vaas.post("/veracruz", &body).refused_at("policy-invalid", &[("/veracruz_server_url", "unknown-field")]);
    assert_eq!(listed(&world.vaas, &id), []);
}

/// The i-poc's 500 `Could not create a veracruz instance!`.
fn vaas_post_veracruz_502(world: &World) {
    let host = Host::start(world, (30_100, 1), &["--veracruz-server", "/bin/false"]);
    let body = Person::new("participant").vaas_policy(Some("id"));
    for _ in 0..2 {
        let answer = host.door.post("/veracruz", &body);
        answer.refused_saying(502, "instance-start-failed", "Could not create a veracruz instance!");
    }
    assert_eq!(listed(&host.door, "id"), []);
    assert_eq!(host.instances(), Vec::<std::path::PathBuf>::new());
}

/// The i-poc's 500 `Could not get status for veracruz instance!`: it runs, and never gets ready.
fn vaas_post_veracruz_504(world: &World) {
    let folder = tempfile::TempDir::new().unwrap();
    let program = folder.path().join("never-ready");
    fs::write(&program, "#!/bin/sh\nexec sleep 1000\n").unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o700)).unwrap();
    let settings = ["--veracruz-server", program.to_str().unwrap(), "--start-timeout", "1"];
    let host = Host::start(world, (30_200, 1), &settings);
    let answer = host.door.post("/veracruz", &Person::new("participant").vaas_policy(Some("id")));
    answer.refused_saying(504, "instance-start-timeout", "within 1 seconds");
    assert_eq!(listed(&host.door, "id"), []);
    assert_eq!(host.instances(), Vec::<std::path::PathBuf>::new());
}

/// The one port is taken; with what it is not by VaaS, but by something else on the machine.
fn vaas_post_veracruz_507(world: &World) {
    let host = Host::start(world, (30_300, 1), &["--veracruz-server", "/bin/false"]);
    let _other = std::net::TcpListener::bind(("127.0.0.1", host.first)).unwrap();
    let answer = host.door.post("/veracruz", &Person::new("participant").vaas_policy(None));
    answer.refused_saying(507, "no-free-slot", "no internal resources available");
    assert!(answer.headers.contains_key("retry-after"));
}

fn v06_looking_and_deleting_take_the_same_names(world: &World) {
    let hosts = ["127.0.0.1", "veracruz-nitro-server", "veracruz-nitro-server.default.svc.cluster.local"];
    for host in hosts {
        let runtime = world.runtime();
        let path = format!("/veracruz/{host}:{}?{}", runtime.port(), runtime.query());
        assert_eq!(world.vaas.get(&path).status, 200, "{host}");
        let sentence = format!("Veracruz instance '{host}:{}' was removed", runtime.port());
        world.vaas.delete(&path).says(&sentence);
    }
    // Another machine's instance is not ours, though the port is.
    let runtime = world.runtime();
    for host in ["elsewhere", "127.0.0.2", "veracruz-nitro-serve"] {
        let path = format!("/veracruz/{host}:{}?{}", runtime.port(), runtime.query());
        world.vaas.get(&path).refused(404, "no-such-instance");
        world.vaas.delete(&path).refused(404, "no-such-instance");
    }
}

fn v07_an_instance_without_an_id_is_described_and_missed_like_any_other(world: &World) {
    let runtime = Runtime::create(&world.vaas, None);
    let shown = world.vaas.get(&runtime.place()).object(&["instance_hash", "status"]);
    assert_eq!(shown, json!({"instance_hash": runtime.hash, "status": "OK"}));
    for path in [format!("{}?instance_hash=cafe", runtime.place()), format!("{}?instance_id=any", runtime.place())] {
        world.vaas.get(&path).refused(404, "no-such-instance");
        world.vaas.delete(&path).refused(404, "no-such-instance");
    }
    let list = world.vaas.get(&format!("/veracruz?instance_hash={}", runtime.hash)).object(&["veracruz"]);
    assert_eq!(list["veracruz"], json!([{ listed_as(&runtime): shown }]));
    assert_eq!(world.vaas.delete(&runtime.path()).status, 200);
}

fn v16_a_query_is_a_text_and_no_selector(world: &World) {
    let runtime = world.runtime();
    let id = runtime.id.as_deref().unwrap();
    for query in [
        format!("instance_id={id},veracruz-nitro%3Dserver"),
        "instance_id=!nobody".to_owned(),
        "instance_id=nobody,veracruz-hash!%3Dx".to_owned(),
        format!("instance_id={id}%00"),
        "instance_id=".to_owned(),
        format!("instance_hash={}%2C", runtime.hash),
        "instance_hash=".to_owned(),
        "instance_hash=%25".to_owned(),
        "instance_id=*".to_owned(),
    ] {
        let list = world.vaas.get(&format!("/veracruz?{query}")).object(&["veracruz"]);
        let found = list["veracruz"].as_array().unwrap();
        // The hash is cut before it is compared, so what stands behind 59 digits is no part of it.
        let is_cut = query.starts_with(&format!("instance_hash={}", runtime.hash));
        assert_eq!(found.len(), usize::from(is_cut), "{query}: {list}");
        if !is_cut {
            world.vaas.get(&format!("{}?{query}", runtime.place())).refused(404, "no-such-instance");
        }
    }
    assert_eq!(world.vaas.delete(&runtime.path()).status, 200);
}
