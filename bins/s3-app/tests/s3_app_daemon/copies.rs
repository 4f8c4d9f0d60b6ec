//! Objects of a real S3 server, through the process, into a real instance.

use serde_json::json;
use tempfile::TempDir;

use crate::process::Daemon;
use crate::world::{FILE, ID, SECRET, World};

const LARGE: u64 = 300_000_000;

/// What the whole process may take at its peak. Of that a build without optimisation has most before the first copy.
const MAX_PEAK_KIB: u64 = 48 * 1024;

fn flags(world: &World) -> [&str; 4] {
    ["--s3-endpoint", &world.url, "--s3-path-style", "--allow-simulated"]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_large_object_passes_through_a_small_process() {
    let world = World::start().await;
    world.put("large", LARGE);
    let machine = [("AWS_ACCESS_KEY_ID", ID), ("AWS_SECRET_ACCESS_KEY", SECRET)];
    let daemon = Daemon::start(&flags(&world), &machine).await;
    let before = daemon.peak_kib();
    let answer = daemon.copy(&world.order("large"), &[("x-request-id", "the-request")]).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    // `head -c 300000000 /dev/zero | sha256sum`
    let sha256 = "e8671610daa5dc152578d9bfe8e25346aa73fa600f908b235f55bf51d0eb5a05";
    assert_eq!(answer.json(), json!({ "bytes": LARGE, "sha256": sha256 }));
    assert_eq!(world.session().await.stat(FILE).await.unwrap().size, LARGE);
    let peak = daemon.peak_kib();
    println!("peak memory: {before} KiB before the copy, {peak} KiB after it");
    assert!(peak < MAX_PEAK_KIB, "{peak} KiB, of these {before} KiB before the copy");

    let metrics = daemon.get("/metrics").await.text();
    for line in
        ["s3_app_copies_total{outcome=\"done\"} 1", "s3_app_copied_bytes_total 300000000", "s3_app_jobs_running 0"]
    {
        assert!(metrics.contains(line), "{line} is missing in: {metrics}");
    }
    let (code, log) = daemon.stop().await;
    assert_eq!(code, 0, "{log}");
    assert!(log.contains("the-request") && log.contains("an object was copied"), "{log}");
    assert!(!log.contains(SECRET) && !log.contains("PRIVATE KEY"), "{log}");
}

/// S4, S9: what the old service left in a temporary folder is never written to a disk.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn refusals_are_told_and_logged_without_secrets() {
    let world = World::start().await;
    world.put("object", 10);
    let folder = TempDir::new().unwrap();
    let daemon = Daemon::start(&flags(&world), &[("TMPDIR", folder.path().to_str().unwrap())]).await;
    let mut order = world.order("object");
    let none = daemon.copy(&order, &[]).await;
    assert_eq!((none.status, none.json()["code"].as_str()), (403, Some("s3-no-credentials")), "{}", none.text());
    order["s3"]["aws_access_key_id"] = json!(ID);
    order["s3"]["aws_secret_access_key"] = json!(SECRET);
    order["s3"]["filename"] = json!("missing");
    let missing = daemon.copy(&order, &[]).await;
    assert_eq!((missing.status, missing.json()["code"].as_str()), (404, Some("s3-no-such-key")));
    assert_eq!(world.session().await.stat(FILE).await.unwrap_err().code(), "not-found");

    order["s3"]["filename"] = json!("object");
    assert_eq!(daemon.copy(&order, &[]).await.status, 200);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "nothing is written");

    let metrics = daemon.get("/metrics").await.text();
    assert!(metrics.contains("s3_app_copies_total{outcome=\"failed\"} 2"), "{metrics}");
    let (code, log) = daemon.stop().await;
    assert_eq!(code, 0, "{log}");
    assert!(log.contains("s3-no-such-key") && !log.contains(SECRET) && !log.contains("PRIVATE KEY"), "{log}");
}

/// The caller learns that nobody is there, the operator why.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_copies_may_go_is_the_operators_to_say_and_to_know() {
    let world = World::start().await;
    world.put("object", 10);
    let machine = [("AWS_ACCESS_KEY_ID", ID), ("AWS_SECRET_ACCESS_KEY", SECRET)];
    let hosts = ["--instance-hosts", "instances.example,localhost", "--instance-hosts", "10.0.0.7"];
    let daemon = Daemon::start(&[&flags(&world)[..], &hosts].concat(), &machine).await;
    let order = world.order("object");
    let refused = daemon.copy(&order, &[]).await;
    assert_eq!((refused.status, refused.json()["code"].as_str()), (403, Some("instance-host-refused")));
    assert_eq!(daemon.stop().await.0, 0);

    let hosts = [("S3_APP_INSTANCE_HOSTS", "instances.example,127.0.0.1")];
    let daemon = Daemon::start(&flags(&world), &[&machine[..], &hosts].concat()).await;
    assert_eq!(daemon.copy(&order, &[]).await.status, 200);
    let nobody = daemon.copy(&world.order_to_nobody("object"), &[]).await;
    assert_eq!((nobody.status, nobody.json()["code"].as_str()), (502, Some("connect")), "{}", nobody.text());
    let why = "Connection refused";
    assert!(!nobody.text().contains(why), "{}", nobody.text());
    let (code, log) = daemon.stop().await;
    assert!(code == 0 && log.contains(why), "{log}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_is_followed_and_its_name_stays_out_of_the_log() {
    let world = World::start().await;
    world.put("object", 10);
    let machine = [("AWS_ACCESS_KEY_ID", ID), ("AWS_SECRET_ACCESS_KEY", SECRET)];
    let daemon = Daemon::start(&flags(&world), &machine).await;
    let started = daemon.copy(&world.order("object"), &[("prefer", "respond-async")]).await;
    assert_eq!(started.status, 202, "{}", started.text());
    let path = started.headers["location"].to_str().unwrap();
    let job = loop {
        let job = daemon.get(path).await.json();
        if job["status"] != "running" {
            break job;
        }
    };
    assert_eq!((&job["status"], &job["bytes"]), (&json!("done"), &json!(10)), "{job}");
    assert_eq!(daemon.delete(path).await.json(), job);
    let (code, log) = daemon.stop().await;
    assert_eq!(code, 0, "{log}");
    assert!(!log.contains(job["job"].as_str().unwrap()), "{log}");
}
