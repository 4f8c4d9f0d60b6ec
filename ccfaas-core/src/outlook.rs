//! Whether the service can do its work, as the last looks at VaaS showed it: for probes.

use crate::error::Error;

/// Whether the service can do its work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outlook {
    /// Nobody has looked yet.
    Unknown,
    /// VaaS told its instances, and what an earlier life left there was gone about.
    Good,
    /// VaaS cannot be reached, or does not tell its instances.
    NoVaas,
    /// The store failed.
    NoStore,
    /// VaaS has instances under the service's name that it never knew. They are somebody else's, or of a lost store: the
    /// operator has to say which ([`take_over`](crate::Settings::take_over)). None is ended, and none is made.
    Strangers,
}

impl Outlook {
    /// What a look means that ended so.
    pub(crate) fn after(error: &Error) -> Self {
        match error {
            Error::Vaas(_) => Outlook::NoVaas,
            _ => Outlook::NoStore,
        }
    }
}
