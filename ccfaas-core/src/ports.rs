//! What the service needs of others: an instance service, a way into instances, a clock.
//!
//! The adapters to real ones are in [`adapters`](crate::adapters); tests bring their own. A port's call is bounded in time
//! by the service, which drops it when the time is over.

use std::fmt;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use time::OffsetDateTime;
use tokio::io::AsyncRead;
use veracruz_policy::{Endpoint, FullPolicy, Name, VaasPolicy, VfsPath};
use veracruz_rest::{Problem, VeracruzCreated, VeracruzList};

use crate::blobs::Blobs;
use crate::store::BlobKey;

/// An instance as VaaS addresses it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Address {
    /// Where it listens.
    pub endpoint: Endpoint,
    /// The first digits of the policy hash, as VaaS tells them.
    pub hash: String,
}

/// VaaS.
pub trait InstanceService: Send + Sync + 'static {
    /// Starts an instance; returns when it takes sessions.
    fn create<'a>(&'a self, policy: &'a VaasPolicy) -> BoxFuture<'a, Result<VeracruzCreated, VaasError>>;

    /// The instances that were created with this `instance_id`.
    fn list<'a>(&'a self, instance_id: &'a Name) -> BoxFuture<'a, Result<VeracruzList, VaasError>>;

    /// Ends an instance; one that is not there is fine.
    fn delete<'a>(&'a self, instance_id: &'a Name, address: &'a Address) -> BoxFuture<'a, Result<(), VaasError>>;
}

/// Why VaaS did not do what it was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VaasError {
    /// It could not be reached, or the connection ended before its answer.
    #[error("VaaS cannot be reached: {0}")]
    Unreachable(String),
    /// It did not answer in time.
    #[error("VaaS did not answer within {0} s")]
    Late(u64),
    /// It said no.
    #[error("VaaS refused: {0}")]
    Refused(Box<Problem>),
    /// Its answer is none of VaaS's.
    #[error("VaaS's answer cannot be understood: {0}")]
    Unintelligible(String),
}

/// A file that goes into an instance.
#[derive(Clone)]
pub struct FileToLoad {
    /// Its name inside the instance.
    pub path: VfsPath,
    /// Its bytes.
    pub length: u64,
    pub(crate) blob: BlobKey,
    pub(crate) blobs: Blobs,
}

impl FileToLoad {
    /// Its content, from the begin, in pieces.
    ///
    /// # Errors
    /// It cannot be read, for example because the function was deleted meanwhile.
    pub async fn open(&self) -> std::io::Result<impl AsyncRead + Send + Unpin + use<>> {
        self.blobs.open(self.blob).await
    }
}

impl fmt::Debug for FileToLoad {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FileToLoad").field("path", &self.path).field("length", &self.length).finish_non_exhaustive()
    }
}

/// The loader's way into instances.
pub trait Provisioner: Send + Sync + 'static {
    /// Connects to the instance of this policy, verifies it, and then writes the files in their order, in one session.
    fn provision<'a>(
        &'a self,
        policy: &'a FullPolicy,
        files: &'a [FileToLoad],
    ) -> BoxFuture<'a, Result<(), ProvisionError>>;
}

/// Why an instance did not get its files.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProvisionError {
    /// It is not what the policy and the operator's trust settings mean. Nothing was sent to it.
    #[error("the instance is not verified: {detail} ({code})")]
    NotVerified {
        /// Stable, of the client.
        code: String,
        /// What is wrong, and what to do next.
        detail: String,
    },
    /// It could not be connected to.
    #[error("the instance cannot be connected to: {detail} ({code})")]
    Connect {
        /// Stable, of the client.
        code: String,
        /// What is wrong, and what to do next.
        detail: String,
    },
    /// A file did not get there.
    #[error("the file {path} could not be loaded: {detail} ({code})")]
    File {
        /// Its name inside the instance.
        path: String,
        /// Stable, of the client.
        code: String,
        /// What is wrong, and what to do next.
        detail: String,
    },
}

/// The time of day.
pub trait Clock: Send + Sync + 'static {
    /// Now.
    fn now(&self) -> OffsetDateTime;
}

/// This machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> OffsetDateTime {
        OffsetDateTime::now_utc()
    }
}

/// All that the service needs of others.
#[derive(Clone)]
pub struct Ports {
    /// What it remembers.
    pub store: Arc<dyn crate::store::Store>,
    /// The contents of files.
    pub blobs: Blobs,
    /// VaaS.
    pub instances: Arc<dyn InstanceService>,
    /// The way into instances.
    pub provisioner: Arc<dyn Provisioner>,
    /// The time.
    pub clock: Arc<dyn Clock>,
}
