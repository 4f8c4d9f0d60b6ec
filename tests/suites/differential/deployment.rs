//! What holds for all services, and how the i-poc's manifests started each: by variables, by arguments, with keys from
//! files. Image, sizes and accounts of pods are of Kubernetes.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use rcgen::{BasicConstraints, CertificateParams, IsCa, KeyPair};
use reqwest::Method;
use serde_json::{Value, json};
use tempfile::TempDir;
use veracruz_tests::services::{Daemon, free_ports};

use crate::cases::{Case, cases};
use crate::documents::{Person, user_policy};
use crate::world::{World, register, text};

pub(crate) const CASES: &[Case] = cases![
    common_404_unknown_path,
    common_405_wrong_method,
    common_500_never_for_what_a_client_sends,
    deployed_vaas,
    deployed_ccfaas,
    deployed_s3_app,
    deployed_attestation_server,
];

fn common_404_unknown_path(world: &World) {
    for door in [&world.ccfaas, &world.vaas, &world.s3_app] {
        for path in ["/", "/nothing", "/function/a/b", "/veracruz/a/b", "/instance/a/b"] {
            door.get(path).refused(404, "no-such-resource");
        }
    }
}

fn common_405_wrong_method(world: &World) {
    for (door, path) in [
        (&world.ccfaas, "/function"),
        (&world.ccfaas, "/function/a"),
        (&world.ccfaas, "/function/a/program"),
        (&world.ccfaas, "/instance"),
        (&world.vaas, "/veracruz"),
        (&world.vaas, "/veracruz/a:1"),
        (&world.s3_app, "/s3_stream_veracruz"),
    ] {
        let answer = door.send(Method::PUT, path, Some("application/json"), "{}");
        answer.refused(405, "method-not-allowed");
        assert!(answer.headers.contains_key("allow"), "{path}");
    }
}

/// Bodies and paths that killed handlers of the old services, at each route that takes one.
fn common_500_never_for_what_a_client_sends(world: &World) {
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let posts = [(&world.ccfaas, "/function"), (&world.ccfaas, "/instance"), (&world.vaas, "/veracruz")];
    for (door, path) in posts.into_iter().chain([(&world.s3_app, "/s3_stream_veracruz")]) {
        for body in ["", "null", "{}", "[]", "1e999", "\"\\u0000\"", "{\"a\":{\"a\":{}}}", "\u{feff}{}", &deep] {
            let answer = door.post_raw(path, body);
            assert!((400..500).contains(&answer.status), "{path} with {body:.20}: {}", answer.status);
        }
        let answer = door.post_raw(path, vec![b' '; 3 << 20]);
        answer.refused(413, "body-too-large");
    }
    for name in ["%00", "%ff", "%2e%2e%2f", "..%5c", "%F0%9F%92%A9", &"x".repeat(4000)] {
        for (door, path) in [
            (&world.ccfaas, "/function/"),
            (&world.ccfaas, "/instance/"),
            (&world.ccfaas, "/function/a/program/"),
            (&world.ccfaas, "/function/a/data_file/"),
            (&world.vaas, "/veracruz/"),
            (&world.s3_app, "/s3_stream_veracruz/"),
        ] {
            for answer in [door.get(&format!("{path}{name}")), door.delete(&format!("{path}{name}"))] {
                assert!((400..500).contains(&answer.status), "{path}{name:.20}: {}", answer.status);
            }
        }
    }
}

/// A certificate that may sign others, and its key.
fn authority() -> (String, String) {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![rcgen::KeyUsagePurpose::KeyCertSign, rcgen::KeyUsagePurpose::DigitalSignature];
    params.distinguished_name.push(rcgen::DnType::CommonName, "authority");
    (params.self_signed(&key).unwrap().pem(), key.serialize_pem())
}

/// PROXY_ENDPOINT, PROXY_CERTIFICATE, RUNTIME_MANAGER_HASH_NITRO, VERACRUZ_PORT_MIN and _MAX, VERACRUZ_ENDPOINT_HOSTNAME.
fn deployed_vaas(world: &World) {
    let folder = TempDir::new().unwrap();
    let (certificate, _) = authority();
    let port = free_ports(31_600, 1).to_string();
    let hash = "a1".repeat(32);
    let variables = [
        ("PROXY_ENDPOINT", "veracruz-nitro-proxy:3010"),
        ("PROXY_CERTIFICATE", certificate.as_str()),
        ("RUNTIME_MANAGER_HASH_NITRO", hash.as_str()),
        ("VERACRUZ_PORT_MIN", port.as_str()),
        ("VERACRUZ_PORT_MAX", port.as_str()),
        ("VERACRUZ_ENDPOINT_HOSTNAME", "localhost"),
    ];
    let daemon = Daemon::start("vaas-server", folder.path(), &["--self-attested"], &variables);
    let door = world.http.door(daemon.address());
    let made = door.post("/veracruz", &Person::new("participant").vaas_policy(Some("id")));
    let made = made.object(&["instance_id", "instance_hash", "policy"]);
    let policy: Value = serde_json::from_str(text(&made, "policy")).unwrap();
    assert_eq!(policy["proxy_attestation_server_url"], "veracruz-nitro-proxy:3010");
    assert_eq!(policy["runtime_manager_hash_nitro"], hash);
    assert_eq!(policy["veracruz_server_url"], format!("localhost:{port}"));
    let body: String = certificate.lines().filter(|line| !line.starts_with('-')).collect();
    assert!(text(&policy, "proxy_service_cert").replace('\n', "").contains(&body));
    let path = format!("/veracruz/localhost:{port}?instance_id=id&instance_hash={}", text(&made, "instance_hash"));
    assert_eq!(door.delete(&path).status, 200);

    // Its start script ended with 1 where one of them was empty.
    let output = std::process::Command::new(veracruz_tests::services::binary("vaas-server"))
        .env_clear()
        .envs(variables.into_iter().filter(|(name, _)| *name != "PROXY_CERTIFICATE"))
        .args(["--listen", "127.0.0.1:0"])
        .current_dir(&folder)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2), "{}", String::from_utf8_lossy(&output.stderr));
}

/// Certificate and key of the loader as arguments, and VAAS_ACCESS_URL.
fn deployed_ccfaas(world: &World) {
    let folder = TempDir::new().unwrap();
    let loader = Person::new("loader");
    let files = [("PROGCert.pem", &loader.certificate), ("PROGKey.pem", &loader.key)];
    for (name, content) in files {
        fs::write(folder.path().join(name), content).unwrap();
        fs::set_permissions(folder.path().join(name), fs::Permissions::from_mode(0o600)).unwrap();
    }
    let vaas = format!("http://{}", world.vaas.address());
    let id = world.name("ccfaas");
    let arguments = ["PROGCert.pem", "PROGKey.pem", "--allow-simulated", "--vaas-instance-id", &id];
    let daemon = Daemon::start("ccfaas-server", folder.path(), &arguments, &[("VAAS_ACCESS_URL", &vaas)]);
    let door = world.http.door(daemon.address());
    register(&door, "function");
    let body = user_policy("function", "instance", &Person::new("app"), &Person::new("user"));
    let made = door.post("/instance", &body).object(&["instance", "policy"]);
    let policy: Value = serde_json::from_str(text(&made, "policy")).unwrap();
    assert_eq!(policy["identities"][2]["certificate"], loader.certificate);
    assert_eq!(door.delete("/instance/instance").status, 200);
}

/// The variables of boto3, for requests without credentials.
fn deployed_s3_app(world: &World) {
    let folder = TempDir::new().unwrap();
    let credentials = world.up.s3_credentials();
    let variables: Vec<_> = credentials.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let s3 = world.up.url("s3");
    let arguments = ["--s3-endpoint", &s3, "--s3-path-style", "--allow-simulated"];
    let daemon = Daemon::start("s3-app", folder.path(), &arguments, &variables);
    let door = world.http.door(daemon.address());
    let runtime = world.runtime();
    let mut body = crate::s3::order(world, &world.object(b"video"), &runtime);
    body["s3"].as_object_mut().unwrap().retain(|key, _| key == "bucket" || key == "filename");
    assert_eq!(door.post("/s3_stream_veracruz", &body).object(&["bytes", "sha256"])["bytes"], 5);
}

/// HOST:PORT, and CACert.pem and CAKey.pem from files.
fn deployed_attestation_server(world: &World) {
    let folder = TempDir::new().unwrap();
    let (certificate, key) = authority();
    let known = json!([{"name": "runtime", "platform": "nitro", "pcrs": {"0": "a1".repeat(48)}}]).to_string();
    for (name, content) in [("CACert.pem", &certificate), ("CAKey.pem", &key), ("known.json", &known)] {
        fs::write(folder.path().join(name), content).unwrap();
        fs::set_permissions(folder.path().join(name), fs::Permissions::from_mode(0o600)).unwrap();
    }
    let arguments = ["--ca-cert", "CACert.pem", "--ca-key", "CAKey.pem", "--measurements", "known.json"];
    let daemon = Daemon::at(&["127.0.0.1:0"], "proxy-attestation-server", folder.path(), &arguments, &[]);
    let answer = world.http.door(daemon.address()).get("/proxy/v1/ca");
    let body = |pem: &str| pem.lines().filter(|line| !line.starts_with('-')).collect::<String>();
    assert_eq!((answer.status, body(&answer.text)), (200, body(&certificate)));
}
