//! Compiled modules by the digest of their bytes: one answer a digest, however many ask for it, and the least recently
//! used forgotten first.
//!
//! It never compiles, and what somebody uses lives on after it is forgotten.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use parking_lot::Mutex;
use veracruz_policy::Sha256Digest;
use wasmtime::InstancePre;

use super::interrupt::{Interrupt, Reason};
use super::limits::EngineLimits;
use super::refusal::ModuleRefusal;

/// A module that is ready to run, with its imports resolved.
pub(super) struct Compiled<T: 'static> {
    pub(super) instance: InstancePre<T>,
    /// Bytes of its code.
    pub(super) bytes: u64,
}

/// What the compiler says to a module. A refusal is kept too: the same bytes would be refused again.
pub(super) type Answer<T> = Result<Arc<Compiled<T>>, ModuleRefusal>;

/// The answer to one digest, given or awaited.
pub(super) struct Entry<T: 'static> {
    answer: OnceLock<Answer<T>>,
    waiting: Mutex<Vec<Interrupt>>,
}

/// The modules that are known.
pub(super) struct Modules<T: 'static> {
    kept: Mutex<Kept<T>>,
    max_modules: usize,
    max_code: u64,
}

struct Kept<T: 'static> {
    entries: HashMap<Sha256Digest, (Arc<Entry<T>>, u64)>,
    /// Counts the uses: an entry's second half is when it was used last.
    uses: u64,
}

/// What is found under a digest.
pub(super) enum Found<T: 'static> {
    /// Nobody asked before: who gets this must have it answered.
    New(Arc<Entry<T>>),
    /// It is answered, or will be.
    Known(Arc<Entry<T>>),
}

impl<T: 'static> Entry<T> {
    /// Gives the answer, once, and wakes who waits for it.
    pub(super) fn finish(&self, answer: Answer<T>) {
        let _ = self.answer.set(answer);
        let waiting = std::mem::take(&mut *self.waiting.lock());
        waiting.iter().for_each(Interrupt::nudge);
    }

    /// Waits for the answer, or until the waiting run is to end.
    pub(super) fn wait(&self, interrupt: &Interrupt) -> Result<Answer<T>, Reason> {
        if let Some(answer) = self.answer.get() {
            return Ok(answer.clone());
        }
        self.waiting.lock().push(interrupt.clone());
        let answer = interrupt.wait_for(|| self.answer.get().cloned());
        self.waiting.lock().retain(|other| !other.is(interrupt));
        answer
    }

    pub(super) fn is_answered(&self) -> bool {
        self.answer.get().is_some()
    }

    fn code(&self) -> u64 {
        self.answer.get().and_then(|answer| answer.as_ref().ok()).map_or(0, |compiled| compiled.bytes)
    }
}

impl<T: 'static> Modules<T> {
    pub(super) fn new(limits: &EngineLimits) -> Self {
        Modules {
            kept: Mutex::new(Kept { entries: HashMap::new(), uses: 0 }),
            max_modules: limits.max_cached_modules,
            max_code: limits.max_cached_code,
        }
    }

    /// The entry of a digest, which is used now.
    pub(super) fn entry(&self, digest: Sha256Digest) -> Found<T> {
        let mut kept = self.kept.lock();
        kept.uses += 1;
        let now = kept.uses;
        if let Some((entry, used)) = kept.entries.get_mut(&digest) {
            *used = now;
            return Found::Known(Arc::clone(entry));
        }
        let entry = Arc::new(Entry { answer: OnceLock::new(), waiting: Mutex::new(Vec::new()) });
        kept.entries.insert(digest, (Arc::clone(&entry), now));
        self.forget_beyond_limits(&mut kept, digest);
        Found::New(entry)
    }

    /// An entry was answered: its code counts from now on.
    pub(super) fn answered(&self, digest: Sha256Digest) {
        self.forget_beyond_limits(&mut self.kept.lock(), digest);
    }

    /// Modules that are kept, and bytes of their code.
    pub(super) fn size(&self) -> (usize, u64) {
        let kept = self.kept.lock();
        (kept.entries.len(), kept.code())
    }

    /// Forgets answered entries, the least recently used first, but never `newest`: one module alone may be larger than
    /// the limit, and would otherwise be compiled at each run.
    fn forget_beyond_limits(&self, kept: &mut Kept<T>, newest: Sha256Digest) {
        while kept.entries.len() > self.max_modules || kept.code() > self.max_code {
            let answered = kept.entries.iter().filter(|(digest, (entry, _))| **digest != newest && entry.is_answered());
            let Some(oldest) = answered.min_by_key(|(_, (_, used))| *used).map(|(digest, _)| *digest) else {
                return;
            };
            kept.entries.remove(&oldest);
        }
    }
}

impl<T: 'static> Kept<T> {
    fn code(&self) -> u64 {
        self.entries.values().map(|(entry, _)| entry.code()).sum()
    }
}
