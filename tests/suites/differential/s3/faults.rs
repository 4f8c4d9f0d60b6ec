//! What went wrong with requests, with S3 and with instances: S1 to S4, S7, S8.

use std::time::{Duration, Instant};

use serde_json::json;

use super::{App, FILE, copied, order, storage, to_nobody};
use crate::cases::{Case, cases};
use crate::documents::put;
use crate::relay::{Fate, Relay};
use crate::world::{World, files_below};

pub(super) const CASES: &[Case] = cases![
    s01_both_parts_of_a_request_are_required,
    s02_an_instance_that_takes_nothing_is_not_waited_for,
    s03_no_partial_file_is_ever_in_the_instance,
    s04_every_failure_is_told_and_no_key_is_left_behind,
    s07_size_and_time_are_bounded_and_nobody_has_to_wait,
    s08_a_request_needs_no_region,
];

const ROUTE: &str = "/s3_stream_veracruz";

fn s01_both_parts_of_a_request_are_required(world: &World) {
    let good = order(world, "any", &world.runtime());
    for part in ["s3", "veracruz"] {
        let mut body = good.clone();
        body.as_object_mut().unwrap().remove(part);
        let answer = world.s3_app.post(ROUTE, &body);
        answer.refused_at("request-invalid", &[("", "missing-field")]);
        answer.refused_saying(400, "request-invalid", part);
    }
    let missing = [("", "missing-field"), ("", "missing-field")];
    world.s3_app.post(ROUTE, &json!({})).refused_at("request-invalid", &missing);
}

/// The old service opened a FIFO and waited for a client that had died. A bad policy, an instance that refuses the file, and
/// one that is gone are told at once.
fn s02_an_instance_that_takes_nothing_is_not_waited_for(world: &World) {
    let begun = Instant::now();
    let runtime = world.runtime();
    let good = order(world, &world.object(&vec![7; 1 << 20]), &runtime);
    let mut body = good.clone();
    body["veracruz"]["policy"] = "{}".into();
    let problem = world.s3_app.post(ROUTE, &body).refused(400, "request-invalid");
    assert_eq!(problem["errors"][0]["pointer"], "/veracruz/policy");
    let mut body = good.clone();
    body["veracruz"]["filename"] = "/".into();
    let answer = world.s3_app.post(ROUTE, &body);
    assert!((400..500).contains(&answer.status), "{}: {}", answer.status, answer.text);
    world.s3_app.post(ROUTE, &to_nobody(good)).refused(502, "connect");
    assert!(begun.elapsed() < Duration::from_secs(10), "it took {:?}", begun.elapsed());
}

/// S3 breaks off again and again. What was in the instance before stays; what was not there does not appear.
fn s03_no_partial_file_is_ever_in_the_instance(world: &World) {
    let relay = Relay::start(world.http.runtime(), "127.0.0.1:0", &storage(world));
    let app = App::start(world, relay.address(), &[]);
    let runtime = world.runtime();
    let body = order(world, &world.object(&vec![7; 4 << 20]), &runtime);
    relay.set(Fate::Cut(100_000));
    app.door.post(ROUTE, &body).refused_saying(502, "s3-short-body", "Not able to read bucket sensors");
    assert_eq!(copied(world, &runtime), Err("not-found".to_owned()));
    world.http.wait(async {
        let mut session = runtime.person.connect(&runtime.policy).await;
        put(&mut session, FILE, b"before").await.unwrap();
    });
    relay.set(Fate::Cut(0));
    let answer = app.door.post(ROUTE, &body);
    assert_eq!(answer.status, 502, "{}", answer.text);
    assert_eq!(copied(world, &runtime), Ok(b"before".to_vec()));
    relay.set(Fate::Pass);
    assert_eq!(app.door.post(ROUTE, &body).status, 200);
    assert_eq!(copied(world, &runtime).unwrap().len(), 4 << 20);
}

fn s04_every_failure_is_told_and_no_key_is_left_behind(world: &World) {
    let relay = Relay::start(world.http.runtime(), "127.0.0.1:0", &storage(world));
    let app = App::start(world, relay.address(), &[]);
    let runtime = world.runtime();
    let object = world.object(b"video");
    let good = order(world, &object, &runtime);
    let mut without = good.clone();
    for key in ["aws_access_key_id", "aws_secret_access_key"] {
        without["s3"].as_object_mut().unwrap().remove(key);
    }
    // NoCredentialsError.
    app.door.post(ROUTE, &without).refused(403, "s3-no-credentials");
    // EndpointConnectionError: the server is there and hangs up; nobody is there.
    relay.set(Fate::Refuse);
    app.door.post(ROUTE, &good).refused(502, "s3-unreachable");
    let nowhere = App::start(world, "127.0.0.1:9", &[]);
    nowhere.door.post(ROUTE, &good).refused(502, "s3-unreachable");
    // BrokenPipe: the instance is gone.
    relay.set(Fate::Pass);
    assert_eq!(app.door.post(ROUTE, &good).status, 200);
    app.door.post(ROUTE, &to_nobody(good)).refused(502, "connect");

    for app in [&app, &nowhere] {
        let left: Vec<_> =
            files_below(app.folder.path()).into_iter().filter(|path| !path.ends_with("s3-app.log")).collect();
        assert_eq!(left, Vec::<std::path::PathBuf>::new(), "files are left behind");
    }
}

fn s07_size_and_time_are_bounded_and_nobody_has_to_wait(world: &World) {
    let relay = Relay::start(world.http.runtime(), "127.0.0.1:0", &storage(world));
    let limits = ["--max-object-bytes", "1000", "--stall-timeout", "2", "--max-jobs", "1"];
    let app = App::start(world, relay.address(), &limits);
    let runtime = world.runtime();
    let large = order(world, &world.object(&[7; 1001]), &runtime);
    let problem = app.door.post(ROUTE, &large).refused(413, "object-too-large");
    assert!(problem["detail"].as_str().unwrap().contains("1001"), "{problem}");
    assert_eq!(copied(world, &runtime), Err("not-found".to_owned()));
    let good = order(world, &world.object(&[7; 1000]), &runtime);
    assert_eq!(app.door.post(ROUTE, &good).status, 200);

    relay.set(Fate::Silence);
    // The caller may do without waiting; and what runs beside is bounded.
    let patient = app.door.with("prefer", "respond-async");
    let begun = patient.post(ROUTE, &good);
    assert_eq!(begun.status, 202, "{}", begun.text);
    let refused = patient.post(ROUTE, &good);
    refused.refused(503, "too-many-copies");
    assert!(refused.headers.contains_key("retry-after"));
    app.door.post(ROUTE, &good).refused_saying(504, "s3-stalled", "2 s");
    relay.set(Fate::Pass);
    assert_eq!(app.door.post(ROUTE, &good).status, 200);
}

fn s08_a_request_needs_no_region(world: &World) {
    let app = App::start(world, &storage(world), &[]);
    let runtime = world.runtime();
    let mut body = order(world, &world.object(b"video"), &runtime);
    body["s3"].as_object_mut().unwrap().remove("region_name");
    for door in [&world.s3_app, &app.door] {
        assert_eq!(door.post(ROUTE, &body).object(&["bytes", "sha256"])["bytes"], 5);
    }
}
