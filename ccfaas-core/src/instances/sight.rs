//! What VaaS shows: one list of its instances, held against the rows.
//!
//! Here is noted which instances have gone and which have come back. Nothing is ended and no row is removed here.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicBool, AtomicU32};
use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::Instant;
use veracruz_policy::Endpoint;
use veracruz_rest::{InstanceState, VeracruzList};

use super::in_time;
use crate::error::Error;
use crate::ports::Address;
use crate::service::Ccfaas;
use crate::store::{Ending, InstanceKey, InstanceRow, Phase};

/// What the last looks showed.
#[derive(Default)]
pub(crate) struct Sight {
    /// When VaaS was last asked; those who want to know the same wait here for one answer.
    asked: Mutex<Option<Instant>>,
    /// Held for as long as a look acts: one at a time.
    pub(super) memory: Mutex<Memory>,
    /// Whether the service's name at VaaS is known to be its own.
    pub(super) is_own: AtomicBool,
    /// Looks that failed since the last one that did not.
    pub(super) misses: AtomicU32,
}

/// What a look has to know of those before.
#[derive(Default)]
pub(super) struct Memory {
    /// Instances at VaaS that no row knows, with the number of the next creation when they were first seen.
    pub(super) strangers: HashMap<Spot, u64>,
    /// What the last look could not end.
    pub(super) stuck: HashSet<Spot>,
    /// Deletions that the first look found: who began them is not waiting any more.
    pub(super) inherited: Option<HashSet<InstanceKey>>,
}

/// Port and hash, by which an instance is known again: VaaS's list has a host name of its own.
pub(super) type Spot = (u16, String);

/// What one look showed.
pub(super) struct View {
    pub(super) rows: Vec<InstanceRow>,
    pub(super) at_vaas: HashMap<Spot, (Address, InstanceState)>,
    /// Creations below it were over before the rows were read.
    pub(super) horizon: u64,
    /// Creations from it on had not begun when VaaS answered.
    pub(super) next: u64,
}

impl Ccfaas {
    /// Asks VaaS unless that was done within `fresh`, or since this call began; notes which instances have gone.
    pub(super) async fn look(&self, fresh: Duration) -> Result<(), Error> {
        let begun = Instant::now();
        let mut asked = self.sight.asked.lock().await;
        if asked.is_some_and(|asked| asked + fresh > begun) {
            return Ok(());
        }
        self.ask(&mut asked).await.map(drop)
    }

    pub(super) async fn view(&self) -> Result<View, Error> {
        let mut asked = self.sight.asked.lock().await;
        self.ask(&mut asked).await
    }

    /// The rows are read first: an instance that was ready before VaaS was asked and that VaaS does not list has gone.
    async fn ask(&self, asked: &mut Option<Instant>) -> Result<View, Error> {
        let horizon = self.flights.horizon();
        let mut rows = self.ports.store.instances().await?;
        let begun = Instant::now();
        let list = in_time(self.settings.times.list, self.ports.instances.list(&self.settings.instance_id)).await?;
        *asked = Some(begun);
        let (at_vaas, next) = (by_spot(&list), self.flights.next());
        for row in &mut rows {
            if let Some(phase) = seen_as(row, &at_vaas) {
                self.note_phase(row, phase).await?;
            }
        }
        Ok(View { rows, at_vaas, horizon, next })
    }

    async fn note_phase(&self, row: &mut InstanceRow, phase: Phase) -> Result<(), Error> {
        let now = self.now();
        let noted = match phase {
            Phase::Ended(ending) => self.ports.store.end(row.key, ending, now).await?,
            _ => self.ports.store.come_back(row.key, now).await?,
        };
        if noted {
            match phase {
                Phase::Ended(_) => tracing::info!(instance = row.name, how = phase.name(), "an instance has gone"),
                _ => tracing::warn!(instance = row.name, "VaaS lists an instance again that it had not listed"),
            }
            (row.phase, row.since) = (phase, now);
        }
        Ok(())
    }
}

impl View {
    /// Instances at VaaS that no row knows.
    pub(super) fn strangers(&self) -> impl Iterator<Item = (&Spot, &Address)> {
        let known: HashSet<Spot> = self.rows.iter().filter_map(spot).collect();
        let unknown = self.at_vaas.iter().filter(move |(spot, _)| !known.contains(*spot));
        unknown.map(|(spot, (address, _))| (spot, address))
    }
}

fn by_spot(list: &VeracruzList) -> HashMap<Spot, (Address, InstanceState)> {
    let named = list.veracruz.iter().flatten();
    let parsed = named.filter_map(|(name, instance)| {
        let (endpoint, hash) = (Endpoint::parse(name).ok()?, instance.instance_hash.clone());
        Some(((endpoint.port()?, hash.clone()), (Address { endpoint, hash }, instance.status)))
    });
    parsed.collect()
}

pub(super) fn spot(row: &InstanceRow) -> Option<Spot> {
    let (endpoint, hash) = row.address.as_ref()?;
    Some((Endpoint::parse(endpoint).ok()?.port()?, hash.clone()))
}

/// The phase that the row should have, if it is another one. Only VaaS's own word for an end is final: a list without an
/// instance may be the list of a VaaS that has not found all of its own again.
fn seen_as(row: &InstanceRow, at_vaas: &HashMap<Spot, (Address, InstanceState)>) -> Option<Phase> {
    let state = at_vaas.get(&spot(row)?).map(|(_, state)| *state);
    match (row.phase, state) {
        (Phase::Ready | Phase::Ended(Ending::Missed), Some(InstanceState::Failed)) => {
            Some(Phase::Ended(Ending::Failed))
        }
        (Phase::Ready | Phase::Ended(Ending::Missed), Some(InstanceState::Finished)) => {
            Some(Phase::Ended(Ending::Finished))
        }
        (Phase::Ready, None) => Some(Phase::Ended(Ending::Missed)),
        (Phase::Ended(Ending::Missed), Some(InstanceState::Ready | InstanceState::Starting)) => Some(Phase::Ready),
        _ => None,
    }
}
