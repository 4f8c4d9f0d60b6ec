//! By what callers know an instance: its id and its policy's hash, and what of it a request names.

use veracruz_policy::{Name, Sha256Digest};
use veracruz_rest::{InstanceState, VeracruzDescription};

/// Digits of the hash that callers see: what fits into a label of Kubernetes beside the i-poc's own four characters.
const SHORT_HASH: usize = 59;

/// What an instance is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Labels {
    pub(crate) instance_id: Option<Name>,
    pub(crate) hash: Sha256Digest,
}

impl Labels {
    /// The hash as callers see it.
    pub(crate) fn short_hash(&self) -> String {
        cut(&self.hash.to_string())
    }

    /// What callers see of the instance.
    pub(crate) fn describe(&self, status: InstanceState) -> VeracruzDescription {
        let instance_id = self.instance_id.as_ref().map(|id| id.as_str().to_owned());
        VeracruzDescription { instance_id, instance_hash: self.short_hash(), status }
    }
}

/// What a request says of the instances that it means; the query `instance_id=…&instance_hash=…`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    instance_id: Option<String>,
    instance_hash: Option<String>,
}

impl Filter {
    /// A hash may be given whole: what goes beyond the digits that callers see is ignored.
    pub fn new(instance_id: Option<String>, instance_hash: Option<String>) -> Self {
        Filter { instance_id, instance_hash: instance_hash.map(|hash| cut(&hash)) }
    }

    /// The id, if one is given.
    pub fn instance_id(&self) -> Option<&str> {
        self.instance_id.as_deref()
    }

    /// For looking: what is given must match.
    pub(crate) fn selects(&self, labels: &Labels) -> bool {
        let own_id = labels.instance_id.as_ref().map(Name::as_str);
        self.instance_id.as_deref().is_none_or(|id| own_id == Some(id))
            && self.instance_hash.as_deref().is_none_or(|hash| hash == labels.short_hash())
    }

    /// For deleting: what the instance has must be given, and match.
    pub(crate) fn releases(&self, labels: &Labels) -> bool {
        let own_id = labels.instance_id.as_ref().map(Name::as_str);
        own_id.is_none_or(|id| self.instance_id.as_deref() == Some(id))
            && self.instance_hash.as_deref() == Some(labels.short_hash().as_str())
    }
}

fn cut(hash: &str) -> String {
    hash.chars().take(SHORT_HASH).collect()
}
