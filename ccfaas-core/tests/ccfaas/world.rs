//! A service in a folder of its own, and its door.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request};
use ccfaas_core::{Blobs, Ccfaas, Outlook, Ports, Settings, SqliteStore, http};
use http_body_util::BodyExt as _;
use serde_json::Value;
use tempfile::TempDir;
use tower::ServiceExt as _;
use veracruz_policy::Name;

use super::fixtures::{
    NAMES, NAMES_CONTENT, PROGRAM, PROGRAM_CONTENT, WEIGHTS, WEIGHTS_CONTENT, base64, certificate, function,
};
use super::stand_ins::{HandClock, StandInProvisioner, StandInVaas};

pub(crate) struct World {
    pub(crate) folder: TempDir,
    pub(crate) vaas: Arc<StandInVaas>,
    pub(crate) provisioner: Arc<StandInProvisioner>,
    pub(crate) clock: Arc<HandClock>,
    pub(crate) settings: Settings,
    pub(crate) service: Arc<Ccfaas>,
    pub(crate) router: Router,
}

impl World {
    pub(crate) async fn new() -> Self {
        World::with(|_| ()).await
    }

    pub(crate) async fn with(change: impl FnOnce(&mut Settings)) -> Self {
        let mut settings = Settings::new(Name::parse("CCFaaS").unwrap(), certificate("loader"));
        change(&mut settings);
        let (vaas, provisioner) = (StandInVaas::new(), Arc::new(StandInProvisioner::default()));
        World::open(TempDir::new().unwrap(), vaas, provisioner, settings).await
    }

    async fn open(
        folder: TempDir,
        vaas: Arc<StandInVaas>,
        provisioner: Arc<StandInProvisioner>,
        settings: Settings,
    ) -> Self {
        let clock = Arc::new(HandClock::default());
        let ports = Ports {
            store: Arc::new(SqliteStore::open(&folder.path().join("ccfaas.sqlite")).unwrap()),
            blobs: Blobs::in_folder(&folder.path().join("contents")).unwrap(),
            instances: vaas.clone(),
            provisioner: provisioner.clone(),
            clock: clock.clone(),
        };
        let service = Ccfaas::open(ports, settings.clone()).await.unwrap();
        let router = http::router(service.clone());
        World { folder, vaas, provisioner, clock, settings, service, router }
    }

    /// The next life of the service, over the same folder and the same VaaS; nothing was closed in order.
    pub(crate) async fn restarted(self) -> Self {
        let World { folder, vaas, settings, .. } = self;
        World::open(folder, vaas, Arc::new(StandInProvisioner::default()), settings).await
    }

    /// With the function `vod`, its program and both data files loaded.
    pub(crate) async fn loaded() -> Self {
        let world = World::new().await;
        world.load("vod").await;
        world
    }

    pub(crate) async fn load(&self, name: &str) {
        self.register(name).await;
        for (kind, file, content) in [
            ("program", PROGRAM, PROGRAM_CONTENT),
            ("data_file", NAMES, NAMES_CONTENT),
            ("data_file", WEIGHTS, WEIGHTS_CONTENT),
        ] {
            self.upload(name, kind, file, content).await.ok();
        }
    }

    pub(crate) async fn register(&self, name: &str) {
        self.post_json("/function", &function(name)).await.ok();
    }

    pub(crate) async fn upload(&self, function: &str, kind: &str, file: &str, content: &[u8]) -> Answer {
        self.post(&format!("/function/{function}/{kind}/{}", base64(file)), content.to_vec()).await
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send("GET", path, Body::empty()).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Answer {
        self.send("DELETE", path, Body::empty()).await
    }

    /// As the i-poc's scripts send everything: as JSON.
    pub(crate) async fn post(&self, path: &str, body: impl Into<Body>) -> Answer {
        self.send("POST", path, body.into()).await
    }

    pub(crate) async fn post_json(&self, path: &str, body: &Value) -> Answer {
        self.post(path, body.to_string()).await
    }

    pub(crate) async fn send(&self, method: &str, path: &str, body: Body) -> Answer {
        let request = Request::builder().method(method).uri(path).header("content-type", "application/json");
        self.answer(request.body(body).unwrap()).await
    }

    pub(crate) async fn answer(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (head, body) = response.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        Answer { status: head.status.as_u16(), headers: head.headers, text: String::from_utf8(body.into()).unwrap() }
    }

    /// How many contents lie in the folder, with those that are being written.
    pub(crate) fn contents(&self) -> usize {
        std::fs::read_dir(self.folder.path().join("contents")).unwrap().count()
    }

    pub(crate) fn outlook(&self) -> Outlook {
        *self.service.outlook().borrow()
    }

    pub(crate) async fn instances(&self) -> Value {
        self.get("/instance").await.json()["instances"].clone()
    }
}

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Answer {
    /// That it is a success.
    #[track_caller]
    pub(crate) fn ok(self) -> Self {
        assert_eq!(self.status, 200, "{}", self.text);
        self
    }

    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        assert_eq!(self.headers["content-type"], "application/json", "{}", self.text);
        serde_json::from_str(&self.text).unwrap()
    }

    /// That it is 200 with this sentence.
    #[track_caller]
    pub(crate) fn says(&self, sentence: &str) {
        assert_eq!((self.status, self.text.as_str()), (200, format!("<p>{sentence}</p>").as_str()));
        assert_eq!(self.headers["content-type"], "text/html; charset=utf-8");
    }

    /// That it is this problem; gives the detail.
    #[track_caller]
    pub(crate) fn problem(&self, status: u16, code: &str) -> String {
        assert_eq!(self.headers["content-type"], "application/problem+json", "{}", self.text);
        let problem: Value = serde_json::from_str(&self.text).unwrap();
        let found = (self.status, problem["status"].as_u64().unwrap(), problem["code"].as_str().unwrap());
        assert_eq!(found, (status, status.into(), code), "{}", self.text);
        problem["detail"].as_str().unwrap().to_owned()
    }

    /// The pointers of the problem's errors.
    pub(crate) fn pointers(&self) -> Vec<String> {
        let problem: Value = serde_json::from_str(&self.text).unwrap();
        let errors = problem["errors"].as_array().cloned().unwrap_or_default();
        errors.iter().map(|error| error["pointer"].as_str().unwrap().to_owned()).collect()
    }
}
