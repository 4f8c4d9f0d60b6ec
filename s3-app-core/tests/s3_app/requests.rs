//! What a request may be, and what is said of one that is not.

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::app::{App, FILE, SHORT_STALL, order};
use crate::instance::{Instance, Person};
use crate::made::BUCKET;

const JSON: (&str, &str) = ("content-type", "application/json");

async fn app() -> App {
    App::at("http://127.0.0.1:9").await
}

/// What is changed in a good request, and the places and codes of the faults that follow.
type Case = (fn(&mut Value), &'static [(&'static str, &'static str)]);

fn remove(value: &mut Value, key: &str) {
    value.as_object_mut().unwrap().remove(key).unwrap();
}

const CASES: &[Case] = &[
    (|body| *body = json!([]), &[("", "wrong-type")]),
    (|body| *body = json!({}), &[("", "missing-field"), ("", "missing-field")]),
    (|body| remove(body, "s3"), &[("", "missing-field")]),
    (|body| remove(body, "veracruz"), &[("", "missing-field")]),
    (|body| body["s3"] = json!("s3://bucket/key"), &[("/s3", "wrong-type")]),
    (|body| body["more"] = json!(1), &[("/more", "unknown-field")]),
    (|body| body["s3"]["endpoint_url"] = json!("http://evil.example"), &[("/s3/endpoint_url", "unknown-field")]),
    (|body| body["veracruz"]["a/b~c"] = json!(1), &[("/veracruz/a~1b~0c", "unknown-field")]),
    (|body| remove(&mut body["s3"], "bucket"), &[("/s3", "missing-field")]),
    (
        |body| body["s3"] = json!({ "bucket": 1, "filename": null, "aws_session_token": ["t"] }),
        &[("/s3/aws_session_token", "wrong-type"), ("/s3/bucket", "wrong-type"), ("/s3/filename", "wrong-type")],
    ),
    (|body| body["s3"]["bucket"] = json!(""), &[("/s3/bucket", "bad-name")]),
    (|body| body["s3"]["bucket"] = json!("../other"), &[("/s3/bucket", "bad-name")]),
    (
        |body| body["s3"]["bucket"] = json!("arn:aws:s3:eu-central-1:123456789012:accesspoint/a"),
        &[("/s3/bucket", "bad-name")],
    ),
    (|body| body["s3"]["filename"] = json!(""), &[("/s3/filename", "bad-name")]),
    (|body| body["s3"]["filename"] = json!("k".repeat(1025)), &[("/s3/filename", "bad-name")]),
    (|body| body["s3"]["region_name"] = json!("x.evil.example/"), &[("/s3/region_name", "bad-name")]),
    (|body| remove(&mut body["s3"], "aws_access_key_id"), &[("/s3", "missing-field")]),
    (|body| remove(&mut body["s3"], "aws_secret_access_key"), &[("/s3", "missing-field")]),
    (
        |body| body["s3"] = json!({ "bucket": "b", "filename": "f", "aws_session_token": "t" }),
        &[("/s3", "missing-field")],
    ),
    (|body| body["s3"]["aws_secret_access_key"] = json!("two\nlines"), &[("/s3", "bad-name")]),
    (|body| body["veracruz"]["filename"] = json!("/s3_app_input/../../x"), &[("/veracruz/filename", "bad-path")]),
    (|body| body["veracruz"]["policy"] = json!("no policy"), &[("/veracruz/policy", "not-json")]),
    (|body| body["veracruz"]["certificate"] = json!("no PEM"), &[("/veracruz/certificate", "identity-certificate")]),
    (|body| body["veracruz"]["key"] = json!("no PEM"), &[("/veracruz/key", "key-absent")]),
    (|body| body["veracruz"]["key"] = json!(Person::new("another").key), &[("/veracruz/key", "identity-key-mismatch")]),
];

/// S1: both parts are required. An endpoint is for the operator to choose.
#[tokio::test]
async fn every_fault_of_a_request_is_named_at_its_place() {
    let (app, instance) = (app().await, Instance::start().await);
    for (number, (change, faults)) in CASES.iter().enumerate() {
        let mut body = order(&instance, BUCKET, "object");
        change(&mut body);
        let answer = app.copy(&body).await;
        assert_eq!(answer.problem(), (400, "request-invalid".to_owned()), "case {number}: {}", answer.text());
        let json = answer.json();
        let found = json["errors"].as_array().unwrap().iter();
        let mut found: Vec<_> = found.map(|f| (f["pointer"].as_str().unwrap(), f["code"].as_str().unwrap())).collect();
        found.sort();
        assert_eq!(found, *faults, "case {number}: {json}");
        for secret in ["a-secret-that-must-never-be-shown", "PRIVATE KEY-----", "AKIDTEST"] {
            assert!(!answer.text().contains(secret), "case {number}: {}", answer.text());
        }
    }
    assert_eq!(instance.size(FILE).await, None);
}

#[tokio::test]
async fn several_faults_are_told_at_once_in_the_old_words() {
    let (app, instance) = (app().await, Instance::start().await);
    let mut body = order(&instance, "", "object");
    remove(&mut body["s3"], "aws_access_key_id");
    body["veracruz"]["policy"] = json!("{}");
    body["veracruz"]["filename"] = json!("..");
    let text = app.copy(&body).await.json();
    let detail = text["detail"].as_str().unwrap();
    assert!(detail.starts_with("Json object is not correct"), "{detail}");
    assert!(detail.contains("aws credentials have to be all provided or none"), "{detail}");
    assert!(text["errors"].as_array().unwrap().len() > 10, "each missing key of the policy is told: {text}");
}

#[tokio::test]
async fn a_request_without_credentials_needs_a_machine_that_has_some() {
    let (app, instance) = (app().await, Instance::start().await);
    let mut body = order(&instance, BUCKET, "object");
    body["s3"] = json!({ "bucket": BUCKET, "filename": "object" });
    assert_eq!(app.copy(&body).await.problem(), (403, "s3-no-credentials".to_owned()));
}

#[tokio::test]
async fn what_is_no_json_is_refused() {
    let app = app().await;
    for (headers, body, status, code) in [
        (&[JSON][..], "{\"s3\": ".to_owned(), 400, "not-json"),
        (&[JSON], String::new(), 400, "not-json"),
        (&[], "{}".to_owned(), 400, "not-json"),
        (&[("content-type", "text/plain")], "{}".to_owned(), 400, "not-json"),
        (&[JSON], " ".repeat(s3_app_core::MAX_REQUEST_BYTES + 1), 413, "body-too-large"),
        (&[JSON], "[".repeat(100_000), 400, "not-json"),
        (&[JSON], format!("[{}1]", "1,".repeat(300_000)), 413, "too-many-values"),
    ] {
        let answer = app.post(headers, body).await;
        assert_eq!(answer.problem(), (status, code.to_owned()), "{}", answer.text());
    }
    let twice = app.post(&[JSON], r#"{"s3": {"bucket": "a", "bucket": "b"}, "s3": {}}"#).await;
    let json = twice.json();
    let pointers: Vec<_> = json["errors"].as_array().unwrap().iter().map(|fault| &fault["pointer"]).collect();
    assert!(pointers.contains(&&json!("/s3/bucket")) && pointers.contains(&&json!("/s3")), "{json}");
}

/// The time of a request is made for copies, which may take a day; a body must come sooner.
#[tokio::test]
async fn a_body_that_does_not_arrive_is_not_waited_for() {
    let app = App::with("http://127.0.0.1:9", |settings| settings.limits.body_time = SHORT_STALL).await;
    let mut stream = TcpStream::connect(app.server.address).await.unwrap();
    let head = "POST /s3_stream_veracruz HTTP/1.1\r\nhost: s3-app\r\ncontent-type: application/json\r\n";
    stream.write_all(format!("{head}content-length: 1000\r\nconnection: close\r\n\r\n{{").as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 408 ") && answer.contains("\"request-timeout\""), "{answer}");
}

#[tokio::test]
async fn other_paths_and_methods_are_refused() {
    let app = app().await;
    for (method, path, status, code) in [
        ("GET", "/", 404, "no-such-resource"),
        ("GET", "/s3_stream_veracruz/", 404, "no-such-resource"),
        ("GET", "/s3_stream_veracruz", 405, "method-not-allowed"),
        ("PUT", "/s3_stream_veracruz/job", 405, "method-not-allowed"),
        ("GET", "/s3_stream_veracruz/unknown", 404, "no-such-job"),
        ("DELETE", "/s3_stream_veracruz/%ff", 404, "no-such-job"),
    ] {
        assert_eq!(app.ask(method, path).await.problem(), (status, code.to_owned()), "{method} {path}");
    }
}

/// With `UPDATE_GOLDEN=1` the file is written anew.
#[tokio::test]
async fn the_description_is_the_golden_one() {
    let golden = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/golden/s3-app.openapi.json");
    let text = s3_app_core::http::openapi() + "\n";
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(golden, &text).unwrap();
    }
    let expected = std::fs::read_to_string(golden).unwrap_or_default();
    assert!(text == expected, "the description changed: renew {golden} with UPDATE_GOLDEN=1 and review the difference");
    let served = app().await.ask("GET", "/openapi.json").await;
    assert_eq!(served.json(), serde_json::from_str::<Value>(&expected).unwrap());
    assert_eq!(served.headers["content-type"], "application/json");
}

#[test]
fn the_schema_takes_what_the_i_poc_sends_and_is_closed() {
    let schema: Value = serde_json::from_str(s3_app_core::REQUEST_SCHEMA).unwrap();
    let validator = jsonschema::draft202012::new(&schema).unwrap();
    let least = json!({ "s3": { "bucket": "b", "filename": "f" },
        "veracruz": { "filename": "f", "policy": "p", "certificate": "c", "key": "k" } });
    assert!(validator.is_valid(&least));
    for (at, keys) in
        [("/s3", &["bucket", "filename"][..]), ("/veracruz", &["filename", "policy", "certificate", "key"])]
    {
        for key in keys {
            let mut without = least.clone();
            remove(without.pointer_mut(at).unwrap(), key);
            assert!(!validator.is_valid(&without), "{at}/{key} is required");
        }
        let mut more = least.clone();
        more.pointer_mut(at).unwrap()["unknown"] = json!("x");
        assert!(!validator.is_valid(&more), "{at} is closed");
    }
}
