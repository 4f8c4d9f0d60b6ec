//! The bodies of CCFaaS, besides the function and user policies.

use serde::{Deserialize, Serialize};

use crate::instances::InstanceState;

/// `GET /function`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct FunctionList {
    /// Names of the registered functions, in the order of their bytes.
    pub functions: Vec<String>,
}

/// `GET /function/{function}/program`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct ProgramList {
    /// The loaded programs: standard base64 of their names inside the instance.
    pub programs: Vec<String>,
}

/// `GET /function/{function}/data_file`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct DataFileList {
    /// The loaded data files: standard base64 of their names inside the instance.
    pub data_files: Vec<String>,
}

/// `GET /instance`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct InstanceList {
    /// The instances' unique names, in the order of their bytes.
    pub instances: Vec<String>,
}

/// What `POST /instance` and `GET /instance/{instance}` answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct InstanceDescription {
    /// The unique name that the user gave.
    pub instance: String,
    /// The full policy, a JSON text whose SHA-256 is the policy hash.
    pub policy: String,
    /// Absent while the instance runs (an addition to the i-poc): `finished` or `failed` once its runtime has gone.
    #[serde(default, skip_serializing_if = "InstanceState::is_ready")]
    pub status: InstanceState,
}
