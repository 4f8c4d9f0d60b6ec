//! One participant of one policy, ready to connect as often as needed.

use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::ServerName;
use tokio::io::BufReader;
use tokio_rustls::TlsConnector;
use veracruz_policy::{Endpoint, FullPolicy};

use crate::clock::{Clock, SystemClock};
use crate::connector::{Connector, TcpConnector, Transport};
use crate::error::Error;
use crate::identity::{Identity, IdentityError};
use crate::session::Session;
use crate::tls::{self, Tls};
use crate::trust::{Demands, Trust};
use crate::verify::{InstanceVerifier, refusal_in};
use crate::wire::{READ_AHEAD_BYTES, Wire};

/// How long connecting, the handshake and verifying may take together: a slow attestation device needs a second or two.
pub const DEFAULT_CONNECT_TIMEOUT: Duration = Duration::from_secs(30);

/// A name for the TLS library, which wants one. It never goes out and is compared with nothing.
const UNUSED_NAME: &str = "instance.invalid";

/// A participant of a policy, with what it trusts. Cheap to clone.
#[derive(Clone)]
pub struct Client(Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) policy: FullPolicy,
    pub(crate) demands: Arc<Demands>,
    pub(crate) tls: Tls,
    address: Endpoint,
    connector: Box<dyn Connector>,
    timeout: Duration,
    attempts: u32,
    pause: Duration,
}

impl Client {
    /// Begins a client for the participant `identity` of `policy`.
    pub fn builder(policy: FullPolicy, identity: Identity) -> ClientBuilder {
        ClientBuilder {
            policy,
            identity,
            trust: Trust::default(),
            address: None,
            connector: Box::new(TcpConnector),
            clock: Arc::new(SystemClock),
            timeout: DEFAULT_CONNECT_TIMEOUT,
            attempts: 1,
            pause: Duration::ZERO,
        }
    }

    /// The policy.
    pub fn policy(&self) -> &FullPolicy {
        &self.0.policy
    }

    /// Where it connects to.
    pub fn address(&self) -> &Endpoint {
        &self.0.address
    }

    /// Connects, and verifies the instance: certificate, evidence bound to this session, policy hash. Nothing of the
    /// user's is sent before that is done, and only then there is a [`Session`].
    ///
    /// # Errors
    ///
    /// [`Error::Connect`], [`Error::Handshake`], [`Error::IdentityRefused`], [`Error::Refused`], [`Error::ConnectTimeout`].
    pub async fn connect(&self) -> Result<Session, Error> {
        Session::open(self.0.clone()).await
    }
}

impl Inner {
    /// A connection with an instance whose certificate was accepted. Nothing was sent over it yet.
    pub(crate) async fn dial(&self) -> Result<(Wire, Arc<InstanceVerifier>), Error> {
        let transport = self.transport().await?;
        let (config, verifier) = self.tls.one_handshake(self.demands.clone())?;
        let name = ServerName::try_from(UNUSED_NAME).map_err(|_| Error::System { what: "a name for TLS" })?;
        let transport = BufReader::with_capacity(READ_AHEAD_BYTES, transport);
        let handshake = TlsConnector::from(config).connect_with(name, transport, tls::widen).await;
        let stream = handshake.map_err(|error| match refusal_in(&error) {
            Some(refusal) => refusal.into(),
            None => Error::Handshake { address: self.address.to_string(), source: error },
        })?;
        Ok((Wire::new(stream), verifier))
    }

    /// Bounds connecting and verifying.
    pub(crate) async fn in_time<T>(&self, work: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
        let late = |_| Error::ConnectTimeout { address: self.address.to_string(), seconds: self.timeout.as_secs() };
        tokio::time::timeout(self.timeout, work).await.map_err(late)?
    }

    /// Nothing has been sent or received on a connection that did not come about, so trying again is safe.
    async fn transport(&self) -> Result<Box<dyn Transport>, Error> {
        let mut attempt = 1;
        loop {
            match self.connector.connect(&self.address).await {
                Ok(transport) => return Ok(transport),
                Err(_) if attempt < self.attempts => tokio::time::sleep(self.pause).await,
                Err(source) => return Err(self.unreachable(source)),
            }
            attempt += 1;
        }
    }

    fn unreachable(&self, source: io::Error) -> Error {
        Error::Connect { address: self.address.to_string(), source }
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (policy, address) = (self.0.policy.hash(), &self.0.address);
        f.debug_struct("Client").field("policy", &policy).field("address", address).finish_non_exhaustive()
    }
}

/// The parts of a [`Client`].
#[must_use = "a builder does nothing until `build`"]
pub struct ClientBuilder {
    policy: FullPolicy,
    identity: Identity,
    trust: Trust,
    address: Option<Endpoint>,
    connector: Box<dyn Connector>,
    clock: Arc<dyn Clock>,
    timeout: Duration,
    attempts: u32,
    pause: Duration,
}

impl ClientBuilder {
    /// What to trust; what the policy says, by default.
    pub fn trust(mut self, trust: Trust) -> Self {
        self.trust = trust;
        self
    }

    /// Where to connect to; the policy's `veracruz_server_url`, by default. The address is no part of what is verified.
    pub fn address(mut self, address: Endpoint) -> Self {
        self.address = Some(address);
        self
    }

    /// How to connect; by TCP, by default.
    pub fn connector(mut self, connector: impl Connector + 'static) -> Self {
        self.connector = Box::new(connector);
        self
    }

    /// By which clock certificates and evidence are judged; this machine's, by default.
    pub fn clock(mut self, clock: impl Clock + 'static) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// How long connecting and verifying may take; [`DEFAULT_CONNECT_TIMEOUT`], by default.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// How often to try to connect, with a pause in between, within the timeout; once, by default. A handshake or a
    /// verification that failed is never repeated.
    pub fn connect_attempts(mut self, attempts: u32, pause: Duration) -> Self {
        self.attempts = attempts.max(1);
        self.pause = pause;
        self
    }

    /// The client, when its parts go together.
    ///
    /// # Errors
    ///
    /// [`Error::Identity`] when the policy does not name the identity, [`Error::Trust`] when the policy accepts less than
    /// the trust settings demand, [`Error::Ciphersuite`], [`Error::NoAddress`].
    pub fn build(self) -> Result<Client, Error> {
        let certificate = self.identity.certificate();
        if !self.policy.identities.iter().any(|identity| identity.certificate == *certificate) {
            return Err(IdentityError::NotInPolicy(certificate.fingerprint()).into());
        }
        let demands = Arc::new(Demands::new(&self.policy, &self.trust)?);
        let tls = Tls::new(&self.policy, self.identity, self.clock)?;
        let address = self.address.unwrap_or_else(|| self.policy.veracruz_server_url.clone());
        if address.host().is_none() {
            return Err(Error::NoAddress);
        }
        Ok(Client(Arc::new(Inner {
            policy: self.policy,
            demands,
            tls,
            address,
            connector: self.connector,
            timeout: self.timeout,
            attempts: self.attempts,
            pause: self.pause,
        })))
    }
}

impl fmt::Debug for ClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (policy, identity) = (self.policy.hash(), &self.identity);
        f.debug_struct("ClientBuilder").field("policy", &policy).field("identity", identity).finish_non_exhaustive()
    }
}
