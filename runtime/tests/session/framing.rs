//! The stream of messages: cut anywhere, many at once, announced lengths that no message has.

use tokio::io::AsyncWriteExt as _;

use crate::people::Person;
use crate::wire::{Reply, field, framed, number, policy_hash, read_file, write_file};
use crate::world::{Setup, World, policy};

async fn world(alice: &Person) -> World {
    Setup::of(policy(&[alice], |builder| builder)).start().await.unwrap()
}

#[tokio::test]
async fn requests_may_come_in_any_pieces() {
    let alice = Person::ordinary();
    let world = world(&alice).await;
    let stream = [framed(&write_file("/f", b"content")), framed(&read_file("/f")), framed(&policy_hash())].concat();
    for pieces in [1, 3, 7, 8, 9, stream.len()] {
        let mut client = world.connect(&alice).await;
        for piece in stream.chunks(pieces) {
            // Each piece is a TLS record of its own.
            client.send_bytes(piece).await;
        }
        client.reply().await.done();
        assert_eq!(client.reply().await.result().unwrap(), b"content", "in pieces of {pieces}");
        client.reply().await.done();
    }
    world.stop().await;
}

#[tokio::test]
async fn a_hundred_requests_at_once_are_answered_in_order() {
    let alice = Person::ordinary();
    let world = world(&alice).await;
    let client = world.connect(&alice).await;
    let requests: Vec<u8> = (0..100)
        .flat_map(|at: u32| {
            let name = format!("/f{}", at % 7);
            [framed(&write_file(&name, &at.to_be_bytes())), framed(&read_file(&name))].concat()
        })
        .collect();
    let (reader, mut writer) = tokio::io::split(client.stream);
    let writing = tokio::spawn(async move {
        writer.write_all(&requests).await.unwrap();
        writer.flush().await.unwrap();
        writer
    });
    let mut reader = Replies(reader);
    for at in 0..100_u32 {
        reader.next().await.done();
        assert_eq!(reader.next().await.result().unwrap(), at.to_be_bytes());
    }
    drop(writing.await.unwrap());
    drop(reader);
    world.stop().await;
}

#[tokio::test]
async fn an_upload_that_is_cut_anywhere_leaves_the_old_file() {
    let alice = Person::ordinary();
    let world = world(&alice).await;
    let mut watcher = world.connect(&alice).await;
    watcher.ask(&write_file("/f", b"the old content")).await.done();
    let upload = framed(&write_file("/f", b"the new content, never complete"));
    for end in 0..upload.len() {
        let mut client = world.connect(&alice).await;
        client.send_bytes(&upload[..end]).await;
        if end % 2 == 0 {
            // A goodbye in the middle of a message; otherwise the connection just breaks.
            client.stream.shutdown().await.unwrap();
            assert!(client.try_reply().await.is_err(), "nothing is answered");
        }
        drop(client);
        assert_eq!(watcher.ask(&read_file("/f")).await.result().unwrap(), b"the old content", "cut at {end}");
    }
    drop(watcher);
    world.stop().await;
}

#[tokio::test]
async fn lengths_that_no_message_has_end_the_connection_and_take_no_memory() {
    let alice = Person::ordinary();
    let world = world(&alice).await;
    for length in [1_u64 << 31, 1 << 63, u64::MAX] {
        let mut client = world.connect(&alice).await;
        client.send_bytes(&length.to_be_bytes()).await;
        assert!(client.try_reply().await.is_err(), "{length}");
    }
    // The longest that a message may have is waited for; nothing is taken for it before it comes.
    let mut client = world.connect(&alice).await;
    client.send_bytes(&((1_u64 << 31) - 1).to_be_bytes()).await;
    let head = [field(1, b"/large"), vec![0x12], crate::wire::varint((1 << 31) - 100)].concat();
    let head = [vec![0x12], crate::wire::varint((1 << 31) - 50), head].concat();
    client.send_bytes(&head).await;
    drop(client);
    let mut client = world.connect(&alice).await;
    let empty = client.ask(&[]).await;
    assert_eq!(empty.refused(), "unsupported-request", "a message of length 0 asks for nothing");
    drop(client);
    world.stop().await;
}

#[tokio::test]
async fn protobuf_may_be_reordered_and_have_unknown_fields() {
    let alice = Person::ordinary();
    let world = world(&alice).await;
    let mut client = world.connect(&alice).await;
    let unknown = [number(40, 7), field(41, b"new")].concat();
    let data = [field(2, b"before the name"), unknown.clone(), field(1, b"/f")].concat();
    let request = [unknown, number(1, 5), field(2, &data)].concat();
    client.ask(&request).await.done();
    assert_eq!(client.ask(&read_file("/f")).await.result().unwrap(), b"before the name");
    let twice = [field(1, b"/f"), field(2, b"first"), field(2, b"second")].concat();
    client.ask(&field(2, &twice)).await.done();
    assert_eq!(client.ask(&read_file("/f")).await.result().unwrap(), b"second", "the last of equal fields counts");
    drop(client);
    world.stop().await;
}

#[tokio::test]
async fn a_refused_upload_is_passed_over_and_the_next_request_answered() {
    let (alice, bob) = (Person::ordinary(), Person::ordinary());
    let policy = policy(&[&alice], |builder| builder.identity(bob.certificate(), "/mine/ : rw").unwrap());
    let world = Setup::of(policy).start().await.unwrap();
    let mut client = world.connect(&bob).await;
    let refused = framed(&write_file("/not-mine", &vec![7; 200_000]));
    client.send_bytes(&[refused, framed(&write_file("/mine/f", b"x"))].concat()).await;
    assert_eq!(client.reply().await.refused(), "no-entry");
    client.reply().await.done();
    drop(client);
    world.stop().await;
}

/// Replies from one half of a connection.
struct Replies<R>(R);

impl<R: tokio::io::AsyncRead + Unpin> Replies<R> {
    async fn next(&mut self) -> Reply {
        use tokio::io::AsyncReadExt as _;
        let length = self.0.read_u64().await.unwrap();
        let mut message = vec![0; usize::try_from(length).unwrap()];
        self.0.read_exact(&mut message).await.unwrap();
        Reply::parse(&message)
    }
}
