//! One exchange with a service.

use std::error::Error as StdError;
use std::io;
use std::time::Duration;

use bytes::Bytes;
use reqwest::header::{AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, HeaderValue};
use reqwest::{Method, RequestBuilder};
use tokio::io::AsyncRead;

use super::answer::Answer;
use super::error::Error;
use super::foreign::causes;
use super::path::Path;
use super::service::{ANSWER_TIMEOUT, Service};
use super::upload::{self, Failure};

/// A request that is being put together.
pub(super) struct Call<'s> {
    service: &'s Service,
    url: String,
    request: RequestBuilder,
    time: Duration,
    source: Option<Failure>,
    is_secret: bool,
}

impl<'s> Call<'s> {
    pub(super) fn new(service: &'s Service, method: Method, path: &Path) -> Self {
        let url = format!("{}{}", service.url(), path.as_str());
        let request = service.http().request(method, &url);
        Call { service, url, request, time: service.time_for(ANSWER_TIMEOUT), source: None, is_secret: false }
    }

    pub(super) fn get(service: &'s Service, path: &Path) -> Self {
        Call::new(service, Method::GET, path)
    }

    pub(super) fn post(service: &'s Service, path: &Path) -> Self {
        Call::new(service, Method::POST, path)
    }

    pub(super) fn delete(service: &'s Service, path: &Path) -> Self {
        Call::new(service, Method::DELETE, path)
    }

    /// Gives it this time, unless the service has one of its own.
    pub(super) fn within(mut self, usual: Duration) -> Self {
        self.time = self.service.time_for(usual);
        self
    }

    /// With a header.
    pub(super) fn header(mut self, name: &'static str, value: &'static str) -> Self {
        self.request = self.request.header(name, HeaderValue::from_static(value));
        self
    }

    /// With a JSON text.
    pub(super) fn json(mut self, text: impl Into<Bytes>) -> Self {
        self.request = self.request.header(CONTENT_TYPE, "application/json").body(text.into());
        self
    }

    /// With a file.
    pub(super) fn file(mut self, length: u64, reader: impl AsyncRead + Send + 'static) -> Self {
        let (body, failure) = upload::body(length, reader);
        let request = self.request.header(CONTENT_TYPE, "application/octet-stream");
        self.request = request.header(CONTENT_LENGTH, length).body(body);
        self.source = Some(failure);
        self
    }

    /// Only over a way that keeps what is sent between the two.
    pub(super) fn secret(mut self) -> Self {
        self.is_secret = true;
        self
    }

    /// Sends it and reads the answer; a refusal is an error.
    pub(super) async fn send(self) -> Result<Answer, Error> {
        let Call { service, url, mut request, time, source, is_secret } = self;
        if is_secret {
            service.keeps_secrets()?;
        }
        if let Some(value) = service.authorization()? {
            request = request.header(AUTHORIZATION, value);
        }
        let response = request.timeout(time).send().await;
        if let (Err(_), Some(reason)) = (&response, source.and_then(|source| source.take())) {
            return Err(Error::Source(reason));
        }
        let response = response.map_err(|error| failed(error, &url, time.as_secs()))?;
        Answer::read(response, url, time.as_secs()).await
    }
}

/// What became of an exchange that failed.
pub(super) fn failed(error: reqwest::Error, url: &str, seconds: u64) -> Error {
    let url = url.to_owned();
    let error = error.without_url();
    let reason = causes(&error);
    match tls_cause(&error) {
        Some(rustls::Error::InvalidCertificate(fault)) => {
            return Error::ServerCertificate { url, reason: fault.to_string() };
        }
        Some(rustls::Error::AlertReceived(alert)) => {
            return Error::ClientCertificate { url, reason: format!("TLS alert {alert:?}") };
        }
        Some(fault) => return Error::Handshake { url, reason: fault.to_string() },
        None => {}
    }
    match (error.is_connect(), error.is_timeout(), error.is_builder()) {
        (true, ..) => Error::Unreachable { url, reason },
        (_, true, _) => Error::Timeout { url, seconds },
        (_, _, true) => Error::Protocol { url, detail: reason },
        _ => Error::Lost { url, reason },
    }
}

/// The TLS library's error, wherever it stands among the causes.
fn tls_cause(error: &reqwest::Error) -> Option<&rustls::Error> {
    let first: &(dyn StdError + 'static) = error;
    std::iter::successors(Some(first), |&error| cause(error)).find_map(|error| error.downcast_ref())
}

/// What an error was made of. The `source` of an I/O error leaves out the error that it wraps.
fn cause<'e>(error: &'e (dyn StdError + 'static)) -> Option<&'e (dyn StdError + 'static)> {
    let wrapped = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
    wrapped.map(|wrapped| wrapped as &(dyn StdError + 'static)).or_else(|| error.source())
}
