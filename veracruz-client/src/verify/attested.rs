//! What was shown: for people who want to know, and for the tools that must say it.

use veracruz_attestation::certificate::Unchecked;
use veracruz_attestation::{Pcr, nitro::Verified};
use veracruz_policy::{Platform, Sha256Digest};

/// An instance that showed what was demanded. Only a session that stands has one.
#[derive(Clone, Debug)]
pub struct Attested {
    pub(crate) platform: Option<Platform>,
    pub(crate) policy_hash: Sha256Digest,
    pub(crate) evidence: Option<Verified>,
    pub(crate) unchecked: Vec<Unchecked>,
    pub(crate) any_root: bool,
}

/// What is said of simulated evidence under a root that nobody named.
const ANY_ROOT: &str = "the root of the simulated evidence was not compared, so that anybody could have made it";

impl Attested {
    /// Where it runs; `None` where only an old certificate was demanded, which does not say.
    pub fn platform(&self) -> Option<Platform> {
        self.platform
    }

    /// Whether it protects nobody from the machine's owner. Tools must say so wherever they show the instance.
    pub fn is_simulated(&self) -> bool {
        self.platform == Some(Platform::Simulated)
    }

    /// The policy that it holds, the client's own.
    pub fn policy_hash(&self) -> Sha256Digest {
        self.policy_hash
    }

    /// The evidence that is bound to this session; `None` where the client was told, dangerously, not to ask for it.
    pub fn evidence(&self) -> Option<&Verified> {
        self.evidence.as_ref()
    }

    /// The measurement of its whole image or program, if evidence of the session shows it.
    pub fn measurement(&self) -> Option<Pcr> {
        self.evidence.as_ref()?.pcrs().get(&0).copied()
    }

    /// What was left to trust, in sentences. Empty when everything was compared.
    pub fn unchecked(&self) -> impl Iterator<Item = &'static str> {
        let root = self.any_root.then_some(ANY_ROOT);
        self.unchecked.iter().map(|what| what.describe()).chain(root)
    }
}
