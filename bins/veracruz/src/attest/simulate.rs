//! `veracruz attest simulate`.

use std::path::PathBuf;

use anyhow::Context;
use clap::Args;
use serde_json::json;
use time::OffsetDateTime;
use veracruz_attestation::attester::{AttestationRequest, BootMeasurements, Nsm, SimulatedNsm};
use veracruz_attestation::measure::measure_program;

use super::HexBytes;
use crate::files::{Access, open, write_new};
use crate::output::{Answer, WrongUse};

#[derive(Args)]
pub(crate) struct Simulate {
    /// The program that the evidence shall be of.
    #[arg(long, value_name = "FILE")]
    program: PathBuf,
    /// Where the evidence goes.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Where the root's certificate goes, in PEM.
    #[arg(long, value_name = "FILE")]
    root: PathBuf,
    /// The verifier's nonce.
    #[arg(long, value_name = "HEX")]
    nonce: Option<HexBytes>,
    /// What the enclave adds.
    #[arg(long, value_name = "HEX")]
    user_data: Option<HexBytes>,
    /// As an enclave in debug mode would make it.
    #[arg(long)]
    debug: bool,
    /// Replace files that exist.
    #[arg(long)]
    force: bool,
}

impl Simulate {
    pub(super) fn run(self) -> Result<Answer, WrongUse> {
        let program = measure_program(open(&self.program)?);
        let boot: BootMeasurements = program.with_context(|| format!("cannot read {}", self.program.display()))?.into();
        let mut module =
            SimulatedNsm::new(boot.clone(), OffsetDateTime::now_utc).context("cannot simulate a device")?;
        if self.debug {
            module = module.in_debug_mode();
        }
        let bytes = |given: Option<HexBytes>| given.map(|HexBytes(bytes)| bytes);
        let request =
            AttestationRequest { nonce: bytes(self.nonce), user_data: bytes(self.user_data), public_key: None };
        let evidence = module.attest(&request).context("the simulated device refuses")?;
        write_new(&self.out, &evidence, Access::Anyone, self.force)?;
        write_new(&self.root, module.root().pem().as_bytes(), Access::Anyone, self.force)?;
        let words = format!(
            "INSECURE evidence: {}\nIts root: {} (SHA-256 {})\nPCR0: {}",
            self.out.display(),
            self.root.display(),
            module.root().fingerprint(),
            boot.pcr0,
        );
        let json = json!({
            "evidence": self.out, "root": self.root, "root_sha256": module.root().fingerprint(),
            "module_id": module.module_id(), "pcrs": {"0": boot.pcr0, "1": boot.pcr1, "2": boot.pcr2},
        });
        Ok(Answer::accepted(words, json))
    }
}
