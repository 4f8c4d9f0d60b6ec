//! Copies that fail because of the instance: told by the SDK's code, never a hang, never a part of a file.

use std::time::Duration;

use s3_app_core::{InstanceHosts, Settings};
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpListener;
use veracruz_client::Trust;
use veracruz_policy::{FullPolicy, Sha256Digest};

use crate::app::{App, FILE, SHORT_STALL, order, order_as};
use crate::instance::{Instance, Person};
use crate::made::{BUCKET, Made, Thing};
use crate::proxy::Fate;
use crate::server::Server;

const LONG: u64 = 20_000_000;

async fn storage() -> Server {
    let things = [("small", 1000), ("object", LONG), ("long", 4 * LONG)];
    Server::s3(Made::with(things.map(|(key, length)| (key, Thing::new(length))))).await
}

/// The order for an instance that is said to be at `address`.
fn moved(mut order: Value, address: &str) -> Value {
    let mut policy: Value = serde_json::from_str(order["veracruz"]["policy"].as_str().unwrap()).unwrap();
    policy["veracruz_server_url"] = json!(address);
    order["veracruz"]["policy"] = json!(FullPolicy::parse(&policy.to_string()).unwrap().text());
    order
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
    // Longer than what the system takes for a peer that has stopped.
    let answer = app.copy(&order(&silent, BUCKET, "long")).await;
    assert_eq!(answer.problem(), (504, "instance-stalled".to_owned()), "{}", answer.text());
    assert_eq!(silent.size(FILE).await, None);
}

/// What is at an address that a caller made up is not the caller's to learn.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_address_without_an_instance_is_told_in_one_text_whatever_is_there() {
    let storage = storage().await;
    let app = App::with(&storage.url(), |settings| settings.limits.stall = SHORT_STALL).await;
    let (instance, deaf) = (Instance::start().await, Instance::with(Fate::Silence(0), |policy| policy).await);
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let other = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let spoken_to = other.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = other.accept().await {
            stream.write_all(b"220 no.instance.example ESMTP\r\n").await.unwrap();
        }
    });
    let there = order(&instance, BUCKET, "small");
    let addresses = [closed.to_string(), spoken_to.to_string(), "no-such-host.invalid:3014".to_owned()];
    let mut orders = addresses.map(|address| moved(there.clone(), &address)).to_vec();
    orders.push(order(&deaf, BUCKET, "small"));
    let first = app.copy(&orders[0]).await;
    assert_eq!(first.problem(), (502, "connect".to_owned()), "{}", first.text());
    for order in &orders[1..] {
        assert_eq!(app.copy(order).await.text(), first.text());
    }
    assert!(!first.text().contains("127.0.0.1") && !first.text().contains("refused"), "{}", first.text());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn copies_go_to_the_hosts_that_the_operator_allows() {
    let storage = storage().await;
    let instance = Instance::start().await;
    let good = order(&instance, BUCKET, "small");
    let url = storage.url();
    let at = |texts: &[&'static str]| {
        let hosts = InstanceHosts::parse(texts.iter().copied()).unwrap();
        App::with(&url, |settings: &mut Settings| settings.instance_hosts = hosts)
    };
    for hosts in [&[][..], &["127.0.0.1"], &["instances.example, 127.0.0.1"], &["::1", "127.0.0.1"]] {
        let answer = at(hosts).await.copy(&good).await;
        assert_eq!(answer.status, 200, "{hosts:?}: {}", answer.text());
    }
    let refused = (403, "instance-host-refused".to_owned());
    for hosts in [&["127.0.0.2"][..], &["localhost"], &["[::1]", "instances.example"]] {
        let app = at(hosts).await;
        let answer = app.copy(&good).await;
        assert_eq!(answer.problem(), refused, "{hosts:?}: {}", answer.text());
        assert_eq!(answer.json()["errors"][0]["pointer"], "/veracruz/policy");
        assert_eq!(app.copy_in_background(&good).await.problem(), refused);
    }
    let app = at(&["instances.example", "[2001:db8::1]"]).await;
    for (address, code) in [
        ("INSTANCES.example:3014", "connect"),
        ("instances.example.evil.example:3014", "instance-host-refused"),
        ("169.254.169.254:80", "instance-host-refused"),
        ("[2001:DB8:0::1]:3014", "connect"),
    ] {
        let answer = app.copy(&moved(good.clone(), address)).await;
        assert_eq!(answer.problem().1, code, "{address}: {}", answer.text());
    }
    for wrong in
        ["", "a,,b", "instances.example:3014", "https://instances.example", "<host>", "10.0.0.0/8", "*.example"]
    {
        assert!(InstanceHosts::parse([wrong]).is_err(), "{wrong}");
    }
}

/// All bytes arrive, and the answer to them does not: nobody can say from here whether the file is there, and it is.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copy_whose_last_answer_is_not_heard_may_be_in_the_instance() {
    /// Past the handshake, before the end.
    const MIDDLE: u64 = 500_000;
    type Change = fn(&mut Settings);
    let stall: Change = |settings| settings.limits.stall = SHORT_STALL;
    let late: Change = |settings| settings.limits.copy_time = Duration::from_secs(2);
    let made = Made::with([("object", Thing::new(2 * MIDDLE))]);
    let storage = Server::s3(made).await;
    for (fate, change, status, word) in [
        (Fate::SilentAnswer(MIDDLE), stall, 504, "it did not answer for 0 s"),
        (Fate::SilentAnswer(MIDDLE), late, 504, "when the copy's 2 s were over"),
        (Fate::CutAnswer(MIDDLE), |_| {}, 502, "its answer was lost"),
    ] {
        let instance = Instance::with(fate, |policy| policy).await;
        let app = App::with(&storage.url(), change).await;
        let answer = app.copy(&order(&instance, BUCKET, "object")).await;
        assert_eq!(answer.problem(), (status, "copy-unconfirmed".to_owned()), "{}", answer.text());
        assert!(answer.text().contains(word) && answer.text().contains("look before you repeat"), "{}", answer.text());
        while instance.size(FILE).await.is_none() {}
        assert_eq!(instance.size(FILE).await, Some(2 * MIDDLE));
    }
    let instance = Instance::with(Fate::CutAnswer(MIDDLE), |policy| policy).await;
    let app = App::at(&storage.url()).await;
    let path = app.start(&order(&instance, BUCKET, "object")).await;
    let job = app.outcome(&path).await;
    assert_eq!((&job["status"], &job["problem"]["code"]), (&json!("failed"), &json!("copy-unconfirmed")), "{job}");
    assert_eq!((app.service.counts().failed, app.service.counts().done), (1, 0));
}
