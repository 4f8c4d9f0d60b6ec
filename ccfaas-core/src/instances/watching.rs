//! Looking after instances: which have gone, what is left over, what is half-deleted.
//!
//! One list of VaaS answers all of it. Each look also finishes what a crash or an unreachable VaaS left half-done, so a
//! start needs nothing of its own. A look never touches a creation under way: an instance at VaaS that no row knows is
//! only taken for left over once every creation that began before it was first seen is over. And none is taken for left
//! over under a name that was never seen to be this service's own.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use futures_util::future::BoxFuture;
use futures_util::{FutureExt as _, StreamExt as _, stream};
use tokio::time::MissedTickBehavior;

use super::address_of;
use super::sight::{Memory, Spot, View, spot};
use crate::error::Error;
use crate::outlook::Outlook;
use crate::ports::Address;
use crate::service::Ccfaas;
use crate::store::{InstanceRow, Phase};

/// After how many looks that failed the service counts as unable to work: one can be lost by chance, and whoever is told
/// "not ready" sends nothing any more.
const MISSES: u32 = 3;

/// Instances that are ended at once: one that hangs must not keep the others waiting, nor should VaaS be flooded.
const ENDED_AT_ONCE: usize = 8;

/// An instance that VaaS was asked to end.
struct Tried {
    spot: Spot,
    ended: Result<(), Error>,
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

    /// One look: notes which instances have gone or come back, ends what is left over at VaaS, finishes deletions, forgets
    /// what has been gone for long. What cannot be ended is counted, and tried again by the next look.
    ///
    /// # Errors
    /// VaaS does not tell its instances, or the store failed; the next look does the rest.
    pub async fn look_after(&self) -> Result<(), Error> {
        let mut memory = self.sight.memory.lock().await;
        let looked = self.look_and_act(&mut memory).await;
        self.recount().await;
        let outlook = match &looked {
            Ok(outlook) => {
                self.sight.misses.store(0, Ordering::Relaxed);
                Some(*outlook)
            }
            Err(error) => {
                let misses = self.sight.misses.fetch_add(1, Ordering::Relaxed).saturating_add(1);
                let is_by_chance = *self.outlook.borrow() == Outlook::Good && misses < MISSES;
                (!is_by_chance).then(|| Outlook::after(error))
            }
        };
        if let Some(outlook) = outlook {
            self.outlook.send_if_modified(|before| std::mem::replace(before, outlook) != outlook);
        }
        looked.map(drop)
    }

    async fn look_and_act(&self, memory: &mut Memory) -> Result<Outlook, Error> {
        let view = self.view().await?;
        let is_own = self.is_own(&view).await?;
        let deleting = view.rows.iter().filter(|row| row.phase == Phase::Deleting);
        let inherited = memory.inherited.get_or_insert_with(|| deleting.map(|row| row.key).collect()).clone();
        let mut outcome = Ok(());
        for row in &view.rows {
            let done = match row.phase {
                Phase::Reserved => self.drop_abandoned(row).await,
                Phase::Ended(_) => self.forget_in_time(row).await,
                Phase::Deleting | Phase::Ready => Ok(()),
            };
            outcome = outcome.and(done);
        }
        let mut ending: Vec<BoxFuture<'_, Tried>> = Vec::new();
        for row in view.rows.iter().filter(|row| row.phase == Phase::Deleting) {
            ending.push(self.finishing(row, &view, inherited.contains(&row.key)));
        }
        if is_own {
            let strangers = left_over(memory, &view);
            let known = &memory.stuck;
            ending.extend(strangers.into_iter().map(|(spot, address)| {
                if !known.contains(spot) {
                    tracing::warn!(endpoint = %address.endpoint, "ending an instance at VaaS that is left over");
                }
                async move { Tried { spot: spot.clone(), ended: self.end_at_vaas(address).await } }.boxed()
            }));
        }
        let tried: Vec<_> = stream::iter(ending).buffer_unordered(ENDED_AT_ONCE).collect().await;
        self.keep_in_mind(memory, tried).and(outcome)?;
        Ok(if is_own { Outlook::Good } else { Outlook::Strangers })
    }

    /// Whether instances under the service's name that no row knows are its own, left over. That is so once they were
    /// seen to be all known: a new folder under a name that somebody else uses must not end what runs there.
    async fn is_own(&self, view: &View) -> Result<bool, Error> {
        if self.owns_name().await? {
            return Ok(true);
        }
        let strangers = view.strangers().count();
        if strangers > 0 && !self.settings.take_over {
            if *self.outlook.borrow() != Outlook::Strangers {
                let instance_id = self.settings.instance_id.as_str();
                tracing::warn!(
                    instance_id,
                    strangers,
                    "VaaS has instances under this name that this folder never knew"
                );
            }
            return Ok(false);
        }
        self.ports.store.claim(self.settings.instance_id.as_str()).await?;
        self.sight.is_own.store(true, Ordering::Release);
        Ok(true)
    }

    async fn owns_name(&self) -> Result<bool, Error> {
        if self.sight.is_own.load(Ordering::Acquire) {
            return Ok(true);
        }
        let owns = self.ports.store.owns(self.settings.instance_id.as_str()).await?;
        if owns {
            self.sight.is_own.store(true, Ordering::Release);
        }
        Ok(owns)
    }

    /// That the service's name at VaaS is its own. Nothing is made under one that is not: whose it is would end it, and
    /// what a crash leaves over could not be told from the others'.
    pub(super) async fn need_own_name(&self) -> Result<(), Error> {
        if self.owns_name().await? {
            return Ok(());
        }
        self.look_after().await?;
        if self.owns_name().await? { Ok(()) } else { Err(Error::Strangers) }
    }

    /// A deletion that broke off, if VaaS still has the instance. The row of one that has gone stays for a while, as who
    /// asked for it may repeat the call; after a start nobody waits for that.
    fn finishing<'a>(&'a self, row: &'a InstanceRow, view: &View, at_once: bool) -> BoxFuture<'a, Tried> {
        let spot = spot(row).unwrap_or_default();
        let is_there = view.at_vaas.contains_key(&spot);
        let finish = async move {
            if is_there {
                self.end_at_vaas(&address_of(row)?).await?;
            }
            if at_once || self.is_over(row.since) {
                self.ports.store.remove_instance(row.key, Phase::Deleting).await?;
            }
            Ok(())
        };
        async move { Tried { spot, ended: finish.await } }.boxed()
    }

    /// Counts what VaaS did not end; any other failure is the look's.
    fn keep_in_mind(&self, memory: &mut Memory, tried: Vec<Tried>) -> Result<(), Error> {
        let (mut stuck, mut outcome) = (HashSet::new(), Ok(()));
        for Tried { spot, ended } in tried {
            // Whatever came of it: what stands there next may be another one.
            memory.strangers.remove(&spot);
            match ended {
                Ok(()) => {}
                Err(Error::Vaas(error)) => {
                    if !memory.stuck.contains(&spot) {
                        tracing::warn!(port = spot.0, %error, "an instance at VaaS could not be ended; trying again");
                    }
                    stuck.insert(spot);
                }
                Err(error) => outcome = outcome.and(Err(error)),
            }
        }
        self.counters.left_over(stuck.len());
        memory.stuck = stuck;
        outcome
    }

    /// A reservation without its creation: that one broke, or the process ended in the middle.
    async fn drop_abandoned(&self, row: &InstanceRow) -> Result<(), Error> {
        if !self.flights.has(row.key) && self.ports.store.remove_instance(row.key, Phase::Reserved).await? {
            tracing::warn!(instance = row.name, "an instance that was never finished is taken back");
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

/// Strangers that can belong to no creation under way.
fn left_over<'v>(memory: &mut Memory, view: &'v View) -> Vec<(&'v Spot, &'v Address)> {
    let strangers: Vec<_> = view.strangers().collect();
    let there: HashSet<_> = strangers.iter().map(|(spot, _)| *spot).collect();
    memory.strangers.retain(|spot, _| there.contains(spot));
    let mut left = strangers;
    left.retain(|(spot, _)| *memory.strangers.entry((*spot).clone()).or_insert(view.next) <= view.horizon);
    left
}
