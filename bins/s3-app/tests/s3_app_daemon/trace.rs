//! What the log holds when everything is logged.
//!
//! The AWS SDK logs whole requests and answers at `trace` and leaves out what is secret. This holds it to that.

use std::convert::Infallible;
use std::os::unix::fs::PermissionsExt as _;

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::net::TcpListener;

use crate::process::Daemon;
use crate::world::{ID, SECRET, World};

const TOKEN: &str = "a-session-token-that-must-never-be-shown";

/// What an operator may ask for.
const FILTERS: [&str; 2] =
    ["trace", "info,aws_smithy_runtime=trace,aws_sigv4=trace,aws_runtime=trace,aws_config=trace"];

/// An order with keys and token of its own.
fn order(world: &World) -> Value {
    let mut order = world.order("object");
    order["s3"]["aws_access_key_id"] = json!(ID);
    order["s3"]["aws_secret_access_key"] = json!(SECRET);
    order["s3"]["aws_session_token"] = json!(TOKEN);
    order
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_filter_shows_the_credentials_of_a_copy() {
    let world = World::start().await;
    world.put("object", 10);
    let folder = TempDir::new().unwrap();
    let profiles = folder.path().join("credentials");
    let keys = format!("aws_access_key_id = {ID}\naws_secret_access_key = {SECRET}\naws_session_token = {TOKEN}\n");
    // The SDK has something to say of what stands there twice.
    std::fs::write(&profiles, format!("[default]\n{keys}[default]\n{keys}")).unwrap();
    std::fs::set_permissions(&profiles, std::fs::Permissions::from_mode(0o600)).unwrap();
    let machine = [("AWS_SHARED_CREDENTIALS_FILE", profiles.to_str().unwrap())];
    let order = order(&world);
    for filter in FILTERS {
        let daemon = daemon(&world.url, filter, &machine).await;
        for order in [&world.order("object"), &order] {
            let answer = daemon.copy(order, &[]).await;
            assert_eq!(answer.status, 200, "{}", answer.text());
        }
        let log = log(daemon).await;
        assert!(log.contains("an object was copied"), "{log}");
        shows_nothing(&log, &order);
    }
}

/// As AWS does, the server repeats a request whose signature is wrong, with all that was signed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_filter_shows_the_answer_to_a_wrong_signature() {
    let (world, url) = (World::start().await, repeating().await);
    let order = order(&world);
    for filter in FILTERS {
        let daemon = daemon(&url, filter, &[]).await;
        let answer = daemon.copy(&order, &[]).await;
        assert_eq!((answer.status, answer.json()["code"].as_str()), (403, Some("s3-bad-credentials")));
        assert!(!answer.text().contains(TOKEN), "{}", answer.text());
        let log = log(daemon).await;
        assert!(log.contains("s3-bad-credentials"), "{log}");
        shows_nothing(&log, &order);
    }
}

async fn daemon(url: &str, filter: &str, machine: &[(&str, &str)]) -> Daemon {
    Daemon::start(&["--s3-endpoint", url, "--s3-path-style", "--allow-simulated", "--log", filter], machine).await
}

async fn log(daemon: Daemon) -> String {
    let (code, log) = daemon.stop().await;
    assert_eq!(code, 0, "{log}");
    log
}

/// The lines that give something away are told by their beginnings.
fn shows_nothing(log: &str, order: &Value) {
    let key = order["veracruz"]["key"].as_str().unwrap().lines().nth(1).unwrap();
    // With a signature the same request can be made again for some minutes.
    for (name, secret) in [("secret", SECRET), ("token", TOKEN), ("private key", key), ("signature", "Signature=")] {
        let shown: Vec<String> =
            log.lines().filter(|line| line.contains(secret)).map(|line| line.chars().take(200).collect()).collect();
        assert!(shown.is_empty(), "the {name} is in the log: {shown:#?}");
    }
}

/// A server that takes no signature.
async fn repeating() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let connection = hyper::server::conn::http1::Builder::new();
            tokio::spawn(connection.serve_connection(TokioIo::new(stream), service_fn(repeat)));
        }
    });
    url
}

async fn repeat(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let lines = request.headers().iter().map(|(name, value)| format!("{name}:{}\n", value.to_str().unwrap()));
    let signed: String = lines.collect();
    let error = format!(
        "<Error><Code>SignatureDoesNotMatch</Code><Message>no</Message><CanonicalRequest>{signed}</CanonicalRequest></Error>"
    );
    let answer = Response::builder().status(403).header("content-type", "application/xml");
    Ok(answer.body(Full::from(error)).unwrap())
}
