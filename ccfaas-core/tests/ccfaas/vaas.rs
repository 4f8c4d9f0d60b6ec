//! What VaaS's answers mean, over real connections: VaaS itself is a stand-in here that says one thing.

use ccfaas_core::adapters::VaasService;
use ccfaas_core::{Address, InstanceService as _, VaasError};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use veracruz_client::rest::{Service, VaasClient};
use veracruz_policy::{Endpoint, Name};

/// Deletes an instance at a VaaS that answers this.
async fn deleted(status: &str, content_type: &str, body: &str) -> Result<(), VaasError> {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let answer = format!(
        "HTTP/1.1 {status}\r\ncontent-type: {content_type}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    );
    let answering = async {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(stream.read_u8().await.unwrap());
        }
        stream.write_all(answer.as_bytes()).await.unwrap();
    };
    let vaas = VaasService::new(VaasClient::new(Service::at(&url).unwrap()));
    let (id, endpoint) = (Name::parse("CCFaaS").unwrap(), Endpoint::parse("127.0.0.1:3014").unwrap());
    let address = Address { endpoint, hash: "a".repeat(59) };
    tokio::join!(vaas.delete(&id, &address), answering).0
}

#[tokio::test]
async fn an_instance_has_gone_only_where_vaas_itself_says_so() {
    let problem = |code: &str| format!(r#"{{"status": 404, "code": "{code}", "detail": "no"}}"#);
    let (json, html) = ("application/problem+json", "text/html");
    let long =
        format!("<p>Veracruz instance '127.0.0.1:3014' and instance_id '{}' does not exist!</p>", "x".repeat(400));
    for (status, content_type, body, is_gone) in [
        ("200 OK", html, "<p>Veracruz instance '127.0.0.1:3014' was removed</p>", true),
        ("404 Not Found", json, &problem("no-such-instance"), true),
        ("404 Not Found", html, "<p>Veracruz instance '127.0.0.1:3014' does not exist!</p>\n", true),
        (
            "404 Not Found",
            html,
            "<p>Veracruz instance '127.0.0.1:3014' and instance_id 'CCFaaS' does not exist!</p>",
            true,
        ),
        ("404 Not Found", html, &long, true),
        ("404 Not Found", html, "<html><h1>404 Not Found</h1><hr>nginx</html>", false),
        ("404 Not Found", html, "<p>Veracruz instance '127.0.0.1:3015' does not exist!</p>", false),
        ("404 Not Found", "application/json", &problem("no-such-instance"), false),
        ("404 Not Found", json, &problem("not-found"), false),
        ("404 Not Found", html, "", false),
        ("410 Gone", json, &problem("no-such-instance"), false),
    ] {
        let deleted = deleted(status, content_type, body).await;
        assert_eq!(deleted.is_ok(), is_gone, "{status} {body}: {deleted:?}");
    }
}
