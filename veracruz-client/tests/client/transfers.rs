//! Files in and out, of every size and from every kind of source.

use std::io::{self, Read};

use veracruz_client::{FileKind, Progress, Session, Transfer, blocking};

use crate::server::Server;
use crate::world::World;

const MIB: usize = 1 << 20;

/// Bytes that show when one is lost or out of place.
fn pattern(length: usize) -> Vec<u8> {
    (0..length).map(|index| (index * 31 + index / 251) as u8).collect()
}

async fn open(server: &Server, world: &World) -> Session {
    world.client(server).build().unwrap().connect().await.unwrap()
}

#[tokio::test]
async fn what_goes_in_comes_out() {
    let world = World::new();
    let server = world.server();
    let mut session = open(&server, &world).await;
    for length in [0, 1, 5, 16 * 1024, 256 * 1024 - 20, 256 * 1024, MIB - 1, MIB, MIB + 1, 3 * MIB] {
        let content = pattern(length);
        for known in [true, false] {
            let transfer = if known { Transfer::new().length(length as u64) } else { Transfer::new() };
            let sent = session.upload("/input/data", content.as_slice(), transfer).await.unwrap();
            assert_eq!(sent, length as u64);
            assert_eq!(server.file("/input/data").unwrap(), content, "{length} bytes, length known: {known}");
            let mut back = Vec::new();
            let read = session.download("input/data", &mut back, Transfer::new()).await.unwrap();
            assert_eq!((read, back.len()), (length as u64, length));
            assert!(back == content, "{length} bytes, length known: {known}");
        }
    }
    assert!(server.seen().iter().any(|kind| kind == "write_chunk"), "long files of unknown length go in parts");
}

#[tokio::test]
async fn appending_goes_to_the_end_in_one_message_or_in_parts() {
    let world = World::new();
    let server = world.server();
    let mut session = open(&server, &world).await;
    let long = pattern(MIB + 7);
    session.append("/log", &b"one "[..], Transfer::new().length(4)).await.unwrap();
    session.append("/log", &b"two "[..], Transfer::new()).await.unwrap();
    session.append("/log", long.as_slice(), Transfer::new()).await.unwrap();
    assert_eq!(server.file("/log").unwrap(), [b"one two ", long.as_slice()].concat());
}

#[tokio::test]
async fn progress_rises_to_the_end() {
    let world = World::new();
    let server = world.server();
    let mut session = open(&server, &world).await;
    let content = pattern(2 * MIB);
    let length = content.len() as u64;
    let mut told: Vec<Progress> = Vec::new();
    let mut note = |progress| told.push(progress);
    session.upload("/a", content.as_slice(), Transfer::new().length(length).progress(&mut note)).await.unwrap();
    check_progress(&told, length, Some(length));
    told.clear();
    let mut note = |progress| told.push(progress);
    session.upload("/a", content.as_slice(), Transfer::new().progress(&mut note)).await.unwrap();
    check_progress(&told, length, None);
    told.clear();
    let mut note = |progress| told.push(progress);
    session.download("/a", tokio::io::sink(), Transfer::new().progress(&mut note)).await.unwrap();
    check_progress(&told, length, Some(length));
}

fn check_progress(told: &[Progress], length: u64, total: Option<u64>) {
    assert!(told.len() > 2, "{told:?}");
    assert!(told.is_sorted_by_key(|progress| progress.done));
    assert_eq!(told.last(), Some(&Progress { done: length, total }));
}

#[tokio::test]
async fn a_file_too_large_for_a_message_is_read_in_parts() {
    let world = World::new();
    let server = Server::with(world.instance().issued(&world), |behaviour| {
        behaviour.refused.insert("read_file", "message-too-large");
    });
    for length in [0, 1, 8 * MIB, 8 * MIB + 1] {
        server.put("/large", pattern(length));
        let mut back = Vec::new();
        let mut session = open(&server, &world).await;
        assert_eq!(session.download("/large", &mut back, Transfer::new()).await.unwrap(), length as u64);
        assert!(back == pattern(length), "{length}");
    }
}

#[tokio::test]
async fn a_small_read_is_bounded_and_leaves_the_session_usable() {
    let world = World::new();
    let server = world.server();
    server.put("/five", "12345");
    let mut session = open(&server, &world).await;
    assert_eq!(session.read("/five", 5).await.unwrap(), b"12345");
    assert_eq!(session.read("/five", 4).await.unwrap_err().code(), "result-too-large");
    assert_eq!(session.read("/five", 5).await.unwrap(), b"12345");
}

#[tokio::test]
async fn refusals_of_the_instance_have_its_code_and_leave_the_session_usable() {
    let world = World::new();
    let server = Server::with(world.instance().issued(&world), |behaviour| {
        behaviour.refused.insert("write_file", "no-right");
        behaviour.refused.insert("write_chunk", "too-full");
        behaviour.refused.insert("request_result", "");
    });
    let mut session = open(&server, &world).await;
    let small = session.upload("/a", &b"x"[..], Transfer::new()).await.unwrap_err();
    assert_eq!(small.code(), "no-right");
    assert!(small.to_string().contains("FAILED_INVALID_REQUEST") && small.to_string().contains("because"), "{small}");
    let large = pattern(30 * MIB);
    assert_eq!(session.upload("/a", large.as_slice(), Transfer::new()).await.unwrap_err().code(), "too-full");
    let parts = server.seen().iter().filter(|kind| *kind == "write_chunk").count();
    assert!(parts < 20, "{parts} parts went out to somebody who refuses them");
    assert_eq!(session.download("/nothing", tokio::io::sink(), Transfer::new()).await.unwrap_err().code(), "not-found");
    let old = session.compute("/p", veracruz_client::Compute::new()).await.unwrap_err();
    assert_eq!(old.code(), "failed");
    assert!(!old.next_step().is_empty(), "an old server says nothing, so the client does");
    assert_eq!(session.policy_hash().await.unwrap(), world.policy.hash());
}

#[tokio::test]
async fn names_are_normal_before_they_go_out() {
    let world = World::new();
    let server = world.server();
    let mut session = open(&server, &world).await;
    for (name, known_as) in [("a/b", "/a/b"), ("//a//c", "/a/c"), ("stdin", "stdin")] {
        session.upload(name, &b"x"[..], Transfer::new()).await.unwrap();
        assert!(server.file(known_as).is_some(), "{name}");
    }
    for name in ["", "/a/../b", "a\0b"] {
        assert_eq!(session.upload(name, &b"x"[..], Transfer::new()).await.unwrap_err().code(), "bad-name", "{name:?}");
    }
}

#[tokio::test]
async fn directories_are_listed_over_all_pages() {
    let world = World::new();
    let server = world.server();
    let names: Vec<String> = (0..3000).map(|number| format!("file-with-a-rather-long-name-{number:05}")).collect();
    names.iter().for_each(|name| server.put(&format!("/many/{name}"), "abc"));
    let mut session = open(&server, &world).await;
    let entries = session.list("/many/").await.unwrap();
    assert!(entries.iter().map(|entry| &entry.name).eq(&names));
    assert!(entries.iter().all(|entry| entry.size == 3 && entry.kind == FileKind::File));
    assert!(server.seen().iter().filter(|kind| *kind == "list").count() > 1);
    assert_eq!(session.stat(&format!("/many/{}", names[0])).await.unwrap().size, 3);
}

#[tokio::test]
async fn sources_and_sinks_that_fail_are_told_apart() {
    let world = World::new();
    let server = world.server();
    server.put("/out", pattern(MIB));
    let client = world.client(&server).build().unwrap();

    // A message that began cannot be completed: nothing more goes over this connection.
    let mut session = client.connect().await.unwrap();
    let error = session.upload("/in", &b"123"[..], Transfer::new().length(5)).await.unwrap_err();
    assert_eq!(error.code(), "source-unreadable");
    let broken = session.policy_hash().await.unwrap_err();
    assert!(broken.code() == "session-broken" && broken.is_retryable());
    assert_eq!(server.file("/in"), None);

    // Parts can be given up in between.
    let mut session = client.connect().await.unwrap();
    let failing = tokio::io::AsyncReadExt::chain(std::io::Cursor::new(pattern(3 * MIB)), Failing);
    assert_eq!(session.upload("/in", failing, Transfer::new()).await.unwrap_err().code(), "source-unreadable");
    assert_eq!(server.file("/in"), None, "without its last part the file does not appear");

    // A download passes by a writer that fails.
    assert_eq!(session.download("/out", Failing, Transfer::new()).await.unwrap_err().code(), "sink-unwritable");
    assert_eq!(session.policy_hash().await.unwrap(), world.policy.hash());
    session.close().await.unwrap();
}

/// Neither gives nor takes.
struct Failing;

impl tokio::io::AsyncRead for Failing {
    fn poll_read(
        self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
        _: &mut tokio::io::ReadBuf<'_>,
    ) -> std::task::Poll<io::Result<()>> {
        std::task::Poll::Ready(Err(io::Error::other("the disk is gone")))
    }
}

impl tokio::io::AsyncWrite for Failing {
    fn poll_write(
        self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
        _: &[u8],
    ) -> std::task::Poll<io::Result<usize>> {
        std::task::Poll::Ready(Err(io::Error::other("the disk is full")))
    }

    fn poll_flush(self: std::pin::Pin<&mut Self>, _: &mut std::task::Context<'_>) -> std::task::Poll<io::Result<()>> {
        std::task::Poll::Ready(Ok(()))
    }

    fn poll_shutdown(
        self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<io::Result<()>> {
        std::task::Poll::Ready(Ok(()))
    }
}

#[test]
fn the_blocking_face_does_the_same() {
    // The server lives on a runtime of its own, as it would elsewhere.
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let world = World::new();
    let server = world.server();
    let connector = OnRuntime(server.clone(), runtime.handle().clone());
    let client = blocking::Client::from(world.client(&server).connector(connector).build().unwrap());
    let mut session = client.connect().unwrap();
    let content = pattern(2 * MIB + 3);
    session.upload("/in", content.as_slice(), Transfer::new()).unwrap();
    session.append("/in", io::repeat(1).take(10), Transfer::new().length(10)).unwrap();
    let mut back = Vec::new();
    assert_eq!(session.download("/in", &mut back, Transfer::new()).unwrap(), content.len() as u64 + 10);
    assert!(back.starts_with(&content));
    assert_eq!(session.compute("/program/p", veracruz_client::Compute::new()).unwrap(), 10);
    assert_eq!(session.list("/").unwrap().len(), 1);
    session.shutdown().unwrap();
    assert_eq!(server.seen().last().unwrap(), "request_shutdown");
}

struct OnRuntime(Server, tokio::runtime::Handle);

impl veracruz_client::Connector for OnRuntime {
    fn connect<'a>(&'a self, address: &'a veracruz_policy::Endpoint) -> veracruz_client::Connecting<'a> {
        let _inside = self.1.enter();
        self.0.connect(address)
    }
}
