//! Deleting instances, as often as callers like.

use futures_util::future::join_all;
use vaas_core::{DeleteError, Filter};

use crate::participant::Participant;
use crate::script::Script;
use crate::world::{World, exactly, settings};

fn filter(id: Option<&str>, hash: Option<&str>) -> Filter {
    Filter::new(id.map(str::to_owned), hash.map(str::to_owned))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_instance_has_must_be_named_and_deleting_repeats() {
    let (world, participant) = (World::with_ports(2), Participant::new());
    let vaas = world.open().await;
    let port = world.port(0);
    let created = vaas.create(&participant.asks(Some("mine"))).await.unwrap();
    let hash = created.instance_hash.as_str();
    let other = "0".repeat(59);
    for wrong in [
        filter(None, None),
        filter(Some("mine"), None),
        filter(None, Some(hash)),
        filter(Some("other"), Some(hash)),
        filter(Some("mine"), Some(&other)),
        filter(Some("mine"), Some(&hash[..58])),
    ] {
        let refused = vaas.delete(port, &wrong).await;
        assert!(matches!(refused, Err(DeleteError::NoSuchInstance)), "{wrong:?}");
    }
    let right = filter(Some("mine"), Some(&format!("{hash}01234")));
    assert!(vaas.delete(world.port(1), &right).await.is_err(), "another port");
    let deletions = join_all((0..8).map(|_| vaas.delete(port, &right))).await;
    assert!(deletions.iter().all(Result::is_ok), "{deletions:?}");
    world.assert_empty();
    // Another instance has the port now: the first stays deleted, and nobody deletes the second by the first's name.
    let second = vaas.create(&participant.asks(Some("second"))).await.unwrap();
    vaas.delete(port, &right).await.unwrap();
    assert!(vaas.describe(port, &exactly(&second)).is_some());
    vaas.delete(port, &exactly(&second)).await.unwrap();
    world.assert_empty();
}

#[tokio::test]
async fn the_same_request_again_is_another_instance() {
    let script = Script::default();
    let vaas = script.open(settings(crate::world::free_ports(1))).await;
    let asked = Participant::new().asks(Some("x"));
    let first = vaas.create(&asked).await.unwrap();
    let port = crate::world::port_of(&first.policy);
    vaas.delete(port, &exactly(&first)).await.unwrap();
    let second = vaas.create(&asked).await.unwrap();
    assert_eq!(crate::world::port_of(&second.policy), port);
    vaas.delete(port, &exactly(&first)).await.expect("it was deleted before");
    assert!(vaas.describe(port, &exactly(&second)).is_some(), "who deletes the first again does not delete the second");
}

#[tokio::test]
async fn an_instance_that_has_no_id_is_deleted_by_its_hash() {
    let script = Script::default();
    let vaas = script.open(settings(crate::world::free_ports(1))).await;
    let created = vaas.create(&Participant::new().asks(None)).await.unwrap();
    let port = crate::world::port_of(&created.policy);
    vaas.delete(port, &filter(Some("anything"), Some(&created.instance_hash))).await.unwrap();
}

#[tokio::test]
async fn a_removal_that_fails_is_told_and_tried_again() {
    let script = Script::default();
    script.fail_stops(2);
    let vaas = script.open(settings(crate::world::free_ports(1))).await;
    let created = vaas.create(&Participant::new().asks(None)).await.unwrap();
    let port = crate::world::port_of(&created.policy);
    let failed = vaas.delete(port, &exactly(&created)).await.unwrap_err();
    assert_eq!(failed.code(), "instance-stop-failed");
    assert!(vaas.create(&Participant::new().asks(None)).await.is_err(), "the port is not free before all is gone");
    while vaas.delete(port, &exactly(&created)).await.is_err() {}
    assert_eq!(script.running(), 0);
    vaas.create(&Participant::new().asks(None)).await.unwrap();
}

#[tokio::test]
async fn who_stops_waiting_does_not_stop_the_deletion() {
    let script = Script::default();
    let vaas = script.open(settings(crate::world::free_ports(1))).await;
    let created = vaas.create(&Participant::new().asks(None)).await.unwrap();
    let port = crate::world::port_of(&created.policy);
    let filter = exactly(&created);
    assert!(futures_util::FutureExt::now_or_never(vaas.delete(port, &filter)).is_none());
    crate::world::becomes(&vaas, port, None).await;
    assert_eq!(script.running(), 0);
}

#[tokio::test]
async fn an_instance_that_starts_can_be_deleted() {
    let script = Script::default();
    script.hold_starts();
    let vaas = script.open(settings(crate::world::free_ports(1))).await;
    let asked = Participant::new().asks(Some("x"));
    let creation = vaas.create(&asked);
    let deletion = async {
        script.start_was_asked().await;
        let listed = vaas.list(&Filter::default()).veracruz;
        let (name, seen) = listed[0].first_key_value().unwrap();
        let port = name.rsplit(':').next().unwrap().parse().unwrap();
        let filter = filter(Some("x"), Some(&seen.instance_hash));
        vaas.delete(port, &filter).await.unwrap();
        vaas.delete(port, &filter).await.unwrap();
    };
    let (created, ()) = futures_util::join!(creation, deletion);
    assert_eq!(created.unwrap_err().code(), "instance-deleted");
    assert_eq!(script.running(), 0);
}
