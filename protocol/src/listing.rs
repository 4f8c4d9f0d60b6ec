//! What a runtime tells about files and runs, in pages that fit into a reply.

use prost::Message as _;
use veracruz_policy::MAX_PATH_BYTES;

use crate::error::{Refusal, RefusalCode};
use crate::limits::MAX_PAGE_BYTES;
use crate::request::RunNumber;
use crate::wire;

/// What a name in the instance is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FileKind {
    /// A file with bytes.
    File,
    /// A directory.
    Directory,
    /// `stdin`, `stdout` or `stderr`.
    Stream,
}

impl FileKind {
    const fn number(self) -> u32 {
        match self {
            FileKind::File => 1,
            FileKind::Directory => 2,
            FileKind::Stream => 3,
        }
    }

    fn from_number(number: u32) -> Result<Self, Refusal> {
        match number {
            1 => Ok(FileKind::File),
            2 => Ok(FileKind::Directory),
            3 => Ok(FileKind::Stream),
            other => Err(bad_reply(format!("a file of kind {other}, this version knows 1 to 3"))),
        }
    }
}

/// Kind, size and time of one file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileStat {
    /// What it is.
    pub kind: FileKind,
    /// Bytes.
    pub size: u64,
    /// When the content last changed: nanoseconds since 1970-01-01 UTC, as WASI counts. 0 when that is not known.
    pub modified_ns: u64,
}

/// One entry of a directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListEntry {
    /// The last component of its path.
    pub name: String,
    /// What it is.
    pub kind: FileKind,
    /// Bytes.
    pub size: u64,
}

/// One page of a directory's entries, sorted by name byte by byte.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listing {
    entries: Vec<ListEntry>,
    next: Option<String>,
}

impl Listing {
    /// The first page of what comes after the name `after`: as many entries as fit into a reply.
    pub fn page(entries: impl IntoIterator<Item = ListEntry>, after: Option<&str>) -> Self {
        let after = after.unwrap_or_default();
        let mut entries: Vec<_> = entries.into_iter().filter(|entry| entry.name.as_str() > after).collect();
        entries.sort_unstable_by(|a, b| a.name.cmp(&b.name));
        let mut page = Page::default();
        let fitting = entries.iter().take_while(|entry| page.takes(mirror_entry(entry).encoded_len())).count();
        let more = fitting < entries.len();
        entries.truncate(fitting);
        let next = entries.last().filter(|_| more).map(|entry| entry.name.clone());
        Listing { entries, next }
    }

    /// The entries.
    pub fn entries(&self) -> &[ListEntry] {
        &self.entries
    }

    /// The name to ask for the next page with, unless this is the last.
    pub fn next(&self) -> Option<&str> {
        self.next.as_deref()
    }

    /// The entries, owned, and the name to ask for the next page with.
    pub fn into_parts(self) -> (Vec<ListEntry>, Option<String>) {
        (self.entries, self.next)
    }
}

/// One run that is not over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunInfo {
    /// The number that the client gave it.
    pub run: Option<RunNumber>,
    /// The program's path or the pipeline's number.
    pub program: String,
    /// Milliseconds since it began.
    pub elapsed_ms: u64,
}

/// The runs of a principal that are not over, oldest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RunList {
    runs: Vec<RunInfo>,
    more: bool,
}

impl RunList {
    /// As many of `runs` as fit into a reply.
    pub fn page(runs: impl IntoIterator<Item = RunInfo>) -> Self {
        let mut page = Page::default();
        let mut list = RunList::default();
        for run in runs {
            if !page.takes(mirror_run(&run).encoded_len()) {
                list.more = true;
                break;
            }
            list.runs.push(run);
        }
        list
    }

    /// The runs.
    pub fn runs(&self) -> &[RunInfo] {
        &self.runs
    }

    /// Whether there are more than fitted.
    pub fn is_cut(&self) -> bool {
        self.more
    }
}

/// How much of a page is taken.
#[derive(Default)]
struct Page {
    bytes: usize,
}

impl Page {
    /// Whether one more entry of so many bytes fits; the key and length before it are counted.
    fn takes(&mut self, entry: usize) -> bool {
        const KEY_AND_LENGTH: usize = 4;
        self.bytes = self.bytes.saturating_add(entry).saturating_add(KEY_AND_LENGTH);
        self.bytes <= MAX_PAGE_BYTES
    }
}

pub(crate) fn parse_stat(stat: wire::FileStat) -> Result<FileStat, Refusal> {
    Ok(FileStat { kind: FileKind::from_number(stat.kind)?, size: stat.size, modified_ns: stat.modified_ns })
}

pub(crate) fn mirror_stat(stat: &FileStat) -> wire::FileStat {
    wire::FileStat { kind: stat.kind.number(), size: stat.size, modified_ns: stat.modified_ns }
}

pub(crate) fn parse_listing(listing: wire::Listing) -> Result<Listing, Refusal> {
    let entry = |file: wire::ListedFile| {
        Ok(ListEntry { name: bounded(file.name)?, kind: FileKind::from_number(file.kind)?, size: file.size })
    };
    let entries: Vec<_> = listing.entries.into_iter().map(entry).collect::<Result<_, Refusal>>()?;
    let next = bounded(listing.next)?;
    Ok(Listing { entries, next: (!next.is_empty()).then_some(next) })
}

pub(crate) fn mirror_listing(listing: &Listing) -> wire::Listing {
    let entries = listing.entries.iter().map(mirror_entry).collect();
    wire::Listing { entries, next: listing.next.clone().unwrap_or_default() }
}

pub(crate) fn parse_runs(list: wire::RunList) -> Result<RunList, Refusal> {
    let run = |run: wire::Run| {
        Ok(RunInfo { run: RunNumber::new(run.run), program: bounded(run.program)?, elapsed_ms: run.elapsed_ms })
    };
    Ok(RunList { runs: list.runs.into_iter().map(run).collect::<Result<_, Refusal>>()?, more: list.more })
}

pub(crate) fn mirror_runs(list: &RunList) -> wire::RunList {
    wire::RunList { runs: list.runs.iter().map(mirror_run).collect(), more: list.more }
}

fn mirror_entry(entry: &ListEntry) -> wire::ListedFile {
    wire::ListedFile { name: entry.name.clone(), kind: entry.kind.number(), size: entry.size }
}

fn mirror_run(run: &RunInfo) -> wire::Run {
    let number = run.run.map_or(0, RunNumber::get);
    wire::Run { run: number, program: run.program.clone(), elapsed_ms: run.elapsed_ms }
}

fn bounded(name: String) -> Result<String, Refusal> {
    if name.len() > MAX_PATH_BYTES {
        return Err(bad_reply(format!("a name of {} bytes, a path has at most {MAX_PATH_BYTES}", name.len())));
    }
    Ok(name)
}

fn bad_reply(what: String) -> Refusal {
    Refusal::new(RefusalCode::BadReply, format!("the reply has {what}; the peer is of another version or damaged"))
}
