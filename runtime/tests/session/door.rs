//! What happens to connections that never become sessions.

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use veracruz_runtime::Ended;

use crate::people::Person;
use crate::world::{Setup, policy};

const BAD_REQUEST: &str = "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

#[tokio::test]
async fn a_peer_that_does_not_speak_tls_is_told_so() {
    let alice = Person::ordinary();
    let world = Setup::of(policy(&[&alice], |builder| builder)).start().await.unwrap();
    for probe in ["\\n\n", "GET / HTTP/1.1\r\nHost: x\r\n\r\n", "\0"] {
        let mut pipe = world.pipe().await;
        pipe.write_all(probe.as_bytes()).await.unwrap();
        let mut answer = vec![0; BAD_REQUEST.len()];
        pipe.read_exact(&mut answer).await.unwrap();
        assert_eq!(String::from_utf8(answer).unwrap(), BAD_REQUEST);
        assert_eq!(pipe.read(&mut [0]).await.unwrap(), 0, "nothing follows");
    }
    world.stop().await;
}

#[tokio::test]
async fn ten_thousand_probes_that_hang_up_leave_nothing_behind() {
    let alice = Person::ordinary();
    let world = Setup::of(policy(&[&alice], |builder| builder)).start().await.unwrap();
    for _ in 0..10_000 {
        drop(world.pipe().await);
    }
    let mut client = world.connect(&alice).await;
    client.send_bytes(&[0; 8]).await;
    client.stream.read_exact(&mut [0; 8]).await.unwrap();
    drop(client);
    assert_eq!(world.stop().await, Ended::ByEmbedder { cut: 0 });
}

#[tokio::test(start_paused = true)]
async fn a_silent_stranger_is_cut_and_gives_its_place_back() {
    let alice = Person::ordinary();
    let mut setup = Setup::of(policy(&[&alice], |builder| builder));
    setup.limits.strangers = 1;
    setup.limits.handshake_timeout = Duration::from_secs(3);
    let world = setup.start().await.unwrap();
    let begun = tokio::time::Instant::now();
    let mut silent = world.pipe().await;
    assert_eq!(silent.read(&mut [0]).await.unwrap(), 0, "cut");
    assert_eq!(begun.elapsed().as_secs(), 3);
    let mut stuck = world.pipe().await;
    stuck.write_all(&[0x16, 3, 1]).await.unwrap();
    assert_eq!(stuck.read(&mut [0]).await.unwrap(), 0, "cut in the middle of a hello");
    let mut client = world.connect(&alice).await;
    client.send_bytes(&[0; 8]).await;
    client.stream.read_exact(&mut [0; 8]).await.unwrap();
    drop(client);
    world.stop().await;
}
