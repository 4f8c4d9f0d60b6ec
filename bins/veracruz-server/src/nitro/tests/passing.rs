//! Connections from clients into the enclave.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpStream, UnixListener};
use veracruz_runtime::control::SESSION_PORT;

use super::stand_in::{Machine, listener};
use crate::nitro::forward::Forwarding;

/// A forwarding into an enclave of which only the port of sessions is there.
struct World {
    forwarding: Forwarding,
    address: SocketAddr,
    sessions: UnixListener,
    _machine: Machine,
}

impl World {
    async fn new() -> Self {
        let (machine, listener) = (Machine::new(), listener().await);
        let (address, sessions) = (listener.local_addr().unwrap(), machine.listen(SESSION_PORT));
        World { forwarding: Forwarding::start(listener, machine.network(), 16), address, sessions, _machine: machine }
    }
}

#[tokio::test]
async fn bytes_and_ends_pass_both_ways() {
    let world = World::new().await;
    let mut client = TcpStream::connect(world.address).await.unwrap();
    client.write_all(b"to the enclave").await.unwrap();
    client.shutdown().await.unwrap();
    let (mut enclave, _) = world.sessions.accept().await.unwrap();
    let mut received = String::new();
    enclave.read_to_string(&mut received).await.unwrap();
    assert_eq!(received, "to the enclave");
    assert_eq!(world.forwarding.open(), 1);
    let answer = vec![7; 1 << 20];
    let writing = tokio::spawn(async move { enclave.write_all(&answer).await.unwrap() });
    let mut answered = Vec::new();
    client.read_to_end(&mut answered).await.unwrap();
    assert_eq!(answered, [7; 1 << 20]);
    writing.await.unwrap();
    world.forwarding.finish().await;
}

#[tokio::test]
async fn who_connects_and_closes_or_says_nothing_never_reaches_the_enclave() {
    let world = World::new().await;
    for _ in 0..500 {
        drop(TcpStream::connect(world.address).await.unwrap());
    }
    let silent = TcpStream::connect(world.address).await.unwrap();
    let mut speaks = TcpStream::connect(world.address).await.unwrap();
    speaks.write_all(b"x").await.unwrap();
    let (mut first, _) = world.sessions.accept().await.unwrap();
    let mut byte = [0];
    first.read_exact(&mut byte).await.unwrap();
    assert_eq!(byte, *b"x", "the first connection of the enclave is of the first who spoke");
    assert_eq!(world.forwarding.open(), 1);
    drop(silent);
}

#[tokio::test]
async fn at_the_end_the_last_words_arrive_and_idle_clients_are_not_waited_for() {
    let world = World::new().await;
    let mut silent = TcpStream::connect(world.address).await.unwrap();
    let mut client = TcpStream::connect(world.address).await.unwrap();
    client.write_all(b"shut down").await.unwrap();
    let (mut enclave, _) = world.sessions.accept().await.unwrap();
    enclave.read_exact(&mut [0; 9]).await.unwrap();
    world.forwarding.close();
    enclave.write_all(b"done").await.unwrap();
    drop(enclave);
    // The client keeps its half open, so only the end of the forwarding can end the connection.
    world.forwarding.finish().await;
    let mut words = Vec::new();
    client.read_to_end(&mut words).await.unwrap();
    assert_eq!(words, b"done");
    assert_eq!(silent.read(&mut [0]).await.unwrap(), 0);
    assert!(TcpStream::connect(world.address).await.is_err(), "nobody listens any more");
}

#[tokio::test]
async fn last_words_reach_a_client_that_still_sends() {
    let world = World::new().await;
    let client = TcpStream::connect(world.address).await.unwrap();
    let (mut from_host, mut to_host) = client.into_split();
    // More than all buffers on the way hold, and the enclave takes one byte of it.
    let sending = tokio::spawn(async move { to_host.write_all(&vec![1; 32 << 20]).await });
    let (enclave, _) = world.sessions.accept().await.unwrap();
    let (mut from_client, mut to_client) = enclave.into_split();
    from_client.read_exact(&mut [0]).await.unwrap();
    let mut word = vec![0; 4];
    to_client.write_all(b"done").await.unwrap();
    from_host.read_exact(&mut word).await.unwrap();
    drop((from_client, to_client));
    sending.await.unwrap().unwrap();
    assert_eq!(word, b"done");
}

#[tokio::test]
async fn a_client_whose_enclave_is_not_there_is_hung_up_on() {
    let world = World::new().await;
    drop(world.sessions);
    let mut client = TcpStream::connect(world.address).await.unwrap();
    client.write_all(b"hello").await.unwrap();
    assert!(matches!(client.read(&mut [0]).await, Ok(0) | Err(_)));
}
