//! The S3 app on a port of this machine, and requests to it.

use std::sync::Arc;
use std::time::Duration;

use http_body_util::Full;
use hyper::Request;
use hyper::body::Bytes;
use hyper_util::service::TowerToHyperService;
use s3_app_core::{Machine, S3App, Settings, StorageEndpoint, http};
use serde_json::{Value, json};
use veracruz_client::Trust;

use crate::instance::{Instance, Person};
use crate::server::{Answer, ID, SECRET, Server, send};

/// The file that copies write.
pub(crate) const FILE: &str = "/s3_app_input/data";

/// Silence that is borne in tests of silence.
pub(crate) const SHORT_STALL: Duration = Duration::from_millis(300);

pub(crate) struct App {
    pub(crate) service: Arc<S3App>,
    pub(crate) server: Server,
}

impl App {
    /// An app that takes objects from the server at `url`.
    pub(crate) async fn at(url: &str) -> Self {
        App::with(url, |_| {}).await
    }

    pub(crate) async fn with(url: &str, change: impl FnOnce(&mut Settings)) -> Self {
        let mut settings = Settings { trust: Trust::default().allow_simulated(), ..Settings::default() };
        settings.storage.endpoint = Some(StorageEndpoint::parse(url).unwrap());
        settings.storage.path_style = true;
        settings.storage.machine = Machine::None;
        change(&mut settings);
        let service = S3App::open(settings).await;
        let server = Server::start(TowerToHyperService::new(http::router(service.clone()))).await;
        App { service, server }
    }

    pub(crate) async fn copy(&self, body: &Value) -> Answer {
        self.post(&[("content-type", "application/json")], body.to_string()).await
    }

    /// Starts a job; gives its path.
    pub(crate) async fn start(&self, body: &Value) -> String {
        let answer = self.copy_in_background(body).await;
        assert_eq!(answer.status, 202, "{}", answer.text());
        answer.headers["location"].to_str().unwrap().to_owned()
    }

    pub(crate) async fn copy_in_background(&self, body: &Value) -> Answer {
        let headers = [("content-type", "application/json; charset=utf-8"), ("prefer", "wait=5, Respond-Async")];
        self.post(&headers, body.to_string()).await
    }

    pub(crate) async fn post(&self, headers: &[(&str, &str)], body: impl Into<Bytes>) -> Answer {
        send(self.server.address, post(headers, body)).await
    }

    pub(crate) async fn ask(&self, method: &str, path: &str) -> Answer {
        let request = Request::builder().method(method).uri(path).header("host", "s3-app");
        send(self.server.address, request.body(Full::default()).unwrap()).await
    }

    /// Asks for a job until it has ended.
    pub(crate) async fn outcome(&self, path: &str) -> Value {
        loop {
            let job = self.ask("GET", path).await.json();
            if job["status"] != "running" {
                return job;
            }
        }
    }
}

pub(crate) fn post(headers: &[(&str, &str)], body: impl Into<Bytes>) -> Request<Full<Bytes>> {
    let mut request = Request::builder().method("POST").uri("/s3_stream_veracruz").header("host", "s3-app");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(Full::new(body.into())).unwrap()
}

/// The body of a request with which a copy of `bucket/key` succeeds.
pub(crate) fn order(instance: &Instance, bucket: &str, key: &str) -> Value {
    let person = &instance.people["s3-app"];
    order_as(instance, person, json!({ "bucket": bucket, "filename": key }))
}

/// The same, as somebody else or with more to say about the object.
pub(crate) fn order_as(instance: &Instance, person: &Person, object: Value) -> Value {
    let mut s3 = json!({ "aws_access_key_id": ID, "aws_secret_access_key": SECRET });
    let members = object.as_object().unwrap().clone();
    s3.as_object_mut().unwrap().extend(members);
    let (policy, certificate, key) = (instance.policy.text(), &person.certificate, &person.key);
    json!({ "s3": s3, "veracruz": { "filename": FILE, "policy": policy, "certificate": certificate, "key": key } })
}
