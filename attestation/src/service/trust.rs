//! The roots that the service trusts: AWS's always, a simulated one only when it is asked for by name.

use veracruz_policy::Platform;

use crate::nitro::{AnchorError, Anchors};

/// The roots that evidence may lead to, at most one a platform.
#[derive(Clone, Debug)]
pub struct Trust {
    nitro: Anchors,
    simulated: Option<Anchors>,
}

impl Trust {
    /// AWS's root for Nitro, and no simulated evidence.
    pub fn aws() -> Self {
        Trust { nitro: Anchors::aws(), simulated: None }
    }

    /// Also certificates for simulated evidence under the root `root_der`, which proves nothing about isolation.
    pub fn insecure_simulated(mut self, root_der: &[u8]) -> Result<Self, AnchorError> {
        self.simulated = Some(Anchors::insecure(root_der)?);
        Ok(self)
    }

    pub(super) fn anchors(&self, platform: Platform) -> Option<&Anchors> {
        [Some(&self.nitro), self.simulated.as_ref()]
            .into_iter()
            .flatten()
            .find(|anchors| anchors.platform() == platform)
    }
}
