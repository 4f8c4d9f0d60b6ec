//! The conversation with the enclave: the policy, its certificates, its end.

use std::time::Duration;

use anyhow::{Context as _, bail};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use veracruz_policy::{FullPolicy, Platform};
use veracruz_runtime::control::{Control, ControlError, receive, send};
use veracruz_serve::Shutdown;

use crate::attestation_server::{AttestationServer, Session};

/// Time that the enclave has to end after it was asked; it drains its own sessions for less.
const END_BOUND: Duration = Duration::from_secs(25);

/// Messages that wait to be answered. The enclave sends one and waits.
const WAITING: usize = 4;

/// Talks until the enclave says that it is over. `serving` is called once clients can be let in; what it starts is ended
/// with the enclave.
pub(super) async fn drive<Io>(
    control: Io,
    policy: &FullPolicy,
    server: Option<AttestationServer>,
    mut shutdown: Shutdown,
    serving: impl FnOnce() -> JoinHandle<()>,
) -> anyhow::Result<()>
where
    Io: AsyncRead + AsyncWrite + Send + 'static,
{
    let (mut reader, mut writer) = tokio::io::split(control);
    let text = policy.text().to_owned();
    let start = if server.is_some() { Control::Start(text) } else { Control::StartSelfSigned(text) };
    send(&mut writer, &start).await.context("the enclave does not take the policy")?;
    // Received in a task of its own: a message must not be lost in the middle when a signal comes.
    let (messages, mut received) = mpsc::channel(WAITING);
    let receiving = tokio::spawn(async move {
        loop {
            let message = receive(&mut reader).await;
            let broken = message.is_err();
            if messages.send(message).await.is_err() || broken {
                break;
            }
        }
    });
    let mut desk = Desk { server, session: None };
    let (mut serving, mut forwarding) = (Some(serving), None);
    let mut asked_to_stop = false;
    let ended = loop {
        let message = tokio::select! {
            message = received.recv() => message,
            () = shutdown.draining(), if !asked_to_stop => {
                asked_to_stop = true;
                send(&mut writer, &Control::Stop).await?;
                continue;
            }
            () = tokio::time::sleep(END_BOUND), if asked_to_stop => break Ok(()),
        };
        match message.unwrap_or_else(|| Err(ControlError::Io(std::io::ErrorKind::UnexpectedEof.into()))) {
            Ok(Control::Serving) => forwarding = serving.take().map(|serving| serving()),
            Ok(Control::Ended) => break Ok(()),
            Ok(Control::Failed(reason)) => break Err(anyhow::anyhow!("the enclave did not start: {}", shown(&reason))),
            Ok(question) => match desk.answer(question).await {
                Ok(answer) => send(&mut writer, &answer).await?,
                Err(error) => break Err(error),
            },
            Err(_) if asked_to_stop => break Ok(()),
            Err(error) => break Err(anyhow::Error::new(error).context("the enclave is gone")),
        }
    };
    receiving.abort();
    if let Some(forwarding) = forwarding {
        forwarding.abort();
    }
    ended
}

/// Fetches what the enclave asks for.
struct Desk {
    server: Option<AttestationServer>,
    session: Option<Session>,
}

impl Desk {
    async fn answer(&mut self, question: Control) -> anyhow::Result<Control> {
        let answered = match question {
            Control::NeedNonce => self.nonce().await,
            Control::Apply { evidence, csr, policy_hash } => match (&self.server, self.session.take()) {
                (Some(server), Some(session)) => {
                    let chain = server.submit(&session, Platform::Nitro, &evidence, &csr, &policy_hash).await;
                    chain.map(Control::Chain)
                }
                _ => Err(anyhow::anyhow!("there is no nonce for this application; ask for one first")),
            },
            _ => bail!("the enclave sent a message that is the host's to send; host and image must be built together"),
        };
        Ok(answered.unwrap_or_else(|error| Control::Refused(format!("{error:#}"))))
    }

    async fn nonce(&mut self) -> anyhow::Result<Control> {
        let server = self.server.as_ref().context("this host has no attestation server")?;
        let session = server.start().await?;
        let nonce = session.nonce;
        self.session = Some(session);
        Ok(Control::Nonce(nonce))
    }
}

/// The enclave's words, as the terminal may have them.
fn shown(text: &str) -> String {
    text.chars().take(2000).flat_map(|c| if c == '\n' { vec![c] } else { c.escape_debug().collect() }).collect()
}

#[cfg(test)]
mod tests {
    use veracruz_policy::Sha256Digest;

    use super::*;
    use crate::nitro::forward::tests::policy;

    #[tokio::test]
    async fn the_enclave_gets_the_policy_and_is_announced_when_it_serves() {
        let (host, mut enclave) = tokio::io::duplex(1 << 20);
        let (policy, (trigger, shutdown)) = (policy(), Shutdown::manual());
        let (announce, announced) = tokio::sync::oneshot::channel();
        let text = policy.text().to_owned();
        let host = tokio::spawn(async move {
            let serving = || {
                announce.send(()).unwrap();
                tokio::spawn(std::future::pending())
            };
            drive(host, &policy, None, shutdown, serving).await
        });
        assert_eq!(receive(&mut enclave).await.unwrap(), Control::StartSelfSigned(text));
        send(&mut enclave, &Control::Serving).await.unwrap();
        announced.await.unwrap();
        send(&mut enclave, &Control::NeedNonce).await.unwrap();
        assert!(matches!(receive(&mut enclave).await.unwrap(), Control::Refused(_)), "there is no server to ask");
        trigger.stop();
        assert_eq!(receive(&mut enclave).await.unwrap(), Control::Stop);
        send(&mut enclave, &Control::Ended).await.unwrap();
        host.await.unwrap().unwrap();
    }

    #[tokio::test]
    async fn an_enclave_that_fails_goes_away_or_talks_nonsense_is_an_error() {
        let apply = Control::Apply { evidence: vec![], csr: vec![], policy_hash: Sha256Digest::of(b"") };
        for (what, message, told) in [
            ("fails", Some(Control::Failed("no /dev/nsm\u{7}".to_owned())), "no /dev/nsm\\u{7}"),
            ("goes away", None, "gone"),
            ("talks nonsense", Some(Control::Stop), "the host's to send"),
        ] {
            let (host, mut enclave) = tokio::io::duplex(1 << 20);
            let (_trigger, shutdown) = Shutdown::manual();
            let driving = tokio::spawn(async move {
                let serving = || tokio::spawn(std::future::pending());
                drive(host, &policy(), None, shutdown, serving).await
            });
            receive(&mut enclave).await.unwrap();
            if let Some(message) = message {
                send(&mut enclave, &apply).await.unwrap();
                receive(&mut enclave).await.unwrap();
                send(&mut enclave, &message).await.unwrap();
            }
            drop(enclave);
            let error = driving.await.unwrap().unwrap_err();
            assert!(format!("{error:#}").contains(told), "{what}: {error:#}");
        }
    }
}
