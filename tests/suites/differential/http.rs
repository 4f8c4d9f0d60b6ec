//! A service as an old client sees it: bytes over HTTP, and nothing of our own types.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Client, Method};
use serde_json::Value;
use tokio::runtime::Runtime;

/// A step that takes longer than this will not come.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

const JSON: &str = "application/json";

/// Words that only the inside of a service says (C27).
const INSIDE: [&str; 5] = ["traceback", "panicked", "sqlite", ".rs:", "no such file"];

/// What all doors share.
#[derive(Clone)]
pub(crate) struct Http {
    client: Client,
    runtime: Arc<Runtime>,
}

impl Http {
    pub(crate) fn new() -> Self {
        let client = Client::builder().no_proxy().pool_max_idle_per_host(0).timeout(PATIENCE);
        let client = client.redirect(reqwest::redirect::Policy::none()).build().unwrap();
        Http { client, runtime: Arc::new(Runtime::new().unwrap()) }
    }

    pub(crate) fn door(&self, address: &str) -> Door {
        let address = address.trim_start_matches("http://").to_owned();
        Door { http: self.clone(), address, header: None }
    }

    /// Waits for work that is asynchronous.
    pub(crate) fn wait<T>(&self, work: impl Future<Output = T>) -> T {
        self.runtime.block_on(async { tokio::time::timeout(PATIENCE, work).await.expect("it takes too long") })
    }

    pub(crate) fn runtime(&self) -> &Runtime {
        &self.runtime
    }
}

/// A service.
#[derive(Clone)]
pub(crate) struct Door {
    http: Http,
    address: String,
    header: Option<(&'static str, String)>,
}

impl Door {
    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    /// The same door for one who sends this header.
    pub(crate) fn with(&self, name: &'static str, value: impl Into<String>) -> Self {
        Door { header: Some((name, value.into())), ..self.clone() }
    }

    pub(crate) fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, None, Vec::new())
    }

    pub(crate) fn delete(&self, path: &str) -> Answer {
        self.send(Method::DELETE, path, None, Vec::new())
    }

    /// Asks to delete it, whether there is anything, and anybody who is asked, or not.
    pub(crate) fn clear(&self, path: &str) {
        let request = self.http.client.delete(format!("http://{}{path}", self.address));
        let _gone = self.http.runtime.block_on(async { request.send().await });
    }

    /// A JSON document.
    pub(crate) fn post(&self, path: &str, body: &Value) -> Answer {
        self.send(Method::POST, path, Some(JSON), body.to_string())
    }

    /// Any bytes under the type that the scripts of the i-poc give to everything.
    pub(crate) fn post_raw(&self, path: &str, body: impl Into<Vec<u8>>) -> Answer {
        self.send(Method::POST, path, Some(JSON), body)
    }

    pub(crate) fn send(&self, method: Method, path: &str, kind: Option<&str>, body: impl Into<Vec<u8>>) -> Answer {
        let asked = format!("{method} {path}");
        let mut headers = HeaderMap::new();
        if let Some(kind) = kind {
            headers.insert(CONTENT_TYPE, HeaderValue::from_str(kind).unwrap());
        }
        if let Some((name, value)) = &self.header {
            headers.insert(HeaderName::from_static(name), HeaderValue::from_str(value).unwrap());
        }
        let request = self.http.client.request(method, format!("http://{}{path}", self.address));
        let request = request.headers(headers).body(body.into());
        self.http.wait(async {
            let answer = request.send().await.unwrap_or_else(|error| panic!("{asked}: {error:?}"));
            let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
            let text = answer.text().await.unwrap_or_else(|error| panic!("{asked}: {error:?}"));
            Answer { asked, status, headers, text }
        })
    }

    /// A request as it is written here, which no HTTP library would send: the answer's status, and all of the answer. The
    /// request must ask the service to close the connection.
    pub(crate) fn raw(&self, request: &[&[u8]]) -> (u16, String) {
        self.exchange(request, false)
    }

    /// As [`raw`](Self::raw), and the client ends its side of the connection behind what is written here.
    pub(crate) fn cut(&self, request: &[&[u8]]) -> (u16, String) {
        self.exchange(request, true)
    }

    fn exchange(&self, request: &[&[u8]], cut: bool) -> (u16, String) {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        for part in request {
            // A service that has said no already reads no more.
            if stream.write_all(part).is_err() {
                break;
            }
        }
        if cut {
            stream.shutdown(Shutdown::Write).unwrap();
        }
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        let answer = String::from_utf8_lossy(&answer).into_owned();
        let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok());
        (status.unwrap_or_else(|| panic!("no answer but {answer:?}")), answer)
    }
}

/// What a service answered.
pub(crate) struct Answer {
    asked: String,
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Answer {
    fn kind(&self) -> &str {
        self.headers.get(CONTENT_TYPE).map_or("", |kind| kind.to_str().unwrap())
    }

    /// A success with a JSON object that has exactly these keys.
    #[track_caller]
    pub(crate) fn object(&self, keys: &[&str]) -> Value {
        assert_eq!((self.status, self.kind()), (200, JSON), "{}: {}", self.asked, self.text);
        let value: Value = serde_json::from_str(&self.text).unwrap();
        let mut found: Vec<_> = value.as_object().unwrap().keys().map(String::as_str).collect();
        let mut wanted = keys.to_vec();
        found.sort_unstable();
        wanted.sort_unstable();
        assert_eq!(found, wanted, "{}", self.asked);
        value
    }

    /// A success in a sentence: one paragraph of HTML (C26).
    #[track_caller]
    pub(crate) fn says(&self, sentence: &str) {
        assert_eq!((self.status, self.text.as_str()), (200, format!("<p>{sentence}</p>").as_str()), "{}", self.asked);
        assert!(self.kind().starts_with("text/html"), "{}: {}", self.asked, self.kind());
    }

    /// A refusal: a problem document (RFC 9457) with this status and code, and nothing of the service's inside (C27).
    #[track_caller]
    pub(crate) fn refused(&self, status: u16, code: &str) -> Value {
        assert_eq!((self.status, self.kind()), (status, "application/problem+json"), "{}: {}", self.asked, self.text);
        let problem: Value = serde_json::from_str(&self.text).unwrap();
        assert_eq!((&problem["status"], &problem["code"]), (&status.into(), &code.into()), "{}: {problem}", self.asked);
        assert_eq!(problem["type"], "about:blank", "{}", self.asked);
        assert!(!problem["title"].as_str().unwrap().is_empty(), "{}", self.asked);
        let detail = problem["detail"].as_str().unwrap();
        assert!(!detail.is_empty(), "{}", self.asked);
        for word in INSIDE {
            assert!(!detail.to_lowercase().contains(word), "{}: {word:?} stands in {detail:?}", self.asked);
        }
        problem
    }

    /// As [`refused`](Self::refused), and the detail has this in it.
    #[track_caller]
    pub(crate) fn refused_saying(&self, status: u16, code: &str, words: &str) {
        let problem = self.refused(status, code);
        let detail = problem["detail"].as_str().unwrap();
        assert!(detail.contains(words), "{}: {words:?} is not in {detail:?}", self.asked);
    }

    /// A refusal that names exactly these places in the body, each with the rule that is broken there.
    #[track_caller]
    pub(crate) fn refused_at(&self, code: &str, places: &[(&str, &str)]) {
        let problem = self.refused(400, code);
        let errors = problem["errors"].as_array().unwrap_or_else(|| panic!("{}: no errors in {problem}", self.asked));
        let mut found: Vec<(&str, &str)> = errors
            .iter()
            .map(|error| {
                assert!(!error["detail"].as_str().unwrap().is_empty(), "{}: {error}", self.asked);
                (error["pointer"].as_str().unwrap(), error["code"].as_str().unwrap())
            })
            .collect();
        let mut wanted = places.to_vec();
        found.sort_unstable();
        wanted.sort_unstable();
        assert_eq!(found, wanted, "{}", self.asked);
    }
}
