//! Makes evidence: the port to a Nitro Secure Module (NSM), and a simulated one.
//!
//! Nothing here judges evidence, and nothing here keeps a key that anybody should trust: the simulated module's root is
//! drawn at first use and says INSECURE in its name.

#[cfg(all(feature = "nsm-device", target_os = "linux"))]
mod device;
mod nsm;
mod simulated;

#[cfg(all(feature = "nsm-device", target_os = "linux"))]
pub use device::{DEVICE_PATH, DeviceNsm};
pub use nsm::{
    AttestationRequest, MAX_REQUEST_FIELD_BYTES, MAX_REQUEST_KEY_BYTES, Nsm, NsmDescription, NsmError, PcrState,
    RESERVED_PCRS,
};
pub use simulated::{BootMeasurements, INSECURE_ROOT_NAME, SimulatedError, SimulatedNsm, SimulatedRoot};
