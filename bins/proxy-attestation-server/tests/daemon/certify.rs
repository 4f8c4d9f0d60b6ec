//! The protocol over real HTTP.

use veracruz_attestation::service::http::MAX_FORM_BYTES;

use crate::instance::{Instance, path};
use crate::server::{Home, Server};

async fn world() -> (Home, Instance, Server) {
    let (home, instance) = (Home::new(), Instance::new());
    let flags = instance.trusted_by(&home);
    let server = Server::start(&home, &flags.each_ref().map(String::as_str)).await;
    (home, instance, server)
}

#[tokio::test]
async fn an_instance_gets_a_certificate_that_a_distrustful_client_takes() {
    let (_home, instance, server) = world().await;
    assert_eq!(server.get("/readyz").await.status, 200);
    let answer = instance.certify(&server).await;
    assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.body));
    let authority_pem = server.get("/proxy/v1/ca").await.text();
    let checked = instance.check_as_client(&answer.body, &authority_pem);
    assert_eq!(checked.spki_der(), instance.key.spki_der());
    let log = server.stop().await;
    assert!(log.contains("INSECURE: certificate issued for simulated evidence"), "{log}");
}

#[tokio::test]
async fn an_instance_renews_its_certificate_with_the_same_key() {
    let (_home, instance, server) = world().await;
    let (first, second) = (instance.certify(&server).await, instance.certify(&server).await);
    assert_eq!((first.status, second.status), (200, 200));
    assert_ne!(first.body, second.body);
}

#[tokio::test]
async fn of_many_connections_with_one_nonce_exactly_one_wins() {
    let (_home, instance, server) = world().await;
    let session = instance.start(&server).await;
    let evidence = instance.evidence(&session);
    let path = path(&session);
    let submit = || server.post_form(&path, &evidence);
    let answers = tokio::join!(submit(), submit(), submit(), submit(), submit(), submit(), submit(), submit());
    let answers: [_; 8] = answers.into();
    let mut statuses = answers.map(|answer| answer.status);
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 410, 410, 410, 410, 410, 410, 410]);
    assert_eq!(submit().await.problem(), (410, "session-used".to_owned()));
}

#[tokio::test]
async fn garbage_is_refused_and_the_server_goes_on() {
    let (_home, instance, server) = world().await;
    let large = [("token", "a".repeat(MAX_FORM_BYTES))];
    let path_of_new = async || path(&instance.start(&server).await);
    let answer = server.post_form(&path_of_new().await, &large).await;
    assert_eq!(answer.problem(), (413, "form-too-large".to_owned()));
    let answer = server.post_form(&path_of_new().await, &[("tokn", String::new())]).await;
    assert_eq!(answer.problem(), (400, "unknown-field".to_owned()));
    assert_eq!(server.post(&path_of_new().await).await.problem(), (400, "malformed-form".to_owned()));
    assert_eq!(server.post("/proxy/v1/PSA/x").await.problem(), (501, "platform-not-implemented".to_owned()));
    assert_eq!(server.get("/").await.problem(), (404, "no-such-resource".to_owned()));
    assert_eq!(instance.certify(&server).await.status, 200);
}

#[tokio::test]
async fn simulated_evidence_needs_its_root_to_be_allowed() {
    let (home, instance) = (Home::new(), Instance::new());
    let [_, _, flag, file] = instance.trusted_by(&home);
    let server = Server::start(&home, &[&flag, &file]).await;
    assert_eq!(instance.certify(&server).await.problem(), (403, "platform-not-trusted".to_owned()));
    let stranger = Instance::new();
    let [root, root_file, ..] = stranger.trusted_by(&home);
    let server = Server::start(&home, &[&flag, &file, &root, &root_file]).await;
    assert_eq!(instance.certify(&server).await.problem(), (403, "root".to_owned()));
}

#[tokio::test]
async fn the_log_and_the_metrics_tell_what_happened_and_no_secret() {
    let (home, instance, server) = world().await;
    let session = instance.start(&server).await;
    assert_eq!(instance.submit(&server, &session).await.status, 200);
    assert_eq!(instance.submit(&server, &session).await.status, 410);
    instance.start(&server).await;
    let metrics = server.get("/metrics").await.text();
    for line in [
        "proxy_attestation_sessions_started_total 2",
        "proxy_attestation_certificates_issued_total{platform=\"simulated\"} 1",
        "proxy_attestation_refusals_total{code=\"session-used\"} 1",
        "proxy_attestation_failures_total 0",
        "proxy_attestation_live_sessions 1",
    ] {
        assert!(metrics.lines().any(|found| found == line), "{line} is missing in:\n{metrics}");
    }
    let log = server.stop().await;
    assert!(log.contains("session-used"), "{log}");
    let key = crate::server::read(&home.path("proxy-attestation-server-state/authority/key.pem"));
    let secret_line = key.lines().nth(1).unwrap();
    assert!(!log.contains(secret_line) && !log.contains(&session.id), "{log}");
}
