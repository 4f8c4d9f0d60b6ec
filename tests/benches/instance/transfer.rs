//! A 300 MB file, up and down, and what it costs in memory. The baseline is the same bytes over bare loopback TCP.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use veracruz_client::Transfer;
use veracruz_policy::Ciphersuite;

use crate::figures::{median, megabytes_per_second, row};
use crate::stage::{Settings, Stage, memory_of};

const BYTES: u64 = 300_000_000;
const TIMES: usize = 5;

pub(crate) async fn measure() {
    let mut bare = Vec::new();
    for _ in 0..TIMES {
        bare.push(over_tcp().await);
    }
    let baseline = megabytes_per_second(BYTES, median(bare));
    row("baseline: 300 MB over bare TCP on loopback", format!("{baseline:.0} MB/s"), Some(1.0), "");
    for (suite, goal) in [
        (Ciphersuite::Aes128GcmSha256, "≥ 800 MB/s"),
        (Ciphersuite::Aes256GcmSha384, "≥ 800 MB/s"),
        (Ciphersuite::Chacha20Poly1305Sha256, "≥ 500 MB/s"),
    ] {
        through_an_instance(suite, goal, baseline).await;
    }
}

async fn through_an_instance(suite: Ciphersuite, goal: &str, baseline: f64) {
    let settings = Settings { suite, guests: vec![], ..Settings::default() };
    let stage = Stage::start(&settings);
    let mut session = stage.session(&settings).await;
    let (server_before, client_before) = (stage.memory("VmRSS"), memory_of("self", "VmRSS"));
    let (mut up, mut down) = (Vec::new(), Vec::new());
    let mut server_peak = 0;
    for time in 0..TIMES {
        let start = Instant::now();
        session.upload("/work/large", Source(BYTES), Transfer::new().length(BYTES)).await.unwrap();
        up.push(start.elapsed());
        if time == 0 {
            server_peak = stage.memory("VmHWM");
        }
        let start = Instant::now();
        let mut sink = Sink(0);
        session.download("/work/large", &mut sink, Transfer::new()).await.unwrap();
        down.push(start.elapsed());
        assert_eq!(sink.0, BYTES);
    }
    let name = suite.name();
    for (what, times) in [("upload", up), ("download", down)] {
        let speed = megabytes_per_second(BYTES, median(times));
        row(&format!("{what} of 300 MB, {name}"), format!("{speed:.0} MB/s"), Some(speed / baseline), goal);
    }
    let mib = |bytes: u64| format!("{:.1} MiB", bytes as f64 / f64::from(1 << 20));
    let server = server_peak.saturating_sub(server_before).saturating_sub(BYTES);
    let client = memory_of("self", "VmHWM").saturating_sub(client_before);
    row(&format!("the runtime's peak beyond the file, {name}"), mib(server), None, "≤ 32 MiB");
    row(&format!("the client's peak, {name}"), mib(client), None, "≤ 32 MiB");
}

async fn over_tcp() -> Duration {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    // On a thread of its own, as the instance is a process of its own.
    let sender = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let mut stream = TcpStream::connect(address).await.unwrap();
            let block = vec![7; 256 * 1024];
            let mut left = BYTES as usize;
            while left > 0 {
                let piece = left.min(block.len());
                stream.write_all(&block[..piece]).await.unwrap();
                left -= piece;
            }
        });
    });
    let (mut stream, _) = listener.accept().await.unwrap();
    let start = Instant::now();
    let mut block = vec![0; 256 * 1024];
    let mut bytes = 0;
    loop {
        match stream.read(&mut block).await.unwrap() {
            0 => break,
            read => bytes += read as u64,
        }
    }
    assert_eq!(bytes, BYTES);
    let time = start.elapsed();
    sender.join().unwrap();
    time
}

/// So many bytes, from nowhere: the client's memory is then its own.
struct Source(u64);

impl AsyncRead for Source {
    fn poll_read(mut self: Pin<&mut Self>, _: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let piece = into.remaining().min(usize::try_from(self.0).unwrap_or(usize::MAX));
        into.initialize_unfilled_to(piece).fill(7);
        into.advance(piece);
        self.0 -= piece as u64;
        Poll::Ready(Ok(()))
    }
}

/// Counts what it is given.
struct Sink(u64);

impl AsyncWrite for Sink {
    fn poll_write(mut self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.0 += bytes.len() as u64;
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
