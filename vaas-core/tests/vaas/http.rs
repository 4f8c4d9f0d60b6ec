//! The routes.

use std::path::Path;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use tower::ServiceExt as _;
use vaas_core::{Ending, PortRange, Vaas};

use crate::participant::Participant;
use crate::script::Script;
use crate::world::{free_ports, settings};

struct Answer {
    status: u16,
    headers: HeaderMap,
    text: String,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap()
    }

    /// Status and code of a problem.
    #[track_caller]
    fn problem(&self) -> (u16, String) {
        assert_eq!(self.headers["content-type"], "application/problem+json", "{}", self.text);
        assert_eq!(self.json()["status"], self.status);
        (self.status, self.json()["code"].as_str().unwrap().to_owned())
    }
}

struct Service {
    router: Router,
    script: Script,
    vaas: Arc<Vaas>,
    port: u16,
}

impl Service {
    async fn new() -> Self {
        let script = Script::default();
        let ports: PortRange = free_ports(2);
        let vaas = script.open(settings(ports)).await;
        let port = *ports.ports().start();
        Service { router: vaas_core::http::router(Arc::clone(&vaas)), script, vaas, port }
    }

    async fn send(&self, method: &str, path: &str, kind: Option<&str>, body: impl Into<Body>) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        if let Some(kind) = kind {
            request = request.header("content-type", kind);
        }
        let response = self.router.clone().oneshot(request.body(body.into()).unwrap()).await.unwrap();
        let (parts, body) = response.into_parts();
        let text = String::from_utf8(body.collect().await.unwrap().to_bytes().to_vec()).unwrap();
        Answer { status: parts.status.as_u16(), headers: parts.headers, text }
    }

    async fn get(&self, path: &str) -> Answer {
        self.send("GET", path, None, "").await
    }

    async fn delete(&self, path: &str) -> Answer {
        self.send("DELETE", path, None, "").await
    }

    async fn post(&self, body: &Value) -> Answer {
        self.send("POST", "/veracruz", Some("application/json"), body.to_string()).await
    }
}

#[tokio::test]
async fn an_instance_is_created_listed_described_and_deleted() {
    let service = Service::new().await;
    let port = service.port;
    let created = service.post(&Participant::new().request(Some("CCFaaS"))).await;
    assert_eq!((created.status, created.headers["content-type"].as_bytes()), (200, &b"application/json"[..]));
    let created = created.json();
    let mut keys: Vec<_> = created.as_object().unwrap().keys().collect();
    keys.sort();
    assert_eq!(keys, ["instance_hash", "instance_id", "policy"]);
    let hash = created["instance_hash"].as_str().unwrap();
    let label = json!({"instance_id": "CCFaaS", "instance_hash": hash, "status": "OK"});
    let listed = json!({"veracruz": [{format!("veracruz-nitro-server:{port}"): label}]});
    for query in ["", "?instance_id=CCFaaS", &format!("?instance_hash={hash}zzzz&other=1")] {
        assert_eq!(service.get(&format!("/veracruz{query}")).await.json(), listed, "{query}");
    }
    assert_eq!(service.get("/veracruz?instance_id=other").await.json(), json!({"veracruz": []}));

    for host in
        ["127.0.0.1", "localhost", "[::1]", "veracruz-nitro-server", "VERACRUZ-nitro-server.default.svc.cluster.local"]
    {
        let described = service.get(&format!("/veracruz/{host}:{port}?instance_hash={hash}")).await;
        assert_eq!((described.status, described.json()), (200, label.clone()), "{host}");
    }
    let path = format!("/veracruz/veracruz-nitro-server:{port}?instance_id=CCFaaS&instance_hash={hash}");
    for _ in 0..2 {
        let deleted = service.delete(&path).await;
        assert_eq!(deleted.status, 200, "{}", deleted.text);
        // The i-poc's sentence; what could be markup is written so that it is none.
        assert_eq!(deleted.text, format!("<p>Veracruz instance 'veracruz-nitro-server:{port}' was removed</p>"));
    }
    assert_eq!(service.get("/veracruz").await.json(), json!({"veracruz": []}));
    assert_eq!(service.script.running(), 0);
}

#[tokio::test]
async fn what_does_not_exist_is_said_in_the_known_sentence() {
    let service = Service::new().await;
    let port = service.port;
    let created = service.post(&Participant::new().request(None)).await.json();
    let hash = created["instance_hash"].as_str().unwrap();
    assert_eq!(created.get("instance_id"), None);
    let other = "f".repeat(59);
    for (path, detail) in [
        (format!("127.0.0.1:{}", port + 1), format!("Veracruz instance '127.0.0.1:{}' does not exist!", port + 1)),
        (
            format!("127.0.0.1:{port}?instance_hash={other}"),
            format!("Veracruz instance '127.0.0.1:{port}' does not exist!"),
        ),
        (
            format!("127.0.0.1:{port}?instance_id=a%22b"),
            format!("Veracruz instance '127.0.0.1:{port}' and instance_id 'a\\\"b' does not exist!"),
        ),
        (
            format!("elsewhere:{port}?instance_hash={hash}"),
            format!("Veracruz instance 'elsewhere:{port}' does not exist!"),
        ),
        (format!("127:{port}"), format!("Veracruz instance '127:{port}' does not exist!")),
        (format!("127.0.0.2:{port}"), format!("Veracruz instance '127.0.0.2:{port}' does not exist!")),
    ] {
        let answer = service.get(&format!("/veracruz/{path}")).await;
        assert_eq!(answer.problem(), (404, "no-such-instance".to_owned()), "{path}");
        assert_eq!(answer.json()["detail"], detail, "{path}");
        if !path.contains("a%22b") {
            assert_eq!(service.delete(&format!("/veracruz/{path}")).await.json()["detail"], detail, "{path}");
        }
    }
    assert_eq!(service.delete(&format!("/veracruz/127.0.0.1:{port}")).await.status, 404, "the hash is missing");
    assert_eq!(service.script.running(), 1);
}

#[tokio::test]
async fn bad_names_bodies_and_methods_are_refused() {
    let service = Service::new().await;
    for name in [
        "x",
        "x:",
        ":3014",
        "x:0",
        "x:99999",
        "x:1a",
        "x:+1",
        "%3Cx%3E:%3Cy%3E",
        "%FF:1",
        "a%2Fb:1",
        "http%3A%2F%2Fx:1",
    ] {
        for method in ["GET", "DELETE"] {
            let answer = service.send(method, &format!("/veracruz/{name}"), None, "").await;
            assert_eq!(answer.problem(), (400, "bad-instance-name".to_owned()), "{method} {name}");
        }
    }
    let mut wrong = Participant::new().request(None);
    wrong["debug"] = json!("yes");
    wrong["surplus"] = json!(1);
    wrong.as_object_mut().unwrap().remove("programs");
    let refused = service.post(&wrong).await;
    assert_eq!(refused.problem(), (400, "policy-invalid".to_owned()));
    let errors = refused.json()["errors"].as_array().unwrap().clone();
    let found: Vec<_> =
        errors.iter().map(|error| (error["pointer"].as_str().unwrap(), error["code"].as_str().unwrap())).collect();
    for expected in [("/debug", "wrong-type"), ("/surplus", "unknown-field"), ("/programs", "missing-field")] {
        assert!(found.contains(&expected) || found.contains(&("", expected.1)), "{expected:?} in {found:?}");
    }
    let text = Participant::new().request(None).to_string();
    for (kind, body, expected) in [
        (None, text.clone(), (400, "not-json")),
        (Some("text/plain"), text.clone(), (400, "not-json")),
        (Some("application/json"), "{".to_owned(), (400, "not-json")),
        (Some("application/json"), "[]".to_owned(), (400, "policy-invalid")),
        (Some("application/json"), " ".repeat(2 << 20), (413, "body-too-large")),
    ] {
        let (status, code) = service.send("POST", "/veracruz", kind, body).await.problem();
        assert_eq!((status, code.as_str()), expected, "{kind:?}");
    }
    for (method, path, status) in
        [("PUT", "/veracruz", 405), ("POST", "/veracruz/x:1", 405), ("GET", "/", 404), ("GET", "/veracruz/", 404)]
    {
        assert_eq!(service.send(method, path, None, "").await.problem().0, status, "{method} {path}");
    }
    assert_eq!(service.script.running(), 0, "no refused request starts anything");
}

#[tokio::test]
async fn a_full_service_says_507_and_an_ended_instance_is_shown() {
    let service = Service::new().await;
    let request = Participant::new().request(None);
    for _ in 0..2 {
        assert_eq!(service.post(&request).await.status, 200);
    }
    let full = service.post(&request).await;
    assert_eq!(full.problem(), (507, "no-free-slot".to_owned()));
    assert!(full.headers.contains_key("retry-after"));
    assert!(full.json()["detail"].as_str().unwrap().contains("no internal resources available"));
    service.script.end_all(&Ending::Finished);
    crate::world::becomes(&service.vaas, service.port, Some(veracruz_rest::InstanceState::Finished)).await;
    let shown = service.get(&format!("/veracruz/127.0.0.1:{}", service.port)).await;
    assert_eq!(shown.json()["status"], "finished");
}

#[tokio::test]
async fn a_start_that_fails_tells_callers_nothing_of_the_inside() {
    let world = crate::world::World::with_script(1, "echo a secret path; exit 1");
    let router = vaas_core::http::router(world.open().await);
    let body = Participant::new().request(None).to_string();
    let request = Request::post("/veracruz").header("content-type", "application/json").body(Body::from(body)).unwrap();
    let response = router.oneshot(request).await.unwrap();
    assert_eq!(response.status(), 502);
    let text = String::from_utf8(response.into_body().collect().await.unwrap().to_bytes().to_vec()).unwrap();
    assert!(text.contains("instance-start-failed") && text.contains("Could not create a veracruz instance!"), "{text}");
    assert!(!text.contains("secret") && !text.contains(world.folder.path().to_str().unwrap()), "{text}");
}

#[tokio::test]
async fn the_description_is_the_golden_one() {
    let service = Service::new().await;
    let answer = service.get("/openapi.json").await;
    let text = vaas_core::http::openapi();
    assert_eq!((answer.status, &answer.text), (200, &text));
    let description: Value = serde_json::from_str(&text).unwrap();
    assert!(description["openapi"].as_str().unwrap().starts_with("3.1"));
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/golden/vaas.openapi.json");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::create_dir_all(golden.parent().unwrap()).unwrap();
        std::fs::write(&golden, format!("{text}\n")).unwrap();
    }
    let kept = std::fs::read_to_string(&golden).unwrap_or_default();
    assert!(
        kept == format!("{text}\n"),
        "the API differs from tests/golden/vaas.openapi.json; if that is meant: UPDATE_GOLDEN=1 cargo test --workspace \
         --all-features --test vaas description, and look at the difference"
    );
}
