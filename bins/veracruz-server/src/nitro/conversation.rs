//! The conversation with an enclave: the policy, its certificates, its end.

use std::time::Duration;

use anyhow::{Context as _, anyhow, bail};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};
use veracruz_policy::FullPolicy;
use veracruz_runtime::Ended;
use veracruz_runtime::control::{Certificates, ControlError, ToEnclave, ToHost};
use veracruz_runtime::limits::DRAIN_BOUND;
use veracruz_serve::Shutdown;

use super::channel::Channel;
use super::cli::shown;
use super::desk::Desk;
use super::forward::Forwarding;
use super::network::Network;
use crate::attestation_server::AttestationServer;

/// Time from the policy to the instance's first certificate; it gives up by itself after 30 seconds.
const START_BOUND: Duration = Duration::from_secs(45);

/// Time that the enclave has to end after it was asked: what it gives its sessions, and some to tell.
const END_BOUND: Duration = DRAIN_BOUND.saturating_add(Duration::from_secs(5));

/// Questions of the enclave, and answers to it, that wait. It asks one and waits.
const WAITING: usize = 4;

/// A conversation, from the policy to the end.
pub(super) struct Conversation<N: Network, A> {
    channel: Channel<N::Io>,
    network: N,
    cid: u32,
    shutdown: Shutdown,
    questions: mpsc::Sender<ToHost>,
    answers: mpsc::Receiver<ToEnclave>,
    /// Ends with the conversation.
    _desk: JoinSet<()>,
    /// Where clients come in, and who is told that they can; until they can.
    doors: Option<(TcpListener, A)>,
    forwarding: Option<Forwarding>,
    stopping: bool,
    deadline: Option<Instant>,
}

enum Event {
    Answer(ToEnclave),
    Heard(Result<ToHost, ControlError>),
    /// The operator asks for the end, or asks again.
    Asked,
    /// The deadline passed.
    Late,
}

impl<N: Network, A: FnOnce()> Conversation<N, A> {
    /// Begins one with the enclave that has the address `cid` and is at the other end of `control`. Without a `server` the
    /// instance signs for itself.
    pub(super) fn new(
        (network, cid, control): (N, u32, N::Io),
        server: Option<AttestationServer>,
        shutdown: Shutdown,
        doors: (TcpListener, A),
    ) -> Self {
        let (questions, asked) = mpsc::channel(WAITING);
        let (answer, answers) = mpsc::channel(WAITING);
        let mut desk = JoinSet::new();
        desk.spawn(Desk::new(server).run(asked, answer));
        Conversation {
            channel: Channel::new(control),
            network,
            cid,
            shutdown,
            questions,
            answers,
            _desk: desk,
            doors: Some(doors),
            forwarding: None,
            stopping: false,
            deadline: None,
        }
    }

    /// Talks until the enclave says that it is over, and lets clients in while it serves. What its sessions sent last
    /// reaches their clients before the channel is closed, on which the enclave waits.
    pub(super) async fn hold(mut self, policy: &FullPolicy, certificates: Certificates) -> anyhow::Result<Ended> {
        self.channel.say(&ToEnclave::Start { policy: policy.text().to_owned(), certificates }).await?;
        self.deadline = Some(Instant::now() + START_BOUND);
        let ended = loop {
            let ended = match self.next().await {
                Event::Answer(answer) => self.channel.say(&answer).await.map(|()| None),
                Event::Heard(message) => self.heard(message),
                Event::Asked | Event::Late if self.stopping => Ok(Some(self.cut())),
                Event::Asked => self.stop().await,
                Event::Late => {
                    Err(anyhow!("the enclave took the policy and did not serve within {} s", START_BOUND.as_secs()))
                }
            };
            if let Some(ended) = ended? {
                break ended;
            }
        };
        if let Some(forwarding) = self.forwarding.take() {
            forwarding.finish().await;
        }
        Ok(ended)
    }

    async fn next(&mut self) -> Event {
        tokio::select! {
            Some(answer) = self.answers.recv() => Event::Answer(answer),
            message = self.channel.hear() => Event::Heard(message),
            () = asked(&mut self.shutdown, self.stopping) => Event::Asked,
            () = passed(self.deadline) => Event::Late,
        }
    }

    fn heard(&mut self, message: Result<ToHost, ControlError>) -> anyhow::Result<Option<Ended>> {
        match message {
            Ok(ToHost::Serving) => self.open(),
            Ok(ToHost::EndedByParticipant { id }) => return Ok(Some(Ended::ByParticipant { id })),
            Ok(ToHost::EndedByHost { cut }) => return Ok(Some(Ended::ByEmbedder { cut: cut as usize })),
            Ok(ToHost::Failed { code, reason }) => {
                bail!("the instance in the enclave did not start ({}): {}", shown(&code), shown(&reason));
            }
            Ok(question) => {
                self.questions.try_send(question).map_err(|_| anyhow!("the enclave asks without waiting"))?
            }
            Err(_) if self.stopping => return Ok(Some(self.cut())),
            Err(error) => return Err(error).context("the enclave is gone, and with it what the instance held"),
        }
        Ok(None)
    }

    /// Lets clients in.
    fn open(&mut self) {
        let Some((listener, announce)) = self.doors.take() else { return };
        self.forwarding = Some(Forwarding::start(listener, self.network.clone(), self.cid));
        self.deadline = None;
        announce();
    }

    /// Asks the enclave to end. One that does not serve yet has nothing to finish.
    async fn stop(&mut self) -> anyhow::Result<Option<Ended>> {
        let Some(forwarding) = &self.forwarding else { return Ok(Some(self.cut())) };
        forwarding.close();
        self.channel.say(&ToEnclave::Stop).await?;
        self.stopping = true;
        self.deadline = Some(Instant::now() + END_BOUND);
        Ok(None)
    }

    /// The end by force.
    fn cut(&self) -> Ended {
        Ended::ByEmbedder { cut: self.forwarding.as_ref().map_or(0, Forwarding::open) }
    }
}

async fn asked(shutdown: &mut Shutdown, again: bool) {
    if again { shutdown.ended().await } else { shutdown.draining().await }
}

async fn passed(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => sleep_until(deadline).await,
        None => std::future::pending().await,
    }
}
