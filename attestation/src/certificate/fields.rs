//! Fields that every certificate of this crate has, whoever signs it.

use aws_lc_rs::rand::{SecureRandom as _, SystemRandom};
use rcgen::SerialNumber;
use time::{Duration, OffsetDateTime};

/// The longest life of an instance's certificate. There is no revocation, so a short life stands in for it.
pub const MAX_LIFETIME: Duration = Duration::HOUR;

/// 128 random bits; `None` when the system has none to give.
pub(crate) fn random_serial() -> Option<SerialNumber> {
    let mut serial = [0; 16];
    SystemRandom::new().fill(&mut serial).ok()?;
    // RFC 5280, section 4.1.2.2: not zero.
    (serial != [0; 16]).then(|| SerialNumber::from_slice(&serial))
}

/// Certificates count in whole seconds.
pub(crate) fn whole_seconds(time: OffsetDateTime) -> OffsetDateTime {
    time.replace_nanosecond(0).unwrap_or(time)
}
