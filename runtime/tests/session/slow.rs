//! Peers that do not read or write as fast as they should. Time is virtual.

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use veracruz_runtime::Ended;

use crate::people::Person;
use crate::wire::{framed, read_file, write_file};
use crate::world::{Setup, policy};

#[tokio::test(start_paused = true)]
async fn a_peer_that_does_not_read_is_cut_and_disturbs_nobody() {
    let (alice, bob) = (Person::ordinary(), Person::ordinary());
    let mut setup = Setup::of(policy(&[&alice, &bob], |builder| builder));
    setup.limits.write_stall = Duration::from_secs(7);
    let world = setup.start().await.unwrap();
    let mut slow = world.connect(&alice).await;
    let mut other = world.connect(&bob).await;
    other.ask(&write_file("/f", &vec![7; 1 << 20])).await.done();
    slow.send_bytes(&framed(&read_file("/f"))).await;
    slow.stream.read_exact(&mut [0; 8]).await.unwrap();
    let begun = tokio::time::Instant::now();
    other.ask(&write_file("/f", b"short")).await.done();
    assert!(begun.elapsed() < Duration::from_secs(1), "nobody waits for it");
    drop(other);
    // It ends by itself, before the bound of the drain, although it never read on.
    assert_eq!(world.stop().await, Ended::ByEmbedder { cut: 0 });
    assert!(slow.stream.read_to_end(&mut Vec::new()).await.is_err(), "cut in the middle of the reply");
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_writes_slowly_is_waited_for() {
    let alice = Person::ordinary();
    let world = Setup::of(policy(&[&alice], |builder| builder)).start().await.unwrap();
    let mut client = world.connect(&alice).await;
    for byte in framed(&write_file("/f", b"slowly")) {
        client.stream.write_all(&[byte]).await.unwrap();
        client.stream.flush().await.unwrap();
        tokio::time::advance(Duration::from_secs(100)).await;
    }
    client.reply().await.done();
    assert_eq!(client.ask(&read_file("/f")).await.result().unwrap(), b"slowly");
    drop(client);
    world.stop().await;
}
