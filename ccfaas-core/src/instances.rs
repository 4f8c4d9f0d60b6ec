//! Instances: made, shown, deleted, looked after.
//!
//! An instance is visible from the moment at which everything is done for it and written down, until its deletion is
//! complete. The rooms: [`creation`] with its [`flight`]s and the [`check`] of what VaaS made;
//! [`watching`] with the [`sight`] of what VaaS has.

mod check;
mod creation;
mod flight;
mod sight;
mod watching;

use std::sync::Arc;
use std::time::Duration;

use veracruz_policy::Endpoint;
use veracruz_rest::{InstanceDescription, InstanceList, InstanceState};

pub(crate) use flight::Flights;
pub(crate) use sight::Sight;

use crate::error::{Error, shown};
use crate::ports::{Address, VaasError};
use crate::service::Ccfaas;
use crate::store::{Ending, InstanceRow, Phase};

/// How long a user waits for news of an instance; without them, what is known is told.
const NEWS_TIMEOUT: Duration = Duration::from_secs(2);

/// News of this age are fresh enough: many who ask at once cost one request.
const FRESH: Duration = Duration::from_secs(1);

impl Ccfaas {
    /// Names of the instances in the order of their bytes; those that are being made are not among them.
    ///
    /// # Errors
    /// The service failed.
    pub async fn instances(&self) -> Result<InstanceList, Error> {
        let rows = self.ports.store.instances().await?;
        let made = rows.into_iter().filter(|row| row.phase != Phase::Reserved);
        Ok(InstanceList { instances: made.map(|row| row.name).collect() })
    }

    /// An instance, and whether its runtime has gone.
    ///
    /// # Errors
    /// [`Error::InstanceNotFound`], or the service failed.
    pub async fn instance(&self, name: &str) -> Result<InstanceDescription, Error> {
        let (mut row, policy) = self.made(name).await?;
        if row.phase.may_change() && self.news(FRESH).await {
            (row, _) = self.made(name).await?;
        }
        let status = match row.phase {
            Phase::Reserved => InstanceState::Starting,
            Phase::Ready => InstanceState::Ready,
            Phase::Ended(Ending::Finished | Ending::Missed) => InstanceState::Finished,
            Phase::Ended(Ending::Failed) => InstanceState::Failed,
            Phase::Deleting => InstanceState::Deleting,
        };
        Ok(InstanceDescription { instance: row.name, policy, status })
    }

    /// Deletes an instance, whether its runtime has gone or not. Once begun it goes to its end; where VaaS cannot be
    /// reached the instance stays, marked, so that the call can be repeated.
    ///
    /// # Errors
    /// [`Error::InstanceNotFound`], [`Error::Vaas`], or the service failed.
    pub async fn delete_instance(self: &Arc<Self>, name: String) -> Result<(), Error> {
        let service = self.clone();
        self.finish(async move {
            let begun = service.ports.store.begin_deletion(&name, service.now()).await?;
            let row = begun.ok_or_else(|| Error::InstanceNotFound(shown(&name)))?;
            service.end_at_vaas(&address_of(&row)?).await?;
            service.ports.store.remove_instance(row.key, Phase::Deleting).await?;
            tracing::info!(instance = name, "instance deleted");
            service.recount().await;
            Ok(())
        })
        .await
    }

    async fn made(&self, name: &str) -> Result<(InstanceRow, String), Error> {
        let found = self.ports.store.instance(name).await?;
        let made = found.filter(|(row, _)| row.phase != Phase::Reserved);
        made.ok_or_else(|| Error::InstanceNotFound(shown(name)))
    }

    /// Looks at VaaS unless that was done within `fresh`; whether there may be something new.
    async fn news(&self, fresh: Duration) -> bool {
        let looked = tokio::time::timeout(NEWS_TIMEOUT, self.look(fresh)).await;
        matches!(looked, Ok(Ok(_)))
    }

    pub(crate) async fn end_at_vaas(&self, address: &Address) -> Result<(), Error> {
        let deleted = self.ports.instances.delete(&self.settings.instance_id, address);
        in_time(self.settings.times.delete, deleted).await
    }
}

/// Bounds a request to VaaS.
async fn in_time<T>(time: Duration, request: impl Future<Output = Result<T, VaasError>>) -> Result<T, Error> {
    let answer = tokio::time::timeout(time, request).await;
    Ok(answer.map_err(|_| VaasError::Late(time.as_secs()))??)
}

/// Where an instance that was made is found.
fn address_of(row: &InstanceRow) -> Result<Address, Error> {
    let broken = || Error::Broken(format!("the instance {} was written down without its address", shown(&row.name)));
    let (endpoint, hash) = row.address.clone().ok_or_else(broken)?;
    Ok(Address { endpoint: Endpoint::parse(&endpoint).map_err(|_| broken())?, hash })
}
