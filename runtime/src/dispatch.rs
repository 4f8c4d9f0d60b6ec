//! From a request to what answers it. Who asks comes from the certificate of the session, never from the request.
//!
//! Rights are decided where the files are; here is only which door a request knocks at. Whatever blocks or takes long runs on a
//! thread that may.

mod run;

use std::sync::Arc;

use veracruz_attestation::Role;
use veracruz_policy::{Principal, Target, VfsPath};
use veracruz_protocol::{
    ChunkInfo, Content, Failure, FileKind, FileStat, ListEntry, Listing, ReadChunk, Request, Response, RunList,
    RunNumber,
};

use crate::instance::Instance;
use crate::session::Reply;
use crate::vfs::{CommitError, Kind, Upload, VfsError, WriteMode};

pub(crate) use run::{compute, pipeline};

/// Answers what can be answered at once.
pub(crate) fn answer(instance: &Instance, who: &Principal, request: Request) -> Reply {
    let answered = match request {
        Request::ReadFile { name } => read(instance, who, &name),
        Request::ReadChunk(part) => read_part(instance, who, &part),
        Request::PolicyHash => Ok(success(Content::PolicyHash(instance.policy.hash()))),
        Request::List { path, after } => list(instance, who, &path, after.as_deref()),
        Request::Stat { name } => stat(instance, who, &name),
        Request::Cancel { run } => Ok(cancel(instance, who, run)),
        Request::Runs => Ok(success(Content::Runs(RunList::page(instance.runs.of(who, instance.clock.monotonic()))))),
        other => Err(Failure::new(
            "unsupported-request",
            format!("this runtime does not do `{}`; it may be of an older version than the client", other.kind()),
        )),
    };
    answered.unwrap_or_else(Reply::from)
}

/// Ends this principal's runs of that number.
pub(crate) fn cancel(instance: &Instance, who: &Principal, run: RunNumber) -> Reply {
    if instance.runs.cancel(who, run) {
        return success(Content::Empty);
    }
    let detail = format!("you have no run {run} that is not over; list the runs to see their numbers");
    Failure::new("no-such-run", detail).into()
}

/// Evidence for a nonce and a connection.
pub(crate) async fn evidence(instance: &Instance, nonce: [u8; 32], channel: [u8; 32]) -> Reply {
    let identity = Arc::clone(instance.keeper.identity());
    let platform = identity.platform();
    let made = tokio::task::spawn_blocking(move || identity.evidence(Role::Server, &nonce, &channel)).await;
    match made {
        Ok(Ok(document)) => success(Content::Evidence { document: document.into(), platform }),
        Ok(Err(error)) => Failure::new(error.code(), error.to_string()).into(),
        Err(_) => ending().into(),
    }
}

/// Makes an upload a file. A program is checked before its file appears, and compiled afterwards in the background.
pub(crate) async fn commit(
    instance: &Arc<Instance>,
    who: &Principal,
    target: Target,
    mode: WriteMode,
    upload: Upload,
) -> Result<(), Failure> {
    if !instance.is_program(&target) {
        return instance.vfs.commit(who, &target, mode, upload).map(drop).map_err(|error| of_vfs(&error));
    }
    let (instance, who) = (Arc::clone(instance), who.clone());
    let committed = tokio::task::spawn_blocking(move || commit_program(&instance, &who, &target, mode, upload));
    committed.await.unwrap_or_else(|_| Err(ending()))
}

fn commit_program(
    instance: &Instance,
    who: &Principal,
    target: &Target,
    mode: WriteMode,
    upload: Upload,
) -> Result<(), Failure> {
    let committed = instance.vfs.commit_checked(who, target, mode, upload, |content, _| {
        // A part alone cannot be checked, and a whole one that is added to something is none any more.
        if mode == WriteMode::Append {
            return Err(Failure::new("program-append", "a program is sent whole, so that it can be checked; write it"));
        }
        let wasm = content.to_vec(instance.program_bytes()).map_err(|error| of_vfs(&error))?;
        instance.engine.check(&wasm).map_err(|refusal| Failure::new(refusal.code(), refusal.to_string()))
    });
    match committed {
        Ok(committed) => {
            if let Some(digest) = committed.digest {
                instance.prepare(digest, committed.content);
            }
            Ok(())
        }
        Err(CommitError::Vfs(error)) => Err(of_vfs(&error)),
        Err(CommitError::Refused(failure)) => Err(failure),
    }
}

fn read(instance: &Instance, who: &Principal, name: &str) -> Result<Reply, Failure> {
    let content = instance.vfs.read(who, &target(name)?).map_err(|error| of_vfs(&error))?;
    Ok(Reply::File(content))
}

fn read_part(instance: &Instance, who: &Principal, part: &ReadChunk) -> Result<Reply, Failure> {
    let content = instance.vfs.read(who, &target(&part.name)?).map_err(|error| of_vfs(&error))?;
    let (size, version) = (content.len(), content.version());
    if part.version != 0 && part.version != version {
        let detail = "the file was changed since its first part was read; read it again from offset 0 with version 0";
        return Err(Failure::new("version-changed", detail));
    }
    if part.offset > size {
        let detail = format!("the file has {size} bytes, there is nothing at {}", part.offset);
        return Err(Failure::new("offset-beyond-end", detail));
    }
    let length = part.length.min(size - part.offset).min(MAX_PART_BYTES);
    Ok(Reply::Part(content, ChunkInfo { offset: part.offset, size, version }, length))
}

/// Bytes of one part of a file that are sent at most, so that a client can ask for "the rest" of any file.
const MAX_PART_BYTES: u64 = 1 << 30;

fn list(instance: &Instance, who: &Principal, path: &str, after: Option<&str>) -> Result<Reply, Failure> {
    let listed = instance.vfs.list(who, &self::path(path)?).map_err(|error| of_vfs(&error))?;
    let entries = listed.into_iter().map(|entry| ListEntry {
        kind: kind(entry.stat.kind),
        size: entry.stat.size,
        name: entry.name,
    });
    Ok(success(Content::Listing(Listing::page(entries, after))))
}

fn stat(instance: &Instance, who: &Principal, name: &str) -> Result<Reply, Failure> {
    let stat = instance.vfs.stat(who, &target(name)?).map_err(|error| of_vfs(&error))?;
    Ok(success(Content::Stat(FileStat { kind: kind(stat.kind), size: stat.size, modified_ns: stat.modified })))
}

fn kind(kind: Kind) -> FileKind {
    match kind {
        Kind::File => FileKind::File,
        Kind::Directory => FileKind::Directory,
        Kind::Stream => FileKind::Stream,
    }
}

fn success(content: Content) -> Reply {
    Reply::Small(Response::Success(content))
}

fn target(name: &str) -> Result<Target, Failure> {
    Target::parse(name).map_err(|error| Failure::new("bad-path", error.to_string()))
}

fn path(name: &str) -> Result<VfsPath, Failure> {
    VfsPath::parse(name).map_err(|error| Failure::new("bad-path", error.to_string()))
}

fn of_vfs(error: &VfsError) -> Failure {
    Failure::new(error.code(), error.to_string())
}

/// A thread of the instance is gone: it ends, or a defect ended that thread.
fn ending() -> Failure {
    Failure::new("instance-ending", "the instance is ending, or failed inside; nothing was changed")
}
