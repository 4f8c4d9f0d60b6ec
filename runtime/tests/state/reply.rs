//! What a reply must be, and whether one is.

use std::collections::HashMap;

use veracruz_policy::Sha256Digest;
use veracruz_protocol::{Content, Download, FileKind, Listing, ReadChunk, Response, RunNumber, exit_code};

use crate::seen::{Seen, SeenResponse};

#[derive(Clone, Debug)]
pub(crate) enum Expected {
    Done,
    Failure,
    Written(u64),
    Exit(u32),
    File(Vec<u8>),
    /// This part of a file with this content.
    Part {
        content: Vec<u8>,
        part: ReadChunk,
    },
    Hash(Sha256Digest),
    Evidence,
    Listing(Listing),
    Stat(FileKind, u64),
    Runs(Vec<(Option<RunNumber>, String)>),
}

/// What files held by their versions: a version stands for one content.
pub(crate) type Versions = HashMap<u64, Vec<u8>>;

impl Expected {
    pub(crate) fn done(done: bool) -> Self {
        if done { Expected::Done } else { Expected::Failure }
    }

    /// What kind of reply it is, for whoever counts them.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Expected::Done => "done",
            Expected::Failure => "failure",
            Expected::Written(_) => "written",
            Expected::Exit(0) => "exit",
            Expected::Exit(_) => "exit with a code",
            Expected::File(_) => "file",
            Expected::Part { .. } => "part",
            Expected::Hash(_) => "hash",
            Expected::Evidence => "evidence",
            Expected::Listing(listing) if listing.entries().is_empty() => "empty listing",
            Expected::Listing(_) => "listing",
            Expected::Stat(..) => "stat",
            Expected::Runs(runs) if runs.is_empty() => "no runs",
            Expected::Runs(_) => "runs",
        }
    }

    /// Panics when `seen` is another reply.
    pub(crate) fn hold(self, seen: SeenResponse, versions: &mut Versions) {
        let failed = matches!(seen, Seen::Message(Response::Failure(_)));
        let holds = match (&self, &seen) {
            (Expected::Failure, _) => failed,
            (Expected::Part { part, .. }, _) if failed => part.version != 0,
            (Expected::Part { content, part }, Seen::Carrier(Download::Chunk(info), bytes)) => {
                let from = part.offset as usize;
                let length = (part.length as usize).min(content.len() - from);
                info.offset == part.offset
                    && info.size == content.len() as u64
                    && (part.version == 0 || part.version == info.version)
                    && *bytes == content[from..from + length]
                    && versions.entry(info.version).or_insert_with(|| content.clone()) == content
            }
            (Expected::File(content), Seen::Carrier(Download::Result, bytes)) => bytes == content,
            (Expected::Exit(code), Seen::Carrier(Download::Result, bytes)) => exit_code(bytes) == Some(*code),
            (expected, Seen::Message(Response::Success(content))) => expected.is_in(content),
            _ => false,
        };
        assert!(holds, "expected {}, got {}", self.shown(), shown(&seen));
    }

    fn is_in(&self, content: &Content) -> bool {
        match (self, content) {
            (Expected::Done, Content::Empty) | (Expected::Evidence, Content::Evidence { .. }) => true,
            (Expected::Written(expected), Content::Written { size }) => size == expected,
            (Expected::Hash(expected), Content::PolicyHash(hash)) => hash == expected,
            (Expected::Listing(expected), Content::Listing(listing)) => listing == expected,
            (Expected::Stat(kind, size), Content::Stat(stat)) => stat.kind == *kind && stat.size == *size,
            (Expected::Runs(expected), Content::Runs(list)) => {
                let runs = list.runs().iter().map(|run| (run.run, run.program.clone()));
                runs.eq(expected.iter().cloned())
            }
            _ => false,
        }
    }

    fn shown(&self) -> String {
        match self {
            Expected::File(content) => format!("a file of {} bytes", content.len()),
            Expected::Part { content, part } => format!("{part:?} of a file of {} bytes", content.len()),
            other => format!("{other:?}"),
        }
    }
}

fn shown(seen: &SeenResponse) -> String {
    match seen {
        Seen::Carrier(download, bytes) => format!("{download:?} of {} bytes", bytes.len()),
        Seen::Message(message) => format!("{message:?}"),
        Seen::Refused(refusal) => format!("{refusal:?}"),
        Seen::Skipped => "nothing".to_owned(),
    }
}
