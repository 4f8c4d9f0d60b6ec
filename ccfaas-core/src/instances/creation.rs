//! The creation of an instance: from a user policy to an instance that is attested, loaded and written down.
//!
//! It runs in a task of its own. Until the last step it can be given up, by the user who goes away or by the service that
//! ends; then, and whenever a step fails, everything is taken back. A crash in the middle leaves a reservation and perhaps
//! an instance at VaaS, which the next start takes back.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use veracruz_policy::compose::{self, ComposeError};
use veracruz_policy::{Endpoint, FullPolicy, UserPolicy, VaasPolicy, VfsPath};
use veracruz_rest::server::MAX_JSON_BYTES;
use veracruz_rest::{InstanceDescription, InstanceState};

use super::check::{address_at_least, made_as_asked};
use super::in_time;
use crate::error::{Error, shown};
use crate::functions::Function;
use crate::ports::{Address, FileToLoad, ProvisionError, VaasError};
use crate::service::Ccfaas;
use crate::store::{Ending, InstanceKey, LoadedFile, LoadedFunction, Phase, Reservation, Reserved, Running};

/// What shall be made.
struct Plan {
    name: String,
    function: Function,
    policy: VaasPolicy,
    files: Vec<FileToLoad>,
}

/// What failed, and what has to be ended at VaaS.
struct Failure {
    error: Error,
    at_vaas: Option<Address>,
}

impl Failure {
    /// Whether VaaS may have made an instance of which nothing is known here.
    fn may_be_left_over(&self) -> bool {
        self.at_vaas.is_none() && !matches!(self.error, Error::Vaas(VaasError::Refused(_)))
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Failure { error, at_vaas: None }
    }
}

impl Ccfaas {
    /// Makes an instance as a user policy asks for it; returns when it is loaded, and its user can verify and use it.
    /// Dropped, it takes everything back.
    ///
    /// # Errors
    /// [`Error::Policy`], [`Error::FunctionNotFound`], [`Error::InstanceExists`], [`Error::TooManyInstances`],
    /// [`Error::Vaas`], [`Error::Altered`], [`Error::Provision`], or the service failed. Nothing of it stays.
    pub async fn create_instance(self: &Arc<Self>, text: &str) -> Result<InstanceDescription, Error> {
        let user = UserPolicy::parse(text)?;
        if self.closing.is_cancelled() {
            return Err(Error::Closing);
        }
        let stop = self.closing.child_token();
        let _given_up = stop.clone().drop_guard();
        let service = self.clone();
        self.finish(async move { service.make(&user, &stop).await }).await
    }

    async fn make(&self, user: &UserPolicy, stop: &CancellationToken) -> Result<InstanceDescription, Error> {
        let plan = self.plan(user).await?;
        let flight = self.flights.begin();
        self.reserve(Reservation { key: flight.key, name: plan.name.clone(), since: self.now() }).await?;
        let made = match self.start(&plan, stop).await {
            Ok(running) => self.note(flight.key, running).await,
            Err(failure) => Err(failure),
        };
        let made = match made {
            Ok(policy) => {
                tracing::info!(instance = plan.name, "instance made");
                self.counters.created();
                Ok(InstanceDescription { instance: plan.name, policy, status: InstanceState::Ready })
            }
            Err(failure) => {
                let step = failure.error.step();
                tracing::warn!(instance = plan.name, step = step.name(), error = %failure.error, "instance not made");
                self.counters.failed(step);
                self.take_back(flight.key, &failure).await;
                Err(failure.error)
            }
        };
        self.recount().await;
        made
    }

    /// All that is known of the function is of one moment: it may be deleted, and registered anew, at any time.
    async fn plan(&self, user: &UserPolicy) -> Result<Plan, Error> {
        let name = user.function.as_str();
        let found = self.ports.store.loaded_function(name).await?;
        let loaded = found.ok_or_else(|| Error::FunctionNotFound(shown(name)))?;
        let function = Function::read(&loaded.function, name)?;
        let files = self.files_to_load(&function, &loaded);
        let loader = (!files.is_empty()).then_some(&self.settings.loader);
        let instance_id = Some(self.settings.instance_id.clone());
        let policy = compose::vaas_policy(&function.policy, user, loader, instance_id);
        let policy = policy.map_err(|error| match error {
            ComposeError::Policy(error) => Error::Policy(error),
            error => Error::Broken(error.to_string()),
        })?;
        let (bytes, limit) = (policy.text().len(), MAX_JSON_BYTES);
        if bytes > limit {
            return Err(Error::ComposedTooLarge { bytes, limit });
        }
        Ok(Plan { name: user.instanceid.as_str().to_owned(), function, policy, files })
    }

    /// The uploaded programs, then the uploaded data files in the order of their priorities. What was not uploaded is left
    /// to the user, if the policy permits that.
    fn files_to_load(&self, function: &Function, loaded: &LoadedFunction) -> Vec<FileToLoad> {
        let mut data_files: Vec<_> = function.policy.data_files.iter().collect();
        data_files.sort_by_key(|file| file.effective_priority());
        let programs = function.policy.programs.iter().map(|program| &program.program_file_name);
        let mut files = self.those_loaded(programs, &loaded.programs);
        files.extend(self.those_loaded(data_files.iter().map(|file| &file.data_file), &loaded.data_files));
        // One path can be a program and a data file; its content is the same.
        let mut seen = HashSet::new();
        files.retain(|file| seen.insert(file.path.clone()));
        files
    }

    fn those_loaded<'p>(&self, declared: impl Iterator<Item = &'p VfsPath>, loaded: &[LoadedFile]) -> Vec<FileToLoad> {
        let of = |path: &VfsPath| {
            let file = loaded.iter().find(|file| file.path == path.as_str())?;
            let (blob, blobs) = (file.blob, self.ports.blobs.clone());
            Some(FileToLoad { path: path.clone(), length: file.length, blob, blobs })
        };
        declared.filter_map(of).collect()
    }

    /// Takes the name. One whose instance has gone is free, even where nobody has noticed yet.
    async fn reserve(&self, wanted: Reservation) -> Result<(), Error> {
        let most = self.settings.limits.instances;
        // One that is only missed may be back.
        let before = self.ports.store.instance(&wanted.name).await?;
        if before.is_some_and(|(row, _)| row.phase == Phase::Ended(Ending::Missed)) {
            self.news(Duration::ZERO).await;
        }
        let mut reserved = self.ports.store.reserve(wanted.clone(), most).await?;
        // What was seen a moment ago is no reason to refuse: its user may have shut it down since.
        if reserved == Reserved::Exists && self.news(Duration::ZERO).await {
            reserved = self.ports.store.reserve(wanted.clone(), most).await?;
        }
        match reserved {
            Reserved::Yes(None) => Ok(()),
            Reserved::Yes(Some(before)) => {
                // Whatever is left of it would be in the way; if VaaS cannot be asked, the next step finds out.
                if let Ok(address) = super::address_of(&before)
                    && let Err(error) = self.end_at_vaas(&address).await
                {
                    tracing::warn!(instance = wanted.name, %error, "the earlier instance of this name was not removed");
                }
                Ok(())
            }
            Reserved::Exists => Err(Error::InstanceExists(wanted.name)),
            Reserved::Full => Err(Error::TooManyInstances(most)),
        }
    }

    /// VaaS, check, verification, files.
    async fn start(&self, plan: &Plan, stop: &CancellationToken) -> Result<Running, Failure> {
        self.need_own_name().await?;
        // Not given up in the middle: only the answer tells what has to be ended.
        let created = in_time(self.settings.times.create, self.ports.instances.create(&plan.policy)).await?;
        let (policy, address) = made_as_asked(&plan.policy, &created)
            .map_err(|error| Failure { error, at_vaas: address_at_least(&created) })?;
        let provisioned = tokio::select! {
            biased;
            () = stop.cancelled() => Err(Error::GivenUp),
            provisioned = self.provision(plan, &policy) => provisioned,
        };
        match provisioned {
            Err(Error::Provision(error @ ProvisionError::File { .. })) => {
                Err(Failure { error: self.why_not_loaded(plan, error).await, at_vaas: Some(address) })
            }
            Ok(()) if !stop.is_cancelled() => {
                let endpoint = address.endpoint.as_str().to_owned();
                Ok(Running { endpoint, hash: address.hash, policy: created.policy })
            }
            Ok(()) => Err(Failure { error: Error::GivenUp, at_vaas: Some(address) }),
            Err(error) => Err(Failure { error, at_vaas: Some(address) }),
        }
    }

    async fn provision(&self, plan: &Plan, policy: &FullPolicy) -> Result<(), Error> {
        // The policy names no loader then, so nobody could connect; the user verifies the instance in any case.
        if plan.files.is_empty() {
            return Ok(());
        }
        let time = self.settings.times.provision;
        let done = tokio::time::timeout(time, self.ports.provisioner.provision(policy, &plan.files)).await;
        Ok(done.map_err(|_| Error::ProvisionLate(time.as_secs()))??)
    }

    /// A function that is deleted takes its contents with it, also from those who are just loading them.
    async fn why_not_loaded(&self, plan: &Plan, error: ProvisionError) -> Error {
        let name = plan.function.policy.function.as_str();
        let found = self.ports.store.function(name).await;
        match found.map(|found| found.is_some_and(|row| row.id == plan.function.id)) {
            Ok(false) => Error::FunctionGone(shown(name)),
            Ok(true) | Err(_) => Error::Provision(error),
        }
    }

    /// From here on the instance is there.
    async fn note(&self, key: InstanceKey, running: Running) -> Result<String, Failure> {
        let noted = match self.ports.store.make_ready(key, &running).await {
            Ok(true) => return Ok(running.policy),
            Ok(false) => Error::Broken("the reservation of an instance is gone".to_owned()),
            Err(error) => Error::Store(error),
        };
        let endpoint = Endpoint::parse(&running.endpoint).ok();
        Err(Failure { error: noted, at_vaas: endpoint.map(|endpoint| Address { endpoint, hash: running.hash }) })
    }

    async fn take_back(&self, key: InstanceKey, failure: &Failure) {
        let ended = match &failure.at_vaas {
            Some(address) => self.end_at_vaas(address).await,
            None => Ok(()),
        };
        if let Err(error) = &ended {
            tracing::warn!(%error, "an instance that was not finished is left over at VaaS; it is ended later");
        }
        if ended.is_err() || failure.may_be_left_over() {
            self.look_soon.notify_one();
        }
        // After a failure to write it down, it may be there as ready.
        for phase in [Phase::Reserved, Phase::Ready] {
            if let Err(error) = self.ports.store.remove_instance(key, phase).await {
                tracing::warn!(%error, "the reservation of an instance is left over; it is removed later");
            }
        }
    }
}
