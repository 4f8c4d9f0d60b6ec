//! Files of participants: written, appended to, read, listed; and what is refused.

use veracruz_policy::Sha256Digest;

use crate::people::Person;
use crate::wire::{append_file, list, policy_hash, read_file, stat, write_file};
use crate::world::{Setup, policy};

#[tokio::test]
async fn files_are_written_appended_to_and_read() {
    let alice = Person::ordinary();
    let world = Setup::of(policy(&[&alice], |builder| builder)).start().await.unwrap();
    let mut client = world.connect(&alice).await;
    for size in [1, 100, 16 << 10, (16 << 10) + 1, 300_000, 1 << 20] {
        let content: Vec<u8> = (0..size).map(|at| (at % 251) as u8).collect();
        client.ask(&write_file("/input/data", &content)).await.done();
        assert_eq!(client.ask(&read_file("/input/data")).await.done().result(), Some(content), "{size} bytes");
    }
    client.ask(&write_file("/input/data", b"short")).await.done();
    client.ask(&append_file("input//data", b" and more")).await.done();
    assert_eq!(client.ask(&read_file("/input/data")).await.result().unwrap(), b"short and more");
    client.ask(&append_file("/new", b"made")).await.done();
    client.ask(&write_file("/empty", b"")).await.done();
    assert_eq!(client.ask(&read_file("/empty")).await.done().result(), Some(vec![]), "an empty file has a result");
    drop(client);
    world.stop().await;
}

#[tokio::test]
async fn what_is_not_allowed_or_not_there_is_status_7_with_a_reason() {
    let (alice, bob) = (Person::ordinary(), Person::ordinary());
    let content = Sha256Digest::of(b"right");
    let policy = policy(&[&alice], |builder| {
        let builder = builder.identity(bob.certificate(), "/output/ : r").unwrap();
        builder.file_hash("/fixed", content).unwrap()
    });
    let world = Setup::of(policy).start().await.unwrap();
    let mut alice = world.connect(&alice).await;
    let mut bob = world.connect(&bob).await;
    for (what, request, code) in [
        ("no right", write_file("/input/x", b"x"), "no-entry"),
        ("no right to write", write_file("/output/x", b"x"), "missing-rights"),
        ("a stream the wrong way", read_file("stdin"), "stream-direction"),
    ] {
        assert_eq!(bob.ask(&request).await.refused(), code, "{what}");
    }
    for (what, request, code) in [
        ("missing", read_file("/nowhere"), "not-found"),
        ("no path", write_file("/a/../b", b"x"), "bad-path"),
        ("a wrong hash", write_file("/fixed", b"wrong"), "wrong-hash"),
        ("an append to what is fixed", append_file("/fixed", b"x"), "content-is-fixed"),
        ("a request that nobody does", crate::wire::field(4, b""), "unsupported-request"),
        ("a request of the future", crate::wire::field(99, b""), "unsupported-request"),
        ("no protobuf", vec![0xff; 40], "bad-protobuf"),
    ] {
        assert_eq!(alice.ask(&request).await.refused(), code, "{what}");
    }
    alice.ask(&write_file("/fixed", b"right")).await.done();
    assert_eq!(alice.ask(&write_file("/fixed", b"wrong")).await.refused(), "wrong-hash");
    assert_eq!(alice.ask(&read_file("/fixed")).await.result().unwrap(), b"right", "the old file is there");
    drop((alice, bob));
    world.stop().await;
}

#[tokio::test]
async fn the_policy_hash_is_that_of_the_exact_text() {
    let alice = Person::ordinary();
    let world = Setup::of(policy(&[&alice], |builder| builder)).start().await.unwrap();
    let mut client = world.connect(&alice).await;
    let reply = client.ask(&policy_hash()).await.done();
    let hash = reply.message(11).unwrap().text(1);
    assert_eq!(hash, Sha256Digest::of(world.policy.text().as_bytes()).to_string());
    assert!(hash.len() == 64 && !hash.contains(|c: char| c.is_ascii_uppercase()));
    drop(client);
    world.stop().await;
}

#[tokio::test]
async fn a_directory_shows_what_is_in_it_and_each_file_its_size() {
    let alice = Person::ordinary();
    let world = Setup::of(policy(&[&alice], |builder| builder)).start().await.unwrap();
    let mut client = world.connect(&alice).await;
    for (name, content) in [("/d/b", "22"), ("/d/a", "1"), ("/d/c/deep", "")] {
        client.ask(&write_file(name, content.as_bytes())).await.done();
    }
    let listing = client.ask(&list("/d")).await.done().message(14).unwrap();
    let entries: Vec<_> = listing.messages(1).iter().map(|entry| (entry.text(1), entry.number(3))).collect();
    assert_eq!(entries, [("a".to_owned(), 1), ("b".to_owned(), 2), ("c".to_owned(), 0)]);
    assert_eq!(client.ask(&stat("/d/b")).await.done().message(15).unwrap().number(2), 2);
    assert_eq!(client.ask(&stat("/d/x")).await.refused(), "not-found");
    assert_eq!(client.ask(&list("/d/a")).await.refused(), "not-a-directory");
    drop(client);
    world.stop().await;
}
