//! What went wrong with keys and credentials: S5, S6, S9.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use rcgen::{CertificateParams, KeyPair};
use serde_json::{Value, json};
use veracruz_client::rest::{CopyRequest, S3AppClient, Service};

use super::{App, copied, order, storage};
use crate::cases::{Case, cases};
use crate::world::{World, files_below, text};

pub(super) const CASES: &[Case] = cases![
    s05_a_session_token_goes_with_a_temporary_key,
    s06_keys_need_not_travel_in_the_clear,
    s09_no_secret_is_written_down,
];

const ROUTE: &str = "/s3_stream_veracruz";

/// The test's server takes no notice of the token: that it is accepted is what shows here.
fn s05_a_session_token_goes_with_a_temporary_key(world: &World) {
    let runtime = world.runtime();
    let mut body = order(world, &world.object(b"video"), &runtime);
    body["s3"]["aws_session_token"] = "FwoGZXIvYXdzEXAMPLE==".into();
    assert_eq!(world.s3_app.post(ROUTE, &body).object(&["bytes", "sha256"])["bytes"], 5);
    assert_eq!(copied(world, &runtime), Ok(b"video".to_vec()));
    for key in ["aws_access_key_id", "aws_secret_access_key"] {
        body["s3"].as_object_mut().unwrap().remove(key);
        world.s3_app.post(ROUTE, &body).refused_at("request-invalid", &[("/s3", "missing-field")]);
    }
    body["s3"]["aws_session_token"] = json!(null);
    world.s3_app.post(ROUTE, &body).refused_at("request-invalid", &[("/s3/aws_session_token", "wrong-type")]);
}

fn s06_keys_need_not_travel_in_the_clear(world: &World) {
    let folder = tempfile::TempDir::new().unwrap();
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap().self_signed(&key).unwrap().pem();
    let files = ["certificate.pem", "key.pem"].map(|name| folder.path().join(name));
    fs::write(&files[0], &certificate).unwrap();
    fs::write(&files[1], key.serialize_pem()).unwrap();
    fs::set_permissions(&files[1], fs::Permissions::from_mode(0o600)).unwrap();
    let [certificate_file, key_file] = files.each_ref().map(|path| path.to_str().unwrap());
    let app = App::start(world, &storage(world), &["--tls-cert", certificate_file, "--tls-key", key_file]);

    let runtime = world.runtime();
    let body = order(world, &world.object(b"video"), &runtime);
    let request: CopyRequest = serde_json::from_value(body).unwrap();
    let service = Service::at(&format!("https://{}", app.daemon.address())).unwrap();
    let client = S3AppClient::new(service.authorities_pem(&certificate).unwrap());
    let done = world.http.wait(client.copy(&request)).unwrap();
    assert_eq!(done.bytes, 5);
    // Who does not know the certificate sends nothing.
    let stranger = S3AppClient::new(Service::at(&format!("https://{}", app.daemon.address())).unwrap());
    assert!(world.http.wait(stranger.copy(&request)).is_err());
    // Our client does not send a key in the clear over a network either.
    let plain = Service::at("http://s3-app.example:5020").map(S3AppClient::new);
    let refused = world.http.wait(plain.unwrap().copy(&request)).unwrap_err();
    assert_eq!(refused.code(), "plain-http");
}

/// The old service wrote policy, certificate and key into files for the time of a copy.
fn s09_no_secret_is_written_down(world: &World) {
    let app = App::start(world, &storage(world), &["--log", "trace"]);
    let runtime = world.runtime();
    let good = order(world, &world.object(b"video"), &runtime);
    assert_eq!(app.door.post(ROUTE, &good).status, 200);
    let mut wrong = good.clone();
    wrong["s3"]["aws_secret_access_key"] = "an-other-secret-of-this-test".into();
    app.door.post(ROUTE, &wrong).refused(403, "s3-bad-credentials");
    let mut broken: Value = good.clone();
    broken["veracruz"]["policy"] = text(&good["veracruz"], "key").into();
    let answer = app.door.post(ROUTE, &broken);
    assert_eq!(answer.status, 400);

    let key_body = text(&good["veracruz"], "key").lines().nth(1).unwrap().to_owned();
    let secrets = [key_body.as_str(), text(&good["s3"], "aws_secret_access_key"), "an-other-secret-of-this-test"];
    let log = app.daemon.log();
    let arguments = fs::read(format!("/proc/{}/cmdline", app.daemon.process())).unwrap();
    let environment = fs::read(format!("/proc/{}/environ", app.daemon.process())).unwrap();
    for secret in secrets {
        assert!(!log.contains(secret), "a secret is in the log");
        for place in [&arguments, &environment] {
            assert!(!String::from_utf8_lossy(place).contains(secret), "a secret is in an argument or a variable");
        }
        assert!(!answer.text.contains(secret), "a secret is in an answer");
    }
    let files = files_below(app.folder.path());
    assert_eq!(files, [app.folder.path().join("s3-app.log")]);
}
