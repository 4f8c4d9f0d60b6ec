//! The next life of a service that ended in the middle of something.

use ccfaas_core::store::{InstanceKey, Reservation, Reserved, SqliteStore, Store as _};
use ccfaas_core::{Outlook, VaasError};
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
    world.service.look_after().await.unwrap();
    world.vaas.add("CCFaaS", &"b".repeat(59));
    let store = SqliteStore::open(&world.folder.path().join("ccfaas.sqlite")).unwrap();
    let reservation = Reservation { key: InstanceKey::random(), name: "one".to_owned(), since: 0 };
    assert_eq!(store.reserve(reservation, 9).await.unwrap(), Reserved::Yes(None));
    drop(store);

    let world = world.restarted().await;
    assert_eq!(world.outlook(), Outlook::Unknown);
    assert_eq!(world.instances().await, json!([]));
    world.service.look_after().await.unwrap();
    assert_eq!(world.outlook(), Outlook::Good);
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
    // VaaS is not there yet: nothing is lost, and the service says so.
    assert!(world.service.look_after().await.is_err());
    assert_eq!(world.outlook(), Outlook::NoVaas);
    world.vaas.works();
    world.service.look_after().await.unwrap();
    assert_eq!(world.outlook(), Outlook::Good);
    assert_eq!((world.vaas.len(), world.instances().await), (0, json!([])));
}

#[tokio::test]
async fn the_watcher_settles_as_soon_as_vaas_is_there_and_ends_with_the_service() {
    tokio::time::pause();
    let world = World::loaded().await;
    world.service.look_after().await.unwrap();
    world.vaas.add("CCFaaS", &"c".repeat(59));
    let world = world.restarted().await;
    world.vaas.fails(|| VaasError::Unreachable(String::new()));
    let watching = tokio::spawn(world.service.clone().watch());
    let mut outlook = world.service.outlook();
    outlook.wait_for(|outlook| *outlook == Outlook::NoVaas).await.unwrap();
    world.vaas.works();
    outlook.wait_for(|outlook| *outlook == Outlook::Good).await.unwrap();
    assert_eq!(world.vaas.len(), 0);
    // And it says when VaaS is gone for longer than a moment.
    world.vaas.fails(|| VaasError::Unreachable(String::new()));
    outlook.wait_for(|outlook| *outlook == Outlook::NoVaas).await.unwrap();
    world.vaas.works();
    outlook.wait_for(|outlook| *outlook == Outlook::Good).await.unwrap();
    world.service.close().await;
    watching.await.unwrap();
}

#[tokio::test]
async fn vaas_counts_as_absent_after_three_looks_in_a_row() {
    let world = World::new().await;
    world.service.look_after().await.unwrap();
    for round in [1, 2, 1, 2, 3] {
        if round == 1 {
            world.vaas.works();
            world.service.look_after().await.unwrap();
            world.vaas.fails(|| VaasError::Unreachable(String::new()));
        }
        assert_eq!(world.outlook(), Outlook::Good, "{round}");
        assert!(world.service.look_after().await.is_err());
    }
    assert_eq!(world.outlook(), Outlook::NoVaas);
}

#[tokio::test]
async fn what_cannot_be_ended_is_counted_and_keeps_nobody_waiting() {
    let world = World::loaded().await;
    world.post_json("/instance", &user("vod", "one")).await.ok();
    world.vaas.fails_to_delete(|| VaasError::Late(60));
    world.delete("/instance/one").await.problem(504, "vaas-unreachable");
    world.vaas.add("CCFaaS", &"d".repeat(59));
    let world = world.restarted().await;
    for _ in 0..2 {
        world.service.look_after().await.unwrap();
        assert_eq!((world.outlook(), world.service.counts().left_over, world.vaas.len()), (Outlook::Good, 2, 2));
    }
    world.vaas.works();
    world.service.look_after().await.unwrap();
    assert_eq!((world.service.counts().left_over, world.vaas.len()), (0, 0));
    assert_eq!(world.instances().await, json!([]));
}

#[tokio::test]
async fn one_that_hangs_does_not_keep_the_others_from_being_ended() {
    tokio::time::pause();
    let world = World::new().await;
    world.service.look_after().await.unwrap();
    for number in 0..20 {
        world.vaas.add("CCFaaS", &format!("{number:059}"));
    }
    world.vaas.hangs_at(3014);
    let begun = tokio::time::Instant::now();
    world.service.look_after().await.unwrap();
    assert_eq!((world.vaas.len(), world.service.counts().left_over), (1, 1));
    assert_eq!(begun.elapsed().as_secs(), 60, "the time for one deletion");
}

#[tokio::test]
async fn a_store_that_never_saw_its_name_ends_nobodys_instances() {
    let world = World::new().await;
    world.load("vod").await;
    world.vaas.add("CCFaaS", &"e".repeat(59));
    for _ in 0..2 {
        world.service.look_after().await.unwrap();
        assert_eq!((world.outlook(), world.vaas.len()), (Outlook::Strangers, 1));
    }
    // It makes none either: whoever has the name would end it.
    let detail = world.post_json("/instance", &user("vod", "one")).await.problem(503, "not-ready");
    assert!(detail.contains("instances that this service does not know"), "{detail}");
    assert_eq!((world.vaas.len(), world.instances().await), (1, json!([])));
    // As soon as they are gone the name is its own, for ever.
    world.vaas.forget(3014);
    world.service.look_after().await.unwrap();
    assert_eq!(world.outlook(), Outlook::Good);
    world.vaas.add("CCFaaS", &"f".repeat(59));
    let world = world.restarted().await;
    world.service.look_after().await.unwrap();
    assert_eq!((world.outlook(), world.vaas.len()), (Outlook::Good, 0));
    world.post_json("/instance", &user("vod", "one")).await.ok();
}

#[tokio::test]
async fn an_operator_can_take_a_name_over() {
    let world = World::with(|settings| settings.take_over = true).await;
    world.vaas.add("CCFaaS", &"e".repeat(59));
    world.service.look_after().await.unwrap();
    assert_eq!((world.outlook(), world.vaas.len()), (Outlook::Good, 0));
}

#[tokio::test]
async fn the_first_creation_makes_sure_of_the_name_itself() {
    let world = World::loaded().await;
    world.post_json("/instance", &user("vod", "one")).await.ok();
    world.vaas.add("CCFaaS", &"e".repeat(59));
    let world = world.restarted().await;
    world.service.look_after().await.unwrap();
    assert_eq!((world.outlook(), world.vaas.len(), world.instances().await), (Outlook::Good, 1, json!(["one"])));
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
