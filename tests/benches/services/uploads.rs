//! A data file of 300 MB into the function service. The baseline is the same bytes written to the same disk and synced.

use std::io::Write as _;
use std::time::Instant;

use tokio::io::AsyncReadExt as _;
use veracruz_policy::Sha256Digest;

use crate::figures::{median, megabytes_per_second, row};
use crate::stage::{LARGE, Stage, peak_mib};

/// How often each is done.
const ROUNDS: usize = 3;

pub(crate) async fn measure() {
    let stage = Stage::start();
    let digest = Sha256Digest::of(&vec![7; LARGE as usize]);
    stage.register("large", Some(digest)).await;
    let client = stage.client();
    let (mut uploads, mut writes, mut creations) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        let begun = Instant::now();
        client.upload_data_file("large", "/data/large", LARGE, tokio::io::repeat(7).take(LARGE)).await.unwrap();
        uploads.push(begun.elapsed());
        let (name, begun) = (format!("large-{round}"), Instant::now());
        client.create_instance(&stage.request("large", &name)).await.unwrap();
        creations.push(begun.elapsed());
        client.delete_instance(&name).await.unwrap();
        client.delete_data_file("large", "/data/large").await.unwrap();
        writes.push(write_alone(&stage));
    }
    let (upload, write) = (megabytes_per_second(LARGE, median(uploads)), megabytes_per_second(LARGE, median(writes)));
    row("upload of a data file, 300 MB", format!("{upload:.0} MB/s"), Some(upload / write), "–");
    row("baseline: written to the disk and synced", format!("{write:.0} MB/s"), None, "–");
    let creation = megabytes_per_second(LARGE, median(creations));
    row("POST /instance with that file", format!("{creation:.0} MB/s"), Some(creation / write), "–");
    row("peak memory of ccfaas-server", format!("{:.1} MiB", peak_mib(stage.ccfaas.process())), None, "≤ 48 MiB");
}

fn write_alone(stage: &Stage) -> std::time::Duration {
    let (path, piece) = (stage.folder().join("written"), vec![7; 1 << 20]);
    let begun = Instant::now();
    let mut file = std::fs::File::create(&path).unwrap();
    let mut left = LARGE as usize;
    while left > 0 {
        let bytes = left.min(piece.len());
        file.write_all(&piece[..bytes]).unwrap();
        left -= bytes;
    }
    file.sync_all().unwrap();
    let elapsed = begun.elapsed();
    std::fs::remove_file(path).unwrap();
    elapsed
}
