//! Copies that fail because of the instance: told by the SDK's code, never a hang, never a part of a file.

use serde_json::json;
use veracruz_client::Trust;
use veracruz_policy::Sha256Digest;

use crate::app::{App, FILE, SHORT_STALL, order, order_as};
use crate::instance::{Instance, Person};
use crate::made::{BUCKET, Made, Thing};
use crate::proxy::Fate;
use crate::server::Server;

const LONG: u64 = 20_000_000;

async fn storage() -> Server {
    Server::s3(Made::with([("small", Thing::new(1000)), ("object", Thing::new(LONG))])).await
}

/// S2: nothing waits for a writer that has been refused.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_may_not_write_is_told_before_anything_is_fetched() {
    let made = Made::with([("object", Thing::new(1000))]);
    let storage = Server::s3(made.clone()).await;
    let (app, instance) = (App::at(&storage.url()).await, Instance::start().await);
    let stranger = Person::new("stranger");
    let people = |name: &str| &instance.people[name];
    for (person, code, pointer) in [
        (people("reader"), "missing-rights", "/veracruz/filename"),
        (people("nobody"), "no-entry", "/veracruz/filename"),
        (&stranger, "identity-not-in-policy", "/veracruz/certificate"),
    ] {
        let order = order_as(&instance, person, json!({ "bucket": BUCKET, "filename": "object" }));
        let answer = app.copy(&order).await;
        assert_eq!(answer.problem(), (403, code.to_owned()), "{}", answer.text());
        assert_eq!(answer.json()["errors"][0]["pointer"], pointer);
        let background = app.copy_in_background(&order).await;
        assert_eq!(background.problem(), (403, code.to_owned()), "a job that must fail is not begun");
    }
    assert_eq!((instance.size(FILE).await, made.requests("object")), (None, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_instance_refuses_is_told_with_its_own_code() {
    let storage = storage().await;
    let app = App::at(&storage.url()).await;
    let other = Sha256Digest::of(b"other");
    let declared = Instance::with(Fate::None, |policy| policy.file_hash(FILE, other).unwrap()).await;
    let answer = app.copy(&order(&declared, BUCKET, "small")).await;
    assert_eq!(answer.problem(), (409, "wrong-hash".to_owned()), "{}", answer.text());
    assert_eq!(declared.size(FILE).await, None);

    let small = Instance::with(Fate::None, |policy| policy.max_memory_mib(10)).await;
    let answer = app.copy(&order(&small, BUCKET, "object")).await;
    assert_eq!(answer.problem(), (507, "out-of-memory".to_owned()), "{}", answer.text());
    assert_eq!(small.size(FILE).await, None);

    let mut folder = order(&small, BUCKET, "small");
    folder["veracruz"]["filename"] = json!("/s3_app_input");
    let answer = app.copy(&folder).await;
    assert!(
        [(403, "no-entry".to_owned()), (409, "is-a-directory".to_owned())].contains(&answer.problem()),
        "{}",
        answer.text()
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_instance_that_cannot_be_reached_or_trusted_gets_nothing() {
    let made = Made::with([("object", Thing::new(1000))]);
    let storage = Server::s3(made.clone()).await;
    let app = App::at(&storage.url()).await;
    let mut gone = Instance::start().await;
    let orders = order(&gone, BUCKET, "object");
    gone.stop().await;
    let answer = app.copy(&orders).await;
    assert_eq!(answer.status, 502, "{}", answer.text());
    assert!(answer.text().contains("Not able to write file to veracruz instance"), "{}", answer.text());

    // Another policy at the address of this one.
    let instance = Instance::start().await;
    let changed = veracruz_policy::FullPolicy::parse(&format!("{} ", instance.policy.text())).unwrap();
    let mut orders = order(&instance, BUCKET, "object");
    orders["veracruz"]["policy"] = json!(changed.text());
    let answer = app.copy(&orders).await;
    assert_eq!(answer.problem(), (502, "user-data-mismatch".to_owned()), "{}", answer.text());

    let strict = App::with(&storage.url(), |settings| settings.trust = Trust::default()).await;
    let answer = strict.copy(&order(&instance, BUCKET, "object")).await;
    assert_eq!(answer.problem(), (403, "simulated-policy".to_owned()), "{}", answer.text());
    assert_eq!((instance.size(FILE).await, made.requests("object")), (None, 0));
}

/// S2, S3: no hang, and no part of a file.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_instance_that_fails_in_the_middle_has_no_part_of_the_file() {
    let storage = storage().await;
    let cut = Instance::with(Fate::Cut(LONG / 2), |policy| policy).await;
    let app = App::at(&storage.url()).await;
    let answer = app.copy(&order(&cut, BUCKET, "object")).await;
    assert_eq!(answer.problem(), (502, "connection-lost".to_owned()), "{}", answer.text());
    assert_eq!(cut.size(FILE).await, None);

    let silent = Instance::with(Fate::Silence(LONG / 2), |policy| policy).await;
    let app = App::with(&storage.url(), |settings| settings.limits.stall = SHORT_STALL).await;
    let answer = app.copy(&order(&silent, BUCKET, "object")).await;
    assert_eq!(answer.problem(), (504, "instance-stalled".to_owned()), "{}", answer.text());
    assert_eq!(silent.size(FILE).await, None);

    let deaf = Instance::with(Fate::Silence(0), |policy| policy).await;
    let answer = app.copy(&order(&deaf, BUCKET, "object")).await;
    assert_eq!(answer.problem(), (504, "connect-timeout".to_owned()), "{}", answer.text());
}
