//! The service ends and begins again; its instances do not.

use std::os::unix::fs::PermissionsExt as _;

use rustix::process::Signal;
use tokio::runtime::{Builder, Runtime};
use vaas_core::process::{ProcessDriver, ProcessSettings};
use vaas_core::{Filter, Vaas};
use veracruz_rest::InstanceState;

use crate::participant::Participant;
use crate::world::{World, becomes, exactly, seen, signal};

fn life() -> Runtime {
    Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}

#[test]
fn running_instances_are_found_again_and_deleted_ones_stay_deleted() {
    let (world, participant) = (World::with_ports(3), Participant::new());
    let first = life();
    let (kept, shut, deleted) = first.block_on(async {
        let vaas = world.open().await;
        let kept = vaas.create(&participant.asks(Some("kept"))).await.unwrap();
        let shut = vaas.create(&participant.asks(Some("shut"))).await.unwrap();
        let deleted = vaas.create(&participant.asks(Some("deleted"))).await.unwrap();
        vaas.delete(world.port(2), &exactly(&deleted)).await.unwrap();
        vaas.close().await;
        (kept, shut, deleted)
    });
    drop(first);
    let between = life();
    between.block_on(async { participant.connect(&shut.policy).await.shutdown().await.unwrap() });
    drop(between);
    while world.processes().len() > 1 {
        std::thread::yield_now();
    }
    life().block_on(async {
        let vaas = world.open().await;
        assert_eq!(seen(&vaas, world.port(0)).unwrap().status, InstanceState::Ready);
        assert_eq!(seen(&vaas, world.port(0)).unwrap().instance_id.as_deref(), Some("kept"));
        becomes(&vaas, world.port(1), Some(InstanceState::Finished)).await;
        assert!(seen(&vaas, world.port(2)).is_none());
        vaas.delete(world.port(2), &exactly(&deleted)).await.unwrap();
        vaas.delete(world.port(1), &exactly(&shut)).await.unwrap();
        // An adopted instance is noticed, too.
        participant.connect(&kept.policy).await.shutdown().await.unwrap();
        becomes(&vaas, world.port(0), Some(InstanceState::Finished)).await;
        vaas.close().await;
        world.assert_empty();
    });
}

#[test]
fn an_adopted_instance_is_deleted_like_any_other() {
    let (world, participant) = (World::with_ports(1), Participant::new());
    let first = life();
    let created = first.block_on(async { world.open().await.create(&participant.asks(None)).await.unwrap() });
    drop(first);
    life().block_on(async {
        let vaas = world.open().await;
        let mut session = participant.connect(&created.policy).await;
        session.upload("/file", &b"x"[..], veracruz_client::Transfer::new().length(1)).await.unwrap();
        vaas.delete(world.port(0), &exactly(&created)).await.unwrap();
        world.assert_empty();
    });
}

#[test]
fn what_nobody_was_told_of_is_ended() {
    let (world, participant) = (World::with_ports(2), Participant::new());
    let first = life();
    first.block_on(async {
        let vaas = world.open().await;
        vaas.create(&participant.asks(None)).await.unwrap();
        vaas.create(&participant.asks(None)).await.unwrap();
    });
    drop(first);
    let [one, two] = &world.folders()[..] else { panic!("two instances") };
    // As a crash before the acknowledgement leaves it, and as a broken disk does.
    std::fs::remove_file(one.join("acknowledged")).unwrap();
    std::fs::write(two.join("instance.json"), "{").unwrap();
    life().block_on(async {
        let vaas = world.open().await;
        assert_eq!(vaas.list(&Filter::default()).veracruz.len(), 0);
        world.assert_empty();
    });
}

/// Who saw it start, and deletes it now, must not hit the one that has its port now.
#[test]
fn what_nobody_was_told_of_is_not_taken_for_the_next_instance_of_its_port() {
    let (world, asked) = (World::with_ports(1), Participant::new().asks(Some("x")));
    let mut settings = world.settings();
    settings.clock = std::sync::Arc::new(|| time::OffsetDateTime::UNIX_EPOCH + time::Duration::days(20_000));
    let first = life();
    let (before, again) = (settings.clone(), settings);
    let untold = first.block_on(async {
        let vaas = Vaas::open(world.driver().await, before).await.unwrap();
        vaas.create(&asked).await.unwrap()
    });
    drop(first);
    std::fs::remove_file(world.folders()[0].join("acknowledged")).unwrap();
    life().block_on(async {
        let vaas = Vaas::open(world.driver().await, again).await.unwrap();
        let created = vaas.create(&asked).await.unwrap();
        assert_ne!(created.instance_hash, untold.instance_hash);
        vaas.delete(world.port(0), &exactly(&untold)).await.unwrap();
        assert!(seen(&vaas, world.port(0)).is_some_and(|seen| seen.status == InstanceState::Ready));
        vaas.delete(world.port(0), &exactly(&created)).await.unwrap();
        world.assert_empty();
    });
}

#[test]
fn an_instance_that_died_meanwhile_is_shown_and_its_slot_is_free() {
    let (world, participant) = (World::with_ports(1), Participant::new());
    let first = life();
    first.block_on(async { world.open().await.create(&participant.asks(None)).await.unwrap() });
    drop(first);
    let [pid] = world.processes()[..] else { panic!("one process") };
    signal(pid, Signal::KILL);
    let record = world.folders()[0].join("instance.json");
    let text = crate::world::read(&record);
    let boot = crate::world::read("/proc/sys/kernel/random/boot_id".as_ref());
    std::fs::write(&record, text.replace(boot.trim(), "an earlier start of the machine")).unwrap();
    while !world.processes().is_empty() {
        std::thread::yield_now();
    }
    life().block_on(async {
        let vaas = world.open().await;
        becomes(&vaas, world.port(0), Some(InstanceState::Failed)).await;
        while let Err(full) = vaas.create(&participant.asks(None)).await {
            assert_eq!(full.code(), "no-free-slot", "{full}");
            tokio::task::yield_now().await;
        }
        let [created] = &vaas.list(&Filter::default()).veracruz[..] else { panic!("one instance") };
        let hash = created.first_key_value().unwrap().1.instance_hash.clone();
        vaas.delete(world.port(0), &Filter::new(None, Some(hash))).await.unwrap();
        world.assert_empty();
    });
}

#[tokio::test]
async fn two_services_do_not_share_a_folder_and_what_lies_there_is_private() {
    let world = World::with_ports(1);
    let first = world.driver().await;
    let settings = ProcessSettings::new(&world.program, "127.0.0.1".parse().unwrap(), world.state());
    let refused = ProcessDriver::open(settings.clone()).await.err().expect("it is taken");
    assert!(refused.to_string().contains("another service uses it"), "{refused}");
    let vaas = Vaas::open(first.clone(), world.settings()).await.unwrap();
    let created = vaas.create(&Participant::new().asks(None)).await.unwrap();
    let folder = &world.folders()[0];
    for path in [folder.clone(), folder.join("policy.json"), folder.join("log"), world.state().join("instances")] {
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{}", path.display());
    }
    vaas.delete(world.port(0), &exactly(&created)).await.unwrap();
    vaas.close().await;
    drop((vaas, first));
    assert!(ProcessDriver::open(settings).await.is_ok(), "the folder is free again");
}
