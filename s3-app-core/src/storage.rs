//! S3, through AWS's own SDK: the one place that knows it.
//!
//! Every request is signed with the credentials of the one copy that it belongs to; connections are shared, credentials
//! never. Where the server is comes from the settings alone.

mod fault;
mod keys;
mod remote;

use std::time::Duration;

use aws_config::SdkConfig;
use aws_config::environment::region::EnvironmentVariableRegionProvider;
use aws_config::meta::region::RegionProviderChain;
use aws_config::profile::region::ProfileFileRegionProvider;
use aws_sdk_s3::Client;
use aws_sdk_s3::config::{
    BehaviorVersion, Builder, RequestChecksumCalculation, ResponseChecksumValidation, StalledStreamProtectionConfig,
    retry::RetryConfig, timeout::TimeoutConfig,
};

use crate::settings::{Machine, StorageSettings};

pub use fault::StorageError;
pub use keys::Keys;
pub(crate) use remote::{Remote, Source, Version};

/// Where buckets are sought when nobody says: AWS's first region, as in the SDKs that the i-poc used.
const DEFAULT_REGION: &str = "us-east-1";

/// How often one request is tried: names that do not resolve at once, connections that break, servers that are busy.
const ATTEMPTS: u32 = 3;

/// The pause before a request is tried again, at first.
const FIRST_PAUSE: Duration = Duration::from_millis(200);

/// S3 as the operator configured it.
#[derive(Debug)]
pub(crate) struct Storage {
    client: Client,
    has_own_credentials: bool,
    stall: Duration,
}

impl Storage {
    /// Reads what the machine's configuration says, unless it is switched off. No connection is made.
    pub(crate) async fn open(settings: &StorageSettings, stall: Duration) -> Self {
        let config = match &settings.machine {
            Machine::Chain => Builder::from(&machine().await),
            Machine::None => bare(),
            Machine::Keys(keys) => bare().credentials_provider(keys.credentials()),
        };
        let client = Client::from_conf(configured(config, settings, stall).build());
        Storage { client, has_own_credentials: !matches!(settings.machine, Machine::None), stall }
    }

    /// The object that a request means.
    pub(crate) fn at(&self, source: Source) -> Result<Remote, StorageError> {
        if source.keys.is_none() && !self.has_own_credentials {
            return Err(StorageError::NoCredentials);
        }
        Ok(Remote::new(self.client.clone(), source, self.stall))
    }
}

/// The chain of AWS's SDKs. The region is looked for in the environment and in profiles, but not at the machine's metadata
/// service: that would take seconds at every start on machines that have none.
async fn machine() -> SdkConfig {
    let region = RegionProviderChain::first_try(EnvironmentVariableRegionProvider::new())
        .or_else(ProfileFileRegionProvider::new())
        .or_else(aws_sdk_s3::config::Region::from_static(DEFAULT_REGION));
    aws_config::defaults(BehaviorVersion::latest()).region(region).load().await
}

fn bare() -> Builder {
    let region = aws_sdk_s3::config::Region::from_static(DEFAULT_REGION);
    Builder::new().behavior_version(BehaviorVersion::latest()).region(region)
}

fn configured(mut config: Builder, settings: &StorageSettings, stall: Duration) -> Builder {
    if let Some(region) = &settings.region {
        config = config.region(aws_sdk_s3::config::Region::new(region.to_string()));
    }
    if let Some(endpoint) = &settings.endpoint {
        config = config.endpoint_url(endpoint.as_str());
    }
    let (asked, compared) = match settings.checksums.unwrap_or(settings.endpoint.is_none()) {
        true => (RequestChecksumCalculation::WhenSupported, ResponseChecksumValidation::WhenSupported),
        false => (RequestChecksumCalculation::WhenRequired, ResponseChecksumValidation::WhenRequired),
    };
    // All attempts to connect must fit into the time that S3 may be silent, so that what cannot be reached is told as such.
    let timeouts = TimeoutConfig::builder().connect_timeout(stall / (ATTEMPTS + 1)).build();
    config
        .force_path_style(settings.path_style)
        .request_checksum_calculation(asked)
        .response_checksum_validation(compared)
        .retry_config(RetryConfig::standard().with_max_attempts(ATTEMPTS).with_initial_backoff(FIRST_PAUSE))
        .timeout_config(timeouts)
        // The SDK would break slow objects off as well as silent ones; silence is this crate's own to judge.
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
}
