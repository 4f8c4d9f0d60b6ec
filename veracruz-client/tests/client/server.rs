//! The side of the instance: TLS and the protocol over a pipe in memory, with a place for each lie.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{DigitallySignedStruct, DistinguishedName, ServerConfig, ServerConnection, SignatureScheme};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use veracruz_attestation::{EXPORTER_LABEL, Role, exporter_context};
use veracruz_client::{Connecting, Connector, Failure, Transport};
use veracruz_policy::{Endpoint, Platform, Sha256Digest};
use veracruz_protocol::{
    ChunkInfo, Content, Event, FileKind, FileStat, Limits, ListEntry, Listing, Request, RequestDecoder, Response,
    Upload, UploadKind, chunk_head, encode_exit_code, encode_response, result_head,
};

use crate::instance::Instance;

/// What an instance says to a nonce over a connection.
pub(crate) type Answer<T> = Box<dyn Fn(&Instance, &[u8; 32], &ServerConnection) -> T + Send + Sync>;

/// What a server does. The fields are what tests change.
pub(crate) struct Behaviour {
    pub(crate) instance: Instance,
    /// The document for a nonce; `None` is an old server's refusal.
    pub(crate) evidence: Answer<Option<Vec<u8>>>,
    pub(crate) platform: Platform,
    pub(crate) policy_hash: Sha256Digest,
    /// Another key than the certificate's.
    pub(crate) key: Option<Vec<u8>>,
    /// Whether client certificates are refused.
    pub(crate) refuses_clients: bool,
    /// The connection is cut when a request of this kind has come, so many times.
    pub(crate) cut: Mutex<Option<(&'static str, usize)>>,
    /// Payload bytes of a download after which the connection is cut.
    pub(crate) cut_download: Option<usize>,
    /// Requests that are refused with a code.
    pub(crate) refused: BTreeMap<&'static str, &'static str>,
    /// Connections go to this one in place of being answered: a relay.
    pub(crate) relay: Option<crate::attacks::Relay>,
}

/// A server and all that it saw.
#[derive(Clone)]
pub(crate) struct Server {
    behaviour: Arc<Behaviour>,
    pub(crate) files: Arc<Mutex<BTreeMap<String, Vec<u8>>>>,
    pub(crate) seen: Arc<Mutex<Vec<String>>>,
}

impl Server {
    pub(crate) fn of(instance: Instance) -> Self {
        Server::with(instance, |_| ())
    }

    pub(crate) fn with(instance: Instance, change: impl FnOnce(&mut Behaviour)) -> Self {
        let policy_hash = instance.policy;
        let mut behaviour = Behaviour {
            instance,
            evidence: Box::new(honest),
            platform: Platform::Simulated,
            policy_hash,
            key: None,
            refuses_clients: false,
            cut: Mutex::new(None),
            cut_download: None,
            refused: BTreeMap::new(),
            relay: None,
        };
        change(&mut behaviour);
        Server { behaviour: Arc::new(behaviour), files: Arc::default(), seen: Arc::default() }
    }

    pub(crate) fn put(&self, name: &str, content: impl Into<Vec<u8>>) {
        self.files.lock().unwrap().insert(name.to_owned(), content.into());
    }

    pub(crate) fn file(&self, name: &str) -> Option<Vec<u8>> {
        self.files.lock().unwrap().get(name).cloned()
    }

    /// The requests that came, by their names in the protocol.
    pub(crate) fn seen(&self) -> Vec<String> {
        self.seen.lock().unwrap().clone()
    }

    /// The far end of a new connection.
    pub(crate) fn open(&self) -> DuplexStream {
        let (near, far) = tokio::io::duplex(64 * 1024);
        let server = self.clone();
        tokio::spawn(async move { server.serve(far).await });
        near
    }

    async fn serve(&self, stream: DuplexStream) {
        let Ok(tls) = TlsAcceptor::from(self.tls()).accept(stream).await else { return };
        Conversation { server: self, tls, body: Vec::new(), staged: Vec::new(), running: None }.hold().await;
    }

    fn tls(&self) -> Arc<ServerConfig> {
        let instance = &self.behaviour.instance;
        let key = self.behaviour.key.clone().unwrap_or_else(|| instance.key.private_key_pkcs8().to_vec());
        let key =
            rustls::crypto::aws_lc_rs::sign::any_supported_type(&PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key)));
        let chain = instance.chain.iter().map(|der| CertificateDer::from(der.clone())).collect();
        let certified = rustls::sign::CertifiedKey::new(chain, key.unwrap());
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&rustls::version::TLS13])
            .unwrap()
            .with_client_cert_verifier(Arc::new(AnyClient { refuses: self.behaviour.refuses_clients }))
            .with_cert_resolver(Arc::new(rustls::sign::SingleCertAndKey::from(certified)));
        config.send_tls13_tickets = 0;
        Arc::new(config)
    }
}

impl Connector for Server {
    fn connect<'a>(&'a self, _: &'a Endpoint) -> Connecting<'a> {
        let transport: Box<dyn Transport> = Box::new(self.open());
        Box::pin(async move { Ok(transport) })
    }
}

/// The evidence that an honest instance gives.
pub(crate) fn honest(instance: &Instance, nonce: &[u8; 32], tls: &ServerConnection) -> Option<Vec<u8>> {
    Some(instance.evidence(Role::Server, nonce, &channel(tls, Role::Server, nonce)))
}

pub(crate) fn channel(tls: &ServerConnection, role: Role, nonce: &[u8; 32]) -> [u8; 32] {
    let context = exporter_context(role, nonce);
    tls.export_keying_material([0; 32], EXPORTER_LABEL.as_bytes(), Some(&context)).unwrap()
}

struct Conversation<'a> {
    server: &'a Server,
    tls: TlsStream<DuplexStream>,
    body: Vec<u8>,
    staged: Vec<u8>,
    running: Option<u64>,
}

impl Conversation<'_> {
    async fn hold(mut self) {
        let mut decoder = RequestDecoder::new(Limits::default());
        let mut buffer = vec![0; 64 * 1024];
        loop {
            let count = self.tls.read(&mut buffer).await.unwrap_or(0);
            let mut input = &buffer[..count];
            if count == 0 {
                return;
            }
            while let Some(event) = decoder.decode(&mut input).unwrap() {
                let answer = match event {
                    Event::Message(request) => self.request(request).await,
                    Event::PayloadBegin { .. } => {
                        self.body.clear();
                        continue;
                    }
                    Event::Payload(piece) => {
                        self.body.extend_from_slice(piece);
                        continue;
                    }
                    Event::PayloadEnd(upload) => self.upload(&upload),
                    other => panic!("{other:?}"),
                };
                let Some(answer) = answer else { return };
                if self.tls.write_all(&answer).await.is_err() || self.tls.flush().await.is_err() {
                    return;
                }
            }
        }
    }

    /// Notes the request; `None` where the connection is to be cut now.
    fn note(&self, kind: &'static str) -> Option<Option<&'static str>> {
        self.server.seen.lock().unwrap().push(kind.to_owned());
        let mut cut = self.server.behaviour.cut.lock().unwrap();
        if let Some((at, times)) = cut.as_mut()
            && *at == kind
            && *times > 0
        {
            *times -= 1;
            return None;
        }
        Some(self.server.behaviour.refused.get(kind).copied())
    }

    async fn request(&mut self, request: Request) -> Option<Vec<u8>> {
        if let Some(code) = self.note(request.kind())? {
            return Some(failed(code));
        }
        let behaviour = &self.server.behaviour;
        let files = self.server.files.clone();
        let find = |name: &str| files.lock().unwrap().get(name).cloned();
        Some(match request {
            Request::Evidence { nonce } => match &behaviour.relay {
                Some(relay) => relay.ask(&nonce).await,
                None => match (behaviour.evidence)(&behaviour.instance, &nonce, self.tls.get_ref().1) {
                    Some(document) => {
                        done(Content::Evidence { document: document.into(), platform: behaviour.platform })
                    }
                    None => failed(""),
                },
            },
            Request::PolicyHash => done(Content::PolicyHash(behaviour.policy_hash)),
            Request::Shutdown => done(Content::Empty),
            Request::ReadFile { name } => match find(&name) {
                Some(content) => {
                    let mut answer = result_head(content.len() as u64).unwrap().to_vec();
                    answer.extend(content);
                    if let Some(cut) = behaviour.cut_download {
                        answer.truncate(cut);
                        let _ = self.tls.write_all(&answer).await;
                        let _ = self.tls.flush().await;
                        return None;
                    }
                    answer
                }
                None => failed("not-found"),
            },
            Request::ReadChunk(part) => match find(&part.name) {
                Some(content) => {
                    let from = usize::try_from(part.offset).unwrap().min(content.len());
                    let to = (from + usize::try_from(part.length).unwrap()).min(content.len());
                    let info = ChunkInfo { offset: part.offset, size: content.len() as u64, version: 3 };
                    let mut answer = chunk_head(info, (to - from) as u64).unwrap().to_vec();
                    answer.extend(&content[from..to]);
                    answer
                }
                None => failed("not-found"),
            },
            Request::List { path, after } => {
                let prefix = format!("{}/", path.trim_end_matches('/'));
                let entry = |(name, content): (&String, &Vec<u8>)| {
                    let name = name.strip_prefix(&prefix)?.to_owned();
                    Some(ListEntry { name, kind: FileKind::File, size: content.len() as u64 })
                };
                let entries: Vec<_> = files.lock().unwrap().iter().filter_map(entry).collect();
                done(Content::Listing(Listing::page(entries, after.as_deref())))
            }
            Request::Stat { name } => match find(&name) {
                Some(content) => {
                    let stat = FileStat { kind: FileKind::File, size: content.len() as u64, modified_ns: 5 };
                    done(Content::Stat(stat))
                }
                None => failed("not-found"),
            },
            Request::Compute { program, options } if program == "/program/endless" => {
                // Answered when it is cancelled.
                self.running = options.run.map(veracruz_client::RunNumber::get);
                Vec::new()
            }
            Request::Compute { program, options } => {
                let code = if options.timeout.is_some() { 7 } else { program.len() as u32 };
                encode_exit_code(code).unwrap().to_vec()
            }
            Request::Pipeline { name, .. } => encode_exit_code(100 + name.parse::<u32>().unwrap()).unwrap().to_vec(),
            Request::Cancel { run } => match self.running.take() {
                Some(running) if running == run.get() => [failed("run-cancelled"), done(Content::Empty)].concat(),
                _ => failed("no-such-run"),
            },
            other => panic!("{other:?}"),
        })
    }

    fn upload(&mut self, upload: &Upload) -> Option<Vec<u8>> {
        let kind = match upload.kind {
            UploadKind::Write => "write_file",
            UploadKind::Append => "append_file",
            UploadKind::Chunk { .. } => "write_chunk",
        };
        if let Some(code) = self.note(kind)? {
            return Some(failed(code));
        }
        let mut files = self.server.files.lock().unwrap();
        let mut file = files.get(&upload.name).cloned().unwrap_or_default();
        match upload.kind {
            UploadKind::Write => file = std::mem::take(&mut self.body),
            UploadKind::Append => file.append(&mut self.body),
            UploadKind::Chunk { offset, last, append } => {
                assert_eq!(offset, self.staged.len() as u64, "parts come in order");
                self.staged.append(&mut self.body);
                if !last {
                    return Some(done(Content::Written { size: self.staged.len() as u64 }));
                }
                if !append {
                    file.clear();
                }
                file.append(&mut self.staged);
            }
        }
        files.insert(upload.name.clone(), file);
        Some(done(Content::Empty))
    }
}

fn done(content: Content) -> Vec<u8> {
    encode_response(&Response::Success(content)).unwrap().to_vec()
}

fn failed(code: &str) -> Vec<u8> {
    let detail = if code.is_empty() { "" } else { "because" };
    encode_response(&Response::Failure(Failure::new(code, detail))).unwrap().to_vec()
}

/// Takes whoever proves to have a key, or nobody.
#[derive(Debug)]
struct AnyClient {
    refuses: bool,
}

impl ClientCertVerifier for AnyClient {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: UnixTime,
    ) -> Result<ClientCertVerified, rustls::Error> {
        match self.refuses {
            true => Err(rustls::Error::InvalidCertificate(rustls::CertificateError::ApplicationVerificationFailure)),
            false => Ok(ClientCertVerified::assertion()),
        }
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<rustls::client::danger::HandshakeSignatureValid, rustls::Error> {
        panic!("TLS 1.3 only")
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<rustls::client::danger::HandshakeSignatureValid, rustls::Error> {
        let algorithms = rustls::crypto::aws_lc_rs::default_provider().signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, certificate, signature, &algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        rustls::crypto::aws_lc_rs::default_provider().signature_verification_algorithms.supported_schemes()
    }
}
