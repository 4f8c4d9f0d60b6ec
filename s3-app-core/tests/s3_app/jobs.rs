//! Copies in the background.

use serde_json::json;

use crate::app::{App, FILE, order};
use crate::instance::Instance;
use crate::made::{BUCKET, Made, Thing};
use crate::server::Server;

const LENGTH: u64 = 20_000_000;

/// S7: a caller need not wait.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_tells_how_far_it_is_and_how_it_ended() {
    let (thing, gate) = Thing::waiting(LENGTH);
    let sha256 = hex::encode(thing.sha256());
    let storage = Server::s3(Made::with([("object", thing)])).await;
    let (app, instance) = (App::at(&storage.url()).await, Instance::start().await);
    let answer = app.copy_in_background(&order(&instance, BUCKET, "object")).await;
    assert_eq!((answer.status, &answer.headers["preference-applied"]), (202, &"respond-async".parse().unwrap()));
    let path = answer.headers["location"].to_str().unwrap();
    let id = answer.json()["job"].as_str().unwrap().to_owned();
    assert_eq!(path, format!("/s3_stream_veracruz/{id}"));
    assert!(id.len() == 32, "hard to guess: {id}");

    gate.reached.cancelled().await;
    let running = app.ask("GET", path).await.json();
    assert_eq!((&running["status"], &running["total"]), (&json!("running"), &json!(LENGTH)));
    assert!(running["bytes"].as_u64().unwrap() <= LENGTH / 2 && running.get("sha256").is_none(), "{running}");
    assert_eq!(instance.size(FILE).await, None, "the file appears when it is whole");
    gate.released.cancel();
    let done = json!({ "job": id, "status": "done", "bytes": LENGTH, "total": LENGTH, "sha256": sha256 });
    assert_eq!(app.outcome(path).await, done);
    assert_eq!(instance.size(FILE).await, Some(LENGTH));
    assert_eq!(app.ask("DELETE", path).await.json(), done, "what is done stays done");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_that_fails_says_why() {
    let storage = Server::s3(Made::default()).await;
    let (app, instance) = (App::at(&storage.url()).await, Instance::start().await);
    let path = app.start(&order(&instance, BUCKET, "missing")).await;
    let job = app.outcome(&path).await;
    assert_eq!((&job["status"], &job["problem"]["code"]), (&json!("failed"), &json!("s3-no-such-key")));
    assert_eq!(job["problem"]["status"], 404);
    assert_eq!(app.ask("GET", &path).await.status, 200, "that the copy failed is not a failure of this question");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_that_is_cancelled_in_the_middle_leaves_nothing() {
    let (thing, gate) = Thing::waiting(LENGTH);
    let storage = Server::s3(Made::with([("object", thing)])).await;
    let (app, instance) = (App::at(&storage.url()).await, Instance::start().await);
    let path = app.start(&order(&instance, BUCKET, "object")).await;
    gate.reached.cancelled().await;
    for _ in 0..2 {
        let cancelled = app.ask("DELETE", &path).await;
        assert_eq!((cancelled.status, &cancelled.json()["status"]), (200, &json!("cancelled")));
    }
    gate.gone.cancelled().await;
    assert_eq!(app.ask("GET", &path).await.json()["status"], "cancelled");
    assert_eq!(instance.size(FILE).await, None);
    let counts = app.service.counts();
    assert_eq!((counts.jobs_running, counts.jobs_remembered, counts.cancelled), (0, 1, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn jobs_are_bounded_and_forgotten() {
    let (first, first_gate) = Thing::waiting(LENGTH);
    let (second, _gate) = Thing::waiting(LENGTH);
    let storage = Server::s3(Made::with([("first", first), ("second", second), ("third", Thing::new(1))])).await;
    let instance = Instance::start().await;
    let app = App::with(&storage.url(), |settings| {
        settings.limits.jobs = 2;
        settings.limits.remembered = 2;
    })
    .await;
    let first = app.start(&order(&instance, BUCKET, "first")).await;
    let second = app.start(&order(&instance, BUCKET, "second")).await;
    let full = app.copy_in_background(&order(&instance, BUCKET, "third")).await;
    assert_eq!(full.headers["retry-after"], "5");
    assert_eq!(full.problem(), (503, "too-many-copies".to_owned()));
    first_gate.reached.cancelled().await;
    app.ask("DELETE", &first).await;
    let third = app.start(&order(&instance, BUCKET, "third")).await;
    assert_eq!(app.outcome(&third).await["status"], "done");
    assert_eq!(app.ask("GET", &first).await.problem(), (404, "no-such-job".to_owned()), "there was no room for it");
    assert_eq!(app.ask("GET", &second).await.json()["status"], "running");

    app.service.close().await;
    assert_eq!(app.ask("GET", &second).await.json()["status"], "cancelled", "jobs end with the service");

    let forgetful = App::with(&storage.url(), |settings| settings.limits.remember = std::time::Duration::ZERO).await;
    let path = forgetful.start(&order(&instance, BUCKET, "third")).await;
    while forgetful.ask("GET", &path).await.status == 200 {}
    for method in ["GET", "DELETE"] {
        assert_eq!(forgetful.ask(method, &path).await.problem(), (404, "no-such-job".to_owned()));
    }
}
