//! Where a service is, how it is known, and how it knows who asks.

use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

use reqwest::header::HeaderValue;
use reqwest::redirect::Policy;
use reqwest::{Certificate, Client, Identity, Url};
use veracruz_rest::Secret;
use zeroize::Zeroizing;

use super::error::{Error, UrlFault};
use super::foreign::{bounded, causes};

/// Time to reach a service.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// Time for a whole exchange that asks or deletes, unless [`Service::timeout`] says otherwise.
pub const ANSWER_TIMEOUT: Duration = Duration::from_secs(60);

/// Time to create an instance: the runtime is started, attested, and loaded with all files of the function.
pub const CREATION_TIMEOUT: Duration = Duration::from_secs(15 * 60);

/// Time to upload a file: 300 MB at 340 kB/s.
pub const UPLOAD_TIMEOUT: Duration = Duration::from_secs(15 * 60);

/// Time for a copy from S3 that is waited for.
pub const COPY_TIMEOUT: Duration = Duration::from_secs(24 * 60 * 60);

/// Idle connections are given up before a daemon, which waits 10 s for a request, does: what is sent on a connection that
/// is just being closed is lost.
const IDLE_TIMEOUT: Duration = Duration::from_secs(5);

/// A service at an address, and how to speak to it.
///
/// `Debug` shows the address; nothing shows the token or the key.
#[derive(Clone)]
pub struct Service {
    base: String,
    https: bool,
    local: bool,
    token: Option<HeaderValue>,
    authorities: Option<Vec<Certificate>>,
    identity: Option<Identity>,
    timeout: Option<Duration>,
    plain_http: bool,
    http: Client,
}

impl Service {
    /// The service at `http://HOST[:PORT][/PATH]` or `https://…`. Over https it is known by the machine's certificate
    /// authorities, unless [`authorities_pem`](Self::authorities_pem) names others.
    ///
    /// # Errors
    /// [`Error::Url`]; [`Error::Tls`] where the machine has no certificate authorities.
    pub fn at(url: &str) -> Result<Self, Error> {
        let refuse = |reason| Error::Url { url: bounded(url), reason };
        let parsed = Url::parse(url).map_err(|_| refuse(UrlFault::NoUrl))?;
        let https = match parsed.scheme() {
            "https" => true,
            "http" => false,
            _ => return Err(refuse(UrlFault::Scheme)),
        };
        if !parsed.username().is_empty() || parsed.password().is_some() {
            // The text holds a password, perhaps: it is not repeated.
            return Err(Error::Url {
                url: parsed.host_str().map(bounded).unwrap_or_default(),
                reason: UrlFault::Credentials,
            });
        }
        if parsed.query().is_some() || parsed.fragment().is_some() {
            return Err(refuse(UrlFault::Query));
        }
        Ok(Service {
            base: parsed.as_str().trim_end_matches('/').to_owned(),
            https,
            local: parsed.host_str().is_some_and(is_loopback),
            token: None,
            authorities: None,
            identity: None,
            timeout: None,
            plain_http: false,
            http: client(https, None, None)?,
        })
    }

    /// Proves who asks by a bearer token (RFC 6750), in every request.
    ///
    /// # Errors
    /// [`Error::Token`] when it holds what a header cannot carry; a trailing line end is left away.
    pub fn token(mut self, token: &Secret) -> Result<Self, Error> {
        let token = token.expose().trim();
        if token.is_empty() || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(Error::Token);
        }
        let text = Zeroizing::new(format!("Bearer {token}"));
        let mut value = HeaderValue::from_str(&text).map_err(|_| Error::Token)?;
        value.set_sensitive(true);
        self.token = Some(value);
        Ok(self)
    }

    /// Knows the service by these certificate authorities (PEM) and no others.
    ///
    /// # Errors
    /// [`Error::Tls`].
    pub fn authorities_pem(mut self, pem: &str) -> Result<Self, Error> {
        let certificates = Certificate::from_pem_bundle(pem.as_bytes()).map_err(|error| tls("authorities", &error))?;
        if certificates.is_empty() {
            return Err(Error::Tls { what: "authorities", reason: "there is no certificate in it".to_owned() });
        }
        self.authorities = Some(certificates);
        self.rebuilt("authorities")
    }

    /// Proves who asks by a certificate, with those between it and its authority, and its unencrypted key, all PEM.
    ///
    /// # Errors
    /// [`Error::Tls`]; no error repeats anything of the key.
    pub fn identity_pem(mut self, certificate: &str, key: &str) -> Result<Self, Error> {
        let mut pem = Zeroizing::new(String::with_capacity(certificate.len() + key.len() + 1));
        pem.push_str(certificate);
        pem.push('\n');
        pem.push_str(key);
        let what = "client identity";
        let found = Identity::from_pem(pem.as_bytes()).map_err(|_| Error::Tls {
            what,
            reason: "it takes a certificate and an unencrypted private key, both in PEM form".to_owned(),
        })?;
        self.identity = Some(found);
        self.rebuilt(what)
    }

    /// Gives every whole exchange this time, in place of [`ANSWER_TIMEOUT`], [`CREATION_TIMEOUT`], [`UPLOAD_TIMEOUT`] and
    /// [`COPY_TIMEOUT`].
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Sends tokens, keys and credentials over plain `http://` to other machines too, where everybody on the way can read
    /// them: for networks that encrypt by themselves.
    #[must_use]
    pub fn dangerous_secrets_over_plain_http(mut self) -> Self {
        self.plain_http = true;
        self
    }

    /// The address, without a trailing slash.
    pub fn url(&self) -> &str {
        &self.base
    }

    pub(super) fn http(&self) -> &Client {
        &self.http
    }

    /// The token's header, if there is one and the way is safe enough for it.
    pub(super) fn authorization(&self) -> Result<Option<HeaderValue>, Error> {
        match &self.token {
            Some(value) => self.keeps_secrets().map(|()| Some(value.clone())),
            None => Ok(None),
        }
    }

    /// Whether what is sent stays between the two: encrypted, or on this machine, or allowed by name to travel in the open.
    /// Calls that carry a secret ask this themselves; who reads settings can ask at once.
    ///
    /// # Errors
    /// [`Error::PlainHttp`].
    pub fn keeps_secrets(&self) -> Result<(), Error> {
        if self.https || self.local || self.plain_http {
            return Ok(());
        }
        Err(Error::PlainHttp { url: self.base.clone() })
    }

    pub(super) fn time_for(&self, usual: Duration) -> Duration {
        self.timeout.unwrap_or(usual)
    }

    fn rebuilt(mut self, what: &'static str) -> Result<Self, Error> {
        self.http =
            client(self.https, self.authorities.as_deref(), self.identity.clone()).map_err(|error| match error {
                Error::Tls { reason, .. } => Error::Tls { what, reason },
                error => error,
            })?;
        Ok(self)
    }
}

impl fmt::Debug for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Service").field("url", &self.base).field("timeout", &self.timeout).finish_non_exhaustive()
    }
}

fn client(https: bool, authorities: Option<&[Certificate]>, identity: Option<Identity>) -> Result<Client, Error> {
    let mut builder = Client::builder()
        .no_proxy()
        .redirect(Policy::none())
        .referer(false)
        .retry(reqwest::retry::never())
        .https_only(https)
        .connect_timeout(CONNECT_TIMEOUT)
        .pool_idle_timeout(IDLE_TIMEOUT)
        .user_agent(concat!("veracruz-client/", env!("CARGO_PKG_VERSION")));
    // Without TLS no certificates are needed: a machine that has none must do.
    match authorities {
        Some(certificates) => builder = builder.tls_certs_only(certificates.iter().cloned()),
        None if !https => builder = builder.tls_certs_only([]),
        None => {}
    }
    if let Some(identity) = identity {
        builder = builder.identity(identity);
    }
    builder.build().map_err(|error| tls("TLS settings", &error))
}

fn tls(what: &'static str, error: &reqwest::Error) -> Error {
    Error::Tls { what, reason: causes(error) }
}

/// `localhost` (RFC 6761, section 6.3) and addresses of this machine.
fn is_loopback(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}
