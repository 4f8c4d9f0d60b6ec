//! Copies that fail because of S3: told by a stable code, and nothing is in the instance.

use s3_app_core::Settings;
use s3s::S3ErrorCode;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::net::TcpListener;

use crate::app::{App, FILE, SHORT_STALL, order, order_as};
use crate::instance::Instance;
use crate::made::{BUCKET, Ends, Made, Thing};
use crate::proxy::{Fate, Proxy};
use crate::server::Server;

/// Long enough that its end is not in a buffer already when its beginning is judged.
const LONG: u64 = 20_000_000;

/// Copies and expects a refusal; gives its text.
async fn refused(app: &App, instance: &Instance, order: &Value, status: u16, code: &str) -> String {
    let answer = app.copy(order).await;
    assert_eq!(answer.problem(), (status, code.to_owned()), "{}", answer.text());
    assert_eq!(instance.size(FILE).await, None, "{code}: nothing of it is in the instance");
    let text = answer.text();
    for (name, secret) in [("secret", "a-secret-that-must-never-be-shown"), ("key", "PRIVATE KEY")] {
        assert!(!text.contains(secret), "{code}: the {name} is shown: {text}");
    }
    text
}

/// S3, S4: every reason of S3 is told, and nothing is uploaded in its place.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_real_server_says_no() {
    let folder = TempDir::new().unwrap();
    std::fs::create_dir(folder.path().join("bucket")).unwrap();
    std::fs::write(folder.path().join("bucket/object"), "content").unwrap();
    let storage = Server::folder(folder.path()).await;
    let (app, instance) = (App::at(&storage.url()).await, Instance::start().await);
    let person = &instance.people["s3-app"];
    let object = |object: Value| order_as(&instance, person, object);
    for (order, status, code) in [
        (
            object(json!({ "bucket": "bucket", "filename": "object", "aws_secret_access_key": "wrong" })),
            403,
            "s3-bad-credentials",
        ),
        (
            object(json!({ "bucket": "bucket", "filename": "object", "aws_access_key_id": "AKIDOTHER" })),
            403,
            "s3-bad-credentials",
        ),
        (object(json!({ "bucket": "bucket", "filename": "missing" })), 404, "s3-no-such-key"),
        // This server does not tell the two apart.
        (object(json!({ "bucket": "missing", "filename": "object" })), 404, "s3-no-such-key"),
    ] {
        let text = refused(&app, &instance, &order, status, code).await;
        assert!(text.contains("Not able to read bucket"), "{text}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_answer_of_s3_has_its_code() {
    let refusals = [
        ("denied", S3ErrorCode::AccessDenied, 403, "s3-access-denied"),
        ("expired", S3ErrorCode::ExpiredToken, 403, "s3-bad-credentials"),
        ("archived", S3ErrorCode::InvalidObjectState, 409, "s3-archived"),
        ("busy", S3ErrorCode::SlowDown, 503, "s3-busy"),
        ("strange", S3ErrorCode::MalformedXML, 502, "s3-refused"),
    ];
    let things = refusals.clone().map(|(key, code, ..)| (key, Thing { refusal: Some(code), ..Thing::new(10) }));
    let storage = Server::s3(Made::with(things)).await;
    let (app, instance) = (App::at(&storage.url()).await, Instance::start().await);
    for (key, _, status, code) in refusals {
        refused(&app, &instance, &order(&instance, BUCKET, key), status, code).await;
    }
    refused(&app, &instance, &order(&instance, BUCKET, "missing"), 404, "s3-no-such-key").await;
    refused(&app, &instance, &order(&instance, "elsewhere", "denied"), 404, "s3-no-such-bucket").await;
    let busy = app.copy(&order(&instance, BUCKET, "busy")).await;
    assert_eq!(busy.headers["retry-after"], "5");
    assert_eq!(app.service.counts().failed, 8);
}

/// S4: what the old service did not catch.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_answers() {
    let instance = Instance::start().await;
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let app = App::at(&format!("http://{closed}")).await;
    refused(&app, &instance, &order(&instance, BUCKET, "object"), 502, "s3-unreachable").await;

    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", silent.local_addr().unwrap());
    let app = App::with(&url, |settings| settings.limits.stall = SHORT_STALL).await;
    refused(&app, &instance, &order(&instance, BUCKET, "object"), 504, "s3-stalled").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn silence_in_the_middle_is_noticed() {
    let (waits, gate) = Thing::waiting(LONG);
    let made = Server::s3(Made::with([("waits", waits), ("object", Thing::new(LONG))])).await;
    let proxy = Proxy::start(made.address, vec![Fate::Silence(LONG / 2)]).await;
    let instance = Instance::start().await;
    for (url, key) in [(made.url(), "waits"), (proxy.url(), "object")] {
        let app = App::with(&url, |settings| settings.limits.stall = SHORT_STALL).await;
        refused(&app, &instance, &order(&instance, BUCKET, key), 504, "s3-stalled").await;
    }
    gate.gone.cancelled().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_object_that_is_never_whole_is_noticed() {
    let short = Thing { ends: Ends::Short(LONG / 20), ..Thing::new(LONG) };
    let unannounced = Thing { ends: Ends::Unannounced, ..Thing::new(10) };
    let made = Made::with([("short", short), ("unannounced", unannounced)]);
    let storage = Server::s3(made.clone()).await;
    let (app, instance) = (App::at(&storage.url()).await, Instance::start().await);
    let text = refused(&app, &instance, &order(&instance, BUCKET, "short"), 502, "s3-short-body").await;
    assert!(text.contains(" of 20000000, again and again"), "{text}");
    assert_eq!(made.requests("short"), 1 + 8, "it is not asked for ever");
    refused(&app, &instance, &order(&instance, BUCKET, "unannounced"), 502, "s3-protocol").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_object_that_changes_while_it_streams_is_noticed() {
    // The first request gets one content, all later ones another.
    let changes = |compares| Thing { generations: vec![1, 2], compares, ..Thing::new(LONG) };
    for compares in [true, false] {
        let storage = Server::s3(Made::with([("object", changes(compares))])).await;
        let cut = Proxy::start(storage.address, vec![Fate::Cut(LONG / 2), Fate::None]).await;
        let instance = Instance::start().await;
        let app = App::at(&cut.url()).await;
        refused(&app, &instance, &order(&instance, BUCKET, "object"), 409, "object-changed").await;
        assert_eq!(cut.connections(), 2, "it was noticed when the connection was taken up again");

        let storage = Server::s3(Made::with([("object", changes(compares))])).await;
        let app = App::at(&storage.url()).await;
        refused(&app, &instance, &order(&instance, BUCKET, "object"), 409, "object-changed").await;
    }
}

/// S7: time and size are bounded.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_operators_limits_hold() {
    let (waits, _gate) = Thing::waiting(LONG);
    let storage = Server::s3(Made::with([("object", Thing::new(LONG)), ("waits", waits)])).await;
    let instance = Instance::start().await;
    let small = |settings: &mut Settings| settings.limits.object_bytes = LONG - 1;
    let app = App::with(&storage.url(), small).await;
    refused(&app, &instance, &order(&instance, BUCKET, "object"), 413, "object-too-large").await;
    let app = App::with(&storage.url(), |settings| settings.limits.copy_time = SHORT_STALL).await;
    refused(&app, &instance, &order(&instance, BUCKET, "waits"), 504, "copy-timeout").await;
    let app = App::with(&storage.url(), |settings| settings.limits.copies = 0).await;
    let answer = app.copy(&order(&instance, BUCKET, "object")).await;
    assert_eq!(answer.headers["retry-after"], "5");
    assert_eq!(answer.problem(), (503, "too-many-copies".to_owned()));
}
