//! How an instance ends, and evidence that is bound to a session.

use veracruz_attestation::{EXPORTER_LABEL, Role, exporter_context};
use veracruz_runtime::Ended;
use x509_parser::prelude::{FromDer as _, X509Certificate};

use crate::identity::verify;
use crate::people::Person;
use crate::wire::{evidence, framed, policy_hash, shutdown, write_file};
use crate::world::{Setup, policy};

#[tokio::test]
async fn a_participant_ends_the_instance_and_is_answered() {
    let (alice, bob) = (Person::ordinary(), Person::ordinary());
    let world = Setup::of(policy(&[&alice, &bob], |builder| builder)).start().await.unwrap();
    let mut idle = world.connect(&alice).await;
    idle.ask(&policy_hash()).await.done();
    let mut client = world.connect(&bob).await;
    let two = [framed(&write_file("/f", b"x")), framed(&shutdown())].concat();
    client.send_bytes(&two).await;
    client.reply().await.done();
    let reply = client.reply().await.done();
    assert!(reply.result().is_none());
    assert_eq!(world.ended().await, Ended::ByParticipant { id: 1 });
    assert!(idle.try_reply().await.is_err(), "other sessions are closed");
    assert!(client.try_reply().await.is_err());
}

#[tokio::test(start_paused = true)]
async fn the_embedder_ends_the_instance_and_waits_neither_for_idle_sessions_nor_for_strangers() {
    let alice = Person::ordinary();
    let world = Setup::of(policy(&[&alice], |builder| builder)).start().await.unwrap();
    let mut silent = world.pipe().await;
    let mut client = world.connect(&alice).await;
    client.ask(&policy_hash()).await.done();
    let asked = tokio::time::Instant::now();
    assert_eq!(world.stop().await, Ended::ByEmbedder { cut: 0 });
    assert_eq!(asked.elapsed().as_secs(), 0);
    assert!(client.try_reply().await.is_err());
    assert_eq!(tokio::io::AsyncReadExt::read(&mut silent, &mut [0]).await.unwrap(), 0);
}

/// Virtual time: the bound passes at once.
#[tokio::test(start_paused = true)]
async fn a_session_that_does_not_come_to_an_end_is_cut_after_the_bound() {
    let alice = Person::ordinary();
    let world = Setup::of(policy(&[&alice], |builder| builder)).start().await.unwrap();
    let mut client = world.connect(&alice).await;
    client.ask(&write_file("/f", &vec![7; 1 << 20])).await.done();
    // The reply is larger than the pipe, and nobody reads it.
    client.send_bytes(&framed(&crate::wire::read_file("/f"))).await;
    let mut first = [0; 8];
    tokio::io::AsyncReadExt::read_exact(&mut client.stream, &mut first).await.unwrap();
    assert_eq!(world.stop().await, Ended::ByEmbedder { cut: 1 });
}

#[tokio::test]
async fn evidence_is_bound_to_key_policy_nonce_and_connection() {
    let alice = Person::ordinary();
    let world = Setup::of(policy(&[&alice], |builder| builder)).start().await.unwrap();
    let mut documents = Vec::new();
    for nonce in [[1; 32], [2; 32]] {
        let mut client = world.connect(&alice).await;
        let reply = client.ask(&evidence(&nonce)).await.done().message(13).unwrap();
        assert_eq!(reply.text(2), "simulated");
        let leaf = &client.server_certificates()[0];
        let (_, leaf) = X509Certificate::from_der(leaf).unwrap();
        let context = exporter_context(Role::Server, &nonce);
        let tls = client.stream.get_ref().1;
        let channel = tls.export_keying_material([0; 32], EXPORTER_LABEL.as_bytes(), Some(&context)).unwrap();
        let document = reply.bytes(1).unwrap().to_vec();
        verify(&world, &document, leaf.public_key().raw, Role::Server, Some(nonce), &channel);
        documents.push(document);
    }
    assert_ne!(documents[0], documents[1]);
    let mut client = world.connect(&alice).await;
    assert_eq!(client.ask(&evidence(&[1; 31])).await.refused(), "bad-nonce");
    drop(client);
    world.stop().await;
}

#[tokio::test]
async fn several_instances_live_in_one_process() {
    let alice = Person::ordinary();
    let one = Setup::of(policy(&[&alice], |builder| builder)).start().await.unwrap();
    let two = Setup::of(policy(&[&alice], |builder| builder.debug(true))).start().await.unwrap();
    let (mut first, mut second) = (one.connect(&alice).await, two.connect(&alice).await);
    first.ask(&write_file("/f", b"of the first")).await.done();
    assert_eq!(second.ask(&crate::wire::read_file("/f")).await.refused(), "not-found");
    first.ask(&shutdown()).await.done();
    one.ended().await;
    second.ask(&policy_hash()).await.done();
    drop(second);
    two.stop().await;
}
