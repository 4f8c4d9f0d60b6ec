//! The client side of the attestation service (`docs/PROXY_ATTESTATION.md`): a nonce for a session, a chain for evidence.
//!
//! Plain HTTP: all that is sent is public and signed, and what comes back is verified by the instance's clients.

use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::multipart::Form;
use reqwest::redirect::Policy;
use reqwest::{Client, Response, StatusCode};
use veracruz_policy::{Platform, Sha256Digest};
use veracruz_runtime::{Applicant, BoxFuture, CertificateSource, SourceError};

/// Bytes of an answer: two certificates of 24 KiB at most, or a refusal in words.
const MAX_ANSWER_BYTES: usize = 64 << 10;

/// Characters of a refusal in words that are shown.
const MAX_SHOWN: usize = 600;

/// Time to reach the service.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// Time for one answer. Two of them fit into what the runtime waits for a certificate.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(12);

/// An attestation service.
#[derive(Clone, Debug)]
pub(crate) struct AttestationServer {
    base: String,
    client: Client,
}

/// A session of it, good for one application.
#[derive(Debug)]
pub(crate) struct Session {
    id: String,
    pub(crate) nonce: [u8; 32],
}

impl AttestationServer {
    /// The service at `HOST:PORT` or `http://HOST:PORT`.
    pub(crate) fn at(url: &str) -> anyhow::Result<Self> {
        let base = if url.contains("://") { url.to_owned() } else { format!("http://{url}") };
        ensure!(base.starts_with("http://"), "the attestation server is spoken to by plain http://, not {url:?}");
        // No redirects: the operator named this service, and evidence goes nowhere else.
        // Nor any certificate authority: a machine may have none, and plain HTTP needs none.
        let client = Client::builder().no_proxy().redirect(Policy::none()).tls_certs_only([]);
        let client = client.connect_timeout(CONNECT_TIMEOUT).timeout(ANSWER_TIMEOUT).build();
        let client = client.context("no HTTP client can be made")?;
        Ok(AttestationServer { base: base.trim_end_matches('/').to_owned(), client })
    }

    /// Asks for a nonce.
    pub(crate) async fn start(&self) -> anyhow::Result<Session> {
        let url = format!("{}/proxy/v1/Start", self.base);
        let answer = self.client.post(&url).send().await.with_context(|| self.unreachable())?;
        let location = answer.headers().get("location").and_then(|value| value.to_str().ok()).map(str::to_owned);
        let body = expect(answer, StatusCode::CREATED).await?;
        let body: serde_json::Value = serde_json::from_slice(&body).context("its answer to Start is no JSON")?;
        let nonce = body.get("nonce").and_then(|nonce| nonce.as_str()).context("its answer to Start has no nonce")?;
        let nonce = STANDARD.decode(nonce).ok().and_then(|nonce| nonce.try_into().ok());
        let id = location.as_deref().and_then(|location| location.rsplit('/').next()).map(str::to_owned);
        let id = id.filter(|id| !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-'));
        Ok(Session {
            id: id.context("its answer to Start names no session")?,
            nonce: nonce.context("its nonce is not 32 bytes in base64")?,
        })
    }

    /// Sends evidence and gets the chain.
    pub(crate) async fn submit(
        &self,
        session: &Session,
        platform: Platform,
        evidence: &[u8],
        csr: &[u8],
        policy_hash: &Sha256Digest,
    ) -> anyhow::Result<Vec<Vec<u8>>> {
        let route = match platform {
            Platform::Nitro => "Nitro",
            Platform::Simulated => "Simulated",
            other => bail!("the attestation service has no route for the platform {other}"),
        };
        let form = Form::new()
            .text("token", STANDARD.encode(evidence))
            .text("csr", STANDARD.encode(csr))
            .text("policy_hash", policy_hash.to_string());
        let url = format!("{}/proxy/v1/{route}/{}", self.base, session.id);
        let answer = self.client.post(&url).multipart(form).send().await.with_context(|| self.unreachable())?;
        split_chain(&expect(answer, StatusCode::OK).await?)
    }

    fn unreachable(&self) -> String {
        format!(
            "the attestation server at {} cannot be reached; start proxy-attestation-server there, name another with \
             --attestation-server, or use --self-attested",
            self.base
        )
    }
}

impl CertificateSource for AttestationServer {
    fn certify<'a>(&'a self, applicant: &'a Applicant) -> BoxFuture<'a, Result<Vec<Vec<u8>>, SourceError>> {
        Box::pin(async {
            let certify = async {
                let session = self.start().await?;
                let application = applicant.apply(session.nonce).await?;
                let (evidence, csr) = (&application.evidence, &application.csr);
                self.submit(&session, application.platform, evidence, csr, &application.policy_hash).await
            };
            certify.await.map_err(|error| format!("{error:#}").into())
        })
    }
}

/// The body of the expected answer, or the refusal in the service's words.
async fn expect(mut answer: Response, status: StatusCode) -> anyhow::Result<Vec<u8>> {
    let found = answer.status();
    let mut body = Vec::new();
    while let Some(piece) = answer.chunk().await.context("the attestation server's answer was cut")? {
        ensure!(body.len() + piece.len() <= MAX_ANSWER_BYTES, "the attestation server's answer is too long");
        body.extend_from_slice(&piece);
    }
    if found == status {
        return Ok(body);
    }
    let problem: serde_json::Value = serde_json::from_slice(&body).unwrap_or_default();
    let word = |key: &str| problem.get(key).and_then(|value| value.as_str()).unwrap_or("not said");
    let detail: String = word("detail").chars().take(MAX_SHOWN).flat_map(char::escape_debug).collect();
    bail!("the attestation server refused ({found}, {}): {detail}", word("code").escape_debug())
}

/// DER certificates, one after the other. Each begins with a SEQUENCE and the length of the rest (X.690, section 8.1).
fn split_chain(mut bytes: &[u8]) -> anyhow::Result<Vec<Vec<u8>>> {
    let mut chain = Vec::new();
    while !bytes.is_empty() {
        let [0x30, 0x82, high, low, ..] = bytes else {
            bail!("the attestation server's answer is no chain of certificates");
        };
        let length = 4 + usize::from(u16::from_be_bytes([*high, *low]));
        let (certificate, rest) = bytes.split_at_checked(length).context("the last certificate of the chain is cut")?;
        chain.push(certificate.to_vec());
        bytes = rest;
    }
    ensure!(!chain.is_empty(), "the attestation server answered without a certificate");
    Ok(chain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chain_is_split_where_certificates_end() {
        let certificate = |length: u16| {
            let [high, low] = length.to_be_bytes();
            [vec![0x30, 0x82, high, low], vec![7; usize::from(length)]].concat()
        };
        let (leaf, authority) = (certificate(700), certificate(300));
        assert_eq!(split_chain(&[leaf.clone(), authority.clone()].concat()).unwrap(), [leaf.clone(), authority]);
        for (what, bytes) in [("nothing", vec![]), ("cut", leaf[..100].to_vec()), ("junk", [leaf, vec![1]].concat())] {
            assert!(split_chain(&bytes).is_err(), "{what}");
        }
    }

    #[test]
    fn only_plain_http_is_spoken() {
        assert_eq!(AttestationServer::at("127.0.0.1:3010").unwrap().base, "http://127.0.0.1:3010");
        assert_eq!(AttestationServer::at("http://host:1/").unwrap().base, "http://host:1");
        assert!(AttestationServer::at("https://host:1").is_err());
    }
}
