//! Rounds of write, compute and read on one connection. The baseline is three echoes of the same size over bare TCP.

use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use veracruz_client::{Compute, Session, Transfer};

use crate::figures::{median, row, shown};
use crate::stage::{Settings, Stage};

const ROUNDS: usize = 10_000;
const PAYLOAD: &[u8] = &[7; 100];

pub(crate) async fn measure() {
    let mut echoes = echoes().await;
    report("baseline: three echoes over bare TCP", &mut echoes, None, "");
    let baseline = median(echoes);
    let settings = Settings::default();
    let stage = Stage::start(&settings);
    let mut session = stage.session(&settings).await;
    let mut rounds = Vec::with_capacity(ROUNDS);
    for _ in 0..ROUNDS {
        let start = Instant::now();
        round(&mut session, "/input/in").await;
        rounds.push(start.elapsed());
    }
    report("write + compute (nop) + read, one connection", &mut rounds, Some(baseline), "≥ 3,000 a second");
}

/// Writes a small file, runs a program that does nothing, reads the file.
pub(crate) async fn round(session: &mut Session, file: &str) {
    let transfer = Transfer::new().length(PAYLOAD.len() as u64);
    session.upload(file, PAYLOAD, transfer).await.unwrap();
    assert_eq!(session.compute("/program/nop.wasm", Compute::new()).await.unwrap(), 0);
    assert_eq!(session.read(file, 1000).await.unwrap(), PAYLOAD);
}

/// A row of what each of these took.
pub(crate) fn report(what: &str, times: &mut [Duration], baseline: Option<Duration>, goal: &str) {
    let total: Duration = times.iter().sum();
    times.sort();
    let a_second = times.len() as f64 / total.as_secs_f64();
    let (middle, p99) = (times[times.len() / 2], times[times.len() * 99 / 100]);
    let figure = format!("{a_second:.0} a second; median {}, p99 {}", shown(middle), shown(p99));
    let ratio = baseline.map_or(1.0, |baseline| middle.as_secs_f64() / baseline.as_secs_f64());
    row(what, figure, Some(ratio), goal);
}

async fn echoes() -> Vec<Duration> {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let (mut stream, _) = listener.accept().await.unwrap();
            stream.set_nodelay(true).unwrap();
            let mut block = [0; 100];
            while stream.read_exact(&mut block).await.is_ok() {
                stream.write_all(&block).await.unwrap();
            }
        });
    });
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.set_nodelay(true).unwrap();
    let mut times = Vec::with_capacity(ROUNDS);
    let mut block = [0; 100];
    for _ in 0..ROUNDS {
        let start = Instant::now();
        for _ in 0..3 {
            stream.write_all(PAYLOAD).await.unwrap();
            stream.read_exact(&mut block).await.unwrap();
        }
        times.push(start.elapsed());
    }
    times
}
