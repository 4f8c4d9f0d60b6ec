//! Copies that succeed.

use s3_app_core::{Keys, Machine};
use serde_json::json;
use sha2::{Digest as _, Sha256};
use tempfile::TempDir;
use veracruz_rest::Secret;

use crate::app::{App, FILE, order, order_as};
use crate::instance::Instance;
use crate::made::{BUCKET, Made, Thing};
use crate::proxy::{Fate, Proxy, cuts};
use crate::server::{ID, SECRET, Server};

const MIB: usize = 1 << 20;

fn content(length: usize) -> Vec<u8> {
    (0..length).map(|index| (index * 31 + index / 251) as u8).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_object_of_a_real_s3_server_arrives_whole() {
    let folder = TempDir::new().unwrap();
    std::fs::create_dir_all(folder.path().join("videos/in")).unwrap();
    let storage = Server::folder(folder.path()).await;
    let (app, instance) = (App::at(&storage.url()).await, Instance::start().await);
    for length in [0, 1, 64 * 1024, MIB, 5 * MIB + 3] {
        let bytes = content(length);
        std::fs::write(folder.path().join("videos/in/a b+ü.vid"), &bytes).unwrap();
        let answer = app.copy(&order(&instance, "videos", "in/a b+ü.vid")).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        assert_eq!(answer.headers["content-type"], "application/json");
        let sha256 = hex::encode(Sha256::digest(&bytes));
        assert_eq!(answer.json(), json!({ "bytes": length, "sha256": sha256 }));
        assert!(instance.content(FILE).await == bytes, "{length} bytes, the last copy is replaced");
    }
    let counts = app.service.counts();
    assert_eq!((counts.done, counts.failed, counts.copies_running), (5, 0, 0));
    assert_eq!(counts.bytes, (1 + 64 * 1024 + MIB + 5 * MIB + 3) as u64);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_large_object_arrives_whole() {
    let thing = Thing::new(300_000_000);
    let sha256 = thing.sha256();
    let storage = Server::s3(Made::with([("large", thing)])).await;
    let app = App::at(&storage.url()).await;
    let declared = |policy: veracruz_policy::PolicyBuilder| policy.file_hash(FILE, sha256.into()).unwrap();
    let instance = Instance::with(Fate::None, |policy| declared(policy).max_memory_mib(512)).await;
    let answer = app.copy(&order(&instance, BUCKET, "large")).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.json(), json!({ "bytes": 300_000_000, "sha256": hex::encode(sha256) }));
    assert_eq!(instance.size(FILE).await, Some(300_000_000), "the instance compared the hash that its policy declares");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn broken_connections_are_taken_up_where_they_broke() {
    let length = 9_000_000;
    for seed in 0..4 {
        let thing = Thing::new(length);
        let sha256 = hex::encode(thing.sha256());
        let storage = Server::s3(Made::with([("object", thing)])).await;
        // The first is cut behind the answer's head, so that it is the object that breaks and not the request.
        let mut fates = vec![Fate::Cut(200_000 * (seed + 1))];
        fates.extend(cuts(seed, 3, 2_000_000).into_iter().map(|fate| match fate {
            Fate::Cut(at) => Fate::Cut(at + 4_000),
            fate => fate,
        }));
        let proxy = Proxy::start(storage.address, fates).await;
        let (app, instance) = (App::at(&proxy.url()).await, Instance::start().await);
        let answer = app.copy(&order(&instance, BUCKET, "object")).await;
        assert_eq!(answer.status, 200, "seed {seed}: {}", answer.text());
        assert_eq!(answer.json(), json!({ "bytes": length, "sha256": sha256 }), "seed {seed}");
        assert_eq!(instance.size(FILE).await, Some(length));
        assert!(proxy.connections() >= 4, "seed {seed}: {} connections", proxy.connections());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_without_credentials_is_signed_with_the_machines_own() {
    let storage = Server::s3(Made::with([("object", Thing::new(10))])).await;
    let keys = Keys::new(ID, &Secret::new(SECRET), None).unwrap();
    let app = App::with(&storage.url(), |settings| settings.storage.machine = Machine::Keys(keys)).await;
    let instance = Instance::start().await;
    let mut order = order(&instance, BUCKET, "object");
    order["s3"] = json!({ "bucket": BUCKET, "filename": "object" });
    assert_eq!(app.copy(&order).await.status, 200);
    // What a request brings counts before what the machine has.
    order["s3"]["aws_access_key_id"] = json!(ID);
    order["s3"]["aws_secret_access_key"] = json!("another");
    assert_eq!(app.copy(&order).await.problem(), (403, "s3-bad-credentials".to_owned()));
}

/// S5: session tokens are taken. S8: without a region there is a default, and S3 says where the bucket really is.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn session_tokens_and_regions_reach_s3() {
    let token = Thing { token: Some("the-token"), ..Thing::new(10) };
    let region = Thing { region: Some("eu-central-1"), ..Thing::new(10) };
    let storage = Server::s3(Made::with([("token", token), ("region", region)])).await;
    let (app, instance) = (App::at(&storage.url()).await, Instance::start().await);
    let person = &instance.people["s3-app"];
    for object in [
        json!({ "bucket": BUCKET, "filename": "token", "aws_session_token": "the-token" }),
        json!({ "bucket": BUCKET, "filename": "region", "region_name": "eu-central-1" }),
        // S3 says where the bucket is to those who ask elsewhere, and it is asked there.
        json!({ "bucket": BUCKET, "filename": "region", "region_name": "us-west-2" }),
        json!({ "bucket": BUCKET, "filename": "region" }),
    ] {
        let answer = app.copy(&order_as(&instance, person, object.clone())).await;
        assert_eq!(answer.status, 200, "{object}: {}", answer.text());
    }
    let without = app.copy(&order(&instance, BUCKET, "token")).await;
    assert_eq!(without.problem(), (403, "s3-bad-credentials".to_owned()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn checksums_are_compared_where_that_is_asked_for() {
    let things = [("none", None), ("right", Some(RIGHT_CRC32)), ("wrong", Some("AAAAAA=="))];
    let things = things.map(|(key, checksum)| (key, Thing { checksum, ..Thing::new(10) }));
    let storage = Server::s3(Made::with(things)).await;
    let instance = Instance::start().await;
    for (checksums, key, outcome) in [
        (None, "wrong", None),
        (Some(false), "wrong", None),
        (Some(true), "none", None),
        (Some(true), "right", None),
        (Some(true), "wrong", Some((502, "s3-damaged".to_owned()))),
    ] {
        let app = App::with(&storage.url(), |settings| settings.storage.checksums = checksums).await;
        let before = instance.session().await.upload(FILE, &b"old"[..], veracruz_client::Transfer::new()).await;
        assert_eq!(before.unwrap(), 3);
        let answer = app.copy(&order(&instance, BUCKET, key)).await;
        assert_eq!((answer.status != 200).then(|| answer.problem()), outcome, "{checksums:?} {key}");
        assert_eq!(instance.size(FILE).await, Some(if outcome.is_some() { 3 } else { 10 }), "the old file stays");
    }
}

/// Of ten bytes of a made object: eight of zero, the number of its first chunk, and two of its seed.
const RIGHT_CRC32: &str = "jZZpoQ==";
