//! What went wrong with instances: C2, C11, C14, C18, C21, C22.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::process::Command;
use std::thread;

use serde_json::{Value, json};
use veracruz_tests::services::binary;

use crate::cases::{Case, cases};
use crate::daemons::{Functions, Host};
use crate::documents::{
    NAMES, NAMES_CONTENT, PROGRAM, PROGRAM_CONTENT, Person, READ_WRITE, WEIGHTS, base64, function, put, read,
    user_policy,
};
use crate::http::Answer;
use crate::relay::{Fate, Relay};
use crate::world::{Instance, World, files_below, listed, register, text};

pub(super) const CASES: &[Case] = cases![
    c02_a_load_that_fails_takes_the_instance_back,
    c11_a_file_that_was_not_uploaded_is_left_to_the_user,
    c14_of_many_that_create_one_name_one_wins,
    c14_a_function_can_be_replaced_while_its_instances_live,
    c18_looking_at_an_instance_never_deletes_it,
    c21_who_shows_no_token_does_nothing,
    c21_no_two_services_share_a_loader,
    c21_nothing_is_open_to_other_machines_by_accident,
    c22_all_files_go_over_one_connection_and_nobody_probes,
];

fn c02_a_load_that_fails_takes_the_instance_back(world: &World) {
    let functions = Functions::start(world, world.vaas.address(), &[]);
    register(&functions.door, "function");
    let body = user_policy("function", "instance", &Person::new("app"), &Person::new("user"));
    for path in functions.contents() {
        if fs::read(&path).unwrap() == PROGRAM_CONTENT {
            fs::remove_file(path).unwrap();
        }
    }
    functions.door.post("/instance", &body).refused_saying(502, "provisioning-failed", "step load");
    functions.door.get("/instance/instance").refused(404, "instance-not-found");
    assert_eq!(functions.door.get("/instance").object(&["instances"])["instances"], json!([]));
    assert_eq!(listed(&world.vaas, &functions.id), [], "an instance is left at VaaS");

    // The name is free, and the file can be brought back.
    let path = format!("/function/function/program/{}", base64(PROGRAM));
    assert_eq!(functions.door.delete(&path).status, 200);
    functions.door.post_raw(&path, PROGRAM_CONTENT).says("function loaded!");
    assert_eq!(functions.door.post("/instance", &body).status, 200);
    assert_eq!(functions.door.delete("/instance/instance").status, 200);
}

/// The weights are declared and not uploaded. The instance is made all the same, and takes them from one who may write
/// them, if they are the declared ones.
fn c11_a_file_that_was_not_uploaded_is_left_to_the_user(world: &World) {
    let name = world.name("function");
    assert_eq!(world.ccfaas.post("/function", &function(&name)).status, 200);
    let path = format!("/function/{name}/data_file/{}", base64(NAMES));
    assert_eq!(world.ccfaas.post_raw(&path, NAMES_CONTENT).status, 200);

    let (app, user) = (Person::new("app"), Person::new("user"));
    let mut body = user_policy(&name, &world.name("instance"), &app, &user);
    body["identities"][1]["file_rights"] = json!([{"file_name": "/program_data/", "rights": READ_WRITE}]);
    let made = world.ccfaas.post("/instance", &body).object(&["instance", "policy"]);
    world.http.wait(async {
        let mut session = user.connect(text(&made, "policy")).await;
        assert_eq!(read(&mut session, NAMES).await, Ok(NAMES_CONTENT.to_vec()));
        assert_eq!(read(&mut session, WEIGHTS).await, Err("not-found".to_owned()));
        assert_eq!(put(&mut session, WEIGHTS, b"other").await, Err("wrong-hash".to_owned()));
        assert_eq!(put(&mut session, WEIGHTS, crate::documents::WEIGHTS_CONTENT).await, Ok(()));
    });

    // Of a function with nothing loaded there is an instance without a loader.
    let name = world.name("function");
    assert_eq!(world.ccfaas.post("/function", &function(&name)).status, 200);
    let policy: Value = serde_json::from_str(&world.instance(&name).policy).unwrap();
    assert_eq!(policy["identities"].as_array().unwrap().len(), 2);
    assert_eq!(policy["file_hashes"].as_array().unwrap().len(), 3, "declared, not only uploaded");
}

/// Sends the same request from many sides at once.
fn at_once(many: usize, send: impl Fn() -> Answer + Sync) -> Vec<Answer> {
    thread::scope(|scope| {
        let senders: Vec<_> = (0..many).map(|_| scope.spawn(&send)).collect();
        senders.into_iter().map(|sender| sender.join().unwrap()).collect()
    })
}

fn c14_of_many_that_create_one_name_one_wins(world: &World) {
    let name = world.name("function");
    let body = function(&name);
    let (won, lost): (Vec<_>, Vec<_>) =
        at_once(8, || world.ccfaas.post("/function", &body)).into_iter().partition(|answer| answer.status == 200);
    assert_eq!(won.len(), 1);
    lost.iter().for_each(|answer| drop(answer.refused(400, "function-exists")));

    let path = format!("/function/{name}/program/{}", base64(PROGRAM));
    let (won, lost): (Vec<_>, Vec<_>) = at_once(8, || world.ccfaas.post_raw(&path, PROGRAM_CONTENT))
        .into_iter()
        .partition(|answer| answer.status == 200);
    assert_eq!(won.len(), 1);
    lost.iter().for_each(|answer| drop(answer.refused(400, "file-exists")));

    let id = world.name("instance");
    let body = user_policy(&name, &id, &Person::new("app"), &Person::new("user"));
    let (won, lost): (Vec<_>, Vec<_>) =
        at_once(4, || world.ccfaas.post("/instance", &body)).into_iter().partition(|answer| answer.status == 200);
    assert_eq!(won.len(), 1);
    lost.iter().for_each(|answer| drop(answer.refused(400, "instance-exists")));
    assert_eq!(world.ccfaas.delete(&format!("/instance/{id}")).status, 200);
}

fn c14_a_function_can_be_replaced_while_its_instances_live(world: &World) {
    let name = world.function();
    let instance = world.instance(&name);
    assert_eq!(world.ccfaas.delete(&format!("/function/{name}")).status, 200);
    let mut other = function(&name);
    other["programs"][0]["pi_hash"] = "0".repeat(64).into();
    assert_eq!(world.ccfaas.post("/function", &other).status, 200);

    let shown = world.ccfaas.get(&instance.path()).object(&["instance", "policy"]);
    assert_eq!(shown["policy"], instance.policy.as_str());
    world.http.wait(async { instance.user.connect(&instance.policy).await.close().await.unwrap() });
    assert_eq!(world.ccfaas.delete(&instance.path()).status, 200);
}

/// Any error while it was read deleted its record.
fn c18_looking_at_an_instance_never_deletes_it(world: &World) {
    let relay = Relay::start(world.http.runtime(), "127.0.0.1:0", world.vaas.address());
    let functions = Functions::start(world, relay.address(), &[]);
    register(&functions.door, "function");
    let instance = Instance::create(&functions.door, "function", "instance");
    for fate in [Fate::Refuse, Fate::Pass] {
        relay.set(fate);
        for _ in 0..3 {
            let shown = functions.door.get(&instance.path()).object(&["instance", "policy"]);
            assert_eq!(shown["policy"], instance.policy.as_str());
            functions.door.get("/instance/instanc").refused(404, "instance-not-found");
        }
    }
    world.http.wait(async { instance.user.connect(&instance.policy).await.close().await.unwrap() });
    assert_eq!(functions.door.delete(&instance.path()).status, 200);
}

fn c21_who_shows_no_token_does_nothing(world: &World) {
    let folder = tempfile::TempDir::new().unwrap();
    let tokens = folder.path().join("tokens");
    fs::write(&tokens, "operator:0123456789abcdef0123\n").unwrap();
    fs::set_permissions(&tokens, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    let functions = Functions::start(world, world.vaas.address(), &["--token-file", tokens.to_str().unwrap()]);
    let known = functions.door.with("authorization", "Bearer 0123456789abcdef0123");
    register(&known, "function");
    let instance = Instance::create(&known, "function", "instance");

    let stranger = functions.door.with("authorization", "Bearer 9876543210abcdef9876");
    for (door, code) in [(&functions.door, "authentication-required"), (&stranger, "invalid-token")] {
        let file = format!("/function/function/program/{}", base64(PROGRAM));
        for answer in [
            door.get("/function"),
            door.post("/function", &function("other")),
            door.get("/function/function"),
            door.delete("/function/function"),
            door.get("/function/function/program"),
            door.post_raw(&file, PROGRAM_CONTENT),
            door.delete(&file),
            door.get("/instance"),
            door.post("/instance", &json!({})),
            door.get(&instance.path()),
            door.delete(&instance.path()),
        ] {
            answer.refused(401, code);
            assert!(answer.headers["www-authenticate"].to_str().unwrap().starts_with("Bearer"));
        }
    }
    assert_eq!(known.get(&instance.path()).status, 200);
    assert_eq!(known.delete(&instance.path()).status, 200);
}

/// The loader's key was one that was published with the software.
fn c21_no_two_services_share_a_loader(world: &World) {
    let functions = Functions::start(world, world.vaas.address(), &[]);
    register(&functions.door, "function");
    let other = Instance::create(&functions.door, "function", "instance");
    let ours = world.instance(&world.function());
    let loader = |policy: &str| serde_json::from_str::<Value>(policy).unwrap()["identities"][2]["certificate"].clone();
    assert_ne!(loader(&other.policy), loader(&ours.policy));
    assert_eq!(functions.door.delete(&other.path()).status, 200);
    let keys = files_below(&functions.folder.path().join("ccfaas-server-state/loader"));
    for key in keys.iter().filter(|path| fs::read_to_string(path).unwrap().contains("PRIVATE KEY")) {
        assert_eq!(fs::metadata(key).unwrap().mode() & 0o077, 0, "others may read {}", key.display());
    }
}

fn c21_nothing_is_open_to_other_machines_by_accident(_: &World) {
    let folder = tempfile::TempDir::new().unwrap();
    for name in ["ccfaas-server", "vaas-server", "s3-app"] {
        let output = Command::new(binary(name)).args(["--listen", "0.0.0.0:0"]).current_dir(&folder).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{name}: {said}");
        assert!(said.contains("--insecure-no-auth"), "{name}: {said}");
        assert!(output.stdout.is_empty(), "{name} listens");
    }
}

/// Three files cost one connection with the instance; each file had its own, and before it probes until the instance said
/// `Bad Request`. Policies name an address at which connections are counted on their way.
fn c22_all_files_go_over_one_connection_and_nobody_probes(world: &World) {
    let host = Host::start(world, (30_000, 1), &["--host", "127.0.0.2", "--instance-address", "127.0.0.1"]);
    let (counted, real) = (format!("127.0.0.2:{}", host.first), format!("127.0.0.1:{}", host.first));
    let relay = Relay::start(world.http.runtime(), &counted, &real);
    let functions = Functions::start(world, host.door.address(), &[]);
    register(&functions.door, "function");
    let instance = Instance::create(&functions.door, "function", "instance");
    assert_eq!(relay.connections(), 1);
    assert!(instance.policy.ends_with(&format!("\"veracruz_server_url\": \"{counted}\"\n}}")));
    world.http.wait(async { instance.user.connect(&instance.policy).await.close().await.unwrap() });
    assert_eq!(relay.connections(), 2);
    assert_eq!(functions.door.delete(&instance.path()).status, 200);
}
