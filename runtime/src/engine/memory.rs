//! What one run may take: linear memory and tables, charged to the instance's budget as they grow.
//!
//! A growth that does not fit is refused as WebAssembly defines it (the instruction gives -1), so that a program can
//! do with less; what was refused is remembered, because most programs end with a trap then.

use wasmtime::ResourceLimiter;

use super::limits::MAX_TABLES;
use crate::budget::{Budget, Charge, OverBudget};

/// Bytes of a table's element: wasmtime keeps a pointer for each.
const ELEMENT: u64 = 8;

/// The limits and charges of one run.
pub(super) struct Holdings {
    charge: Charge,
    max_table_elements: u32,
    /// Bytes of the growth that was allowed last, should it fail after all.
    last: u64,
    shortage: Option<Shortage>,
}

/// A growth that was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Shortage {
    /// Files and guests together would have more than the policy allows.
    #[error("{0}")]
    Budget(OverBudget),
    /// The memory would be larger than it may become.
    #[error("it asked for a memory of {wanted} bytes, which may have {limit}")]
    Memory { wanted: u64, limit: u64 },
    /// A table would be larger than any may become.
    #[error("it asked for a table of {wanted} elements, which may have {limit}")]
    Table { wanted: u64, limit: u64 },
}

impl Holdings {
    /// # Errors
    /// Never more than the budget's own: an empty charge always fits unless the budget is overdrawn.
    pub(super) fn new(budget: &Budget, max_table_elements: u32) -> Result<Self, OverBudget> {
        Ok(Holdings { charge: budget.take(0)?, max_table_elements, last: 0, shortage: None })
    }

    /// What was refused last.
    pub(super) fn shortage(&self) -> Option<Shortage> {
        self.shortage
    }

    fn allow(&mut self, more: u64) -> bool {
        match self.charge.grow(more) {
            Ok(()) => {
                self.last = more;
                true
            }
            Err(over) => self.refuse(Shortage::Budget(over)),
        }
    }

    fn refuse(&mut self, shortage: Shortage) -> bool {
        self.shortage = Some(shortage);
        false
    }

    fn give_back_last(&mut self) {
        self.charge.shrink(std::mem::take(&mut self.last));
    }
}

impl ResourceLimiter for Holdings {
    fn memory_growing(&mut self, current: usize, desired: usize, maximum: Option<usize>) -> wasmtime::Result<bool> {
        let (wanted, limit) = (desired as u64, maximum.map_or(u64::MAX, |limit| limit as u64));
        if wanted > limit {
            return Ok(self.refuse(Shortage::Memory { wanted, limit }));
        }
        Ok(self.allow(wanted.saturating_sub(current as u64)))
    }

    fn memory_grow_failed(&mut self, _: wasmtime::Error) -> wasmtime::Result<()> {
        self.give_back_last();
        Ok(())
    }

    fn table_growing(&mut self, current: usize, desired: usize, maximum: Option<usize>) -> wasmtime::Result<bool> {
        let allowed = u64::from(self.max_table_elements);
        let (wanted, limit) = (desired as u64, maximum.map_or(allowed, |limit| allowed.min(limit as u64)));
        if wanted > limit {
            return Ok(self.refuse(Shortage::Table { wanted, limit }));
        }
        Ok(self.allow(wanted.saturating_sub(current as u64).saturating_mul(ELEMENT)))
    }

    fn table_grow_failed(&mut self, _: wasmtime::Error) -> wasmtime::Result<()> {
        self.give_back_last();
        Ok(())
    }

    fn instances(&self) -> usize {
        1
    }

    fn tables(&self) -> usize {
        MAX_TABLES as usize
    }

    fn memories(&self) -> usize {
        1
    }
}
