//! From what a caller asks for to the policy of one instance.

use time::OffsetDateTime;
use veracruz_policy::compose::{ComposeError, Infrastructure, full_policy};
use veracruz_policy::{FullPolicy, Timepoint, VaasPolicy};

use super::create::CreateError;
use crate::settings::Settings;

/// The policy of an instance that listens on `port`.
pub(super) fn complete(
    settings: &Settings,
    asked: &VaasPolicy,
    port: u16,
    now: OffsetDateTime,
) -> Result<FullPolicy, CreateError> {
    let infrastructure = Infrastructure {
        veracruz_server_url: settings.host.endpoint(port).map_err(|error| CreateError::Internal(error.to_string()))?,
        proxy_attestation_server_url: settings.attestation_server.clone(),
        proxy_service_cert: settings.authorities.clone(),
        runtime_manager_hash_nitro: settings.runtime_hash_nitro,
        runtime_manager_hash_linux: settings.runtime_hash_linux,
        enclave_cert_expiry: expiry(settings, now)?,
    };
    full_policy(asked, &infrastructure).map_err(|error| match error {
        ComposeError::Policy(error) => CreateError::Policy(error),
        other => CreateError::Internal(other.to_string()),
    })
}

fn expiry(settings: &Settings, now: OffsetDateTime) -> Result<Timepoint, CreateError> {
    let out_of_calendar = |what: &dyn std::fmt::Display| CreateError::Internal(format!("the expiry: {what}"));
    let life = time::Duration::try_from(settings.certificate_life).map_err(|error| out_of_calendar(&error))?;
    let date = now.to_offset(time::UtcOffset::UTC).checked_add(life).ok_or_else(|| out_of_calendar(&"too far away"))?;
    let year = u32::try_from(date.year()).unwrap_or_default();
    let (month, day) = (u8::from(date.month()).into(), date.day().into());
    Timepoint::new(year, month, day, date.hour().into(), date.minute().into()).map_err(|error| out_of_calendar(&error))
}
