//! Connections that end: what is repeated, and what never is.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use veracruz_client::{Compute, Connecting, Connector, Transfer};
use veracruz_policy::Endpoint;

use crate::server::Server;
use crate::world::World;

fn cutting(world: &World, kind: &'static str, times: usize) -> Server {
    Server::with(world.instance().issued(world), |behaviour| *behaviour.cut.get_mut().unwrap() = Some((kind, times)))
}

#[tokio::test]
async fn reads_are_repeated_once_on_a_new_connection() {
    let world = World::new();
    for times in [1, 2] {
        let server = cutting(&world, "stat", times);
        server.put("/a", "abc");
        let mut session = world.client(&server).build().unwrap().connect().await.unwrap();
        let stat = session.stat("/a").await;
        let evidence = server.seen().iter().filter(|kind| *kind == "evidence").count();
        assert_eq!(evidence, 2, "the new connection is verified anew");
        match times {
            1 => assert_eq!(stat.unwrap().size, 3),
            _ => assert_eq!(stat.unwrap_err().code(), "connection-lost"),
        }
    }
}

#[tokio::test]
async fn a_download_is_repeated_only_before_its_first_byte() {
    let world = World::new();
    let server = cutting(&world, "read_file", 1);
    server.put("/a", "abc");
    let mut session = world.client(&server).build().unwrap().connect().await.unwrap();
    let mut back = Vec::new();
    assert_eq!(session.download("/a", &mut back, Transfer::new()).await.unwrap(), 3);
    assert_eq!(back, b"abc");

    let server = Server::with(world.instance().issued(&world), |behaviour| behaviour.cut_download = Some(100_000));
    server.put("/a", vec![1; 200_000]);
    let mut session = world.client(&server).build().unwrap().connect().await.unwrap();
    let mut back = Vec::new();
    let error = session.download("/a", &mut back, Transfer::new()).await;
    assert!(error.is_err() || back.is_empty());
    let error = error.unwrap_err();
    assert!(error.code() == "connection-lost" && error.is_retryable());
    assert_eq!(server.seen().iter().filter(|kind| *kind == "read_file").count(), if back.is_empty() { 2 } else { 1 });
}

#[tokio::test]
async fn what_may_have_been_done_is_never_repeated() {
    let world = World::new();
    for kind in ["write_file", "append_file", "request_result", "request_shutdown"] {
        let server = cutting(&world, kind, 1);
        let mut session = world.client(&server).build().unwrap().connect().await.unwrap();
        let error = match kind {
            "write_file" => session.upload("/a", &b"x"[..], Transfer::new()).await.map(drop),
            "append_file" => session.append("/a", &b"x"[..], Transfer::new()).await.map(drop),
            "request_result" => session.compute("/p", Compute::new()).await.map(drop),
            _ => session.shutdown().await,
        };
        assert_eq!(error.unwrap_err().code(), "connection-lost", "{kind}");
        assert_eq!(server.seen().iter().filter(|seen| *seen == kind).count(), 1, "{kind}");
    }
}

#[tokio::test]
async fn an_operation_that_is_given_up_breaks_the_session_and_nothing_else() {
    let world = World::new();
    let server = world.server();
    let client = world.client(&server).build().unwrap();
    let mut session = client.connect().await.unwrap();
    {
        let compute = session.compute("/program/endless", Compute::new());
        let started = async {
            while !server.seen().iter().any(|kind| kind == "request_result") {
                tokio::task::yield_now().await;
            }
        };
        tokio::select! { _ = compute => panic!("it does not end"), () = started => {} }
    }
    assert_eq!(session.policy_hash().await.unwrap_err().code(), "session-broken");
    client.connect().await.unwrap().policy_hash().await.unwrap();
}

#[tokio::test]
async fn connecting_is_tried_as_often_as_told() {
    let world = World::new();
    for (refusals, attempts, connects) in [(0, 1, true), (1, 1, false), (2, 3, true), (3, 3, false)] {
        let connector = Late { server: world.server(), refusals: Arc::new(AtomicU32::new(refusals)) };
        let client = world.client(&connector.server).connector(connector.clone());
        let client = client.connect_attempts(attempts, Duration::ZERO).build().unwrap();
        match client.connect().await {
            Ok(_) => assert!(connects, "{refusals} refusals, {attempts} attempts"),
            Err(error) => {
                assert!(!connects, "{refusals} refusals, {attempts} attempts: {error}");
                assert!(error.code() == "connect" && error.is_retryable());
            }
        }
    }
}

/// An instance that is not up at first.
#[derive(Clone)]
struct Late {
    server: Server,
    refusals: Arc<AtomicU32>,
}

impl Connector for Late {
    fn connect<'a>(&'a self, address: &'a Endpoint) -> Connecting<'a> {
        let refuse = self.refusals.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok();
        if refuse {
            return Box::pin(async { Err(io::ErrorKind::ConnectionRefused.into()) });
        }
        self.server.connect(address)
    }
}

#[tokio::test]
async fn somebody_who_never_answers_is_not_waited_for_for_ever() {
    let world = World::new();
    let client =
        world.client(&world.server()).connector(Silent).connect_timeout(Duration::from_millis(20)).build().unwrap();
    let error = client.connect().await.unwrap_err();
    assert!(error.code() == "connect-timeout" && error.is_retryable());
}

/// Takes a connection and says nothing.
struct Silent;

impl Connector for Silent {
    fn connect<'a>(&'a self, _: &'a Endpoint) -> Connecting<'a> {
        Box::pin(async {
            let (near, far) = tokio::io::duplex(1 << 16);
            tokio::spawn(async move {
                let _open = far;
                std::future::pending::<()>().await;
            });
            let near: Box<dyn veracruz_client::Transport> = Box::new(near);
            Ok(near)
        })
    }
}
