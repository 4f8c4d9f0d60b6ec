//! Creating an instance: a port of its own, a policy, a start.

use std::collections::BTreeSet;
use std::sync::Arc;

use tokio::sync::oneshot;
use uuid::Uuid;
use veracruz_policy::{FullPolicy, PolicyError, VaasPolicy};
use veracruz_rest::VeracruzCreated;

use super::Vaas;
use super::completion::complete;
use super::keeper::{Keeper, StartError};
use crate::driver::{DriverError, InstanceKey, Order};
use crate::instance::{Labels, Removal};
use crate::settings::PortRange;

/// Minutes by which an expiry is moved to make a policy different from those before it: so many times a minute one request
/// can get one port.
const MOST_MINUTES_LATER: i64 = 60;

/// Why there is no instance. Nothing is left of the attempt.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CreateError {
    /// Every port has an instance, or is in use by something else.
    #[error("no internal resources available: none of the ports {0} is free; delete an instance, or try again later")]
    NoFreeSlot(PortRange),
    /// The completed policy breaks a rule.
    #[error(transparent)]
    Policy(PolicyError),
    /// The request asks for more memory than an instance may have.
    #[error("max_memory_mib is {asked}, and an instance of this service may have {limit} at most")]
    TooMuchMemory {
        /// MiB of the request.
        asked: u32,
        /// MiB of the settings.
        limit: u32,
    },
    /// The instance ended before it took sessions, or could not be started at all.
    #[error("the instance did not start: {0}")]
    Start(#[source] DriverError),
    /// It took no sessions in time.
    #[error("the instance did not take sessions within {0} seconds")]
    Timeout(u64),
    /// Somebody deleted it while it started.
    #[error("the instance was deleted while it started")]
    Deleted,
    /// The service is ending.
    #[error("the service is ending; try again")]
    Closing,
    /// The service itself failed.
    #[error("the service failed: {0}")]
    Internal(String),
}

impl CreateError {
    /// A stable name for machines.
    pub fn code(&self) -> &'static str {
        match self {
            CreateError::NoFreeSlot(_) => "no-free-slot",
            CreateError::Policy(error) => error.code(),
            CreateError::TooMuchMemory { .. } => "policy-invalid",
            CreateError::Start(_) => "instance-start-failed",
            CreateError::Timeout(_) => "instance-start-timeout",
            CreateError::Deleted => "instance-deleted",
            CreateError::Closing => "shutting-down",
            CreateError::Internal(_) => "internal",
        }
    }
}

impl Vaas {
    /// Creates an instance, and returns when it takes sessions. When the future is dropped before, nobody has learned of
    /// the instance, so it is ended and its port is free again.
    ///
    /// # Errors
    /// [`CreateError`].
    pub async fn create(self: &Arc<Self>, asked: &VaasPolicy) -> Result<VeracruzCreated, CreateError> {
        let created = self.create_somewhere(asked).await;
        self.table.lock().count_start(created.as_ref().err().map(CreateError::code));
        created
    }

    async fn create_somewhere(self: &Arc<Self>, asked: &VaasPolicy) -> Result<VeracruzCreated, CreateError> {
        match self.settings.max_memory_mib {
            Some(limit) if asked.max_memory_mib > limit => {
                return Err(CreateError::TooMuchMemory { asked: asked.max_memory_mib, limit });
            }
            _ => {}
        }
        let mut tried = BTreeSet::new();
        loop {
            let place = Place::take(self, &tried)?;
            tried.insert(place.port);
            let policy = self.new_policy(asked, place.port)?;
            let port = place.port;
            match self.start_at(place, asked, policy).await {
                Err(CreateError::Start(DriverError::SlotTaken)) => {
                    tracing::warn!(port, "something else listens on this port; the next one is tried");
                }
                done => return done,
            }
        }
    }

    /// The completed policy. One that the port had lately would have the same hash, and who deletes the instance of then
    /// once more would delete this one: where the expiry is ours to choose, it is some minutes later.
    fn new_policy(&self, asked: &VaasPolicy, port: u16) -> Result<FullPolicy, CreateError> {
        let life = time::Duration::try_from(self.settings.certificate_life).unwrap_or(time::Duration::MAX);
        let expires = self.now().saturating_add(life);
        for minutes in 0..MOST_MINUTES_LATER {
            let policy =
                complete(&self.settings, asked, port, expires.saturating_add(time::Duration::minutes(minutes)))?;
            let labels = Labels { instance_id: asked.instance_id.clone(), hash: policy.hash() };
            if asked.enclave_cert_expiry.is_some() || !self.table.lock().remembers(port, &labels) {
                return Ok(policy);
            }
        }
        complete(&self.settings, asked, port, expires)
    }

    async fn start_at(
        self: &Arc<Self>,
        place: Place<'_>,
        asked: &VaasPolicy,
        policy: FullPolicy,
    ) -> Result<VeracruzCreated, CreateError> {
        let labels = Labels { instance_id: asked.instance_id.clone(), hash: policy.hash() };
        let created = VeracruzCreated {
            instance_id: asked.instance_id.as_ref().map(|id| id.as_str().to_owned()),
            instance_hash: labels.short_hash(),
            policy: policy.text().to_owned(),
        };
        let (key, removal) = place.keep(&labels);
        let order = Order { key, policy, instance_id: asked.instance_id.clone() };
        let unwanted = removal.ask_on_drop();
        let (answer, answered) = oneshot::channel();
        self.keepers.spawn(Keeper::new(self, key, labels, removal).start(order, answer));
        match answered.await {
            Ok(Ok(())) => {
                unwanted.disarm();
                Ok(created)
            }
            Ok(Err(StartError::Driver(error))) => Err(CreateError::Start(error)),
            Ok(Err(StartError::Timeout)) => Err(CreateError::Timeout(self.settings.start_timeout.as_secs())),
            Ok(Err(StartError::Removed)) => Err(CreateError::Deleted),
            Err(_) => Err(CreateError::Internal("the instance's keeper is gone".to_owned())),
        }
    }
}

/// A port that was taken and has no keeper yet: dropped, it is free again.
struct Place<'v> {
    vaas: &'v Vaas,
    port: u16,
    generation: Uuid,
    removal: Option<Arc<Removal>>,
}

impl<'v> Place<'v> {
    fn take(vaas: &'v Vaas, tried: &BTreeSet<u16>) -> Result<Self, CreateError> {
        if vaas.closing.is_cancelled() {
            return Err(CreateError::Closing);
        }
        let range = vaas.settings.ports;
        let taken = vaas.table.lock().take(range, tried, vaas.now());
        let (port, generation, removal) = taken.ok_or(CreateError::NoFreeSlot(range))?;
        Ok(Place { vaas, port, generation, removal: Some(removal) })
    }

    /// From here on a keeper owns the port.
    fn keep(mut self, labels: &Labels) -> (InstanceKey, Arc<Removal>) {
        let (port, generation) = (self.port, self.generation);
        self.vaas.table.lock().name(port, generation, labels.clone());
        let removal = self.removal.take().unwrap_or_else(|| Arc::new(Removal::new()));
        (InstanceKey { port, hash: labels.hash, generation }, removal)
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        if self.removal.is_some() {
            let now = self.vaas.now();
            self.vaas.table.lock().free(self.port, self.generation, now);
        }
    }
}
