//! Real sessions beside their models: bytes go to both, and when all is quiet they must have said and done the same.

use std::collections::BTreeSet;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use veracruz_policy::Principal;
use veracruz_protocol::{PREFIX_BYTES, Responses};
use veracruz_runtime::fuzzing::{End, Stage};

use crate::files::{Files, Node};
use crate::guests::SLEPT;
use crate::peer::Peer;
use crate::pipe::Pipe;
use crate::reply::Versions;
use crate::seen::{Watch, watch_responses};
use crate::theatre::nodes;
use crate::world::World;

/// Bytes that a session may hold without having made anything of them: what it reads at once, and as much again.
const MAX_HELD: usize = 128 << 10;

/// How long a program that is to sleep may take until it does.
const PATIENCE: Duration = Duration::from_secs(8);

/// Virtual time that no session may wait: longer than any bound of the instance.
const HANGING: Duration = Duration::from_secs(3600);

/// A session and its model.
struct Session {
    peer: Peer,
    pipe: Pipe,
    running: Option<Pin<Box<dyn Future<Output = End>>>>,
    end: Option<End>,
    watch: Watch<Responses>,
    /// What its peer is about to send.
    queue: Vec<u8>,
    /// Of the message that is being sent: what came of its length, and the bytes still to come.
    prefix: Vec<u8>,
    left: u64,
}

pub(crate) struct Play {
    stage: Rc<Stage>,
    world: World,
    sessions: Vec<Session>,
    versions: Versions,
    /// Kinds of replies and of ends that were seen.
    pub(crate) seen: BTreeSet<&'static str>,
}

impl Play {
    pub(crate) fn new(stage: Stage, files: Files) -> Self {
        Play {
            stage: Rc::new(stage),
            world: World::new(files),
            sessions: Vec::new(),
            versions: Versions::new(),
            seen: BTreeSet::new(),
        }
    }

    pub(crate) fn connect(&mut self, who: u32) {
        let (pipe, stage) = (Pipe::default(), Rc::clone(&self.stage));
        let (who, io) = (Principal::Participant(who), pipe.clone());
        let principal = who.clone();
        let running: Pin<Box<dyn Future<Output = End>>> = Box::pin(async move { stage.session(principal, io).await });
        self.sessions.push(Session {
            peer: Peer::new(self.sessions.len(), who),
            pipe,
            running: Some(running),
            end: None,
            watch: watch_responses(),
            queue: Vec::new(),
            prefix: Vec::new(),
            left: 0,
        });
    }

    /// Sessions that were begun.
    pub(crate) fn begun(&self) -> usize {
        self.sessions.len()
    }

    /// One of the sessions that go on.
    pub(crate) fn pick(&self, which: u8) -> Option<usize> {
        let alive: Vec<usize> = (0..self.sessions.len()).filter(|at| self.sessions[*at].peer.end.is_none()).collect();
        (!alive.is_empty()).then(|| alive[usize::from(which) % alive.len()])
    }

    pub(crate) fn so_far(&self, at: usize, name: &str) -> usize {
        self.sessions[at].peer.so_far(name)
    }

    /// What its peer is about to send.
    pub(crate) fn queue(&mut self, at: usize) -> &mut Vec<u8> {
        &mut self.sessions[at].queue
    }

    /// Whether the rest of the script would be a matter of luck, or there is nobody to play it.
    pub(crate) fn is_over(&self) -> bool {
        self.world.is_open || self.sessions.iter().any(|session| matches!(session.end, Some(End::Shutdown(_))))
    }

    /// Sends so many bytes of what is queued. As long as a program runs, message by message.
    pub(crate) async fn deliver(&mut self, at: usize, count: usize) {
        let session = &mut self.sessions[at];
        let count = count.min(session.queue.len());
        let bytes: Vec<u8> = session.queue.drain(..count).collect();
        if session.peer.is_done {
            return;
        }
        let mut rest = bytes.as_slice();
        while !rest.is_empty() && !self.world.is_open {
            let session = &mut self.sessions[at];
            let (piece, after) = rest.split_at(session.until_message_end(rest));
            rest = after;
            session.peer.give(piece, &mut self.world);
            session.pipe.send(piece);
            self.resume();
            if self.world.runs() > 0 || rest.is_empty() {
                self.settle().await;
            }
        }
    }

    /// The peer sends no more.
    pub(crate) async fn end(&mut self, at: usize) {
        self.sessions[at].pipe.end();
        self.sessions[at].peer.finish(&mut self.world);
        self.settle().await;
    }

    /// The connection breaks.
    pub(crate) async fn break_off(&mut self, at: usize) {
        let session = &mut self.sessions[at];
        if session.peer.is_reading() {
            session.pipe.break_off();
            session.peer.cut(&mut self.world);
            self.settle().await;
        } else {
            self.drop_session(at);
        }
    }

    /// The instance drops the session where it stands.
    pub(crate) fn drop_session(&mut self, at: usize) {
        let session = &mut self.sessions[at];
        session.running = None;
        session.end = Some(End::Cut);
        session.peer.cut(&mut self.world);
    }

    /// The peer takes no replies any more: it is cut in time. Only when no program runs, for virtual time stands still then.
    pub(crate) async fn stall(&mut self, at: usize) {
        if self.world.runs() > 0 {
            return;
        }
        let request = veracruz_protocol::encode_request(&veracruz_protocol::Request::PolicyHash).unwrap();
        let session = &mut self.sessions[at];
        if session.left > 0 || !session.prefix.is_empty() {
            return;
        }
        session.pipe.stall();
        session.pipe.send(&request);
        session.peer.cut(&mut self.world);
        self.settle().await;
    }

    /// The embedder ends the instance: sessions that are idle end by themselves.
    pub(crate) async fn finish(&mut self) {
        self.stage.ask_to_finish();
        for session in &mut self.sessions {
            if session.peer.end.is_none() && !session.peer.is_running {
                session.peer.end = Some(End::Closed);
            }
        }
        self.settle().await;
        self.world.is_open = true;
    }

    /// Sends all that is queued and drops the session at once.
    pub(crate) async fn cut_in_the_middle(&mut self, at: usize) {
        let session = &mut self.sessions[at];
        session.pipe.send(&std::mem::take(&mut session.queue));
        poll_fn(|cx| {
            if let Some(running) = &mut session.running {
                let _ = running.as_mut().poll(cx);
            }
            Poll::Ready(())
        })
        .await;
        self.world.is_open = true;
    }

    /// Ends all of it.
    pub(crate) async fn close(mut self) -> BTreeSet<&'static str> {
        if !self.world.is_open {
            self.seen.insert("compared");
            assert!(self.world.files.is_in(&nodes(self.stage.files())), "the files are not what the model has");
        }
        self.sessions.clear();
        self.stage.close().await;
        self.seen
    }

    /// The models of sessions whose run was ended go on.
    fn resume(&mut self) {
        while let Some(at) = self.world.released() {
            self.sessions[at].peer.go_on(&mut self.world);
        }
    }

    /// Waits until all sessions have answered all that they got.
    async fn settle(&mut self) {
        if self.world.is_open {
            return;
        }
        // Virtual time passes only when nothing at all is going on.
        let quiet = tokio::time::timeout(HANGING, poll_fn(|cx| self.poll(cx))).await;
        quiet.expect("a session waits for nothing");
        self.stage.until_runs(self.world.runs()).await;
        self.until_asleep().await;
        self.world.is_quiet();
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        loop {
            let Play { sessions, versions, seen, .. } = self;
            let moved =
                sessions.iter_mut().map(|session| session.poll(cx, versions, seen)).filter(|moved| *moved).count();
            if moved == 0 {
                break;
            }
        }
        if self.sessions.iter().all(Session::is_quiet) { Poll::Ready(()) } else { Poll::Pending }
    }

    /// A program that is to sleep has read what it needs, and says so.
    async fn until_asleep(&self) {
        let path = veracruz_policy::VfsPath::parse(SLEPT).unwrap();
        let Some(Node::File { content, .. }) = self.world.files.nodes.get(SLEPT) else { return };
        let began = Instant::now();
        let wanted = content.len() as u64;
        let found = || self.stage.files().export(&path).ok()?.first()?.content.as_ref().map(|content| content.len());
        while self.world.runs() > 0 && found() != Some(wanted) {
            assert!(began.elapsed() < PATIENCE, "the program does not sleep");
            std::thread::yield_now();
        }
    }
}

impl Session {
    /// Lets it do what it can; whether it did something.
    fn poll(&mut self, cx: &mut Context<'_>, versions: &mut Versions, kinds: &mut BTreeSet<&'static str>) -> bool {
        let before = self.pipe.moves();
        let Some(running) = &mut self.running else { return false };
        if let Poll::Ready(end) = running.as_mut().poll(cx) {
            self.running = None;
            self.end = Some(end);
            kinds.insert(match end {
                End::Closed => "closed",
                End::Cut => "cut",
                End::Shutdown(_) => "shutdown",
            });
        }
        self.watch.feed(&self.pipe.receive()).unwrap();
        for seen in self.watch.seen.drain(..) {
            let expected = self.peer.expected.pop_front().expect("one reply for each request");
            kinds.insert(expected.kind());
            expected.hold(seen, versions);
        }
        assert!(self.pipe.taken().saturating_sub(self.peer.used) <= MAX_HELD, "it holds what it cannot use yet");
        self.running.is_none() || self.pipe.moves() != before
    }

    fn is_quiet(&self) -> bool {
        if self.end.is_some() || self.peer.end.is_some() {
            assert!(self.end.is_none() || self.end == self.peer.end, "{:?}, not {:?}", self.end, self.peer.end);
            assert!(self.end.is_none() || self.peer.expected.is_empty(), "it ended without replies that it owes");
            return self.end.is_some();
        }
        let has_read = self.peer.is_running || self.pipe.taken() == self.peer.given;
        has_read && self.peer.expected.is_empty()
    }

    /// Bytes of `bytes` up to the end of the message that they are of; all of them if it does not end there.
    fn until_message_end(&mut self, bytes: &[u8]) -> usize {
        let of_prefix = if self.left == 0 { (PREFIX_BYTES - self.prefix.len()).min(bytes.len()) } else { 0 };
        self.prefix.extend_from_slice(&bytes[..of_prefix]);
        if let Ok(length) = <[u8; PREFIX_BYTES]>::try_from(self.prefix.as_slice()) {
            self.prefix.clear();
            self.left = u64::from_be_bytes(length);
        }
        let of_body = self.left.min((bytes.len() - of_prefix) as u64);
        self.left -= of_body;
        of_prefix + of_body as usize
    }
}
