//! Files in parts, both ways.

use crate::people::Person;
use crate::wire::{field, number, read_chunk, read_file, write_chunk, write_file};
use crate::world::{Setup, policy};

#[tokio::test]
async fn a_file_appears_with_its_last_part() {
    let alice = Person::ordinary();
    let world = Setup::of(policy(&[&alice], |builder| builder)).start().await.unwrap();
    let mut client = world.connect(&alice).await;
    client.ask(&write_file("/f", b"old")).await.done();
    for (offset, last, part, so_far) in
        [(0, false, "one ", Some(4)), (4, false, "two ", Some(8)), (8, true, "three", None)]
    {
        assert_eq!(client.ask(&read_file("/f")).await.result().unwrap(), b"old");
        let reply = client.ask(&write_chunk("/f", offset, last, part.as_bytes())).await.done();
        assert_eq!(reply.message(17).map(|written| written.number(1)), so_far);
    }
    assert_eq!(client.ask(&read_file("/f")).await.result().unwrap(), b"one two three");
    drop(client);
    world.stop().await;
}

#[tokio::test]
async fn parts_out_of_order_are_refused_and_those_of_a_lost_session_are_gone() {
    let alice = Person::ordinary();
    let world = Setup::of(policy(&[&alice], |builder| builder)).start().await.unwrap();
    let mut client = world.connect(&alice).await;
    client.ask(&write_chunk("/f", 0, false, b"12345")).await.done();
    for (offset, what) in [(4, "a gap behind"), (6, "a gap"), (u64::MAX, "far away")] {
        assert_eq!(client.ask(&write_chunk("/f", offset, true, b"x")).await.refused(), "part-out-of-order", "{what}");
    }
    client.ask(&write_chunk("/f", 5, false, b"67")).await.done();
    let other = world.connect(&alice).await.ask(&write_chunk("/f", 7, true, b"x")).await.refused();
    assert_eq!(other, "part-out-of-order", "another session has parts of its own");
    drop(client);
    let mut client = world.connect(&alice).await;
    assert_eq!(client.ask(&write_chunk("/f", 7, true, b"x")).await.refused(), "part-out-of-order");
    assert_eq!(client.ask(&read_file("/f")).await.refused(), "not-found");
    drop(client);
    world.stop().await;
}

#[tokio::test]
async fn a_session_writes_a_bounded_number_of_files_in_parts() {
    let alice = Person::ordinary();
    let world = Setup::of(policy(&[&alice], |builder| builder)).start().await.unwrap();
    let mut client = world.connect(&alice).await;
    for at in 0..16 {
        client.ask(&write_chunk(&format!("/f{at}"), 0, false, b"x")).await.done();
    }
    assert_eq!(client.ask(&write_chunk("/one-more", 0, false, b"x")).await.refused(), "uploads-full");
    client.ask(&write_chunk("/f0", 0, false, b"begun anew")).await.done();
    client.ask(&write_chunk("/f1", 1, true, b"y")).await.done();
    client.ask(&write_chunk("/one-more", 0, false, b"x")).await.done();
    drop(client);
    world.stop().await;
}

#[tokio::test]
async fn a_part_whose_name_comes_late_is_taken_when_it_is_the_first() {
    let alice = Person::ordinary();
    let world = Setup::of(policy(&[&alice], |builder| builder)).start().await.unwrap();
    let mut client = world.connect(&alice).await;
    let late = |offset, last: u64, data: &[u8]| {
        field(17, &[field(5, data), number(2, offset), number(3, last), field(1, b"/f")].concat())
    };
    client.ask(&late(0, 0, b"first ")).await.done();
    client.ask(&write_chunk("/f", 6, true, b"second")).await.done();
    assert_eq!(client.ask(&read_file("/f")).await.result().unwrap(), b"first second");
    client.ask(&late(0, 1, b"alone")).await.done();
    assert_eq!(client.ask(&read_file("/f")).await.result().unwrap(), b"alone");
    assert_eq!(client.ask(&late(5, 1, b"x")).await.refused(), "part-name-late");
    drop(client);
    world.stop().await;
}

#[tokio::test]
async fn a_file_is_read_in_parts_of_one_version() {
    let alice = Person::ordinary();
    let world = Setup::of(policy(&[&alice], |builder| builder)).start().await.unwrap();
    let mut client = world.connect(&alice).await;
    let content: Vec<u8> = (0..600_000_u32).map(|at| at as u8).collect();
    client.ask(&write_file("/f", &content)).await.done();
    let (mut read, mut version) = (Vec::new(), 0);
    while read.len() < content.len() {
        let chunk = client.ask(&read_chunk("/f", read.len() as u64, 250_001, version)).await.done();
        let chunk = chunk.message(16).unwrap();
        assert_eq!((chunk.number(2), chunk.number(3)), (read.len() as u64, content.len() as u64));
        version = chunk.number(4);
        read.extend_from_slice(chunk.bytes(1).unwrap());
    }
    assert_eq!(read, content);
    let end = client.ask(&read_chunk("/f", 600_000, 1, version)).await.done();
    assert_eq!(end.message(16).unwrap().bytes(1), None, "nothing at the end");
    assert_eq!(client.ask(&read_chunk("/f", 600_001, 1, version)).await.refused(), "offset-beyond-end");
    client.ask(&write_file("/f", b"changed")).await.done();
    assert_eq!(client.ask(&read_chunk("/f", 0, 1, version)).await.refused(), "version-changed");
    drop(client);
    world.stop().await;
}
