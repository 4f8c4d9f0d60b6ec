//! A record of the comparisons that were made, so that an explanation can say which were not.

use std::collections::BTreeSet;
use std::time::Duration;

/// What has been compared with a document beyond its authenticity.
#[derive(Clone, Debug, Default)]
pub(crate) struct Checked {
    pub(crate) max_age: Option<Duration>,
    pub(crate) debug: DebugCheck,
    pub(crate) nonce: bool,
    pub(crate) user_data: bool,
    pub(crate) pcrs: BTreeSet<u8>,
    pub(crate) instance: InstanceCheck,
}

/// What was done about debug mode.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum DebugCheck {
    #[default]
    NotMade,
    /// It would have been refused.
    Refused,
    /// The relying party allows it, dangerously.
    Allowed,
}

/// What was done about PCR4, the register of the parent instance.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum InstanceCheck {
    #[default]
    NotMade,
    /// PCR4 is the one of the instance that the module id names.
    Consistent,
    /// PCR4 is absent or the module id has another form.
    NotComparable,
}
