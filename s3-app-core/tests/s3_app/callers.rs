//! Callers that go away.

use http_body_util::Full;
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use crate::app::{App, FILE, order, post};
use crate::instance::Instance;
use crate::made::{BUCKET, Made, Thing};
use crate::server::Server;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copy_ends_when_its_caller_goes_away() {
    let (thing, gate) = Thing::waiting(20_000_000);
    let storage = Server::s3(Made::with([("object", thing)])).await;
    let (app, instance) = (App::at(&storage.url()).await, Instance::start().await);
    let stream = TcpStream::connect(app.server.address).await.unwrap();
    let (mut sender, connection) = http1::handshake::<_, Full<Bytes>>(TokioIo::new(stream)).await.unwrap();
    let connection = tokio::spawn(connection);
    let body = order(&instance, BUCKET, "object").to_string();
    let request = tokio::spawn(sender.send_request(post(&[("content-type", "application/json")], body)));
    gate.reached.cancelled().await;
    assert_eq!(app.service.counts().copies_running, 1);

    connection.abort();
    request.await.unwrap().unwrap_err();
    gate.gone.cancelled().await;
    while app.service.counts().copies_running > 0 {
        tokio::task::yield_now().await;
    }
    let counts = app.service.counts();
    assert_eq!((counts.done, counts.failed, counts.cancelled), (0, 0, 1));
    assert_eq!(instance.size(FILE).await, None);
}
