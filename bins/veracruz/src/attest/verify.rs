//! `veracruz attest verify`.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, ensure};
use clap::Args;
use serde_json::json;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use veracruz_attestation::Pcr;
use veracruz_attestation::nitro::{self, AnchorError, Anchors, DEFAULT_MAX_AGE, Genuine, Refusal, root_from_file};
use veracruz_policy::Platform;

use super::{HexBytes, refusal};
use crate::files::read;
use crate::output::{Answer, WrongUse};

pub(super) const EXAMPLE: &str = "\
Example:
  veracruz attest verify --pcr 0=4d5c… --nonce 9f86d081… document.bin
  veracruz attest verify --at 2025-12-25T12:00:00Z archived.bin";

#[derive(Args)]
pub(crate) struct Verify {
    /// The document as the device gave it (COSE_Sign1, binary); `-` for standard input.
    file: PathBuf,
    /// Trust AWS's root for Nitro Enclaves (commercial partition). This is the default.
    #[arg(long, conflicts_with = "anchor")]
    aws: bool,
    /// Trust this root instead (DER or PEM). INSECURE unless it is AWS's: what another root signs is of the platform
    /// `simulated`.
    #[arg(long, value_name = "ROOT_FILE")]
    anchor: Option<PathBuf>,
    /// Accept evidence of the simulated platform, which protects nobody from the machine's owner.
    #[arg(long)]
    allow_simulated: bool,
    /// The time of the verification [default: now].
    #[arg(long, value_name = "RFC3339", value_parser = date)]
    at: Option<OffsetDateTime>,
    /// Demand this value of a register; may be repeated.
    #[arg(long, value_name = "N=HEX", value_parser = pcr)]
    pcr: Vec<(u8, Pcr)>,
    /// Demand this nonce, the one that you sent with your request.
    #[arg(long, value_name = "HEX")]
    nonce: Option<HexBytes>,
    /// Demand these user data.
    #[arg(long, value_name = "HEX")]
    user_data: Option<HexBytes>,
    /// Accept an enclave in debug mode, whose owner reads its memory and console.
    #[arg(long)]
    allow_debug: bool,
    /// Demand that the document is at most so old, in seconds [default with --nonce: 300].
    #[arg(long, value_name = "SECONDS")]
    max_age: Option<u32>,
}

fn date(text: &str) -> Result<OffsetDateTime, String> {
    OffsetDateTime::parse(text, &Rfc3339).map_err(|_| "write 2026-01-31T12:00:00Z".to_owned())
}

fn pcr(text: &str) -> Result<(u8, Pcr), String> {
    let (index, value) = text.split_once('=').ok_or("write N=HEX, for example 0=4d5c…")?;
    let index = index.parse().ok().filter(|index| *index < veracruz_attestation::PCR_COUNT);
    let index = index.ok_or("registers are numbered from 0 to 31")?;
    let value: Pcr = value.parse().map_err(|error: veracruz_attestation::PcrError| error.to_string())?;
    if value.is_zero() {
        return Err("a value of zeros only is what debug mode shows, and says nothing about the code".to_owned());
    }
    Ok((index, value))
}

impl Verify {
    pub(super) fn run(self) -> Result<Answer, WrongUse> {
        let mut indices: Vec<u8> = self.pcr.iter().map(|(index, _)| *index).collect();
        indices.sort_unstable();
        ensure!(indices.is_sorted_by(|one, next| one < next), "a register is given twice with --pcr");
        let anchors = self.anchors()?;
        if !anchors.platform().is_isolated() && !self.allow_simulated {
            let reason = "an anchor of your own proves the platform `simulated` only, in which the machine's owner sees \
                          everything; say --allow-simulated if that is what you want";
            return Ok(Answer::refused("simulated-platform", reason, json!({})));
        }
        let document = read(&self.file)?;
        let at = self.at.unwrap_or_else(OffsetDateTime::now_utc);
        Ok(match self.check(&document, &anchors, at) {
            Ok(genuine) => self.accepted(&genuine),
            Err(error) => refusal(&error),
        })
    }

    fn anchors(&self) -> anyhow::Result<Anchors> {
        let Some(file) = &self.anchor else { return Ok(Anchors::aws()) };
        let der = root_from_file(&read(file)?).with_context(|| file.display().to_string())?;
        match Anchors::insecure(&der) {
            // Whoever names AWS's root by its file means AWS.
            Err(AnchorError::IsAws) => Ok(Anchors::aws()),
            anchors => anchors.with_context(|| file.display().to_string()),
        }
    }

    /// The order of the library's own appraisal; what was not asked for is left out, and the explanation says so.
    fn check(&self, document: &[u8], anchors: &Anchors, at: OffsetDateTime) -> Result<Genuine, Refusal> {
        let mut genuine = nitro::authenticate(document, anchors, at)?;
        if self.nonce.is_some() || self.max_age.is_some() {
            let max_age = self.max_age.map_or(DEFAULT_MAX_AGE, |seconds| Duration::from_secs(seconds.into()));
            genuine.check_fresh(at, max_age)?;
        }
        if !self.allow_debug {
            genuine.refuse_debug()?;
        }
        if let Some(HexBytes(nonce)) = &self.nonce {
            genuine.check_nonce(nonce)?;
        }
        if let Some(HexBytes(user_data)) = &self.user_data {
            genuine.check_user_data(user_data)?;
        }
        for (index, value) in &self.pcr {
            genuine.check_pcr(*index, value)?;
        }
        genuine.check_instance()?;
        Ok(genuine)
    }

    fn accepted(&self, genuine: &Genuine) -> Answer {
        let explanation = genuine.explain();
        let compared = !self.pcr.is_empty();
        let mut verdict = format!("accepted: genuine evidence of the platform {}", genuine.platform());
        if genuine.platform() == Platform::Simulated {
            verdict.push_str("\nINSECURE: this platform protects nobody from the machine's owner");
        }
        if genuine.is_debug() {
            verdict.push_str("\nINSECURE: the enclave is in debug mode; its owner reads its memory and console");
        }
        if !compared {
            verdict.push_str("\nNO MEASUREMENT WAS COMPARED: any code could have asked for this evidence; give --pcr");
        }
        let json = json!({
            "platform": genuine.platform(), "measurement_compared": compared, "evidence": explanation,
        });
        Answer::accepted(format!("{explanation}\n{verdict}"), json)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn registers_are_given_as_index_and_value() {
        let value = "ab".repeat(48);
        assert_eq!(pcr(&format!("31={value}")).unwrap().0, 31);
        for text in ["0", "32=ab", "0=ab", &format!("x={value}"), &format!("0={}", "00".repeat(48))] {
            assert!(pcr(text).is_err(), "{text}");
        }
    }
}
