//! A simulated Nitro Secure Module: documents of the real format under a root that protects nobody.
//!
//! It keeps the real module's rules, so that code which works here works in an enclave. It must never be mistaken for one:
//! its root is drawn at run time and named INSECURE, and verifiers call its platform `simulated`.

mod chain;
mod document;
mod registers;
mod root;

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use self::chain::Chain;
use self::document::MapForm;
use self::registers::Registers;
use super::nsm::{
    AttestationRequest, MAX_REQUEST_FIELD_BYTES, MAX_REQUEST_KEY_BYTES, Nsm, NsmDescription, NsmError, PcrState,
};
use crate::clock::Clock;
use crate::measurement::{PCR_COUNT, Pcr};

pub use registers::BootMeasurements;
pub use root::{INSECURE_ROOT_NAME, SimulatedError, SimulatedRoot};

/// How many random bytes one call gives, as the device does.
const RANDOM_BYTES: usize = 256;

/// A simulated module: one "enclave" with an id, registers and a chain of certificates of its own.
pub struct SimulatedNsm {
    module_id: String,
    root: Arc<SimulatedRoot>,
    clock: Box<dyn Clock>,
    map_form: MapForm,
    state: Mutex<State>,
}

struct State {
    registers: Registers,
    /// Made when first needed, and again when its time is over.
    chain: Option<Chain>,
}

impl SimulatedNsm {
    /// Starts an enclave under a random root of its own, which nobody trusts until told its fingerprint.
    ///
    /// # Errors
    ///
    /// [`SimulatedError`] when no random bytes can be had or the clock shows a time that certificates cannot hold.
    pub fn new(boot: BootMeasurements, clock: impl Clock + 'static) -> Result<Self, SimulatedError> {
        let root = SimulatedRoot::generate(clock.now())?;
        Self::under_root(Arc::new(root), boot, clock)
    }

    /// Starts an enclave under `root`, which several simulated instances of one deployment may share.
    ///
    /// # Errors
    ///
    /// [`SimulatedError`] when no random bytes can be had.
    pub fn under_root(
        root: Arc<SimulatedRoot>,
        boot: BootMeasurements,
        clock: impl Clock + 'static,
    ) -> Result<Self, SimulatedError> {
        let instance_id = format!("i-0{}", hex::encode(root::random::<8>()?));
        let module_id = format!("{instance_id}-enc0{}", hex::encode(root::random::<8>()?));
        let registers = Registers::at_boot(&boot, &instance_id);
        let state = Mutex::new(State { registers, chain: None });
        Ok(SimulatedNsm { module_id, root, clock: Box::new(clock), map_form: MapForm::Indefinite, state })
    }

    /// Writes the payload as a map of definite length, as real modules did until 2024; since then it is indefinite.
    #[must_use]
    pub fn with_definite_map(mut self) -> Self {
        self.map_form = MapForm::Definite;
        self
    }

    /// Runs as in debug mode: PCR0, PCR1 and PCR2 are zero.
    #[must_use]
    pub fn in_debug_mode(self) -> Self {
        self.state().registers.forget_the_code();
        self
    }

    /// The enclave's id, `<instance>-enc<id>`.
    pub fn module_id(&self) -> &str {
        &self.module_id
    }

    /// The root that signs for this enclave; its fingerprint is what verifiers must be told.
    pub fn root(&self) -> &SimulatedRoot {
        &self.root
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // A panic of another caller cannot leave the state half-changed: each change is one assignment.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Nsm for SimulatedNsm {
    fn describe(&self) -> Result<NsmDescription, NsmError> {
        Ok(NsmDescription {
            version_major: 1,
            version_minor: 0,
            version_patch: 0,
            module_id: self.module_id.clone(),
            max_pcrs: u16::from(PCR_COUNT),
            locked_pcrs: self.state().registers.locked().map(|(index, _)| u16::from(index)).collect(),
            digest: "SHA384".to_owned(),
        })
    }

    fn describe_pcr(&self, index: u8) -> Result<PcrState, NsmError> {
        self.state().registers.describe(index)
    }

    fn extend_pcr(&self, index: u8, data: &[u8]) -> Result<Pcr, NsmError> {
        self.state().registers.extend(index, data)
    }

    fn lock_pcr(&self, index: u8) -> Result<(), NsmError> {
        self.state().registers.lock(index)
    }

    fn lock_pcrs(&self, range: u8) -> Result<(), NsmError> {
        self.state().registers.lock_range(range)
    }

    fn attest(&self, request: &AttestationRequest) -> Result<Vec<u8>, NsmError> {
        check_length(request.user_data.as_deref(), MAX_REQUEST_FIELD_BYTES)?;
        check_length(request.nonce.as_deref(), MAX_REQUEST_FIELD_BYTES)?;
        check_length(request.public_key.as_deref(), MAX_REQUEST_KEY_BYTES)?;
        let now = self.clock.now();
        let mut state = self.state();
        let usable = state.chain.take().filter(|chain| chain.serves(now));
        let chain = match usable {
            Some(chain) => chain,
            None => Chain::issue(&self.root, &self.module_id, now).map_err(|_| NsmError::InternalError)?,
        };
        let written = document::write(&self.module_id, now, &state.registers, &chain, request, self.map_form);
        state.chain = Some(chain);
        written
    }

    fn random(&self) -> Result<Vec<u8>, NsmError> {
        root::random::<RANDOM_BYTES>().map(Vec::from).map_err(|_| NsmError::InternalError)
    }
}

/// Says which enclave it is and that it protects nothing; keys and registers stay out.
impl fmt::Debug for SimulatedNsm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SimulatedNsm(INSECURE, {})", self.module_id)
    }
}

fn check_length(field: Option<&[u8]>, most: usize) -> Result<(), NsmError> {
    if field.is_some_and(|bytes| bytes.len() > most) { Err(NsmError::InputTooLarge) } else { Ok(()) }
}
