//! A relay before the real function service that does one wrong thing: for what becomes of a user when the service fails
//! in the middle.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

/// The wrong thing. All else is passed on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Wrong {
    /// Deletions are answered with 500 and not passed on.
    RefusedDeletion,
    /// Deletions are never answered and not passed on.
    SilentDeletion,
    /// An instance is made, and the answer never comes.
    SilentCreation,
    /// An instance is made, and the connection ends without the answer.
    LostCreation,
    /// An instance is made, and is gone when the answer comes.
    DeadInstance,
}

/// Listens for as long as the test runs.
pub(super) struct Meddler {
    pub(super) url: String,
    /// The wrong thing was done.
    pub(super) done: Receiver<()>,
}

impl Meddler {
    pub(super) fn before(upstream: &str, wrong: Wrong) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let upstream = upstream.strip_prefix("http://").unwrap().to_owned();
        let (sender, done) = channel();
        thread::spawn(move || {
            for client in listener.incoming() {
                let (upstream, done) = (upstream.clone(), sender.clone());
                thread::spawn(move || meddle(&mut client.unwrap(), &upstream, wrong, &done));
            }
        });
        Meddler { url, done }
    }
}

/// One request, and the end of the connection: the answer says so, since the service is asked to close.
fn meddle(client: &mut TcpStream, upstream: &str, wrong: Wrong, done: &Sender<()>) {
    let Some(request) = request(client) else { return };
    let (deletes, creates) = (request.starts_with(b"DELETE "), request.starts_with(b"POST "));
    match wrong {
        Wrong::RefusedDeletion if deletes => {
            let refusal = b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
            client.write_all(refusal).unwrap();
            return;
        }
        Wrong::SilentDeletion if deletes => return silence(client, done),
        _ => {}
    }
    let answer = asked(upstream, &request);
    match wrong {
        Wrong::SilentCreation if creates => silence(client, done),
        Wrong::LostCreation if creates => {}
        _ => {
            if wrong == Wrong::DeadInstance && creates {
                asked(upstream, b"DELETE /instance/once HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
            }
            // The user may be gone.
            let _ = client.write_all(&answer);
        }
    }
}

/// Until the client goes away.
fn silence(client: &mut TcpStream, done: &Sender<()>) {
    let _ = done.send(());
    let _ = client.read(&mut [0]);
}

fn asked(upstream: &str, request: &[u8]) -> Vec<u8> {
    let mut server = TcpStream::connect(upstream).unwrap();
    server.write_all(request).unwrap();
    let mut answer = Vec::new();
    server.read_to_end(&mut answer).unwrap();
    answer
}

/// Nothing where a connection ends unused.
fn request(client: &mut TcpStream) -> Option<Vec<u8>> {
    let mut reader = BufReader::new(client);
    let (mut head, mut length) = (String::new(), 0);
    reader.read_line(&mut head).ok().filter(|bytes| *bytes > 0)?;
    head.push_str("Connection: close\r\n");
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        head.push_str(&line);
        if line == "\r\n" {
            break;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    Some([head.into_bytes(), body].concat())
}
