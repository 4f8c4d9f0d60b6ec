//! Creations under way, numbered, so that the watcher takes nothing for left over that is only not finished.

use std::collections::BTreeMap;
use std::sync::Arc;

use parking_lot::Mutex;

use crate::store::InstanceKey;

/// All creations under way.
#[derive(Default)]
pub(crate) struct Flights(Mutex<Numbers>);

#[derive(Default)]
struct Numbers {
    next: u64,
    under_way: BTreeMap<u64, InstanceKey>,
}

/// One creation; it is over when this is dropped.
pub(crate) struct Flight {
    number: u64,
    pub(super) key: InstanceKey,
    flights: Arc<Flights>,
}

impl Flights {
    pub(super) fn begin(self: &Arc<Self>) -> Flight {
        let key = InstanceKey::random();
        let mut numbers = self.0.lock();
        let number = numbers.next;
        numbers.next += 1;
        numbers.under_way.insert(number, key);
        Flight { number, key, flights: self.clone() }
    }

    /// The number that the next creation gets.
    pub(super) fn next(&self) -> u64 {
        self.0.lock().next
    }

    /// All creations with a lower number are over.
    pub(super) fn horizon(&self) -> u64 {
        let numbers = self.0.lock();
        numbers.under_way.first_key_value().map_or(numbers.next, |(number, _)| *number)
    }

    /// Whether the creation is under way.
    pub(super) fn has(&self, key: InstanceKey) -> bool {
        self.0.lock().under_way.values().any(|known| *known == key)
    }
}

impl Drop for Flight {
    fn drop(&mut self) {
        self.flights.0.lock().under_way.remove(&self.number);
    }
}
