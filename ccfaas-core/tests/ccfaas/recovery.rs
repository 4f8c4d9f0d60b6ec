//! The next life of a service that ended in the middle of something.

use ccfaas_core::VaasError;
use ccfaas_core::store::{InstanceKey, Reservation, Reserved, SqliteStore, Store as _};
use serde_json::json;

use super::fixtures::{NAMES, NAMES_CONTENT, function, user};
use super::world::World;

#[tokio::test]
async fn what_was_acknowledged_is_there_in_the_next_life() {
    let world = World::loaded().await;
    let made = world.post_json("/instance", &user("vod", "one")).await.ok().json();
    let world = world.restarted().await;
    assert_eq!(world.get("/function/vod").await.ok().json(), function("vod"));
    assert_eq!(world.get("/instance/one").await.ok().json(), made);
    assert_eq!(world.service.counts().rows.functions, 1);
    world.service.look_after().await.unwrap();
    assert_eq!(world.vaas.len(), 1);
    // The contents too.
    world.post_json("/instance", &user("vod", "two")).await.ok();
    assert_eq!(world.provisioner.done()[0].files.len(), 3);
}

#[tokio::test]
async fn a_creation_that_was_under_way_is_taken_back() {
    let world = World::loaded().await;
    world.vaas.add("CCFaaS", &"b".repeat(59));
    let store = SqliteStore::open(&world.folder.path().join("ccfaas.sqlite")).unwrap();
    let reservation = Reservation { key: InstanceKey::random(), name: "one".to_owned(), since: 0 };
    assert_eq!(store.reserve(reservation, 9).await.unwrap(), Reserved::Yes(None));
    drop(store);

    let world = world.restarted().await;
    assert!(!*world.service.settled().borrow());
    assert_eq!(world.instances().await, json!([]));
    world.service.look_after().await.unwrap();
    assert!(*world.service.settled().borrow());
    assert_eq!((world.vaas.len(), world.service.counts().rows.reserved), (0, 0));
    world.post_json("/instance", &user("vod", "one")).await.ok();
}

#[tokio::test]
async fn a_deletion_that_was_under_way_is_finished() {
    let world = World::loaded().await;
    world.post_json("/instance", &user("vod", "one")).await.ok();
    world.vaas.fails(|| VaasError::Unreachable(String::new()));
    world.delete("/instance/one").await.problem(502, "vaas-unreachable");
    let world = world.restarted().await;
    // VaaS is not there yet: nothing is lost, and the service says that it is not settled.
    assert!(world.service.look_after().await.is_err());
    assert!(!*world.service.settled().borrow());
    world.vaas.works();
    world.service.look_after().await.unwrap();
    assert!(*world.service.settled().borrow());
    assert_eq!((world.vaas.len(), world.instances().await), (0, json!([])));
}

#[tokio::test]
async fn the_watcher_settles_as_soon_as_vaas_is_there_and_ends_with_the_service() {
    tokio::time::pause();
    let world = World::loaded().await;
    world.vaas.fails(|| VaasError::Unreachable(String::new()));
    world.vaas.add("CCFaaS", &"c".repeat(59));
    let watching = tokio::spawn(world.service.clone().watch());
    let mut settled = world.service.settled();
    let waited = tokio::time::timeout(std::time::Duration::from_secs(60), settled.changed()).await;
    assert!(waited.is_err(), "VaaS cannot be reached");
    world.vaas.works();
    settled.wait_for(|settled| *settled).await.unwrap();
    assert_eq!(world.vaas.len(), 0);
    world.service.close().await;
    watching.await.unwrap();
}

#[tokio::test]
async fn contents_that_belong_to_no_file_are_swept() {
    let world = World::new().await;
    world.register("vod").await;
    world.upload("vod", "data_file", NAMES, NAMES_CONTENT).await.ok();
    let folder = world.folder.path().join("contents");
    for name in ["0123456789abcdef0123456789abcdef", "0123456789abcdef0123456789abcdef#1", "stray"] {
        std::fs::write(folder.join(name), "x").unwrap();
    }
    let world = world.restarted().await;
    assert_eq!(world.contents(), 1);
    world.post_json("/instance", &user("vod", "one")).await.ok();
    assert_eq!(world.provisioner.done()[0].files[0].1, NAMES_CONTENT);
}
