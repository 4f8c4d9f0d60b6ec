//! A VaaS in memory and a way into instances that leads nowhere: both obey, and fail when they are told to.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};

use ccfaas_core::{Address, Clock, FileToLoad, InstanceService, ProvisionError, Provisioner, VaasError};
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use time::OffsetDateTime;
use tokio::io::AsyncReadExt as _;
use tokio::sync::Notify;
use veracruz_policy::compose::{self, Infrastructure};
use veracruz_policy::{Authorities, Endpoint, FullDocument, FullPolicy, Name, Sha256Digest, Timepoint, VaasPolicy};
use veracruz_rest::{InstanceState, VeracruzCreated, VeracruzDescription, VeracruzList};

use super::fixtures::certificate;

/// Changes what VaaS answers.
type Change = Box<dyn Fn(&mut FullDocument) + Send>;

/// Makes a failure.
type Fails<E> = Box<dyn Fn() -> E + Send>;

/// VaaS in memory. Its list names instances by a host of its own, as the real one does.
pub(crate) struct StandInVaas {
    inner: Mutex<Inner>,
    authorities: Authorities,
    /// Told when a creation waits.
    pub(crate) waiting: Notify,
    /// Lets a creation go on that waits.
    pub(crate) go_on: Notify,
}

#[derive(Default)]
struct Inner {
    instances: BTreeMap<u16, VeracruzDescription>,
    last_port: u16,
    change: Option<Change>,
    fails: Option<Fails<VaasError>>,
    fails_to_create: Option<Fails<VaasError>>,
    fails_to_delete: Option<Fails<VaasError>>,
    hangs_at: Option<u16>,
    loses_answer: bool,
    lists_nothing: bool,
    waits: bool,
}

impl StandInVaas {
    pub(crate) fn new() -> Arc<Self> {
        let authorities = Authorities::from_pem(&certificate("attestation").to_pem()).unwrap();
        let inner = Mutex::new(Inner { last_port: 3013, ..Inner::default() });
        Arc::new(StandInVaas { inner, authorities, waiting: Notify::new(), go_on: Notify::new() })
    }

    /// Every request fails, until [`works`](Self::works).
    pub(crate) fn fails(&self, with: impl Fn() -> VaasError + Send + 'static) {
        self.inner.lock().unwrap().fails = Some(Box::new(with));
    }

    pub(crate) fn fails_to_create(&self, with: impl Fn() -> VaasError + Send + 'static) {
        self.inner.lock().unwrap().fails_to_create = Some(Box::new(with));
    }

    pub(crate) fn fails_to_delete(&self, with: impl Fn() -> VaasError + Send + 'static) {
        self.inner.lock().unwrap().fails_to_delete = Some(Box::new(with));
    }

    /// Never ends the instance at this port, and never says so.
    pub(crate) fn hangs_at(&self, port: u16) {
        self.inner.lock().unwrap().hangs_at = Some(port);
    }

    /// Forgets all instances for as long as it is told, as one that has not found its own again.
    pub(crate) fn lists_nothing(&self, nothing: bool) {
        self.inner.lock().unwrap().lists_nothing = nothing;
    }

    pub(crate) fn works(&self) {
        let mut inner = self.inner.lock().unwrap();
        inner.fails_to_delete = None;
        (inner.fails, inner.fails_to_create, inner.loses_answer) = (None, None, false);
    }

    /// Answers another policy than was asked for.
    pub(crate) fn changes(&self, change: impl Fn(&mut FullDocument) + Send + 'static) {
        self.inner.lock().unwrap().change = Some(Box::new(change));
    }

    /// Makes the instance, and then the connection breaks.
    pub(crate) fn loses_answer(&self) {
        self.inner.lock().unwrap().loses_answer = true;
    }

    /// Creations wait for `go_on`.
    pub(crate) fn waits(&self) {
        self.inner.lock().unwrap().waits = true;
    }

    /// How many instances it has, in whatever state.
    pub(crate) fn len(&self) -> usize {
        self.inner.lock().unwrap().instances.len()
    }

    pub(crate) fn set_state(&self, port: u16, state: InstanceState) {
        self.inner.lock().unwrap().instances.get_mut(&port).unwrap().status = state;
    }

    pub(crate) fn forget(&self, port: u16) {
        self.inner.lock().unwrap().instances.remove(&port).unwrap();
    }

    /// An instance that somebody else asked for.
    pub(crate) fn add(&self, instance_id: &str, hash: &str) {
        self.inner.lock().unwrap().add(Some(instance_id.to_owned()), hash.to_owned());
    }

    fn made(&self, policy: &VaasPolicy) -> Result<VeracruzCreated, VaasError> {
        let mut inner = self.inner.lock().unwrap();
        if let Some(fails) = inner.fails.as_ref().or(inner.fails_to_create.as_ref()) {
            return Err(fails());
        }
        let infrastructure = Infrastructure {
            veracruz_server_url: Endpoint::parse(&format!("127.0.0.1:{}", inner.last_port + 1)).unwrap(),
            proxy_attestation_server_url: Endpoint::parse("127.0.0.1:3010").unwrap(),
            proxy_service_cert: self.authorities.clone(),
            runtime_manager_hash_nitro: Some(Sha256Digest::of(b"runtime")),
            runtime_manager_hash_linux: None,
            enclave_cert_expiry: Timepoint::new(2036, 1, 1, 0, 0).unwrap(),
        };
        let full = compose::full_policy(policy, &infrastructure).unwrap();
        let mut document = (*full).clone();
        if let Some(change) = &inner.change {
            change(&mut document);
        }
        let full = FullPolicy::from_document(&document).unwrap();
        let instance_id = policy.instance_id.as_ref().map(|name| name.as_str().to_owned());
        let instance_hash = full.hash().to_string()[..59].to_owned();
        inner.add(instance_id.clone(), instance_hash.clone());
        match inner.loses_answer {
            true => Err(VaasError::Unreachable("the connection broke".to_owned())),
            false => Ok(VeracruzCreated { instance_id, instance_hash, policy: full.text().to_owned() }),
        }
    }
}

impl Inner {
    fn add(&mut self, instance_id: Option<String>, instance_hash: String) {
        self.last_port += 1;
        let instance = VeracruzDescription { instance_id, instance_hash, status: InstanceState::Ready };
        self.instances.insert(self.last_port, instance);
    }
}

impl InstanceService for StandInVaas {
    fn create<'a>(&'a self, policy: &'a VaasPolicy) -> BoxFuture<'a, Result<VeracruzCreated, VaasError>> {
        async move {
            if self.inner.lock().unwrap().waits {
                self.waiting.notify_one();
                self.go_on.notified().await;
            }
            self.made(policy)
        }
        .boxed()
    }

    fn list<'a>(&'a self, instance_id: &'a Name) -> BoxFuture<'a, Result<VeracruzList, VaasError>> {
        async move {
            let inner = self.inner.lock().unwrap();
            if let Some(fails) = &inner.fails {
                return Err(fails());
            }
            let of_id = inner
                .instances
                .iter()
                .filter(|_| !inner.lists_nothing)
                .filter(|(_, instance)| instance.instance_id.as_deref() == Some(instance_id.as_str()));
            let named =
                of_id.map(|(port, instance)| [(format!("veracruz-nitro-server:{port}"), instance.clone())].into());
            Ok(VeracruzList { veracruz: named.collect() })
        }
        .boxed()
    }

    fn delete<'a>(&'a self, instance_id: &'a Name, address: &'a Address) -> BoxFuture<'a, Result<(), VaasError>> {
        async move {
            let hangs_at = self.inner.lock().unwrap().hangs_at;
            if hangs_at.is_some() && hangs_at == address.endpoint.port() {
                std::future::pending::<()>().await;
            }
            let mut inner = self.inner.lock().unwrap();
            if let Some(fails) = inner.fails.as_ref().or(inner.fails_to_delete.as_ref()) {
                return Err(fails());
            }
            inner.instances.retain(|port, instance| {
                Some(*port) != address.endpoint.port()
                    || instance.instance_hash != address.hash
                    || instance.instance_id.as_deref() != Some(instance_id.as_str())
            });
            Ok(())
        }
        .boxed()
    }
}

/// What one instance got.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Provisioned {
    pub(crate) hash: Sha256Digest,
    pub(crate) files: Vec<(String, Vec<u8>)>,
}

/// A way into instances that writes down what goes in.
#[derive(Default)]
pub(crate) struct StandInProvisioner {
    done: Mutex<Vec<Provisioned>>,
    fails: Mutex<Option<Fails<ProvisionError>>>,
    stalls: Mutex<bool>,
    /// Told when somebody came in.
    pub(crate) entered: Notify,
}

impl StandInProvisioner {
    pub(crate) fn done(&self) -> Vec<Provisioned> {
        self.done.lock().unwrap().clone()
    }

    pub(crate) fn fails(&self, with: impl Fn() -> ProvisionError + Send + 'static) {
        *self.fails.lock().unwrap() = Some(Box::new(with));
    }

    pub(crate) fn stalls(&self) {
        *self.stalls.lock().unwrap() = true;
    }
}

impl Provisioner for StandInProvisioner {
    fn provision<'a>(
        &'a self,
        policy: &'a FullPolicy,
        files: &'a [FileToLoad],
    ) -> BoxFuture<'a, Result<(), ProvisionError>> {
        async move {
            self.entered.notify_one();
            if *self.stalls.lock().unwrap() {
                std::future::pending::<()>().await;
            }
            let mut contents = Vec::new();
            for file in files {
                let mut content = Vec::new();
                let path = file.path.as_str().to_owned();
                let opened = file.open().await.map_err(|error| ProvisionError::File {
                    path,
                    code: "file-gone".to_owned(),
                    detail: error.to_string(),
                });
                opened?.read_to_end(&mut content).await.unwrap();
                assert_eq!(content.len() as u64, file.length);
                contents.push((file.path.as_str().to_owned(), content));
            }
            if let Some(fails) = &*self.fails.lock().unwrap() {
                return Err(fails());
            }
            self.done.lock().unwrap().push(Provisioned { hash: policy.hash(), files: contents });
            Ok(())
        }
        .boxed()
    }
}

/// A clock that a test moves.
#[derive(Default)]
pub(crate) struct HandClock(AtomicI64);

impl HandClock {
    pub(crate) fn forward(&self, seconds: i64) {
        self.0.fetch_add(seconds, Ordering::SeqCst);
    }
}

impl Clock for HandClock {
    fn now(&self) -> OffsetDateTime {
        OffsetDateTime::from_unix_timestamp(1_800_000_000 + self.0.load(Ordering::SeqCst)).unwrap()
    }
}
