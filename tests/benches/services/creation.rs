//! From `POST /instance` to the policy, with a process an instance; the baseline is the start of `veracruz-server` alone.

use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use veracruz_tests::services::binary;

use crate::figures::{median, row, shown};
use crate::stage::Stage;

/// Instances that are made.
const ROUNDS: usize = 30;

pub(crate) async fn measure() {
    let stage = Stage::start();
    stage.register("small", None).await;
    let client = stage.client();
    let (mut creations, mut deletions, mut starts) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        let (name, begun) = (format!("bench-{round}"), Instant::now());
        let made = client.create_instance(&stage.request("small", &name)).await.unwrap();
        creations.push(begun.elapsed());
        let policy = stage.folder().join("policy.json");
        std::fs::write(&policy, &made.policy).unwrap();
        let begun = Instant::now();
        client.delete_instance(&name).await.unwrap();
        deletions.push(begun.elapsed());
        starts.push(start_alone(&policy));
    }
    let (creation, start) = (median(creations), median(starts));
    let ratio = creation.as_secs_f64() / start.as_secs_f64();
    row("POST /instance, one small program", shown(creation), Some(ratio), "≤ 100 ms");
    row("baseline: `veracruz-server` until it takes sessions", shown(start), None, "–");
    row("DELETE /instance", shown(median(deletions)), None, "–");
}

fn start_alone(policy: &std::path::Path) -> Duration {
    let begun = Instant::now();
    let mut server = Command::new(binary("veracruz-server"))
        .arg(policy)
        .args(["--self-attested", "--listen", "127.0.0.1:0"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(server.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let started = begun.elapsed();
    assert!(line.starts_with("Veracruz Server running on"), "{line}");
    server.kill().unwrap();
    server.wait().unwrap();
    started
}
