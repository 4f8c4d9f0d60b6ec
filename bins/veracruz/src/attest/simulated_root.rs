//! `veracruz attest simulated-root`.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;
use serde_json::json;
use time::OffsetDateTime;
use veracruz_attestation::attester::SimulatedRoot;

use crate::files::{Access, write_new};
use crate::output::{Answer, WrongUse};

#[derive(Args)]
pub(crate) struct MakeRoot {
    /// Where the root goes, with its key; its certificate alone goes beside it, with `.pem` added.
    file: PathBuf,
    /// Replace files that exist.
    #[arg(long)]
    force: bool,
}

impl MakeRoot {
    pub(super) fn run(self) -> Result<Answer, WrongUse> {
        let root = SimulatedRoot::generate(OffsetDateTime::now_utc()).context("cannot make a root")?;
        let certificate = self.file.with_added_extension("pem");
        write_new(&self.file, root.export().as_bytes(), Access::OwnerOnly, self.force)?;
        write_new(&certificate, root.pem().as_bytes(), Access::Anyone, self.force)?;
        let words = format!(
            "INSECURE root: {} (keep it to yourself)\nIts certificate: {} (SHA-256 {})",
            self.file.display(),
            certificate.display(),
            root.fingerprint(),
        );
        let json = json!({"root": self.file, "certificate": certificate, "root_sha256": root.fingerprint()});
        Ok(Answer::accepted(words, json))
    }
}
