//! The memory of one instance, counted: `max_memory_mib` of the policy in bytes, shared by files and guests.
//!
//! Whoever holds guest-controlled memory holds a [`Charge`] for it. The budget counts and refuses; it must never
//! allocate, lock or wait.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// A count of bytes in use with a limit. Clones share one count.
#[derive(Clone)]
pub struct Budget(Arc<Pool>);

struct Pool {
    limit: u64,
    used: AtomicU64,
}

impl Budget {
    /// A budget of `limit` bytes, all of them free.
    pub fn new(limit: u64) -> Self {
        Budget(Arc::new(Pool { limit, used: AtomicU64::new(0) }))
    }

    /// Bytes in use.
    pub fn used(&self) -> u64 {
        self.0.used.load(Ordering::Relaxed)
    }

    /// Bytes that there are.
    pub fn limit(&self) -> u64 {
        self.0.limit
    }

    /// Takes `bytes`, which the charge gives back when it is dropped.
    ///
    /// # Errors
    /// [`OverBudget`] when fewer are free; then nothing is taken.
    pub fn take(&self, bytes: u64) -> Result<Charge, OverBudget> {
        self.add(bytes)?;
        Ok(Charge { budget: self.clone(), bytes })
    }

    fn add(&self, wanted: u64) -> Result<(), OverBudget> {
        let limit = self.0.limit;
        let added = |used: u64| used.checked_add(wanted).filter(|sum| *sum <= limit);
        match self.0.used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, added) {
            Ok(_) => Ok(()),
            Err(used) => Err(OverBudget { wanted, used, limit }),
        }
    }

    fn give_back(&self, bytes: u64) {
        // Every byte given back was taken before, so this cannot wrap.
        self.0.used.fetch_sub(bytes, Ordering::Relaxed);
    }
}

impl fmt::Debug for Budget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Budget({} of {} bytes in use)", self.used(), self.limit())
    }
}

/// Bytes taken from a [`Budget`]; dropping it gives them back.
#[derive(Debug)]
#[must_use = "dropping a charge gives its bytes back"]
pub struct Charge {
    budget: Budget,
    bytes: u64,
}

impl Charge {
    /// Bytes that this charge holds.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// The budget that it came from.
    pub fn budget(&self) -> &Budget {
        &self.budget
    }

    /// Takes `more` bytes.
    ///
    /// # Errors
    /// [`OverBudget`]; then the charge is as it was.
    pub fn grow(&mut self, more: u64) -> Result<(), OverBudget> {
        self.budget.add(more)?;
        self.bytes += more;
        Ok(())
    }

    /// Gives `less` bytes back, at most all.
    pub fn shrink(&mut self, less: u64) {
        let less = less.min(self.bytes);
        self.bytes -= less;
        self.budget.give_back(less);
    }

    /// Moves what `other` holds into this charge. Both must come from one budget.
    pub fn absorb(&mut self, mut other: Charge) {
        debug_assert!(Arc::ptr_eq(&self.budget.0, &other.budget.0), "charges of two budgets");
        self.bytes += std::mem::take(&mut other.bytes);
    }
}

impl Drop for Charge {
    fn drop(&mut self) {
        self.budget.give_back(self.bytes);
    }
}

/// The instance's memory does not suffice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{wanted} bytes more are needed and {used} of {limit} are in use; remove files, end runs, or raise the policy's \
     max_memory_mib"
)]
pub struct OverBudget {
    /// Bytes that were asked for.
    pub wanted: u64,
    /// Bytes in use at that moment.
    pub used: u64,
    /// Bytes that there are.
    pub limit: u64,
}

impl OverBudget {
    /// A stable name for machines.
    pub fn code(&self) -> &'static str {
        "out-of-memory"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_budget_gives_what_it_has_and_takes_back_what_is_dropped() {
        let budget = Budget::new(100);
        let mut first = budget.take(60).unwrap();
        assert_eq!(budget.take(41).unwrap_err(), OverBudget { wanted: 41, used: 60, limit: 100 });
        first.grow(40).unwrap();
        assert!(first.grow(1).is_err());
        assert_eq!((first.bytes(), budget.used()), (100, 100));
        first.shrink(70);
        let second = budget.take(70).unwrap();
        first.absorb(second);
        assert_eq!((first.bytes(), budget.used()), (100, 100));
        drop(first);
        assert_eq!(budget.used(), 0);
    }

    #[test]
    fn sums_that_do_not_fit_a_number_are_over_budget() {
        let budget = Budget::new(u64::MAX);
        let all = budget.take(u64::MAX).unwrap();
        assert!(budget.take(u64::MAX).is_err());
        drop(all);
        assert_eq!(budget.used(), 0);
    }

    #[test]
    fn threads_never_hold_more_than_the_limit_together() {
        let budget = Budget::new(10);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..2000 {
                        let held: Vec<_> = (0..4).filter_map(|_| budget.take(3).ok()).collect();
                        assert!(held.len() <= 3 && budget.used() <= 10);
                    }
                });
            }
        });
        assert_eq!(budget.used(), 0);
    }
}
