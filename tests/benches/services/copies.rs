//! An object from S3 into an instance. Baselines: the same object read by an S3 client that throws it away, and the same
//! bytes uploaded by the SDK from memory.

use std::time::{Duration, Instant};

use aws_sdk_s3::config::{BehaviorVersion, Credentials, Region};
use veracruz_client::Transfer;
use veracruz_client::rest::{CopyRequest, Destination, S3AppClient, Secret, Service, Source};
use veracruz_tests::services::Daemon;

use crate::figures::{median, megabytes_per_second, row};
use crate::stage::{LARGE, Stage, peak_mib};
use crate::storage::{KEYS, serve};

/// How often each is done.
const ROUNDS: usize = 5;

pub(crate) async fn measure() {
    let stage = Stage::start();
    stage.register("small", None).await;
    let made = stage.client().create_instance(&stage.request("small", "copies")).await.unwrap();
    let endpoint = format!("http://{}", serve(LARGE).await);
    let arguments =
        ["--s3-endpoint", &endpoint, "--s3-path-style", "--s3-region", "us-east-1", "--no-machine-credentials"];
    let arguments = [&arguments[..], &["--allow-simulated", "--log", "error"]].concat();
    let daemon = Daemon::start("s3-app", stage.folder(), &arguments, &[]);
    let app = S3AppClient::new(Service::at(&format!("http://{}", daemon.address())).unwrap());
    let (certificate, key) = stage.user();
    let request = CopyRequest {
        s3: Source {
            region_name: None,
            bucket: "bucket".to_owned(),
            filename: "object".to_owned(),
            aws_access_key_id: Some(KEYS.0.to_owned()),
            aws_secret_access_key: Some(Secret::new(KEYS.1)),
            aws_session_token: None,
        },
        veracruz: Destination {
            filename: "/in/object".to_owned(),
            policy: made.policy.clone(),
            certificate: certificate.to_owned(),
            key: Secret::new(key),
        },
    };
    let mut session = stage.session(&made).await;
    let (mut copies, mut reads, mut uploads) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        reads.push(read_alone(&endpoint).await);
        let begun = Instant::now();
        assert_eq!(app.copy(&request).await.unwrap().bytes, LARGE);
        copies.push(begun.elapsed());
        let begun = Instant::now();
        let zeros = tokio::io::AsyncReadExt::take(tokio::io::repeat(7), LARGE);
        session.upload("/in/object", zeros, Transfer::new().length(LARGE)).await.unwrap();
        uploads.push(begun.elapsed());
    }
    let speed = |times| megabytes_per_second(LARGE, median(times));
    let (copy, read, upload) = (speed(copies), speed(reads), speed(uploads));
    row("S3 → instance, 300 MB", format!("{copy:.0} MB/s"), Some(copy / read), "≥ 0.8 of the GET");
    row("baseline: GET alone", format!("{read:.0} MB/s"), None, "–");
    row("baseline: upload alone, from memory", format!("{upload:.0} MB/s"), Some(copy / upload), "–");
    row("peak memory of s3-app", format!("{:.1} MiB", peak_mib(daemon.process())), None, "≤ 48 MiB");
    stage.client().delete_instance("copies").await.unwrap();
}

/// The object by S3's own client library, thrown away.
async fn read_alone(endpoint: &str) -> Duration {
    let config = aws_sdk_s3::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .credentials_provider(Credentials::new(KEYS.0, KEYS.1, None, None, "bench"))
        .region(Region::new("us-east-1"))
        .endpoint_url(endpoint)
        .force_path_style(true)
        .build();
    let get = aws_sdk_s3::Client::from_conf(config).get_object().bucket("bucket").key("object");
    let begun = Instant::now();
    let mut body = get.send().await.unwrap().body;
    let mut bytes = 0;
    while let Some(piece) = body.try_next().await.unwrap() {
        bytes += piece.len() as u64;
    }
    assert_eq!(bytes, LARGE);
    begun.elapsed()
}
