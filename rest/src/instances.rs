//! The bodies of VaaS, besides the VaaS policy.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// What an instance is doing. The i-poc knew only `OK`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum InstanceState {
    /// It is being started and takes no sessions yet.
    Starting,
    /// It takes sessions.
    #[default]
    #[serde(rename = "OK")]
    Ready,
    /// A participant shut it down.
    Finished,
    /// It ended by itself.
    Failed,
    /// It is being deleted.
    Deleting,
}

impl InstanceState {
    /// Whether it takes sessions.
    pub fn is_ready(&self) -> bool {
        *self == InstanceState::Ready
    }

    /// Whether its runtime has gone.
    pub fn is_over(self) -> bool {
        matches!(self, InstanceState::Finished | InstanceState::Failed)
    }

    /// As it is written on the wire.
    pub const fn name(self) -> &'static str {
        match self {
            InstanceState::Starting => "starting",
            InstanceState::Ready => "OK",
            InstanceState::Finished => "finished",
            InstanceState::Failed => "failed",
            InstanceState::Deleting => "deleting",
        }
    }
}

/// What `POST /veracruz` answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct VeracruzCreated {
    /// As in the request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance_id: Option<String>,
    /// The first 59 digits of the policy hash: what fits into a label of Kubernetes.
    pub instance_hash: String,
    /// The full policy, a JSON text whose SHA-256 is the policy hash.
    pub policy: String,
}

/// What `GET /veracruz/{host:port}` answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct VeracruzDescription {
    /// As in the request that made it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance_id: Option<String>,
    /// The first 59 digits of the policy hash.
    pub instance_hash: String,
    /// What it is doing.
    pub status: InstanceState,
}

/// What `GET /veracruz` answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct VeracruzList {
    /// Objects of one key each: the instance's name, `veracruz-nitro-server:<port>`.
    pub veracruz: Vec<BTreeMap<String, VeracruzDescription>>,
}
