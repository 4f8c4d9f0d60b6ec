//! Four clients in parallel while a long compute runs: the time of each client's rounds. The baseline is the same four
//! clients without that compute.

use std::time::Instant;

use veracruz_client::{CancelHandle, Compute};

use crate::figures::median;
use crate::rounds::{report, round};
use crate::stage::{Settings, Stage, built};

const CLIENTS: usize = 4;
const ROUNDS: usize = 1_000;

pub(crate) async fn measure() {
    let settings = Settings { guests: built(&["nop", "spin"]), ..Settings::default() };
    let stage = Stage::start(&settings);
    let mut long = stage.session(&settings).await;
    let mut alone = clients(&stage).await;
    report("baseline: rounds of four clients, nothing else runs", &mut alone, None, "");
    let baseline = median(alone);
    let handle = CancelHandle::new();
    let options = Compute::new().cancelled_by(&handle);
    let spinning = tokio::spawn(async move { long.compute("/program/spin.wasm", options).await });
    let mut beside = clients(&stage).await;
    handle.cancel();
    let ended = spinning.await.unwrap();
    assert!(ended.is_err(), "the long compute ran until it was cancelled: {ended:?}");
    report("rounds of four clients beside a long compute", &mut beside, Some(baseline), "p99 < 20 ms");
}

async fn clients(stage: &Stage) -> Vec<std::time::Duration> {
    let clients: Vec<_> = (0..CLIENTS)
        .map(|number| {
            let client = stage.client();
            tokio::spawn(async move {
                let mut session = client.connect().await.unwrap();
                let mut times = Vec::with_capacity(ROUNDS);
                for _ in 0..ROUNDS {
                    let start = Instant::now();
                    round(&mut session, &format!("/input/{number}")).await;
                    times.push(start.elapsed());
                }
                times
            })
        })
        .collect();
    let mut times = Vec::new();
    for client in clients {
        times.extend(client.await.unwrap());
    }
    times
}
