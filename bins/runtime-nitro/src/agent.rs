//! The enclave's half of the control channel: takes the policy, asks the host for certificates, tells how it went.

use std::sync::Arc;

use anyhow::{Context as _, bail};
use tokio::io::{AsyncRead, AsyncWrite, ReadHalf, WriteHalf};
use tokio::sync::{Mutex, mpsc, oneshot};
use veracruz_attestation::attester::Nsm;
use veracruz_policy::{FullPolicy, Platform};
use veracruz_runtime::control::{Control, ControlError, receive, send};
use veracruz_runtime::{Applicant, BoxFuture, CertificateSource, Listener, Runtime, SourceError};

/// Answers of the host that wait to be taken. It answers one question at a time.
const WAITING: usize = 2;

/// What the enclave is.
pub(crate) struct Agent {
    pub(crate) nsm: Arc<dyn Nsm>,
    pub(crate) platform: Platform,
}

impl Agent {
    /// Serves the policy that the host sends, until the end; `listen` opens the port of sessions once all is ready.
    pub(crate) async fn serve<Io, L>(self, host: Io, listen: impl FnOnce() -> anyhow::Result<L>) -> anyhow::Result<()>
    where
        Io: AsyncRead + AsyncWrite + Send + 'static,
        L: Listener,
    {
        let (reader, writer) = tokio::io::split(host);
        let writer = Arc::new(Mutex::new(writer));
        let started = self.start(reader, &writer, listen).await;
        let (runtime, listener, stopped) = match started {
            Ok(started) => started,
            Err(error) => {
                let failed = Control::Failed(format!("{error:#}"));
                send(&mut *writer.lock().await, &failed).await.context("the host cannot be told")?;
                return Err(error);
            }
        };
        send(&mut *writer.lock().await, &Control::Serving).await?;
        let ended = runtime.serve(listener, async { drop(stopped.await) }).await;
        tracing::info!(?ended, "the instance has ended");
        // The host may be gone; the instance is over in any case.
        let _ = send(&mut *writer.lock().await, &Control::Ended).await;
        Ok(())
    }

    async fn start<Io, L>(
        self,
        mut host: ReadHalf<Io>,
        writer: &Arc<Mutex<WriteHalf<Io>>>,
        listen: impl FnOnce() -> anyhow::Result<L>,
    ) -> anyhow::Result<(Runtime, L, oneshot::Receiver<()>)>
    where
        Io: AsyncRead + AsyncWrite + Send + 'static,
    {
        let (text, self_signed) = match receive(&mut host).await? {
            Control::Start(text) => (text, false),
            Control::StartSelfSigned(text) => (text, true),
            _ => bail!("the host's first message is no policy; host and image must be built together"),
        };
        let policy = FullPolicy::parse(&text).context("the policy is bad")?;
        let (stop, stopped) = oneshot::channel();
        let (answers, answered) = mpsc::channel(WAITING);
        tokio::spawn(listen_to_host(host, answers, stop));
        let mut builder = Runtime::builder(policy);
        if !self_signed {
            let source = HostSource { writer: Arc::clone(writer), answers: Mutex::new(answered) };
            builder = builder.certificates_from(Arc::new(source));
        }
        let runtime = builder.start(self.nsm, self.platform).await?;
        Ok((runtime, listen()?, stopped))
    }
}

/// Passes answers on; a stop or the end of the channel ends the instance.
async fn listen_to_host<Io: AsyncRead>(
    mut host: ReadHalf<Io>,
    answers: mpsc::Sender<Control>,
    stop: oneshot::Sender<()>,
) {
    loop {
        match receive(&mut host).await {
            Ok(Control::Stop) | Err(_) => break,
            // An answer that nobody waits for is the host's mistake.
            Ok(answer) => drop(answers.try_send(answer)),
        }
    }
    let _ = stop.send(());
}

/// Certificates by way of the host.
struct HostSource<Io> {
    writer: Arc<Mutex<WriteHalf<Io>>>,
    answers: Mutex<mpsc::Receiver<Control>>,
}

impl<Io: AsyncWrite + Send> HostSource<Io> {
    async fn ask(&self, question: &Control) -> Result<Control, SourceError> {
        let mut answers = self.answers.lock().await;
        // What an attempt that timed out left behind is not the answer to this one.
        while answers.try_recv().is_ok() {}
        send(&mut *self.writer.lock().await, question).await?;
        match answers.recv().await {
            Some(Control::Refused(reason)) => Err(reason.into()),
            Some(answer) => Ok(answer),
            None => Err(ControlError::Io(std::io::ErrorKind::UnexpectedEof.into()).into()),
        }
    }
}

impl<Io: AsyncWrite + Send> CertificateSource for HostSource<Io> {
    fn certify<'a>(&'a self, applicant: &'a Applicant) -> BoxFuture<'a, Result<Vec<Vec<u8>>, SourceError>> {
        Box::pin(async {
            let Control::Nonce(nonce) = self.ask(&Control::NeedNonce).await? else {
                return Err("the host answered with something else than a nonce".into());
            };
            let application = applicant.apply(nonce).await?;
            let question = Control::Apply {
                evidence: application.evidence,
                csr: application.csr,
                policy_hash: application.policy_hash,
            };
            match self.ask(&question).await? {
                Control::Chain(chain) => Ok(chain),
                _ => Err("the host answered with something else than a certificate".into()),
            }
        })
    }
}

#[cfg(test)]
mod tests;
