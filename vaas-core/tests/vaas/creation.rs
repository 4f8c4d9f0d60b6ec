//! Creating instances, with real processes.

use std::collections::BTreeSet;
use std::net::TcpListener;
use std::sync::Arc;

use futures_util::future::join_all;
use vaas_core::{CreateError, Filter};
use veracruz_client::Transfer;
use veracruz_rest::InstanceState;

use crate::participant::Participant;
use crate::world::{World, becomes, exactly, port_of, seen};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_created_instance_takes_sessions_and_its_slot_comes_back() {
    let (world, participant) = (World::with_ports(1), Participant::new());
    let vaas = world.open().await;
    let created = vaas.create(&participant.asks(Some("mine"))).await.unwrap();
    assert_eq!(created.instance_id.as_deref(), Some("mine"));
    assert_eq!(created.instance_hash.len(), 59);

    let mut session = participant.connect(&created.policy).await;
    session.upload("/input", &b"content"[..], Transfer::new().length(7)).await.unwrap();

    let full = vaas.create(&participant.asks(None)).await;
    assert!(matches!(full, Err(CreateError::NoFreeSlot(_))), "{full:?}");
    let deleted = vaas.delete(world.port(0), &exactly(&created)).await;
    deleted.unwrap();
    world.assert_empty();
    let again = vaas.create(&participant.asks(None)).await.unwrap();
    vaas.delete(world.port(0), &exactly(&again)).await.unwrap();
    assert_eq!((vaas.counts().started, vaas.counts().start_failures["no-free-slot"]), (2, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn concurrent_creations_get_ports_of_their_own() {
    const PORTS: u16 = 4;
    let (world, participant) = (World::with_ports(PORTS), Participant::new());
    let vaas = world.open().await;
    let asked = participant.asks(None);
    let outcomes = join_all((0..PORTS + 3).map(|_| vaas.create(&asked))).await;
    let (created, refused): (Vec<_>, Vec<_>) = outcomes.into_iter().partition(Result::is_ok);
    assert_eq!((created.len(), refused.len()), (usize::from(PORTS), 3));
    assert!(refused.iter().all(|refused| matches!(refused, Err(CreateError::NoFreeSlot(_)))), "{refused:?}");
    let created: Vec<_> = created.into_iter().map(Result::unwrap).collect();
    let ports: BTreeSet<_> = created.iter().map(|created| port_of(&created.policy)).collect();
    assert_eq!(ports, world.ports.ports().collect());
    // Each serves its own policy: another hash would be refused by the client.
    for created in &created {
        participant.connect(&created.policy).await.close().await.unwrap();
    }
    let listed = vaas.list(&Filter::default()).veracruz;
    let names: Vec<_> = listed.iter().map(|one| one.keys().next().unwrap().clone()).collect();
    let expected: Vec<_> = world.ports.ports().map(|port| format!("veracruz-nitro-server:{port}")).collect();
    assert_eq!(names, expected, "by port");
    join_all(
        created.iter().map(|created| async { vaas.delete(port_of(&created.policy), &exactly(created)).await.unwrap() }),
    )
    .await;
    world.assert_empty();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_port_that_something_else_has_is_passed_over() {
    let (world, participant) = (World::with_ports(2), Participant::new());
    let foreign = TcpListener::bind(("127.0.0.1", world.port(0))).unwrap();
    let vaas = world.open().await;
    let created = vaas.create(&participant.asks(None)).await.unwrap();
    assert_eq!(port_of(&created.policy), world.port(1));
    let full = vaas.create(&participant.asks(None)).await;
    assert!(matches!(full, Err(CreateError::NoFreeSlot(_))), "{full:?}");
    assert!(seen(&vaas, world.port(0)).is_none());
    vaas.delete(world.port(1), &exactly(&created)).await.unwrap();
    world.assert_no_instance();
    drop(foreign);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_creator_that_goes_away_leaves_nothing() {
    let (world, participant) = (World::with_ports(1), Participant::new());
    let vaas = world.open().await;
    let asked = participant.asks(None);
    let creator = tokio::spawn({
        let (vaas, asked) = (Arc::clone(&vaas), asked.clone());
        async move { vaas.create(&asked).await }
    });
    becomes(&vaas, world.port(0), Some(InstanceState::Starting)).await;
    creator.abort();
    becomes(&vaas, world.port(0), None).await;
    world.assert_empty();
    let created = vaas.create(&asked).await.unwrap();
    vaas.delete(world.port(0), &exactly(&created)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn more_memory_than_is_allowed_is_refused() {
    let (world, participant) = (World::with_ports(1), Participant::new());
    let mut settings = world.settings();
    settings.max_memory_mib = Some(63);
    let vaas = vaas_core::Vaas::open(world.driver().await, settings).await.unwrap();
    let refused = vaas.create(&participant.asks(None)).await.unwrap_err();
    assert!(matches!(refused, CreateError::TooMuchMemory { asked: 64, limit: 63 }), "{refused}");
    assert_eq!(vaas.list(&Filter::default()).veracruz.len(), 0);
}
