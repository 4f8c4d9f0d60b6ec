//! Looking after instances: which have gone, what is left over, what is half-deleted.
//!
//! One list of VaaS answers all of it. Each look also finishes what a crash or an unreachable VaaS left half-done, so a
//! start needs nothing of its own. A look never touches a creation under way: an instance at VaaS that no row knows is
//! only taken for left over once every creation that began before it was first seen is over.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::{Instant, MissedTickBehavior};
use veracruz_policy::Endpoint;
use veracruz_rest::{InstanceState, VeracruzList};

use super::{address_of, in_time};
use crate::error::Error;
use crate::ports::Address;
use crate::service::Ccfaas;
use crate::store::{Ending, InstanceRow, Phase};

/// What the last looks showed.
#[derive(Default)]
pub(crate) struct Sight {
    /// When VaaS was last asked; those who want to know the same wait here for one answer.
    asked: Mutex<Option<Instant>>,
    /// Instances at VaaS that no row knows, with the number of the next creation when they were first seen.
    strangers: Mutex<HashMap<Spot, u64>>,
}

/// Port and hash, by which an instance is known again: VaaS's list has a host name of its own.
type Spot = (u16, String);

/// What one look showed.
struct View {
    rows: Vec<InstanceRow>,
    at_vaas: HashMap<Spot, (Address, InstanceState)>,
    /// Creations below it were over before the rows were read.
    horizon: u64,
    /// Creations from it on had not begun when VaaS answered.
    next: u64,
}

impl Ccfaas {
    /// Looks after the instances for ever: at once, then every [`watch`](crate::Times::watch).
    pub async fn watch(self: Arc<Self>) {
        let mut ticks = tokio::time::interval(self.settings.times.watch);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut failing = false;
        loop {
            tokio::select! {
                _ = ticks.tick() => {}
                () = self.look_soon.notified() => {}
                () = self.closing.cancelled() => return,
            }
            let looked = self.look_after().await;
            match &looked {
                Ok(()) if failing => tracing::info!("the instances are looked after again"),
                Err(error) if !failing => tracing::warn!(%error, "the instances cannot be looked after; trying again"),
                _ => {}
            }
            failing = looked.is_err();
        }
    }

    /// One look: notes which instances have gone, ends what is left over at VaaS, finishes deletions, forgets what has
    /// been gone for long.
    ///
    /// # Errors
    /// VaaS cannot be reached, or the store failed; the next look does the rest.
    pub async fn look_after(&self) -> Result<(), Error> {
        let mut strangers = self.sight.strangers.lock().await;
        let view = self.view().await?;
        let first = !*self.settled.borrow();
        let mut outcome = self.end_strangers(&mut strangers, &view).await;
        for row in &view.rows {
            let done = match row.phase {
                Phase::Reserved => self.drop_abandoned(row).await,
                Phase::Deleting => self.finish_deletion(row, &view, first).await,
                Phase::Ended(_) => self.forget_in_time(row).await,
                Phase::Ready => Ok(()),
            };
            outcome = outcome.and(done);
        }
        self.recount().await;
        if outcome.is_ok() {
            self.settled.send_if_modified(|settled| !std::mem::replace(settled, true));
        }
        outcome
    }

    /// Asks VaaS unless that was done within `fresh`, or since this call began; notes which instances have gone.
    pub(super) async fn look(&self, fresh: Duration) -> Result<(), Error> {
        let begun = Instant::now();
        let mut asked = self.sight.asked.lock().await;
        if asked.is_some_and(|asked| asked + fresh > begun) {
            return Ok(());
        }
        self.ask(&mut asked).await.map(drop)
    }

    async fn view(&self) -> Result<View, Error> {
        let mut asked = self.sight.asked.lock().await;
        self.ask(&mut asked).await
    }

    /// The rows are read first: an instance that was ready before VaaS was asked and that VaaS does not know has gone.
    async fn ask(&self, asked: &mut Option<Instant>) -> Result<View, Error> {
        let horizon = self.flights.horizon();
        let mut rows = self.ports.store.instances().await?;
        let begun = Instant::now();
        let list = in_time(self.settings.times.list, self.ports.instances.list(&self.settings.instance_id)).await?;
        *asked = Some(begun);
        let (at_vaas, next) = (by_spot(&list), self.flights.next());
        for row in rows.iter_mut().filter(|row| row.phase == Phase::Ready) {
            if let Some(ending) = ending(row, &at_vaas) {
                let now = self.now();
                if self.ports.store.end(row.key, ending, now).await? {
                    tracing::info!(instance = row.name, how = Phase::Ended(ending).name(), "an instance has gone");
                    (row.phase, row.since) = (Phase::Ended(ending), now);
                }
            }
        }
        Ok(View { rows, at_vaas, horizon, next })
    }

    async fn end_strangers(&self, strangers: &mut HashMap<Spot, u64>, view: &View) -> Result<(), Error> {
        let known: HashSet<Spot> = view.rows.iter().filter_map(spot).collect();
        strangers.retain(|spot, _| view.at_vaas.contains_key(spot) && !known.contains(spot));
        let mut outcome = Ok(());
        for (spot, (address, _)) in view.at_vaas.iter().filter(|(spot, _)| !known.contains(*spot)) {
            let seen = *strangers.entry(spot.clone()).or_insert(view.next);
            if seen > view.horizon {
                continue; // It may belong to a creation under way.
            }
            tracing::warn!(endpoint = %address.endpoint, "ending an instance at VaaS that is left over");
            match self.end_at_vaas(address).await {
                Ok(()) => drop(strangers.remove(spot)),
                failed => outcome = outcome.and(failed),
            }
        }
        outcome
    }

    /// A reservation without its creation: that one broke, or the process ended in the middle.
    async fn drop_abandoned(&self, row: &InstanceRow) -> Result<(), Error> {
        if !self.flights.has(row.key) && self.ports.store.remove_instance(row.key, Phase::Reserved).await? {
            tracing::warn!(instance = row.name, "an instance that was never finished is taken back");
        }
        Ok(())
    }

    /// A deletion that broke off. Who asked for it may repeat the call for a while; after a start nobody waits for that.
    async fn finish_deletion(&self, row: &InstanceRow, view: &View, at_once: bool) -> Result<(), Error> {
        if spot(row).is_some_and(|spot| view.at_vaas.contains_key(&spot)) {
            self.end_at_vaas(&address_of(row)?).await?;
        }
        if at_once || self.is_over(row.since) {
            self.ports.store.remove_instance(row.key, Phase::Deleting).await?;
        }
        Ok(())
    }

    async fn forget_in_time(&self, row: &InstanceRow) -> Result<(), Error> {
        if self.is_over(row.since) && self.ports.store.remove_instance(row.key, row.phase).await? {
            tracing::info!(instance = row.name, "an instance that has gone is forgotten");
        }
        Ok(())
    }

    fn is_over(&self, since: i64) -> bool {
        let grace = i64::try_from(self.settings.times.grace.as_secs()).unwrap_or(i64::MAX);
        self.now() >= since.saturating_add(grace)
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

fn spot(row: &InstanceRow) -> Option<Spot> {
    let (endpoint, hash) = row.address.as_ref()?;
    Some((Endpoint::parse(endpoint).ok()?.port()?, hash.clone()))
}

/// How the instance ended, if it did. One that VaaS has forgotten was ended by somebody.
fn ending(row: &InstanceRow, at_vaas: &HashMap<Spot, (Address, InstanceState)>) -> Option<Ending> {
    match at_vaas.get(&spot(row)?).map(|(_, state)| state) {
        Some(InstanceState::Failed) => Some(Ending::Failed),
        Some(InstanceState::Finished) | None => Some(Ending::Finished),
        Some(InstanceState::Starting | InstanceState::Ready | InstanceState::Deleting) => None,
    }
}
