//! What instances must show, from the trust file and the switch.

use std::path::Path;

use veracruz_client::{Trust, TrustFileError};

/// The trust file's settings, or the policy's alone without one; simulated instances besides where the operator says so.
pub(crate) fn read(file: Option<&Path>, allow_simulated: bool) -> Result<Trust, TrustFileError> {
    let trust = file.map_or_else(|| Ok(Trust::default()), Trust::read)?;
    Ok(if allow_simulated { trust.allow_simulated() } else { trust })
}
