//! VaaS: instances.

use veracruz_policy::Endpoint;
use veracruz_rest::{VeracruzCreated, VeracruzDescription, VeracruzList};

use super::call::Call;
use super::error::Error;
use super::path::Path;
use super::service::{CREATION_TIMEOUT, Service};

/// The instance service.
#[derive(Clone, Debug)]
pub struct VaasClient {
    service: Service,
}

/// Each method fails with an [`Error`]: the service's own refusal, or why it cannot be asked. `instance_id` and
/// `instance_hash` tell instances apart that had the same address one after the other: what does not match does not exist.
/// Of the hash, the first 59 digits are compared.
impl VaasClient {
    /// The instance service there.
    pub fn new(service: Service) -> Self {
        VaasClient { service }
    }

    /// Where it is.
    pub fn service(&self) -> &Service {
        &self.service
    }

    /// Starts an instance: a VaaS policy as JSON text. Returns when it takes sessions.
    pub async fn create(&self, vaas_policy: impl Into<String>) -> Result<VeracruzCreated, Error> {
        let call = Call::post(&self.service, &Path::of("veracruz")).json(vaas_policy.into());
        call.within(CREATION_TIMEOUT).send().await?.value()
    }

    /// The instances, of this id and hash only where they are given.
    pub async fn list(&self, instance_id: Option<&str>, instance_hash: Option<&str>) -> Result<VeracruzList, Error> {
        Call::get(&self.service, &chosen(Path::of("veracruz"), instance_id, instance_hash)).send().await?.value()
    }

    /// The instance at this address.
    pub async fn describe(
        &self,
        address: &Endpoint,
        instance_id: Option<&str>,
        instance_hash: Option<&str>,
    ) -> Result<VeracruzDescription, Error> {
        Call::get(&self.service, &instance(address, instance_id, instance_hash)).send().await?.value()
    }

    /// Ends the instance at this address. Returns when it is gone.
    pub async fn delete(
        &self,
        address: &Endpoint,
        instance_id: Option<&str>,
        instance_hash: Option<&str>,
    ) -> Result<(), Error> {
        let call = Call::delete(&self.service, &instance(address, instance_id, instance_hash));
        call.send().await.map(drop)
    }
}

fn instance(address: &Endpoint, instance_id: Option<&str>, instance_hash: Option<&str>) -> Path {
    chosen(Path::of("veracruz").encoded(address.as_str()), instance_id, instance_hash)
}

fn chosen(path: Path, instance_id: Option<&str>, instance_hash: Option<&str>) -> Path {
    path.query("instance_id", instance_id).query("instance_hash", instance_hash)
}
