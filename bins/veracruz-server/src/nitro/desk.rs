//! Fetches what the enclave asks for from the attestation service. It passes on and judges nothing.

use anyhow::Context as _;
use tokio::sync::mpsc;
use veracruz_runtime::control::{ToEnclave, ToHost};

use crate::attestation_server::{AttestationServer, Session};

/// The desk, and the one session of the service that it has open.
pub(super) struct Desk {
    server: Option<AttestationServer>,
    open: Option<(u32, Session)>,
}

impl Desk {
    pub(super) fn new(server: Option<AttestationServer>) -> Self {
        Desk { server, open: None }
    }

    /// Answers one question after the other.
    pub(super) async fn run(mut self, mut questions: mpsc::Receiver<ToHost>, answers: mpsc::Sender<ToEnclave>) {
        while let Some(question) = questions.recv().await {
            let answer = match question {
                ToHost::NeedNonce { attempt } => (attempt, self.nonce(attempt).await),
                ToHost::Apply { attempt, .. } => (attempt, self.certificate(attempt, &question).await),
                _ => continue,
            };
            let answer = match answer {
                (_, Ok(answer)) => answer,
                (attempt, Err(error)) => {
                    let reason = format!("{error:#}");
                    tracing::warn!(attempt, %reason, "no certificate for the enclave");
                    ToEnclave::Refused { attempt, reason }
                }
            };
            if answers.send(answer).await.is_err() {
                return;
            }
        }
    }

    async fn nonce(&mut self, attempt: u32) -> anyhow::Result<ToEnclave> {
        self.open = None;
        let server = self.server.as_ref().context("this host was told to use no attestation server")?;
        let session = server.start().await?;
        let nonce = session.nonce;
        self.open = Some((attempt, session));
        Ok(ToEnclave::Nonce { attempt, nonce })
    }

    async fn certificate(&mut self, attempt: u32, application: &ToHost) -> anyhow::Result<ToEnclave> {
        let session = self.open.take().filter(|(of, _)| *of == attempt).map(|(_, session)| session);
        let (Some(server), Some(session), ToHost::Apply { platform, policy_hash, evidence, csr, .. }) =
            (&self.server, session, application)
        else {
            anyhow::bail!("there is no nonce for this application; ask for one first");
        };
        let chain = server.submit(&session, *platform, evidence, csr, policy_hash).await?;
        tracing::info!(attempt, "the attestation server certified the enclave");
        Ok(ToEnclave::Chain { attempt, chain })
    }
}
