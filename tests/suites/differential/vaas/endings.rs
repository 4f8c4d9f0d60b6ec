//! What went wrong with the life of instances, and with who may ask: V4, V11, V15, V17.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt as _;
use std::thread;
use std::time::Instant;

use rustix::process::{Signal, kill_process};
use serde_json::{Value, json};

use crate::cases::{Case, cases};
use crate::daemons::{Functions, Host};
use crate::documents::{Person, user_policy};
use crate::http::PATIENCE;
use crate::world::{Instance, Runtime, World, listed, register};

pub(super) const CASES: &[Case] = cases![
    v04_what_fails_is_no_success,
    v11_an_instance_takes_sessions_when_its_creator_hears_of_it,
    v15_who_shows_no_token_does_nothing,
    v17_an_instance_that_dies_is_noticed_and_its_slot_is_free,
];

/// A paragraph about an internal error came with 200, and CCFaaS died of it.
fn v04_what_fails_is_no_success(world: &World) {
    let host = Host::start(world, (31_200, 1), &["--veracruz-server", "/bin/false"]);
    let body = Person::new("participant").vaas_policy(None);
    host.door.post("/veracruz", &body).refused(502, "instance-start-failed");
    let functions = Functions::start(world, host.door.address(), &[]);
    register(&functions.door, "function");
    let body = user_policy("function", "instance", &Person::new("app"), &Person::new("user"));
    functions.door.post("/instance", &body).refused_saying(502, "vaas-refused", "step vaas: VaaS refused");
    assert_eq!(functions.door.get("/instance").object(&["instances"])["instances"], json!([]));
}

/// The old service waited until the pod had an address. What an old script probes for, and what a client needs, is there
/// at the first attempt.
fn v11_an_instance_takes_sessions_when_its_creator_hears_of_it(world: &World) {
    let host = Host::start(world, (31_300, 1), &[]);
    let runtime = Runtime::create(&host.door, Some("id"));
    let mut probe = TcpStream::connect(("127.0.0.1", runtime.port())).unwrap();
    probe.write_all(b"\\n\n").unwrap();
    let mut answer = String::new();
    probe.read_to_string(&mut answer).unwrap();
    assert!(answer.contains("Bad Request"), "{answer:?}");
    world.http.wait(async { runtime.person.connect(&runtime.policy).await.close().await.unwrap() });
    assert_eq!(host.door.delete(&runtime.path()).status, 200);
}

fn v15_who_shows_no_token_does_nothing(world: &World) {
    let folder = tempfile::TempDir::new().unwrap();
    let tokens = folder.path().join("tokens");
    fs::write(&tokens, "ccfaas:0123456789abcdef0123\n").unwrap();
    fs::set_permissions(&tokens, fs::Permissions::from_mode(0o600)).unwrap();
    let settings = ["--veracruz-server", "/bin/false", "--token-file", tokens.to_str().unwrap()];
    let host = Host::start(world, (31_400, 1), &settings);
    let stranger = host.door.with("authorization", "Bearer 9876543210abcdef9876");
    for (door, code) in [(&host.door, "authentication-required"), (&stranger, "invalid-token")] {
        for answer in [
            door.get("/veracruz"),
            door.get("/veracruz/127.0.0.1:9"),
            door.delete("/veracruz/127.0.0.1:9?instance_id=a&instance_hash=b"),
            door.post("/veracruz", &Person::new("participant").vaas_policy(None)),
        ] {
            answer.refused(401, code);
            assert!(answer.headers["www-authenticate"].to_str().unwrap().starts_with("Bearer"));
        }
    }
    let known = host.door.with("authorization", "Bearer 0123456789abcdef0123");
    assert_eq!(known.get("/veracruz").object(&["veracruz"])["veracruz"], json!([]));

    // CCFaaS proves who it is by the same token, from a file.
    let token = folder.path().join("token");
    fs::write(&token, "0123456789abcdef0123\n").unwrap();
    fs::set_permissions(&token, fs::Permissions::from_mode(0o600)).unwrap();
    for (settings, code) in [
        (&["--vaas-token-file", token.to_str().unwrap()][..], "instance-start-failed"),
        (&[], "authentication-required"),
    ] {
        let functions = Functions::start(world, host.door.address(), settings);
        register(&functions.door, "function");
        let body = user_policy("function", "instance", &Person::new("app"), &Person::new("user"));
        functions.door.post("/instance", &body).refused_saying(502, "vaas-refused", code);
    }
}

/// Asks until it is so.
fn becomes(what: &str, is_so: impl Fn() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < PATIENCE, "it never became so: {what}");
        thread::yield_now();
    }
}

/// The i-poc's wish list: "remove CCFaaS instances if Veracruz dies".
fn v17_an_instance_that_dies_is_noticed_and_its_slot_is_free(world: &World) {
    let host = Host::start(world, (31_500, 1), &[]);
    let settings = ["--watch-interval", "1", "--grace", "1"];
    let functions = Functions::start(world, host.door.address(), &settings);
    register(&functions.door, "function");
    let instance = Instance::create(&functions.door, "function", "instance");
    let [process] = host.processes().try_into().unwrap();
    kill_process(process, Signal::KILL).unwrap();
    becomes("VaaS notices", || listed(&host.door, &functions.id).iter().all(|(_, status)| status == "failed"));
    becomes("CCFaaS shows it", || {
        let answer = functions.door.get(&instance.path());
        answer.status == 200 && serde_json::from_str::<Value>(&answer.text).unwrap()["status"] == "failed"
    });
    becomes("CCFaaS removes it", || functions.door.get(&instance.path()).status == 404);
    assert_eq!(functions.door.get("/instance").object(&["instances"])["instances"], json!([]));

    // The name and the one slot are free. This one is shut down by its user, and deleting it is fine all the same.
    let instance = Instance::create(&functions.door, "function", "instance");
    world.http.wait(async { instance.user.connect(&instance.policy).await.shutdown().await.unwrap() });
    becomes("VaaS notices", || listed(&host.door, &functions.id).iter().all(|(_, status)| status == "finished"));
    functions.door.delete(&instance.path()).says("instance instance deleted");
}
