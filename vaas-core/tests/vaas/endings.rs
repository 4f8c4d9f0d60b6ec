//! Instances that end by themselves.

use std::sync::Arc;

use parking_lot::Mutex;
use rustix::process::Signal;
use time::{Duration, OffsetDateTime};
use vaas_core::{CreateError, Ending, Filter};
use veracruz_rest::InstanceState;

use crate::participant::Participant;
use crate::script::Script;
use crate::world::{World, becomes, exactly, free_ports, port_of, seen, settings, signal};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_instance_that_its_participant_shuts_down_is_finished_and_frees_its_slot() {
    let (world, participant) = (World::with_ports(1), Participant::new());
    let vaas = world.open().await;
    let created = vaas.create(&participant.asks(Some("mine"))).await.unwrap();
    participant.connect(&created.policy).await.shutdown().await.unwrap();
    becomes(&vaas, world.port(0), Some(InstanceState::Finished)).await;
    // Its slot is given again as soon as nothing of it is left.
    let second = loop {
        match vaas.create(&participant.asks(Some("second"))).await {
            Err(CreateError::NoFreeSlot(_)) => tokio::task::yield_now().await,
            created => break created.unwrap(),
        }
    };
    assert_eq!(seen(&vaas, world.port(0)).unwrap().instance_id.as_deref(), Some("second"));
    vaas.delete(world.port(0), &exactly(&created)).await.expect("the first has ended, so it may be deleted");
    vaas.delete(world.port(0), &exactly(&second)).await.unwrap();
    world.assert_empty();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_instance_that_is_killed_is_failed() {
    let (world, participant) = (World::with_ports(2), Participant::new());
    let vaas = world.open().await;
    let created = vaas.create(&participant.asks(None)).await.unwrap();
    let [pid] = world.processes()[..] else { panic!("one process") };
    signal(pid, Signal::KILL);
    becomes(&vaas, world.port(0), Some(InstanceState::Failed)).await;
    let second = vaas.create(&participant.asks(None)).await.unwrap();
    assert_eq!(port_of(&second.policy), world.port(1), "a port with something to see on it is used last");
    vaas.delete(world.port(0), &exactly(&created)).await.unwrap();
    assert!(seen(&vaas, world.port(0)).is_none(), "a deleted instance is not shown");
    vaas.delete(world.port(0), &exactly(&created)).await.unwrap();
    vaas.delete(world.port(1), &exactly(&second)).await.unwrap();
    world.assert_empty();
}

#[tokio::test]
async fn an_ended_instance_is_shown_for_some_minutes() {
    let script = Script::default();
    let now = Arc::new(Mutex::new(OffsetDateTime::UNIX_EPOCH));
    let mut settings = settings(free_ports(1));
    let clock = Arc::clone(&now);
    settings.clock = Arc::new(move || *clock.lock());
    let vaas = script.open(settings).await;
    let created = vaas.create(&Participant::new().asks(None)).await.unwrap();
    let port = port_of(&created.policy);
    script.end_all(&Ending::Failed("why".to_owned()));
    becomes(&vaas, port, Some(InstanceState::Failed)).await;
    let counted = [("OK", 0), ("deleting", 0), ("failed", 1), ("finished", 0), ("starting", 0)];
    assert_eq!(vaas.counts().instances, counted.into());
    *now.lock() += Duration::minutes(4);
    assert!(seen(&vaas, port).is_some());
    *now.lock() += Duration::minutes(1);
    assert!(seen(&vaas, port).is_none());
    assert_eq!(vaas.list(&Filter::default()).veracruz.len(), 0);
    vaas.delete(port, &exactly(&created)).await.expect("what is not shown any more may still be deleted");
}

#[tokio::test]
async fn the_memory_of_ended_instances_is_bounded_and_outlives_the_service() {
    let script = Script::default();
    let settings = settings(free_ports(1));
    let vaas = script.open(settings.clone()).await;
    let asked = Participant::new().asks(None);
    let created = vaas.create(&asked).await.unwrap();
    let port = port_of(&created.policy);
    vaas.delete(port, &exactly(&created)).await.unwrap();
    vaas.close().await;
    let vaas = script.open(settings).await;
    vaas.delete(port, &exactly(&created)).await.expect("it was deleted in the life before");
    let unknown = Filter::new(None, Some("0".repeat(59)));
    assert!(vaas.delete(port, &unknown).await.is_err());
    assert!(vaas.create(&asked).await.is_ok(), "only the first life is closed");
}
