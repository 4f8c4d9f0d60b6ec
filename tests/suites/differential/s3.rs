//! The S3 app: every outcome of its routes, and S1 to S9.

mod faults;
mod routes;
mod secrets;

use serde_json::{Value, json};
use tempfile::TempDir;
use veracruz_tests::services::Daemon;

use crate::cases::Case;
use crate::documents::{Person, read};
use crate::http::Door;
use crate::world::{Runtime, World};

pub(crate) fn cases() -> Vec<Case> {
    [routes::CASES, faults::CASES, secrets::CASES].concat()
}

/// Where copies go.
const FILE: &str = "/s3_app_input/data";

/// The published body: this object, with the credentials of the S3 server, into this instance.
pub(crate) fn order(world: &World, object: &str, runtime: &Runtime) -> Value {
    order_as(world, object, &runtime.policy, &runtime.person)
}

fn order_as(world: &World, object: &str, policy: &str, person: &Person) -> Value {
    let credentials = world.up.s3_credentials();
    let credential = |name: &str| credentials.iter().find(|(known, _)| known == name).unwrap().1.clone();
    json!({
        "s3": {
            "region_name": "us-east-1",
            "bucket": "sensors",
            "filename": object,
            "aws_access_key_id": credential("AWS_ACCESS_KEY_ID"),
            "aws_secret_access_key": credential("AWS_SECRET_ACCESS_KEY"),
        },
        "veracruz": {
            "filename": FILE,
            "policy": policy,
            "certificate": person.certificate,
            "key": person.key,
        },
    })
}

/// The same order for an instance that is gone: nobody listens where its policy says.
fn to_nobody(mut order: Value) -> Value {
    let policy = order["veracruz"]["policy"].as_str().unwrap();
    let at = policy.rfind("\"veracruz_server_url\"").unwrap();
    order["veracruz"]["policy"] = format!("{}\"veracruz_server_url\": \"127.0.0.1:9\"\n}}", &policy[..at]).into();
    order
}

/// The file that was copied, or the code of the instance's refusal.
fn copied(world: &World, runtime: &Runtime) -> Result<Vec<u8>, String> {
    world.http.wait(async { read(&mut runtime.person.connect(&runtime.policy).await, FILE).await })
}

/// An S3 app of its own, which reads nothing of this machine's environment.
struct App {
    folder: TempDir,
    daemon: Daemon,
    door: Door,
}

impl App {
    /// One that has its objects from the S3 server at this address.
    fn start(world: &World, s3: &str, arguments: &[&str]) -> Self {
        let folder = TempDir::new().unwrap();
        let temporary = folder.path().join("temporary");
        std::fs::create_dir(&temporary).unwrap();
        let s3 = format!("http://{s3}");
        let usual = ["--s3-endpoint", &s3, "--s3-path-style", "--no-machine-credentials", "--allow-simulated"];
        let variables = [("TMPDIR", temporary.to_str().unwrap())];
        let daemon = Daemon::start("s3-app", folder.path(), &[&usual, arguments].concat(), &variables);
        let door = world.http.door(daemon.address());
        App { folder, daemon, door }
    }
}

/// The address of the S3 server of the shared services.
fn storage(world: &World) -> String {
    world.up.url("s3").trim_start_matches("http://").to_owned()
}
