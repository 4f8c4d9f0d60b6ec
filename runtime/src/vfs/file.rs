//! A file: its content behind its own short lock, its times, its digest.
//!
//! No lock is held for longer than copying one chunk: long reads and writes take it again for each chunk, so they are
//! atomic within a chunk and not beyond.

use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::Mutex;
use veracruz_policy::Sha256Digest;

use super::content::Content;
use super::error::VfsError;
use super::limits::VfsLimits;
use super::maker::Seat;
use super::snapshot::Snapshot;

/// When something was read, changed, and had its attributes changed: nanoseconds since 1970, 0 when unknown.
///
/// Reading does not count as access: it would make every read a write. Only setting it changes `accessed`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Times {
    pub(crate) accessed: u64,
    pub(crate) modified: u64,
    pub(crate) changed: u64,
}

impl Times {
    pub(crate) fn all(now: u64) -> Self {
        Times { accessed: now, modified: now, changed: now }
    }
}

/// A file, by whatever names it has. It lives as long as a name or an open handle does.
#[derive(Debug)]
pub(crate) struct File {
    seat: Seat,
    sealed: bool,
    names: AtomicU64,
    inner: Mutex<Inner>,
}

#[derive(Debug)]
struct Inner {
    content: Content,
    times: Times,
    /// The digest of the content at a version.
    digest: Option<(u64, Sha256Digest)>,
}

impl File {
    /// A file that no directory names yet. A sealed one holds what the policy declares and never changes.
    pub(super) fn new(seat: Seat, content: Content, sealed: bool, now: u64) -> Self {
        let inner = Inner { content, times: Times::all(now), digest: None };
        File { seat, sealed, names: AtomicU64::new(0), inner: Mutex::new(inner) }
    }

    pub(crate) fn ino(&self) -> u64 {
        self.seat.ino()
    }

    /// Whether the policy fixes the content.
    pub(crate) fn is_sealed(&self) -> bool {
        self.sealed
    }

    /// How many directory entries name the file.
    pub(crate) fn names(&self) -> u64 {
        self.names.load(Ordering::Relaxed)
    }

    pub(super) fn named(&self) {
        self.names.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn unnamed(&self) {
        self.names.fetch_sub(1, Ordering::Relaxed);
    }

    pub(crate) fn len(&self) -> u64 {
        self.inner.lock().content.len()
    }

    pub(crate) fn size_and_times(&self) -> (u64, Times) {
        let inner = self.inner.lock();
        (inner.content.len(), inner.times)
    }

    pub(crate) fn set_times(&self, set: impl FnOnce(&mut Times)) {
        set(&mut self.inner.lock().times);
    }

    pub(crate) fn snapshot(&self) -> Snapshot {
        self.inner.lock().content.snapshot()
    }

    /// Fills `into` from `offset` on, as far as the file goes; the number of bytes.
    pub(crate) fn read_at(&self, offset: u64, into: &mut [u8]) -> usize {
        let mut done = 0;
        while let Some(rest) = into.get_mut(done..) {
            let piece = self.inner.lock().content.read_piece(offset.saturating_add(done as u64), rest);
            if piece == 0 {
                break;
            }
            done += piece;
        }
        done
    }

    /// Writes `bytes` at `offset`. When the memory ends midway, what was written until then counts.
    pub(crate) fn write_at(&self, offset: u64, bytes: &[u8], limits: &VfsLimits, now: u64) -> Result<usize, VfsError> {
        let (written, _) = self.write_pieces(bytes, limits, now, |_, done| offset.saturating_add(done))?;
        Ok(written)
    }

    /// As [`File::write_at`], each piece at the end that the file has then; also where the last one ended.
    pub(crate) fn write_end(&self, bytes: &[u8], limits: &VfsLimits, now: u64) -> Result<(usize, u64), VfsError> {
        self.write_pieces(bytes, limits, now, |content, _| content.len())
    }

    fn write_pieces(
        &self,
        bytes: &[u8],
        limits: &VfsLimits,
        now: u64,
        place: impl Fn(&Content, u64) -> u64,
    ) -> Result<(usize, u64), VfsError> {
        let (mut done, mut end) = (0, 0);
        while let Some(rest) = bytes.get(done..).filter(|rest| !rest.is_empty()) {
            let mut inner = self.inner.lock();
            let offset = place(&inner.content, done as u64);
            let free = limits.file_bytes.saturating_sub(offset);
            let fits = rest.get(..usize::try_from(free).unwrap_or(usize::MAX)).unwrap_or(rest);
            let written = match fits {
                [] => Err(VfsError::TooLarge { limit: limits.file_bytes }),
                fits => inner.content.write_piece(offset, fits).map_err(VfsError::from),
            };
            match written {
                Ok(piece) => (done, end) = (done + piece, offset + piece as u64),
                Err(error) if done == 0 => return Err(error),
                Err(_) => break,
            }
            inner.times.modified = now;
            inner.times.changed = now;
        }
        Ok((done, end))
    }

    /// Cuts the file or lets it grow by a hole, which costs no memory.
    pub(crate) fn set_len(&self, len: u64, limits: &VfsLimits, now: u64) -> Result<(), VfsError> {
        if len > limits.file_bytes {
            return Err(VfsError::TooLarge { limit: limits.file_bytes });
        }
        let cut = self.change(now, |content| Ok(content.set_len(len)?))?;
        drop(cut);
        Ok(())
    }

    /// Exchanges the whole content, at one moment; the old one is freed outside the lock. What the file holds then.
    pub(super) fn replace(&self, mut content: Content, digest: Option<Sha256Digest>, now: u64) -> Snapshot {
        let mut inner = self.inner.lock();
        std::mem::swap(&mut inner.content, &mut content);
        inner.content.follow(&content);
        inner.times.modified = now;
        inner.times.changed = now;
        inner.digest = digest.map(|digest| (inner.content.version(), digest));
        inner.content.snapshot()
    }

    /// The digest of the whole content; computed once a version, without the lock.
    pub(super) fn digest(&self, snapshot: &Snapshot) -> Sha256Digest {
        let known = self.inner.lock().digest;
        match known {
            Some((version, digest)) if version == snapshot.version() => digest,
            _ => {
                let digest = snapshot.digest();
                self.remember(snapshot.version(), digest);
                digest
            }
        }
    }

    /// Notes the digest that the content had at a version.
    pub(super) fn remember(&self, version: u64, digest: Sha256Digest) {
        self.inner.lock().digest = Some((version, digest));
    }

    pub(super) fn with<R>(&self, look: impl FnOnce(&Content) -> R) -> R {
        look(&self.inner.lock().content)
    }

    pub(super) fn change<R>(
        &self,
        now: u64,
        change: impl FnOnce(&mut Content) -> Result<R, VfsError>,
    ) -> Result<R, VfsError> {
        let mut inner = self.inner.lock();
        let result = change(&mut inner.content)?;
        inner.times.modified = now;
        inner.times.changed = now;
        Ok(result)
    }
}
