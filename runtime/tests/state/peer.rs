//! The model of one session: what it must answer to the bytes that it gets, and when.

use std::collections::{HashMap, VecDeque};

use veracruz_policy::{Principal, Target, VfsPath};
use veracruz_protocol::{Event, FrameError, Limits, Listing, Request, RequestDecoder, Upload, UploadKind};
use veracruz_runtime::fuzzing::End;
use veracruz_runtime::limits::{MAX_OPEN_UPLOADS, MAX_READ_AHEAD};
use veracruz_runtime::vfs::WriteMode;

use crate::reply::Expected;
use crate::world::World;

/// What a session has to do next.
enum Item {
    Begin(Upload),
    End(Upload),
    Request(Request),
    Answer(Expected),
}

/// Where the payload at hand goes.
#[derive(Default)]
enum Intake {
    #[default]
    Nothing,
    Whole(Vec<u8>),
    Part(Target, Upload),
    Refused,
}

struct Parts {
    mode: WriteMode,
    content: Vec<u8>,
}

pub(crate) struct Peer {
    pub(crate) id: usize,
    pub(crate) who: Principal,
    pub(crate) expected: VecDeque<Expected>,
    pub(crate) end: Option<End>,
    pub(crate) is_running: bool,
    /// Bytes that it was given, and those of them that it has made something of.
    pub(crate) given: usize,
    pub(crate) used: usize,
    decoder: RequestDecoder,
    input: Vec<u8>,
    ahead: VecDeque<Item>,
    /// Behind all that was read, nothing can be made of what it was given.
    broken: Option<FrameError>,
    intake: Intake,
    parts: HashMap<Target, Parts>,
    pub(crate) is_done: bool,
}

impl Peer {
    pub(crate) fn new(id: usize, who: Principal) -> Self {
        Peer {
            id,
            who,
            expected: VecDeque::new(),
            end: None,
            is_running: false,
            given: 0,
            used: 0,
            decoder: RequestDecoder::new(Limits::default()),
            input: Vec::new(),
            ahead: VecDeque::new(),
            broken: None,
            intake: Intake::Nothing,
            parts: HashMap::new(),
            is_done: false,
        }
    }

    /// Bytes of a file that came in parts so far.
    pub(crate) fn so_far(&self, name: &str) -> usize {
        let target = Target::parse(name).ok();
        target.and_then(|target| self.parts.get(&target)).map_or(0, |parts| parts.content.len())
    }

    /// Whether it would see at once that its connection is gone.
    pub(crate) fn is_reading(&self) -> bool {
        !self.is_done && (!self.is_running || self.has_room_ahead())
    }

    pub(crate) fn give(&mut self, bytes: &[u8], world: &mut World) {
        self.given += bytes.len();
        self.input.extend_from_slice(bytes);
        self.go_on(world);
    }

    /// No more bytes come.
    pub(crate) fn finish(&mut self, world: &mut World) {
        self.is_done = true;
        self.go_on(world);
    }

    /// Does all that it can without more bytes.
    pub(crate) fn go_on(&mut self, world: &mut World) {
        while self.end.is_none() {
            let next = if self.is_running {
                self.look_ahead(world);
                Ok(None)
            } else {
                self.next_item()
            };
            match next {
                Err(_) => self.cut(world),
                Ok(Some(item)) => {
                    world.turn_of(self.id);
                    self.act(item, world);
                }
                Ok(None) if self.is_running => match world.take_released(self.id) {
                    true => {
                        self.is_running = false;
                        self.expected.push_back(Expected::Failure);
                    }
                    false => return,
                },
                Ok(None) if self.is_done => self.end = Some(End::Closed),
                Ok(None) => return,
            }
        }
    }

    /// Its connection is gone; a run of it goes on.
    pub(crate) fn cut(&mut self, world: &mut World) {
        self.end = Some(End::Cut);
        world.orphan(self.id);
    }

    fn next_item(&mut self) -> Result<Option<Item>, FrameError> {
        match self.ahead.pop_front() {
            Some(item) => Ok(Some(item)),
            None => self.broken.take().map_or_else(|| self.decode(), Err),
        }
    }

    fn has_room_ahead(&self) -> bool {
        self.broken.is_none() && self.ahead.len() < MAX_READ_AHEAD && !matches!(self.ahead.back(), Some(Item::Begin(_)))
    }

    fn look_ahead(&mut self, world: &mut World) {
        while self.has_room_ahead() {
            let item = match self.decode() {
                Ok(Some(item)) => item,
                Ok(None) => break,
                Err(error) => {
                    self.broken = Some(error);
                    break;
                }
            };
            self.ahead.push_back(match item {
                Item::Request(Request::Cancel { run }) => {
                    Item::Answer(Expected::done(world.cancel(self.id, &self.who, run)))
                }
                other => other,
            });
        }
    }

    fn decode(&mut self) -> Result<Option<Item>, FrameError> {
        loop {
            let mut rest = self.input.as_slice();
            let event = self.decoder.decode(&mut rest)?;
            let used = self.input.len() - rest.len();
            let mut skip = false;
            let item = match event {
                None => {
                    self.input.drain(..used);
                    self.used += used;
                    return Ok(None);
                }
                Some(Event::Payload(bytes)) => {
                    match &mut self.intake {
                        Intake::Whole(content) => content.extend_from_slice(bytes),
                        Intake::Part(target, _) => {
                            self.parts.get_mut(target).unwrap().content.extend_from_slice(bytes);
                        }
                        Intake::Nothing | Intake::Refused => {}
                    }
                    None
                }
                Some(Event::PayloadRestart { .. }) => {
                    match &mut self.intake {
                        Intake::Whole(content) => content.clear(),
                        Intake::Part(target, _) => {
                            self.parts.remove(target);
                            self.intake = Intake::Refused;
                            skip = true;
                        }
                        Intake::Nothing | Intake::Refused => {}
                    }
                    None
                }
                Some(Event::PayloadBegin { so_far, .. }) => Some(Item::Begin(so_far)),
                Some(Event::PayloadEnd(upload)) => Some(Item::End(upload)),
                Some(Event::Message(request)) => {
                    void(&mut self.intake, &mut self.parts);
                    Some(Item::Request(request))
                }
                Some(Event::Refused(_)) => {
                    void(&mut self.intake, &mut self.parts);
                    Some(Item::Answer(Expected::Failure))
                }
                Some(Event::Skipped) => {
                    self.intake = Intake::Nothing;
                    Some(Item::Answer(Expected::Failure))
                }
            };
            if skip {
                self.decoder.skip_message();
            }
            self.input.drain(..used);
            self.used += used;
            if item.is_some() {
                return Ok(item);
            }
        }
    }

    fn act(&mut self, item: Item, world: &mut World) {
        let expected = match item {
            Item::Begin(upload) => {
                void(&mut self.intake, &mut self.parts);
                self.intake = self.begin(&upload, world).unwrap_or(Intake::Refused);
                if matches!(self.intake, Intake::Refused) {
                    self.decoder.skip_message();
                }
                return;
            }
            Item::End(upload) => self.end_upload(&upload, world).unwrap_or(Expected::Failure),
            Item::Answer(expected) => expected,
            Item::Request(request) => match self.answer(request, world) {
                Some(expected) => expected,
                None => return,
            },
        };
        self.expected.push_back(expected);
    }

    fn begin(&mut self, upload: &Upload, world: &World) -> Option<Intake> {
        if upload.name.is_empty() {
            return Some(Intake::Whole(Vec::new()));
        }
        let target = Target::parse(&upload.name).ok()?;
        let mode = mode_of(upload.kind);
        if !world.files.may_write(&self.who, &target, mode) {
            return None;
        }
        let UploadKind::Chunk { offset, .. } = upload.kind else { return Some(Intake::Whole(Vec::new())) };
        if offset > 0 {
            let so_far = self.parts.get(&target).map_or(0, |parts| parts.content.len());
            return (so_far as u64 == offset).then(|| Intake::Part(target, upload.clone()));
        }
        self.parts.remove(&target);
        self.add_parts(&target, mode, Vec::new())?;
        Some(Intake::Part(target, upload.clone()))
    }

    fn add_parts(&mut self, target: &Target, mode: WriteMode, content: Vec<u8>) -> Option<()> {
        let has_room = self.parts.len() < MAX_OPEN_UPLOADS;
        has_room.then(|| self.parts.insert(target.clone(), Parts { mode, content }))?;
        Some(())
    }

    fn end_upload(&mut self, upload: &Upload, world: &mut World) -> Option<Expected> {
        let target = Target::parse(&upload.name);
        let mode = mode_of(upload.kind);
        match (std::mem::take(&mut self.intake), upload.kind) {
            (Intake::Nothing | Intake::Refused, _) => None,
            (Intake::Whole(content), UploadKind::Write | UploadKind::Append) => {
                let committed = world.files.commit(&self.who, &target.ok()?, mode, content);
                committed.then_some(Expected::Done)
            }
            (Intake::Whole(content), UploadKind::Chunk { offset, last, .. }) => {
                let target = target.ok()?;
                self.parts.remove(&target);
                if offset > 0 {
                    return None;
                }
                self.keep(target, last, Parts { mode, content }, world)
            }
            (Intake::Part(target, begun), kind) => {
                let parts = self.parts.remove(&target)?;
                let place = |kind| match kind {
                    UploadKind::Chunk { offset, append, .. } => Some((offset, append)),
                    UploadKind::Write | UploadKind::Append => None,
                };
                let UploadKind::Chunk { last, .. } = kind else { return None };
                let same = begun.name == upload.name && place(begun.kind) == place(kind) && parts.mode == mode;
                if !same {
                    return None;
                }
                self.keep(target, last, parts, world)
            }
        }
    }

    fn keep(&mut self, target: Target, last: bool, parts: Parts, world: &mut World) -> Option<Expected> {
        if last {
            let committed = world.files.commit(&self.who, &target, parts.mode, parts.content);
            return committed.then_some(Expected::Done);
        }
        let size = parts.content.len() as u64;
        self.add_parts(&target, parts.mode, parts.content)?;
        Some(Expected::Written(size))
    }

    /// The reply, unless none comes now.
    fn answer(&mut self, request: Request, world: &mut World) -> Option<Expected> {
        let files = &world.files;
        let answer = match request {
            Request::Compute { program, options } => return world.run(self, program, options, false),
            Request::Pipeline { name, options } => return world.run(self, name, options, true),
            Request::Shutdown => {
                let Principal::Participant(id) = self.who else { unreachable!("peers are participants") };
                self.end = Some(End::Shutdown(id));
                world.orphan(self.id);
                Some(Expected::Done)
            }
            Request::Cancel { run } => Some(Expected::done(world.cancel(self.id, &self.who, run))),
            Request::Runs => Some(Expected::Runs(world.runs_of(&self.who))),
            Request::PolicyHash => Some(Expected::Hash(files.policy.hash())),
            Request::Evidence { .. } => Some(Expected::Evidence),
            Request::ReadFile { name } => {
                Target::parse(&name).ok().and_then(|target| files.read(&self.who, &target)).map(Expected::File)
            }
            Request::ReadChunk(part) => Target::parse(&part.name)
                .ok()
                .and_then(|target| files.read(&self.who, &target))
                .filter(|content| part.offset <= content.len() as u64)
                .map(|content| Expected::Part { content, part }),
            Request::Stat { name } => {
                let stat = Target::parse(&name).ok().and_then(|target| files.stat(&self.who, &target));
                stat.map(|(kind, size)| Expected::Stat(kind, size))
            }
            Request::List { path, after } => {
                let entries = VfsPath::parse(&path).ok().and_then(|path| files.list(&self.who, &path));
                entries.map(|entries| Expected::Listing(Listing::page(entries, after.as_deref())))
            }
            _ => None,
        };
        Some(answer.unwrap_or(Expected::Failure))
    }
}

/// What came of the message at hand counts no more.
fn void(intake: &mut Intake, parts: &mut HashMap<Target, Parts>) {
    if let Intake::Part(target, _) = std::mem::take(intake) {
        parts.remove(&target);
    }
}

fn mode_of(kind: UploadKind) -> WriteMode {
    match kind {
        UploadKind::Write | UploadKind::Chunk { append: false, .. } => WriteMode::Replace,
        UploadKind::Append | UploadKind::Chunk { append: true, .. } => WriteMode::Append,
    }
}
