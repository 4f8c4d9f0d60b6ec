//! A session after its handshake: requests in order, replies in order.
//!
//! While a program runs the session reads on, so that a cancel is seen; everything else that comes waits for its turn,
//! within bounds. A payload behind a running program is not read before its turn: where it goes may depend on what the
//! program does.

use std::collections::VecDeque;
use std::future::Future;
use std::io;
use std::pin::pin;
use std::sync::Arc;

use tokio::io::AsyncWriteExt as _;
use tokio::sync::watch;
use veracruz_attestation::{EXPORTER_LABEL, Role, exporter_context};
use veracruz_policy::Principal;
use veracruz_protocol::{Content, Failure, FrameError, Request, Response};

use super::SessionEnd;
use super::channel::Channel;
use super::inbox::{Inbox, Item};
use super::intake::Taken;
use super::outbox::{Outbox, Reply};
use crate::dispatch;
use crate::instance::Instance;
use crate::limits::MAX_READ_AHEAD;

/// Why a session ended other than by the peer's wish.
#[derive(Debug, thiserror::Error)]
pub(super) enum Hangup {
    #[error("the transport failed: {0}")]
    Io(#[from] io::Error),
    #[error(transparent)]
    Frame(#[from] FrameError),
}

/// One participant's session.
pub(super) struct Conversation<C> {
    stream: C,
    instance: Arc<Instance>,
    who: Principal,
    inbox: Inbox,
    outbox: Outbox,
    /// What was read while a program ran.
    ahead: VecDeque<Item>,
    /// Behind all that was read: nothing can be made of what the peer sent then.
    broken: Option<FrameError>,
    finishing: watch::Receiver<bool>,
    peer_is_done: bool,
}

impl<C: Channel> Conversation<C> {
    pub(super) fn new(stream: C, instance: Arc<Instance>, who: Principal) -> Self {
        let outbox = Outbox::new(instance.limits.write_stall);
        let finishing = instance.finishing();
        let (inbox, ahead) = (Inbox::new(), VecDeque::new());
        Conversation { stream, instance, who, inbox, outbox, ahead, broken: None, finishing, peer_is_done: false }
    }

    /// Talks until one side ends it.
    pub(super) async fn talk(mut self) -> Result<SessionEnd, Hangup> {
        let end = self.exchange().await;
        if let Err(Hangup::Frame(_)) = end {
            // What came before was done, so it is answered. The peer may be gone.
            let _ = self.outbox.flush(&mut self.stream).await;
        }
        end
    }

    async fn exchange(&mut self) -> Result<SessionEnd, Hangup> {
        let end = loop {
            while let Some(item) = self.next_item()? {
                if let Some(end) = self.act(item).await? {
                    self.hang_up().await?;
                    return Ok(end);
                }
                if *self.finishing.borrow() {
                    break;
                }
            }
            self.outbox.flush(&mut self.stream).await?;
            if self.peer_is_done || *self.finishing.borrow() {
                break SessionEnd::Closed;
            }
            tokio::select! {
                biased;
                _ = self.finishing.changed() => {}
                more = self.inbox.read(&mut self.stream) => self.peer_is_done = !more?,
            }
        };
        self.hang_up().await?;
        Ok(end)
    }

    fn next_item(&mut self) -> Result<Option<Item>, FrameError> {
        match self.ahead.pop_front() {
            Some(item) => Ok(Some(item)),
            None => self.broken.take().map_or_else(|| self.inbox.next(&self.instance), Err),
        }
    }

    /// Does one thing and answers it.
    async fn act(&mut self, item: Item) -> Result<Option<SessionEnd>, Hangup> {
        let reply = match item {
            Item::Begin(upload) => {
                self.inbox.begin(&self.instance, &self.who, &upload);
                return Ok(None);
            }
            Item::End(upload) => match self.inbox.intake.end(&upload) {
                Ok(taken) => self.keep(taken).await,
                Err(failure) => failure.into(),
            },
            Item::Answer(reply) => reply,
            Item::Request(Request::Shutdown) => return self.shut_down().await.map(Some),
            Item::Request(Request::Evidence { nonce }) => self.evidence(nonce).await,
            Item::Request(Request::Compute { program, options }) => {
                let run = dispatch::compute(Arc::clone(&self.instance), self.who.clone(), program, options);
                self.while_running(run).await?
            }
            Item::Request(Request::Pipeline { name, options }) => {
                let run = dispatch::pipeline(Arc::clone(&self.instance), self.who.clone(), name, options);
                self.while_running(run).await?
            }
            Item::Request(request) => dispatch::answer(&self.instance, &self.who, request),
        };
        note(&self.who, &reply);
        self.outbox.send(&mut self.stream, reply).await?;
        Ok(None)
    }

    async fn keep(&mut self, taken: Taken) -> Reply {
        let content = match taken {
            Taken::Part(size) => Ok(Content::Written { size }),
            Taken::File(target, mode, upload) => {
                dispatch::commit(&self.instance, &self.who, target, mode, upload).await.map(|()| Content::Empty)
            }
        };
        content.map_or_else(Reply::from, |content| Reply::Small(Response::Success(content)))
    }

    async fn shut_down(&mut self) -> Result<SessionEnd, Hangup> {
        let reply = Reply::Small(Response::Success(Content::Empty));
        self.outbox.send(&mut self.stream, reply).await?;
        self.outbox.flush(&mut self.stream).await?;
        Ok(match self.who {
            Principal::Participant(id) => SessionEnd::Shutdown(id),
            Principal::Program(_) | Principal::Pipeline(_) => SessionEnd::Closed,
        })
    }

    /// Evidence that is bound to this very connection (`docs/BINDING.md`).
    async fn evidence(&mut self, nonce: [u8; 32]) -> Reply {
        let context = exporter_context(Role::Server, &nonce);
        match self.stream.keying_material(EXPORTER_LABEL.as_bytes(), &context) {
            Ok(channel) => dispatch::evidence(&self.instance, nonce, channel).await,
            Err(error) => Failure::new("evidence-not-made", error.to_string()).into(),
        }
    }

    /// Waits for a run and reads on meanwhile.
    async fn while_running(&mut self, run: impl Future<Output = Reply>) -> Result<Reply, Hangup> {
        let mut run = pin!(run);
        self.outbox.flush(&mut self.stream).await?;
        loop {
            self.look_ahead();
            let may_read = !self.peer_is_done && self.has_room_ahead();
            tokio::select! {
                biased;
                reply = run.as_mut() => return Ok(reply),
                more = self.inbox.read(&mut self.stream), if may_read => self.peer_is_done = !more?,
            }
        }
    }

    fn has_room_ahead(&self) -> bool {
        self.broken.is_none() && self.ahead.len() < MAX_READ_AHEAD && !matches!(self.ahead.back(), Some(Item::Begin(_)))
    }

    /// Takes from the inbox what waits for its turn, and cancels what is to be cancelled at once.
    fn look_ahead(&mut self) {
        while self.has_room_ahead() {
            let item = match self.inbox.next(&self.instance) {
                Ok(Some(item)) => item,
                Ok(None) => break,
                // The run came before it, so it is answered first.
                Err(error) => {
                    self.broken = Some(error);
                    break;
                }
            };
            self.ahead.push_back(match item {
                Item::Request(Request::Cancel { run }) => {
                    Item::Answer(dispatch::cancel(&self.instance, &self.who, run))
                }
                other => other,
            });
        }
    }

    /// Sends what is left, then TLS's own goodbye. The peer may be gone.
    async fn hang_up(&mut self) -> Result<(), Hangup> {
        self.outbox.flush(&mut self.stream).await?;
        let _ = tokio::time::timeout(self.instance.limits.write_stall, self.stream.shutdown()).await;
        Ok(())
    }
}

/// A refusal by its stable name. What it is about stays between the participant and the instance.
fn note(who: &Principal, reply: &Reply) {
    if let Reply::Small(Response::Failure(failure)) = reply {
        tracing::debug!(principal = %who, code = failure.code(), "request refused");
    }
}
