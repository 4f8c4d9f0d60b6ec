//! `GET /function` at 10,000 functions: the whole list, and pages of a hundred. The baseline is `GET /livez`, which does
//! nothing.

use std::time::{Duration, Instant};

use futures_util::{StreamExt as _, stream};
use serde_json::json;

use crate::figures::row;
use crate::stage::Stage;

const FUNCTIONS: usize = 10_000;

/// Connections at once, and how long each route is asked.
const CONNECTIONS: usize = 4;
const TIME: Duration = Duration::from_secs(3);

pub(crate) async fn measure() {
    let stage = Stage::start();
    let client = stage.client();
    let begun = Instant::now();
    let registered = stream::iter(0..FUNCTIONS).for_each_concurrent(CONNECTIONS, |number| {
        let (client, function) = (client.clone(), function(number));
        async move { drop(client.create_function(&function).await.unwrap()) }
    });
    registered.await;
    let rate = FUNCTIONS as f64 / begun.elapsed().as_secs_f64();
    row("POST /function, durable", format!("{rate:.0} /s"), None, "–");
    let base = format!("http://{}", stage.ccfaas.address());
    let nothing = requests(&format!("{base}/livez")).await;
    for (what, path) in [
        ("GET /function, all 10,000", "/function"),
        ("GET /function?limit=100&after=…, in the middle", "/function?limit=100&after=function-005000"),
        ("GET /function/F", "/function/function-005000"),
    ] {
        let rate = requests(&format!("{base}{path}")).await;
        row(what, format!("{rate:.0} /s"), Some(rate / nothing), "–");
    }
    row("baseline: GET /livez", format!("{nothing:.0} /s"), None, "–");
}

fn function(number: usize) -> String {
    json!({
        "function": format!("function-{number:06}"), "execution_strategy": "JIT", "max_memory_mib": 256, "debug": false,
        "enable_clock": false, "file_rights": [], "data_files": [], "programs": [],
    })
    .to_string()
}

/// Requests in a second.
async fn requests(url: &str) -> f64 {
    let client = reqwest::Client::new();
    let begun = Instant::now();
    let workers = (0..CONNECTIONS).map(|_| {
        let (client, url) = (client.clone(), url.to_owned());
        tokio::spawn(async move {
            let mut answered = 0_u32;
            while begun.elapsed() < TIME {
                let answer = client.get(&url).send().await.unwrap().error_for_status().unwrap();
                answer.bytes().await.unwrap();
                answered += 1;
            }
            answered
        })
    });
    let answered: Vec<_> = futures_util::future::join_all(workers).await;
    let answered: u32 = answered.into_iter().map(Result::unwrap).sum();
    f64::from(answered) / begun.elapsed().as_secs_f64()
}
