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

/// A network of 2 Gbit/s, which is what one connection to S3 gives at best.
const NETWORK: f64 = 250e6;

pub(crate) async fn measure() {
    let stage = Stage::start();
    stage.register("small", None).await;
    let made = stage.client().create_instance(&stage.request("small", "copies")).await.unwrap();
    let request = request(&stage, &made.policy);

    let (copy, read, peak) = compare(&stage, &request, Some(NETWORK)).await;
    row("S3 → instance, 300 MB, S3 behind 2 Gbit/s", format!("{copy:.0} MB/s"), Some(copy / read), "≥ 0.8 of the GET");
    row("baseline: GET alone from there", format!("{read:.0} MB/s"), None, "–");
    row("peak memory of s3-app", format!("{peak:.1} MiB"), None, "≤ 48 MiB");

    let (copy, read, peak) = compare(&stage, &request, None).await;
    row("S3 → instance, 300 MB, S3 in memory on this machine", format!("{copy:.0} MB/s"), Some(copy / read), "–");
    row("baseline: GET alone from there", format!("{read:.0} MB/s"), None, "–");
    row("peak memory of s3-app", format!("{peak:.1} MiB"), None, "≤ 48 MiB");

    let mut session = stage.session(&made).await;
    let mut uploads = Vec::new();
    for _ in 0..ROUNDS {
        let begun = Instant::now();
        let bytes = tokio::io::AsyncReadExt::take(tokio::io::repeat(7), LARGE);
        session.upload("/in/object", bytes, Transfer::new().length(LARGE)).await.unwrap();
        uploads.push(begun.elapsed());
    }
    let upload = megabytes_per_second(LARGE, median(uploads));
    row("baseline: upload alone, by the SDK from memory", format!("{upload:.0} MB/s"), Some(copy / upload), "–");
    stage.client().delete_instance("copies").await.unwrap();
}

/// MB/s of copies and of the object read alone, from a server that gives `rate` bytes a second, and the app's peak memory.
async fn compare(stage: &Stage, request: &CopyRequest, rate: Option<f64>) -> (f64, f64, f64) {
    let endpoint = format!("http://{}", serve(LARGE, rate).await);
    let arguments =
        ["--s3-endpoint", &endpoint, "--s3-path-style", "--s3-region", "us-east-1", "--no-machine-credentials"];
    let arguments = [&arguments[..], &["--allow-simulated", "--log", "error"]].concat();
    let daemon = Daemon::start("s3-app", stage.folder(), &arguments, &[]);
    let app = S3AppClient::new(Service::at(&format!("http://{}", daemon.address())).unwrap());
    let (mut copies, mut reads) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        reads.push(read_alone(&endpoint).await);
        let begun = Instant::now();
        assert_eq!(app.copy(request).await.unwrap().bytes, LARGE);
        copies.push(begun.elapsed());
    }
    let speed = |times| megabytes_per_second(LARGE, median(times));
    (speed(copies), speed(reads), peak_mib(daemon.process()))
}

fn request(stage: &Stage, policy: &str) -> CopyRequest {
    let (certificate, key) = stage.user();
    CopyRequest {
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
            policy: policy.to_owned(),
            certificate: certificate.to_owned(),
            key: Secret::new(key),
        },
    }
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
