//! The table: which port is whose. Every port has one owner at a time, from before an instance is begun until nothing of
//! it is left.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use time::OffsetDateTime;
use uuid::Uuid;
use veracruz_rest::InstanceState;

use crate::driver::{Ended, InstanceKey};
use crate::instance::{Filter, Labels, Removal};
use crate::settings::PortRange;

/// Minutes for which an instance that ended by itself is listed, unless its port is used again before: callers that look
/// every minute or so see how it ended.
const LISTED_MINUTES: i64 = 5;

/// Instances that are gone and whose deletion may be repeated: some thousand, since callers repeat within minutes.
pub(crate) const MOST_REMEMBERED: usize = 4096;

/// Those that are counted, none of them left out where there is nothing to count.
const STATES: [InstanceState; 5] = [
    InstanceState::Starting,
    InstanceState::Ready,
    InstanceState::Finished,
    InstanceState::Failed,
    InstanceState::Deleting,
];

/// Which port is whose.
#[derive(Default)]
pub(super) struct Table {
    slots: BTreeMap<u16, Slot>,
    /// Instances that ended by themselves, on ports that are free.
    over: BTreeMap<u16, Over>,
    remembered: VecDeque<Ended>,
    started: u64,
    start_failures: BTreeMap<&'static str, u64>,
}

struct Slot {
    generation: Uuid,
    /// Absent for the moment between taking the port and knowing the policy.
    labels: Option<Labels>,
    state: InstanceState,
    removal: Arc<Removal>,
}

struct Over {
    labels: Labels,
    state: InstanceState,
    since: OffsetDateTime,
}

/// What deleting an instance comes to.
pub(super) enum Deletion {
    /// It is there: its keeper is to be asked.
    Ask(Arc<Removal>),
    /// It was there.
    Done,
    /// There never was such an instance, or it is long forgotten.
    Unknown,
}

/// What there is, in numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Instances, by what they are doing; those that ended by themselves as long as they are listed.
    pub instances: BTreeMap<&'static str, u64>,
    /// Instances that were started in this life of the service.
    pub started: u64,
    /// Starts that failed, by the code of the answer.
    pub start_failures: BTreeMap<&'static str, u64>,
}

impl Table {
    pub(super) fn remembering(ended: Vec<Ended>) -> Self {
        let mut table = Table::default();
        ended.into_iter().for_each(|ended| table.remember(ended));
        table
    }

    /// Takes a free port that is not among `tried`: one whose last instance need not be shown any more, or else the one
    /// that was shown longest.
    pub(super) fn take(
        &mut self,
        range: PortRange,
        tried: &BTreeSet<u16>,
        now: OffsetDateTime,
    ) -> Option<(u16, Uuid, Arc<Removal>)> {
        self.forget_old(now);
        let free = range.ports().filter(|port| !self.slots.contains_key(port) && !tried.contains(port));
        let port = free.min_by_key(|port| self.over.get(port).map(|over| over.since))?;
        self.over.remove(&port);
        let (generation, removal) = (Uuid::new_v4(), Arc::new(Removal::new()));
        let state = InstanceState::Starting;
        self.slots.insert(port, Slot { generation, labels: None, state, removal: Arc::clone(&removal) });
        Some((port, generation, removal))
    }

    /// An instance of before, which has its port already; `None` when another has it.
    pub(super) fn insert(&mut self, key: &InstanceKey, labels: Labels) -> Option<Arc<Removal>> {
        if self.slots.contains_key(&key.port) {
            return None;
        }
        let removal = Arc::new(Removal::new());
        let (generation, state) = (key.generation, InstanceState::Ready);
        let slot = Slot { generation, labels: Some(labels), state, removal: Arc::clone(&removal) };
        self.slots.insert(key.port, slot);
        Some(removal)
    }

    pub(super) fn name(&mut self, port: u16, generation: Uuid, labels: Labels) {
        self.change(port, generation, |slot| slot.labels = Some(labels));
    }

    pub(super) fn advance(&mut self, port: u16, generation: Uuid, state: InstanceState) {
        self.change(port, generation, |slot| slot.state = state);
    }

    fn change(&mut self, port: u16, generation: Uuid, change: impl FnOnce(&mut Slot)) {
        if let Some(slot) = self.slots.get_mut(&port).filter(|slot| slot.generation == generation) {
            change(slot);
        }
    }

    /// Makes the port free. An instance that ended by itself goes on being shown, unless somebody deletes it.
    pub(super) fn free(&mut self, port: u16, generation: Uuid, now: OffsetDateTime) {
        if self.slots.get(&port).is_none_or(|slot| slot.generation != generation) {
            return;
        }
        let Some(Slot { labels: Some(labels), state, removal, .. }) = self.slots.remove(&port) else {
            return;
        };
        if state.is_over() && !removal.is_asked() {
            self.over.insert(port, Over { labels, state, since: now });
        }
    }

    pub(super) fn remember(&mut self, ended: Ended) {
        if self.remembered.len() == MOST_REMEMBERED {
            self.remembered.pop_front();
        }
        self.remembered.push_back(ended);
    }

    /// How the instance at `port` that `filter` names is deleted. Its keeper is told here already, so that an instance that
    /// ends at this moment is not shown afterwards.
    pub(super) fn delete(&mut self, port: u16, filter: &Filter) -> Deletion {
        let releases = |labels: &Labels| filter.releases(labels);
        if let Some(slot) = self.slots.get(&port).filter(|slot| slot.labels.as_ref().is_some_and(releases)) {
            slot.removal.request();
            return Deletion::Ask(Arc::clone(&slot.removal));
        }
        if self.over.get(&port).is_some_and(|over| releases(&over.labels)) {
            self.over.remove(&port);
            return Deletion::Done;
        }
        if self.known(port).any(|labels| releases(&labels)) { Deletion::Done } else { Deletion::Unknown }
    }

    /// Whether an instance at `port` had these labels.
    pub(super) fn remembers(&self, port: u16, labels: &Labels) -> bool {
        self.known(port).any(|known| known == *labels)
    }

    fn known(&self, port: u16) -> impl Iterator<Item = Labels> {
        let known = self.remembered.iter().filter(move |ended| ended.port == port);
        known.map(|ended| Labels { instance_id: ended.instance_id.clone(), hash: ended.hash })
    }

    /// What callers see, by port.
    pub(super) fn shown(&mut self, now: OffsetDateTime) -> Vec<(u16, Labels, InstanceState)> {
        self.forget_old(now);
        let slots = self.slots.iter().filter_map(|(port, slot)| Some((*port, slot.labels.clone()?, slot.state)));
        let over = self.over.iter().map(|(port, over)| (*port, over.labels.clone(), over.state));
        let mut shown: Vec<_> = slots.chain(over).collect();
        shown.sort_by_key(|(port, ..)| *port);
        shown
    }

    pub(super) fn count_start(&mut self, failure: Option<&'static str>) {
        match failure {
            None => self.started += 1,
            Some(code) => *self.start_failures.entry(code).or_default() += 1,
        }
    }

    pub(super) fn counts(&mut self, now: OffsetDateTime) -> Counts {
        self.forget_old(now);
        let mut instances: BTreeMap<_, _> = STATES.into_iter().map(|state| (state.name(), 0)).collect();
        let states = self.slots.values().map(|slot| slot.state).chain(self.over.values().map(|over| over.state));
        states.for_each(|state| *instances.entry(state.name()).or_default() += 1);
        Counts { instances, started: self.started, start_failures: self.start_failures.clone() }
    }

    fn forget_old(&mut self, now: OffsetDateTime) {
        self.over.retain(|_, over| now - over.since < time::Duration::minutes(LISTED_MINUTES));
    }
}
