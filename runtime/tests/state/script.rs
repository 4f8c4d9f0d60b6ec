//! Bytes as a script of what participants send, and how it is cut.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use veracruz_protocol::{
    ComputeOptions, ReadChunk, Request, RunNumber, Upload, UploadKind, encode_request, upload_head,
};

use crate::play::Play;
use crate::theatre::{FIXED, PARTICIPANTS, Theatre};

const NAMES: [&str; 24] = [
    "/a",
    "/shared/x",
    "/shared/y",
    "/shared/dir/deep/file",
    "/shared/dir",
    "/shared/x/below",
    "shared//x/",
    "/in/secret",
    "/in/other",
    "/out/r",
    "/made/log",
    "/made/slept",
    "/made/log/below",
    "/fixed",
    "/program/a.wasm",
    "/program/b.wasm",
    "/program/c.wasm",
    "/",
    "/shared",
    "stdin",
    "stdout",
    "stderr",
    "",
    "/../a",
];
const SIZES: [usize; 8] = [0, 1, FIXED.1, 5000, 70_000, (256 << 10) - 1, 256 << 10, (256 << 10) + 1];

/// Sessions of one script.
const MAX_SESSIONS: usize = 8;

/// Payload bytes of one script: with copies far below the instance's memory, whose end is not what scripts are about.
const MAX_PAYLOAD: usize = 16 << 20;

/// How long memory may take to come back once all is over: the compiler may still hold a module.
const PATIENCE: Duration = Duration::from_secs(8);

/// `size` bytes that differ at every place.
pub(crate) fn payload(seed: u8, size: usize) -> Vec<u8> {
    let mut state = u32::from(seed) + 1;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    };
    (0..size).map(|_| next()).collect()
}

/// Plays a script on a fresh instance. The kinds of replies and ends that it came to.
///
/// # Panics
/// When the instance says or does what the model does not, or keeps memory.
pub(crate) fn drive(theatre: &Theatre, script: &[u8]) -> BTreeSet<&'static str> {
    let before = theatre.used();
    let (stage, files) = theatre.stage();
    let seen = theatre.executor.block_on(async {
        let mut script = Script { bytes: script.iter(), play: Play::new(stage, files), payload: 0, theatre };
        (0..PARTICIPANTS).for_each(|who| script.play.connect(who));
        while !script.play.is_over() && script.step().await.is_some() {}
        script.play.close().await
    });
    let over = Instant::now();
    while theatre.used() != before {
        assert!(over.elapsed() < PATIENCE, "{} bytes are not given back", theatre.used() - before);
        std::thread::yield_now();
    }
    seen
}

struct Script<'s> {
    bytes: std::slice::Iter<'s, u8>,
    play: Play,
    payload: usize,
    theatre: &'s Theatre,
}

impl Script<'_> {
    fn byte(&mut self) -> Option<u8> {
        self.bytes.next().copied()
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> Option<T> {
        Some(from[usize::from(self.byte()?) % from.len()])
    }

    fn name(&mut self) -> Option<String> {
        self.pick(&NAMES).map(str::to_owned)
    }

    /// One thing of the script; nothing when it is at its end.
    async fn step(&mut self) -> Option<()> {
        let (what, who) = (self.byte()? % 32, self.byte()?);
        if what == 0 || self.play.pick(who).is_none() {
            if self.play.begun() < MAX_SESSIONS {
                self.play.connect(u32::from(who) % PARTICIPANTS);
                return Some(());
            }
            self.play.pick(who)?;
        }
        let at = self.play.pick(who)?;
        match what {
            0 | 1 => {
                let count = 1 + usize::from(self.byte()?) * if who & 64 == 0 { 1 } else { 300 };
                self.play.deliver(at, count).await;
            }
            2 => match self.byte()? % 8 {
                0 | 1 => self.play.end(at).await,
                2 => self.play.break_off(at).await,
                3 => self.play.drop_session(at),
                4 => self.play.stall(at).await,
                5 => self.play.finish().await,
                6 => self.play.cut_in_the_middle(at).await,
                _ => self.garble(at)?,
            },
            3 => {
                let length = usize::from(self.byte()?);
                let body: Vec<u8> = self.bytes.by_ref().take(length).copied().collect();
                let queue = self.play.queue(at);
                queue.extend_from_slice(&(body.len() as u64).to_be_bytes());
                queue.extend_from_slice(&body);
            }
            _ => {
                let message = self.message(what, at)?;
                self.play.queue(at).extend_from_slice(&message);
            }
        }
        // What stays is sent later: pipelined, or cut.
        if who < 128 && what > 2 {
            let all = self.play.queue(at).len();
            self.play.deliver(at, all).await;
        }
        Some(())
    }

    /// Changes a byte of what is about to be sent.
    fn garble(&mut self, at: usize) -> Option<()> {
        let (place, value) = (usize::from(self.byte()?), self.byte()?);
        let queue = self.play.queue(at);
        let length = queue.len().max(1);
        if let Some(byte) = queue.get_mut(place % length) {
            *byte = value;
        }
        Some(())
    }

    fn message(&mut self, what: u8, at: usize) -> Option<Vec<u8>> {
        let request = match what {
            4..=7 => return self.upload(UploadKind::Write),
            8 | 9 => return self.upload(UploadKind::Append),
            10..=13 => return self.part(at),
            14 => return self.program(),
            15 | 16 => Request::ReadFile { name: self.name()? },
            17 | 18 => {
                let (offset, length) = (self.pick(&SIZES)? as u64, self.pick(&SIZES)? as u64);
                let version = u64::from(self.byte()?.saturating_sub(200));
                Request::ReadChunk(ReadChunk { name: self.name()?, offset, length, version })
            }
            19..=21 => {
                let program = self.pick(&["/program/a.wasm", "/program/b.wasm", "/program/c.wasm", "/a", ""])?;
                Request::Compute { program: program.to_owned(), options: self.options()? }
            }
            22 => {
                let name = self.pick(&["0", "/0", "both", "1", "2"])?.to_owned();
                Request::Pipeline { name, options: self.options()? }
            }
            23..=25 => Request::Cancel { run: self.number()? },
            26 => {
                let after = self.pick(&[None, Some("log"), Some("x")])?;
                Request::List { path: self.name()?, after: after.map(str::to_owned) }
            }
            27 => Request::Stat { name: self.name()? },
            28 => Request::Runs,
            29 => Request::PolicyHash,
            30 => Request::Evidence { nonce: [self.byte()?; 32] },
            // Rare, for it ends the script.
            _ => match self.byte()? % 32 {
                7 => Request::Shutdown,
                _ => Request::Runs,
            },
        };
        Some(encode_request(&request).unwrap().to_vec())
    }

    fn number(&mut self) -> Option<RunNumber> {
        RunNumber::new(1 + u64::from(self.byte()? % 3))
    }

    fn options(&mut self) -> Option<ComputeOptions> {
        let number = u64::from(self.byte()? % 4);
        let timeout = (number == 2).then_some(Duration::from_secs(86_400));
        Some(ComputeOptions { timeout, run: RunNumber::new(number) })
    }

    fn upload(&mut self, kind: UploadKind) -> Option<Vec<u8>> {
        let name = self.name()?;
        let content = self.content()?;
        Some(framed(name, kind, &content))
    }

    fn part(&mut self, at: usize) -> Option<Vec<u8>> {
        let (name, flags) = (self.name()?, self.byte()?);
        let offset = match flags & 3 {
            0 => 0,
            1 => self.pick(&SIZES)?,
            _ => self.play.so_far(at, &name),
        };
        let kind = UploadKind::Chunk { offset: offset as u64, last: flags & 4 != 0, append: flags & 8 != 0 };
        let content = self.content()?;
        Some(framed(name, kind, &content))
    }

    fn content(&mut self) -> Option<Vec<u8>> {
        let (seed, size) = (self.byte()? % 4, self.pick(&SIZES)?);
        let size = size.min(MAX_PAYLOAD - self.payload);
        self.payload += size;
        Some(payload(seed, size))
    }

    fn program(&mut self) -> Option<Vec<u8>> {
        let (name, which) = (self.pick(&["/program/a.wasm", "/program/b.wasm"])?.to_owned(), self.byte()?);
        let mut messages = framed(name.clone(), UploadKind::Write, self.theatre.guests.wasm(which));
        if which & 128 != 0 {
            let compute = Request::Compute { program: name, options: self.options()? };
            messages.extend_from_slice(&encode_request(&compute).unwrap());
        }
        Some(messages)
    }
}

fn framed(name: String, kind: UploadKind, content: &[u8]) -> Vec<u8> {
    let head = upload_head(&Upload { name, kind }, content.len() as u64).unwrap();
    [&head, content].concat()
}
