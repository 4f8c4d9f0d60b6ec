//! The secure module of a real enclave: `/dev/nsm`.
//!
//! Messages are CBOR in the forms of AWS's `aws-nitro-enclaves-nsm-api` 0.5 (serde's externally tagged enums): the
//! encoding and decoding here are pure, the system call stands alone in [`ioctl`].

mod ioctl;
mod request;
mod response;
#[cfg(test)]
mod tests;

use std::fs::{File, OpenOptions};
use std::io;

use super::nsm::{
    AttestationRequest, MAX_REQUEST_FIELD_BYTES, MAX_REQUEST_KEY_BYTES, Nsm, NsmDescription, NsmError, PcrState,
};
use crate::measurement::Pcr;

/// Where Linux shows the device inside an enclave.
pub const DEVICE_PATH: &str = "/dev/nsm";

/// The largest request that the driver takes (`NSM_REQUEST_MAX_SIZE`).
const MAX_REQUEST_BYTES: usize = 0x1000;

/// The largest answer that the driver gives (`NSM_RESPONSE_MAX_SIZE`).
const MAX_RESPONSE_BYTES: usize = 0x3000;

/// The secure module of the enclave that this process runs in.
#[derive(Debug)]
pub struct DeviceNsm(Channel);

impl DeviceNsm {
    /// Opens [`DEVICE_PATH`].
    ///
    /// # Errors
    ///
    /// [`NsmError::Unreachable`] outside of an enclave, or without the right to open the device.
    pub fn open() -> Result<Self, NsmError> {
        let opened = OpenOptions::new().read(true).write(true).open(DEVICE_PATH);
        let device = opened.map_err(|source| NsmError::Unreachable {
            what: "opening /dev/nsm, which is there only inside a Nitro enclave",
            source,
        })?;
        Ok(DeviceNsm(Channel::Device(device)))
    }

    fn exchange(&self, request: &[u8]) -> Result<Vec<u8>, NsmError> {
        if request.len() > MAX_REQUEST_BYTES {
            return Err(NsmError::InputTooLarge);
        }
        let mut response = vec![0; MAX_RESPONSE_BYTES];
        let length = self.0.exchange(request, &mut response).map_err(|source| match source.raw_os_error() {
            // What the driver says of a message past its bounds.
            Some(code) if code == rustix::io::Errno::MSGSIZE.raw_os_error() => NsmError::InputTooLarge,
            _ => NsmError::Unreachable { what: "sending a request to /dev/nsm", source },
        })?;
        response.truncate(length);
        Ok(response)
    }
}

impl Nsm for DeviceNsm {
    fn describe(&self) -> Result<NsmDescription, NsmError> {
        response::description(&self.exchange(&request::describe_nsm())?)
    }

    fn describe_pcr(&self, index: u8) -> Result<PcrState, NsmError> {
        response::pcr_state(&self.exchange(&request::describe_pcr(index))?)
    }

    fn extend_pcr(&self, index: u8, data: &[u8]) -> Result<Pcr, NsmError> {
        response::extended(&self.exchange(&request::extend_pcr(index, data))?)
    }

    fn lock_pcr(&self, index: u8) -> Result<(), NsmError> {
        response::locked_pcr(&self.exchange(&request::lock_pcr(index))?)
    }

    fn lock_pcrs(&self, range: u8) -> Result<(), NsmError> {
        response::locked_pcrs(&self.exchange(&request::lock_pcrs(range))?)
    }

    fn attest(&self, request: &AttestationRequest) -> Result<Vec<u8>, NsmError> {
        let is_longer = |field: &Option<Vec<u8>>, most| field.as_ref().is_some_and(|field| field.len() > most);
        if is_longer(&request.user_data, MAX_REQUEST_FIELD_BYTES)
            || is_longer(&request.nonce, MAX_REQUEST_FIELD_BYTES)
            || is_longer(&request.public_key, MAX_REQUEST_KEY_BYTES)
        {
            return Err(NsmError::InputTooLarge);
        }
        response::document(&self.exchange(&request::attestation(request))?)
    }

    fn random(&self) -> Result<Vec<u8>, NsmError> {
        response::random(&self.exchange(&request::get_random())?)
    }
}

/// What answers: the device, or in tests a script of what it would say.
#[derive(Debug)]
enum Channel {
    Device(File),
    #[cfg(test)]
    Script(tests::Script),
}

impl Channel {
    /// Sends a request and gives the length of the answer in `response`.
    fn exchange(&self, request: &[u8], response: &mut [u8]) -> io::Result<usize> {
        match self {
            Channel::Device(device) => ioctl::exchange(device, request, response),
            #[cfg(test)]
            Channel::Script(script) => script.exchange(request, response),
        }
    }
}
