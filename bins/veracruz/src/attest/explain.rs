//! `veracruz attest explain`.

use std::path::PathBuf;

use clap::Args;
use serde_json::json;
use veracruz_attestation::nitro;

use super::refusal;
use crate::files::read;
use crate::output::{Answer, WrongUse};

#[derive(Args)]
pub(crate) struct Explain {
    /// The document as the device gave it (COSE_Sign1, binary); `-` for standard input.
    file: PathBuf,
}

impl Explain {
    pub(super) fn run(self) -> Result<Answer, WrongUse> {
        Ok(match nitro::parse_unverified(&read(&self.file)?) {
            Ok(unverified) => {
                let explanation = unverified.explain();
                Answer::accepted(explanation.to_string(), json!({"evidence": explanation}))
            }
            Err(error) => refusal(&error),
        })
    }
}
