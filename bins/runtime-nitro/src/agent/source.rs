//! Certificates by way of the host. It cannot forge one: the instance takes only a chain for its own key, and clients
//! judge the chain.

use std::sync::atomic::{AtomicU32, Ordering};

use tokio::sync::{Mutex, mpsc};
use veracruz_runtime::control::{ControlError, ToEnclave, ToHost};
use veracruz_runtime::{Applicant, BoxFuture, CertificateSource, SourceError};

use super::line::Line;

/// A source behind the control channel.
pub(super) struct HostSource {
    outgoing: mpsc::UnboundedSender<ToHost>,
    answers: Mutex<Option<mpsc::Receiver<ToEnclave>>>,
    /// Answers to attempts that were given up must not be taken for answers to later ones.
    next_attempt: AtomicU32,
}

impl HostSource {
    pub(super) fn new(line: &mut Line) -> Self {
        let (outgoing, answers) = line.questions();
        HostSource { outgoing, answers: Mutex::new(answers), next_attempt: AtomicU32::new(1) }
    }

    async fn ask(&self, attempt: u32, question: ToHost) -> Result<ToEnclave, SourceError> {
        let mut answers = self.answers.lock().await;
        let answers = answers.as_mut().ok_or(ControlError::Closed)?;
        self.outgoing.send(question).map_err(|_| ControlError::Closed)?;
        loop {
            let answer = answers.recv().await.ok_or(ControlError::Closed)?;
            match answer {
                ToEnclave::Refused { attempt: of, reason } if of == attempt => return Err(reason.into()),
                ToEnclave::Nonce { attempt: of, .. } | ToEnclave::Chain { attempt: of, .. } if of == attempt => {
                    return Ok(answer);
                }
                _ => tracing::debug!("the host answered an attempt that was given up"),
            }
        }
    }
}

impl CertificateSource for HostSource {
    fn certify<'a>(&'a self, applicant: &'a Applicant) -> BoxFuture<'a, Result<Vec<Vec<u8>>, SourceError>> {
        Box::pin(async {
            let attempt = self.next_attempt.fetch_add(1, Ordering::Relaxed);
            let ToEnclave::Nonce { nonce, .. } = self.ask(attempt, ToHost::NeedNonce { attempt }).await? else {
                return Err("the host answered with something else than a nonce".into());
            };
            let application = applicant.apply(nonce).await?;
            let question = ToHost::Apply {
                attempt,
                platform: application.platform,
                policy_hash: application.policy_hash,
                evidence: application.evidence,
                csr: application.csr,
            };
            match self.ask(attempt, question).await? {
                ToEnclave::Chain { chain, .. } => Ok(chain),
                _ => Err("the host answered with something else than a certificate".into()),
            }
        })
    }
}
