//! Tokens, keys and credentials: sent where they belong, shown nowhere.

use rcgen::{CertificateParams, KeyPair};
use veracruz_client::rest::{CcfaasClient, CopyRequest, Destination, Error, S3AppClient, Secret, Service, Source};

use crate::stand_in::{Script, StandIn, problem, response};

const TOKEN: &str = "t0k3n-that-nobody-sees";
const KEY: &str = "pr1vate-key";
const CREDENTIAL: &str = "cr3dential";

fn with_token(service: Service) -> Service {
    service.token(&Secret::new(TOKEN)).unwrap()
}

fn copy_request() -> CopyRequest {
    CopyRequest {
        s3: Source {
            region_name: Some("eu-west-1".to_owned()),
            bucket: "b".to_owned(),
            filename: "k".to_owned(),
            aws_access_key_id: Some("id".to_owned()),
            aws_secret_access_key: Some(Secret::new(CREDENTIAL)),
            aws_session_token: Some(Secret::new(CREDENTIAL)),
        },
        veracruz: Destination {
            filename: "/x".to_owned(),
            policy: String::new(),
            certificate: String::new(),
            key: Secret::new(KEY),
        },
    }
}

#[tokio::test]
async fn the_token_goes_out_as_a_bearer_token() {
    let mut stand_in = StandIn::json(r#"{"functions": []}"#).await;
    let service = stand_in.service().token(&Secret::new(format!("{TOKEN}\n"))).unwrap();
    CcfaasClient::new(service).functions(None, None).await.unwrap();
    assert_eq!(stand_in.request().await.header("authorization"), Some(format!("Bearer {TOKEN}").as_str()));
}

#[tokio::test]
async fn neither_errors_nor_debug_show_a_secret() {
    let scripts = [
        problem("400 Bad Request", r#"{"status": 400, "code": "x", "detail": "no"}"#),
        Script::Answer(response("200 OK", "text/html", "<p>")),
        Script::Answer(Vec::new()),
    ];
    let mut shown = String::new();
    for script in scripts {
        let stand_in = StandIn::start(script).await;
        let client = S3AppClient::new(with_token(stand_in.service()));
        let error = client.copy(&copy_request()).await.unwrap_err();
        shown.push_str(&format!("{error} {error:?} {error:#?} {client:?} {:?}", copy_request()));
    }
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::default().self_signed(&key).unwrap().pem();
    let service = with_token(Service::at("https://127.0.0.1:1").unwrap());
    let service = service.identity_pem(&certificate, &key.serialize_pem()).unwrap();
    let client = CcfaasClient::new(service);
    let error = client.functions(None, None).await.unwrap_err();
    shown.push_str(&format!("{error} {error:?} {client:#?}"));
    let damaged = key.serialize_pem().replace("-----END", "----END");
    let error = Service::at("https://a").unwrap().identity_pem(&certificate, &damaged).unwrap_err();
    shown.push_str(&format!("{error} {error:?}"));
    let body = key.serialize_pem().lines().nth(1).unwrap().to_owned();
    for secret in [TOKEN, KEY, CREDENTIAL, &body] {
        assert!(!shown.contains(secret), "{secret} is in {shown}");
    }
}

#[tokio::test]
async fn secrets_go_over_plain_http_to_this_machine_only() {
    // A documentation address (RFC 5737): nobody answers there, and nobody may be asked.
    let far = || Service::at("http://192.0.2.1:5010").unwrap();
    let codes = [
        CcfaasClient::new(with_token(far())).functions(None, None).await.unwrap_err().code().to_owned(),
        S3AppClient::new(far()).copy(&copy_request()).await.unwrap_err().code().to_owned(),
        S3AppClient::new(far()).start(&copy_request()).await.unwrap_err().code().to_owned(),
    ];
    assert_eq!(codes, ["plain-http", "plain-http", "plain-http"]);
    let allowed = far().dangerous_secrets_over_plain_http().timeout(std::time::Duration::from_millis(1));
    let error = CcfaasClient::new(with_token(allowed)).functions(None, None).await.unwrap_err();
    assert!(!matches!(error, Error::PlainHttp { .. }), "{error}");
    for host in ["localhost", "[::1]", "127.3.2.1"] {
        let near = Service::at(&format!("http://{host}:1")).unwrap();
        let error = CcfaasClient::new(with_token(near)).functions(None, None).await.unwrap_err();
        assert_eq!(error.code(), "unreachable", "{host}");
    }
}

#[test]
fn a_token_that_no_header_can_carry_is_refused_without_being_shown() {
    for token in ["", "  ", "a b", "a\nInjected: yes", "geheimnisvoll-ä"] {
        let error = Service::at("http://127.0.0.1:1").unwrap().token(&Secret::new(token)).unwrap_err();
        assert_eq!(error.code(), "bad-token");
        assert!(!format!("{error} {error:?}").contains("geheimnis"));
    }
}
