//! From what a caller asks for to the policy of one instance.

use time::{OffsetDateTime, UtcOffset};
use veracruz_policy::compose::{ComposeError, Infrastructure, full_policy};
use veracruz_policy::{FullPolicy, Timepoint, VaasPolicy};

use super::create::CreateError;
use crate::settings::Settings;

/// The policy of an instance that listens on `port`, and whose certificate expires at `expires` where the request does not
/// say it.
pub(super) fn complete(
    settings: &Settings,
    asked: &VaasPolicy,
    port: u16,
    expires: OffsetDateTime,
) -> Result<FullPolicy, CreateError> {
    let infrastructure = Infrastructure {
        veracruz_server_url: settings.host.endpoint(port).map_err(|error| CreateError::Internal(error.to_string()))?,
        proxy_attestation_server_url: settings.attestation_server.clone(),
        proxy_service_cert: settings.authorities.clone(),
        runtime_manager_hash_nitro: settings.runtime_hash_nitro,
        runtime_manager_hash_linux: settings.runtime_hash_linux,
        enclave_cert_expiry: timepoint(expires)?,
    };
    full_policy(asked, &infrastructure).map_err(|error| match error {
        ComposeError::Policy(error) => CreateError::Policy(error),
        other => CreateError::Internal(other.to_string()),
    })
}

fn timepoint(date: OffsetDateTime) -> Result<Timepoint, CreateError> {
    let date = date.to_offset(UtcOffset::UTC);
    let year = u32::try_from(date.year()).unwrap_or_default();
    let (month, day) = (u8::from(date.month()).into(), date.day().into());
    Timepoint::new(year, month, day, date.hour().into(), date.minute().into())
        .map_err(|error| CreateError::Internal(format!("the expiry: {error}")))
}
