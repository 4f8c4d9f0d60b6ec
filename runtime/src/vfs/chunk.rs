//! A piece of a file: bytes that are shared by reference, and the memory that they take from the budget.
//!
//! A chunk is changed only by who holds it alone; [`Chunk::copy`] makes one's own. It must never zero what is about to
//! be filled.

use crate::budget::{Budget, Charge, OverBudget};

/// Bytes of a chunk: large enough that 300 MB are 1,200 of them and lists stay short, small enough that copying one
/// under a lock takes about 20 µs.
pub(crate) const CHUNK_BYTES: usize = 256 * 1024;

/// The least that a chunk allocates, so that a byte-wise writer does not start with eight reallocations.
const LEAST_BYTES: usize = 64;

/// What a chunk costs besides its bytes: its counts, its vector, its charge, the allocator's header.
const OVERHEAD_BYTES: u64 = 80;

/// At most [`CHUNK_BYTES`] bytes. What the file has beyond them within the chunk is zeros.
#[derive(Debug)]
pub(crate) struct Chunk {
    bytes: Vec<u8>,
    charge: Charge,
}

impl Chunk {
    /// An empty chunk with room for `room` bytes.
    pub(crate) fn new(budget: &Budget, room: usize) -> Result<Self, OverBudget> {
        let mut chunk = Chunk { bytes: Vec::new(), charge: budget.take(OVERHEAD_BYTES)? };
        chunk.reserve(room)?;
        Ok(chunk)
    }

    /// A chunk with the first `keep` of these bytes and room for `room`.
    pub(crate) fn copy(&self, keep: usize, room: usize) -> Result<Self, OverBudget> {
        let kept = self.bytes.get(..keep).unwrap_or(&self.bytes);
        let mut copy = Chunk::new(self.charge.budget(), room.max(kept.len()))?;
        copy.bytes.extend_from_slice(kept);
        Ok(copy)
    }

    /// The bytes, without the zeros that may follow.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Whether no further byte fits.
    pub(crate) fn is_full(&self) -> bool {
        self.bytes.len() >= CHUNK_BYTES
    }

    /// Puts `bytes` at `at`; the caller keeps `at + bytes.len()` within [`CHUNK_BYTES`].
    pub(crate) fn write(&mut self, at: usize, bytes: &[u8]) -> Result<(), OverBudget> {
        debug_assert!(at + bytes.len() <= CHUNK_BYTES, "a write beyond the chunk");
        self.reserve(at + bytes.len())?;
        if self.bytes.len() < at {
            self.bytes.resize(at, 0);
        }
        let overlap = (self.bytes.len() - at).min(bytes.len());
        let (over, beyond) = bytes.split_at(overlap);
        if let Some(old) = self.bytes.get_mut(at..at + overlap) {
            old.copy_from_slice(over);
        }
        self.bytes.extend_from_slice(beyond);
        Ok(())
    }

    /// Forgets all bytes from `keep` on.
    pub(crate) fn truncate(&mut self, keep: usize) {
        self.bytes.truncate(keep);
    }

    /// Room for `room` bytes in all, growing by doubling.
    fn reserve(&mut self, room: usize) -> Result<(), OverBudget> {
        let have = self.bytes.capacity();
        if room <= have {
            return Ok(());
        }
        let wanted = room.next_power_of_two().clamp(LEAST_BYTES, CHUNK_BYTES);
        let more = (wanted - have) as u64;
        self.charge.grow(more)?;
        let budget = self.charge.budget();
        let refused = OverBudget { wanted: more, used: budget.used(), limit: budget.limit() };
        if self.bytes.try_reserve_exact(wanted - self.bytes.len()).is_err() {
            self.charge.shrink(more);
            return Err(refused);
        }
        Ok(())
    }
}
