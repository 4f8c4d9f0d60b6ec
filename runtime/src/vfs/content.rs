//! What a file holds: a list of chunks, with holes, that grows and shrinks without moving data.
//!
//! Every operation here takes constant time or the time to copy one chunk, because the file's lock is held meanwhile;
//! longer ones are made of these by [`File`](super::file::File). A failed one changes nothing.

use std::sync::Arc;

use super::chunk::{CHUNK_BYTES, Chunk};
use super::snapshot::Snapshot;
use crate::budget::{Budget, Charge, OverBudget};

/// A slot of the list: a chunk, or a hole that reads as zeros.
pub(super) type Slot = Option<Arc<Chunk>>;

const SLOT_BYTES: usize = size_of::<Slot>();

/// The first slots come together: most files have few chunks.
const LEAST_SLOTS: usize = 4;

#[derive(Debug)]
pub(crate) struct Content {
    /// As long as the last written chunk is far; what the file has beyond is a hole.
    pub(super) chunks: Vec<Slot>,
    list: Charge,
    pub(super) len: u64,
    version: u64,
}

impl Content {
    /// No bytes.
    pub(crate) fn new(budget: &Budget) -> Result<Self, OverBudget> {
        Ok(Content { chunks: Vec::new(), list: budget.take(0)?, len: 0, version: 0 })
    }

    /// Counts versions from `version` on.
    pub(super) fn start_versions(&mut self, version: u64) {
        self.version = version;
    }

    pub(crate) fn len(&self) -> u64 {
        self.len
    }

    pub(crate) fn version(&self) -> u64 {
        self.version
    }

    pub(super) fn budget(&self) -> &Budget {
        self.list.budget()
    }

    pub(super) fn touch(&mut self) {
        self.version += 1;
    }

    /// Counts versions on from those of the content that this one replaces.
    pub(super) fn follow(&mut self, old: &Content) {
        self.version = old.version + 1;
    }

    /// All of it, sharing the chunks.
    pub(crate) fn snapshot(&self) -> Snapshot {
        Snapshot::new(self.chunks.iter().cloned().collect(), self.len, self.version)
    }

    /// Copies from `offset` to the start of `into`, at most to the end of the chunk there. 0 at the end of the file.
    pub(crate) fn read_piece(&self, offset: u64, into: &mut [u8]) -> usize {
        let Some(left) = self.len.checked_sub(offset) else { return 0 };
        let (index, at) = split(offset);
        let piece = into.len().min(CHUNK_BYTES - at).min(usize::try_from(left).unwrap_or(usize::MAX));
        let Some(into) = into.get_mut(..piece) else { return 0 };
        let bytes = self.chunks.get(index).and_then(|slot| slot.as_deref()).and_then(|chunk| chunk.bytes().get(at..));
        let bytes = bytes.unwrap_or_default();
        let (filled, rest) = into.split_at_mut(bytes.len().min(piece));
        if let Some(bytes) = bytes.get(..filled.len()) {
            filled.copy_from_slice(bytes);
        }
        rest.fill(0);
        piece
    }

    /// Copies from the start of `bytes` to `offset`, at most to the end of the chunk there; the file grows as needed.
    pub(crate) fn write_piece(&mut self, offset: u64, bytes: &[u8]) -> Result<usize, OverBudget> {
        let (index, at) = split(offset);
        let piece = bytes.len().min(CHUNK_BYTES - at);
        let Some(bytes) = bytes.get(..piece) else { return Ok(0) };
        if piece == 0 {
            return Ok(0);
        }
        self.reserve_slots(index + 1)?;
        let room = if self.follows_full(index) { CHUNK_BYTES } else { at + piece };
        let grown = match self.chunks.get_mut(index) {
            Some(Some(shared)) => match Arc::get_mut(shared) {
                Some(own) => {
                    own.write(at, bytes)?;
                    None
                }
                None => Some(shared.copy(CHUNK_BYTES, at + piece)?),
            },
            _ => Some(Chunk::new(self.list.budget(), room)?),
        };
        if let Some(mut chunk) = grown {
            chunk.write(at, bytes)?;
            self.put(index, chunk);
        }
        self.len = self.len.max(offset + piece as u64);
        self.touch();
        Ok(piece)
    }

    /// Cuts the file or lets it grow by a hole. What was cut off is to be dropped without the lock.
    pub(crate) fn set_len(&mut self, len: u64) -> Result<Vec<Slot>, OverBudget> {
        let mut cut = Vec::new();
        if len < self.len {
            let (index, at) = split(len);
            if let Some(Some(shared)) = self.chunks.get_mut(index) {
                match Arc::get_mut(shared) {
                    Some(own) => own.truncate(at),
                    None if at == 0 => {}
                    None => *shared = Arc::new(shared.copy(at, at)?),
                }
            }
            cut = self.cut_slots(if at == 0 { index } else { index + 1 });
        }
        self.len = len;
        self.touch();
        Ok(cut)
    }

    /// Room for `slots` slots in all, paid for before it is allocated.
    pub(super) fn reserve_slots(&mut self, slots: usize) -> Result<(), OverBudget> {
        let have = self.chunks.capacity();
        if slots <= have {
            return Ok(());
        }
        let wanted = slots.max(have * 2).max(LEAST_SLOTS);
        let more = ((wanted - have) * SLOT_BYTES) as u64;
        self.list.grow(more)?;
        let budget = self.list.budget();
        let refused = OverBudget { wanted: more, used: budget.used(), limit: budget.limit() };
        if self.chunks.try_reserve_exact(wanted - self.chunks.len()).is_err() {
            self.list.shrink(more);
            return Err(refused);
        }
        Ok(())
    }

    fn cut_slots(&mut self, from: usize) -> Vec<Slot> {
        if from == 0 {
            self.list.shrink((self.chunks.capacity() * SLOT_BYTES) as u64);
            return std::mem::take(&mut self.chunks);
        }
        if from < self.chunks.len() { self.chunks.split_off(from) } else { Vec::new() }
    }

    /// The list has room for it: see [`Content::reserve_slots`].
    fn put(&mut self, index: usize, chunk: Chunk) {
        if self.chunks.len() <= index {
            self.chunks.resize(index + 1, None);
        }
        if let Some(slot) = self.chunks.get_mut(index) {
            *slot = Some(Arc::new(chunk));
        }
    }

    /// Whether the file is being written in order, so that a new chunk will be filled: it starts at its full size.
    fn follows_full(&self, index: usize) -> bool {
        let before = index.checked_sub(1).and_then(|before| self.chunks.get(before));
        before.and_then(|slot| slot.as_deref()).is_some_and(Chunk::is_full)
    }
}

/// The chunk at `offset`, and where in it.
pub(super) fn split(offset: u64) -> (usize, usize) {
    let chunk = CHUNK_BYTES as u64;
    let index = usize::try_from(offset / chunk).unwrap_or(usize::MAX - 1);
    (index, (offset % chunk) as usize)
}
