//! Payloads on their way in: staged as they come, refused as early as can be, and gone without a trace when the message
//! does not come to its end.

use std::collections::HashMap;

use veracruz_policy::{Principal, Target};
use veracruz_protocol::{Failure, Upload as Message, UploadKind};

use crate::instance::Instance;
use crate::limits::MAX_OPEN_UPLOADS;
use crate::vfs::{Upload, WriteMode};

/// The payload at hand, and the files that this session writes in parts.
#[derive(Default)]
pub(super) struct Intake {
    state: State,
    parts: HashMap<Target, Parts>,
}

/// Where the payload at hand goes.
#[derive(Default)]
enum State {
    #[default]
    Nothing,
    /// Into an upload of its own.
    Whole { upload: Upload, hashed: bool },
    /// To the end of a file that is written in parts.
    Part { target: Target, message: Message },
    /// Nowhere: this will be answered.
    Refused(Failure),
}

/// A file that is written in parts.
struct Parts {
    upload: Upload,
    mode: WriteMode,
}

/// The payload is refused; the answer is kept.
#[derive(Debug)]
pub(super) struct Unwanted;

/// A payload that came to its end.
pub(super) enum Taken {
    /// To be committed.
    File(Target, WriteMode, Upload),
    /// A part; more will come. Bytes of all parts so far.
    Part(u64),
}

impl Intake {
    /// Gets ready. What came before in the same message is void.
    pub(super) fn begin(&mut self, instance: &Instance, who: &Principal, message: &Message) -> Result<(), Unwanted> {
        self.void();
        let state = self.prepare(instance, who, message);
        self.state = state.unwrap_or_else(State::Refused);
        self.wanted()
    }

    /// Bytes of the payload.
    pub(super) fn push(&mut self, bytes: &[u8]) -> Result<(), Unwanted> {
        let pushed = match &mut self.state {
            State::Whole { upload, .. } => upload.push(bytes),
            State::Part { target, .. } => match self.parts.get_mut(target) {
                Some(parts) => parts.upload.push(bytes),
                None => Ok(()),
            },
            State::Nothing | State::Refused(_) => Ok(()),
        };
        if let Err(error) = pushed {
            self.refuse(Failure::new(error.code(), error.to_string()));
        }
        self.wanted()
    }

    /// The payload begins anew, inside one message.
    pub(super) fn restart(&mut self, instance: &Instance) -> Result<(), Unwanted> {
        match &self.state {
            State::Whole { hashed, .. } => {
                let state = whole(instance, *hashed);
                self.state = state.unwrap_or_else(State::Refused);
            }
            State::Part { .. } => {
                let detail = "one message has two parts of a file; send each in a message of its own, from offset 0 on";
                self.refuse(Failure::new("two-parts-in-one", detail));
            }
            State::Nothing | State::Refused(_) => {}
        }
        self.wanted()
    }

    /// The message came to its end, and says this for good.
    pub(super) fn end(&mut self, message: &Message) -> Result<Taken, Failure> {
        match std::mem::take(&mut self.state) {
            State::Refused(failure) => Err(failure),
            State::Nothing => Err(Failure::new("no-payload", "the message has no payload; send it again")),
            State::Whole { upload, .. } => match message.kind {
                UploadKind::Write => Ok(Taken::File(target(&message.name)?, WriteMode::Replace, upload)),
                UploadKind::Append => Ok(Taken::File(target(&message.name)?, WriteMode::Append, upload)),
                UploadKind::Chunk { offset, last, append } => self.first_part(message, upload, offset, last, append),
            },
            State::Part { target, message: begun } => self.end_part(target, &begun, message),
        }
    }

    /// The message ended otherwise: what came of its payload is void.
    pub(super) fn void(&mut self) {
        if let State::Part { target, .. } = std::mem::take(&mut self.state) {
            self.parts.remove(&target);
        }
    }

    /// The answer to a message that was skipped.
    pub(super) fn take_refusal(&mut self) -> Failure {
        match std::mem::take(&mut self.state) {
            State::Refused(failure) => failure,
            _ => Failure::new("message-skipped", "the message was not taken; send it again"),
        }
    }

    fn wanted(&self) -> Result<(), Unwanted> {
        if matches!(self.state, State::Refused(_)) { Err(Unwanted) } else { Ok(()) }
    }

    fn refuse(&mut self, failure: Failure) {
        self.void();
        self.state = State::Refused(failure);
    }

    fn prepare(&mut self, instance: &Instance, who: &Principal, message: &Message) -> Result<State, Failure> {
        if message.name.is_empty() {
            // The name comes after the data; hashing costs little next to hashing all of it later.
            return whole(instance, true);
        }
        let target = target(&message.name)?;
        let mode = mode_of(message.kind);
        instance.vfs.may_write(who, &target, mode).map_err(|error| Failure::new(error.code(), error.to_string()))?;
        match message.kind {
            UploadKind::Write | UploadKind::Append => whole(instance, instance.needs_digest(&target)),
            UploadKind::Chunk { offset, .. } => {
                self.open_part(instance, &target, mode, offset)?;
                Ok(State::Part { target, message: message.clone() })
            }
        }
    }

    fn open_part(&mut self, instance: &Instance, target: &Target, mode: WriteMode, offset: u64) -> Result<(), Failure> {
        if offset > 0 {
            let so_far = self.parts.get(target).map_or(0, |parts| parts.upload.len());
            return if so_far == offset { Ok(()) } else { Err(out_of_order(offset, so_far)) };
        }
        self.parts.remove(target);
        self.room_for_parts()?;
        let upload = staged(instance, instance.needs_digest(target))?;
        self.parts.insert(target.clone(), Parts { upload, mode });
        Ok(())
    }

    fn room_for_parts(&self) -> Result<(), Failure> {
        if self.parts.len() < MAX_OPEN_UPLOADS {
            return Ok(());
        }
        let detail = format!(
            "this session writes {MAX_OPEN_UPLOADS} files in parts already, which is the most; send the last part of one"
        );
        Err(Failure::new("uploads-full", detail))
    }

    /// A part whose name came after its data: it was staged apart.
    fn first_part(
        &mut self,
        message: &Message,
        upload: Upload,
        offset: u64,
        last: bool,
        append: bool,
    ) -> Result<Taken, Failure> {
        let target = target(&message.name)?;
        let mode = if append { WriteMode::Append } else { WriteMode::Replace };
        if offset > 0 {
            self.parts.remove(&target);
            let detail = "send the name of the file before the data of its part; begin again at offset 0";
            return Err(Failure::new("part-name-late", detail));
        }
        self.parts.remove(&target);
        if last {
            return Ok(Taken::File(target, mode, upload));
        }
        self.room_for_parts()?;
        let so_far = upload.len();
        self.parts.insert(target, Parts { upload, mode });
        Ok(Taken::Part(so_far))
    }

    fn end_part(&mut self, target: Target, begun: &Message, message: &Message) -> Result<Taken, Failure> {
        let gone = || Failure::new("part-lost", "the parts that came are gone; begin again at offset 0");
        let parts = self.parts.remove(&target).ok_or_else(gone)?;
        let (UploadKind::Chunk { last, .. }, true) = (message.kind, same_part(begun, message)) else {
            let detail = "the message says two things about its part; begin again at offset 0";
            return Err(Failure::new("part-contradictory", detail));
        };
        if parts.mode != mode_of(message.kind) {
            let detail = "some parts of the file say append and some do not; begin again at offset 0";
            return Err(Failure::new("part-contradictory", detail));
        }
        if last {
            return Ok(Taken::File(target, parts.mode, parts.upload));
        }
        let so_far = parts.upload.len();
        self.parts.insert(target, parts);
        Ok(Taken::Part(so_far))
    }
}

/// Whether a message ends as the part that it began as. That it is the last one may come late.
fn same_part(begun: &Message, ended: &Message) -> bool {
    let place = |message: &Message| match message.kind {
        UploadKind::Chunk { offset, append, .. } => Some((offset, append)),
        UploadKind::Write | UploadKind::Append => None,
    };
    begun.name == ended.name && place(begun) == place(ended)
}

fn mode_of(kind: UploadKind) -> WriteMode {
    match kind {
        UploadKind::Write | UploadKind::Chunk { append: false, .. } => WriteMode::Replace,
        UploadKind::Append | UploadKind::Chunk { append: true, .. } => WriteMode::Append,
    }
}

fn out_of_order(offset: u64, so_far: u64) -> Failure {
    let detail = format!(
        "the part begins at {offset}, but {so_far} bytes came so far in this session; send the parts in order, from 0 on"
    );
    Failure::new("part-out-of-order", detail)
}

fn target(name: &str) -> Result<Target, Failure> {
    Target::parse(name).map_err(|error| Failure::new("bad-path", error.to_string()))
}

fn whole(instance: &Instance, hashed: bool) -> Result<State, Failure> {
    Ok(State::Whole { upload: staged(instance, hashed)?, hashed })
}

fn staged(instance: &Instance, hashed: bool) -> Result<Upload, Failure> {
    let staged = if hashed { instance.vfs.stage_hashed() } else { instance.vfs.stage() };
    staged.map_err(|error| Failure::new(error.code(), error.to_string()))
}
