//! `/s3_stream_veracruz`, row by row, and the jobs that the old service had not.

use reqwest::Method;
use serde_json::{Value, json};

use super::{App, FILE, copied, order, order_as, to_nobody};
use crate::cases::{Case, cases};
use crate::documents::{Person, WRITE, digest};
use crate::http::Answer;
use crate::world::{World, text};

pub(super) const CASES: &[Case] = cases![
    s3_post_200,
    s3_post_202,
    s3_post_400_not_json,
    s3_post_400_no_object,
    s3_post_400_incorrect,
    s3_post_400_credentials,
    s3_post_404_from_s3,
    s3_post_403_from_s3,
    s3_post_400_names,
    s3_post_502_instance,
    s3_post_403_instance,
    s3_get_job_200,
    s3_get_job_404,
    s3_delete_job_200,
    s3_delete_job_404,
];

const ROUTE: &str = "/s3_stream_veracruz";

/// The i-poc said `<p>OK video file copied</p>`; its callers look at the status alone.
fn s3_post_200(world: &World) {
    let runtime = world.runtime();
    for content in [&b"video"[..], b"", &vec![7; 3 << 20]] {
        let object = world.object(content);
        let answer = world.s3_app.post(ROUTE, &order(world, &object, &runtime)).object(&["bytes", "sha256"]);
        assert_eq!(answer, json!({"bytes": content.len(), "sha256": digest(content)}));
        assert!(copied(world, &runtime).unwrap() == content);
    }
}

/// The job that was begun for this answer, once it has ended.
fn ended(world: &World, job: &str) -> Value {
    loop {
        let job: Value = serde_json::from_str(&world.s3_app.get(&format!("{ROUTE}/{job}")).text).unwrap();
        if job["status"] != "running" {
            return job;
        }
        std::thread::yield_now();
    }
}

fn begin(world: &World, body: &Value) -> Answer {
    world.s3_app.with("prefer", "respond-async").post(ROUTE, body)
}

fn s3_post_202(world: &World) {
    let runtime = world.runtime();
    let answer = begin(world, &order(world, &world.object(b"video"), &runtime));
    assert_eq!(answer.status, 202, "{}", answer.text);
    let job: Value = serde_json::from_str(&answer.text).unwrap();
    assert_eq!(answer.headers["location"], format!("{ROUTE}/{}", text(&job, "job")));
    assert_eq!(answer.headers["preference-applied"], "respond-async");
    assert_eq!(ended(world, text(&job, "job"))["status"], "done");
    assert_eq!(copied(world, &runtime), Ok(b"video".to_vec()));
}

/// `<p>input should a json object!</p>` came with 200.
fn s3_post_400_not_json(world: &World) {
    let body = order(world, "any", &world.runtime()).to_string();
    for kind in [None, Some("text/plain")] {
        let answer = world.s3_app.send(Method::POST, ROUTE, kind, body.clone());
        answer.refused_saying(400, "not-json", "input should be a JSON object");
    }
}

/// `<p>input should a correct json object!</p>` came with 200.
fn s3_post_400_no_object(world: &World) {
    world.s3_app.post_raw(ROUTE, "{").refused(400, "not-json");
    world.s3_app.post_raw(ROUTE, "").refused(400, "not-json");
    for body in [json!([]), json!("text"), Value::Null] {
        world.s3_app.post(ROUTE, &body).refused_at("request-invalid", &[("", "wrong-type")]);
    }
}

fn s3_post_400_incorrect(world: &World) {
    let good = order(world, "any", &world.runtime());
    for (part, keys) in
        [("s3", &["bucket", "filename"][..]), ("veracruz", &["filename", "policy", "certificate", "key"])]
    {
        for key in keys {
            let mut body = good.clone();
            body[part].as_object_mut().unwrap().remove(*key);
            let answer = world.s3_app.post(ROUTE, &body);
            answer.refused_at("request-invalid", &[(&format!("/{part}"), "missing-field")]);
            answer.refused_saying(400, "request-invalid", key);
            body[part][key] = 7.into();
            let answer = world.s3_app.post(ROUTE, &body);
            answer.refused_at("request-invalid", &[(&format!("/{part}/{key}"), "wrong-type")]);
        }
    }
    let mut body = good.clone();
    body["s3"]["endpoint_url"] = "http://elsewhere".into();
    world.s3_app.post(ROUTE, &body).refused_at("request-invalid", &[("/s3/endpoint_url", "unknown-field")]);
    let mut body = good.clone();
    body["veracruz"]["certificate"] = "junk".into();
    body["veracruz"]["filename"] = "/a/../b".into();
    let answer = world.s3_app.post(ROUTE, &body);
    let problem = answer.refused(400, "request-invalid");
    let places: Vec<_> = problem["errors"].as_array().unwrap().iter().map(|error| text(error, "pointer")).collect();
    assert_eq!(places, ["/veracruz/certificate", "/veracruz/filename"]);
    // Another one's key.
    let mut body = good;
    body["veracruz"]["key"] = Person::new("other").key.into();
    let problem = world.s3_app.post(ROUTE, &body).refused(400, "request-invalid");
    assert_eq!(problem["errors"][0]["pointer"], "/veracruz/key");
}

fn s3_post_400_credentials(world: &World) {
    let good = order(world, "any", &world.runtime());
    for key in ["aws_access_key_id", "aws_secret_access_key"] {
        let mut body = good.clone();
        body["s3"].as_object_mut().unwrap().remove(key);
        let answer = world.s3_app.post(ROUTE, &body);
        answer.refused_at("request-invalid", &[("/s3", "missing-field")]);
        answer.refused_saying(400, "request-invalid", "aws credentials have to be all provided or none");
    }
}

/// The i-poc's 500 `Not able to read bucket B file F from S3: ClientError`.
fn s3_post_404_from_s3(world: &World) {
    let runtime = world.runtime();
    for (bucket, object, code) in
        [("sensors", "nothing", "s3-no-such-key"), ("nothing", "nothing", "s3-no-such-bucket")]
    {
        let mut body = order(world, object, &runtime);
        body["s3"]["bucket"] = bucket.into();
        let words = format!("Not able to read bucket {bucket} file {object} from S3");
        world.s3_app.post(ROUTE, &body).refused_saying(404, code, &words);
    }
    assert_eq!(copied(world, &runtime), Err("not-found".to_owned()));
}

fn s3_post_403_from_s3(world: &World) {
    let runtime = world.runtime();
    let mut body = order(world, &world.object(b"video"), &runtime);
    body["s3"]["aws_secret_access_key"] = "anothersecret".into();
    let words = "Not able to read bucket sensors";
    world.s3_app.post(ROUTE, &body).refused_saying(403, "s3-bad-credentials", words);
    assert_eq!(copied(world, &runtime), Err("not-found".to_owned()));
}

/// The i-poc's 500 `…ParamValidationError`.
fn s3_post_400_names(world: &World) {
    let good = order(world, "any", &world.runtime());
    for (key, value) in [
        ("bucket", ""),
        ("bucket", "../sensors"),
        ("bucket", "arn:aws:s3:::sensors"),
        ("filename", ""),
        ("filename", &"x".repeat(1025)),
        ("region_name", "us-east-1/../"),
    ] {
        let mut body = good.clone();
        body["s3"][key] = value.into();
        let answer = world.s3_app.post(ROUTE, &body);
        answer.refused_at("request-invalid", &[(&format!("/s3/{key}"), "bad-name")]);
    }
}

/// The i-poc's 500 `Not able to write file to veracruz instance`.
fn s3_post_502_instance(world: &World) {
    let body = to_nobody(order(world, &world.object(b"video"), &world.runtime()));
    world.s3_app.post(ROUTE, &body).refused_saying(502, "connect", "Not able to write file to veracruz instance");
}

fn s3_post_403_instance(world: &World) {
    let instance = world.instance(&world.function());
    let mut body = order_as(world, &world.object(b"video"), &instance.policy, &instance.app);
    assert_eq!(world.s3_app.post(ROUTE, &body).status, 200, "the S3 app's identity has {WRITE} there");
    body["veracruz"]["filename"] = "/user_input/key".into();
    let words = "Not able to write file to veracruz instance";
    world.s3_app.post(ROUTE, &body).refused_saying(403, "no-entry", words);
    let stranger = Person::new("stranger");
    body["veracruz"]["filename"] = FILE.into();
    (body["veracruz"]["certificate"], body["veracruz"]["key"]) = (stranger.certificate.into(), stranger.key.into());
    let problem = world.s3_app.post(ROUTE, &body).refused(403, "identity-not-in-policy");
    assert_eq!(problem["errors"][0]["pointer"], "/veracruz/certificate");
}

fn s3_get_job_200(world: &World) {
    let runtime = world.runtime();
    let object = world.object(b"video");
    let job: Value = serde_json::from_str(&begin(world, &order(world, &object, &runtime)).text).unwrap();
    ended(world, text(&job, "job"));
    let keys = ["job", "status", "bytes", "total", "sha256"];
    let job = world.s3_app.get(&format!("{ROUTE}/{}", text(&job, "job"))).object(&keys);
    assert_eq!((&job["status"], &job["bytes"], &job["total"]), (&json!("done"), &json!(5), &json!(5)));
    assert_eq!(job["sha256"], digest(b"video"));

    let job: Value = serde_json::from_str(&begin(world, &order(world, "nothing", &runtime)).text).unwrap();
    let job = ended(world, text(&job, "job"));
    assert_eq!((&job["status"], &job["problem"]["code"]), (&json!("failed"), &json!("s3-no-such-key")));
}

fn s3_get_job_404(world: &World) {
    world.s3_app.get(&format!("{ROUTE}/nobody")).refused(404, "no-such-job");
}

/// A copy that cannot end by itself, because S3 is silent.
fn s3_delete_job_200(world: &World) {
    let relay = crate::relay::Relay::start(world.http.runtime(), "127.0.0.1:0", &super::storage(world));
    relay.set(crate::relay::Fate::Silence);
    let app = App::start(world, relay.address(), &[]);
    let runtime = world.runtime();
    let body = order(world, &world.object(b"video"), &runtime);
    let begun = app.door.with("prefer", "respond-async").post(ROUTE, &body);
    assert_eq!(begun.status, 202, "{}", begun.text);
    let path = begun.headers["location"].to_str().unwrap();
    assert_eq!(app.door.get(path).object(&["job", "status", "bytes"])["status"], "running");
    assert_eq!(app.door.delete(path).object(&["job", "status", "bytes"])["status"], "cancelled");
    assert_eq!(app.door.get(path).object(&["job", "status", "bytes"])["status"], "cancelled");
    assert_eq!(copied(world, &runtime), Err("not-found".to_owned()));
}

fn s3_delete_job_404(world: &World) {
    world.s3_app.delete(&format!("{ROUTE}/nobody")).refused(404, "no-such-job");
}
