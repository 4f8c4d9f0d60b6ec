//! `veracruz policy audit`: may I send my data to an instance under this policy?

use std::path::PathBuf;

use anyhow::Context;
use clap::Args;
use serde_json::json;
use veracruz_policy::audit::{Asked, Finding, KnownInfrastructure, Severity, audit};
use veracruz_policy::{
    Authorities, Certificate, Endpoint, FullPolicy, FunctionPolicy, Platform, Sha256Digest, UserPolicy,
};

use super::read::{full, refusal};
use crate::files::read_text;
use crate::output::{Answer, WrongUse};

pub(super) const EXAMPLE: &str = "\
Example:
  veracruz policy audit policy.json --function function.json --user user.json --loader ccfaas.cert.pem \\
    --attestation-server veracruz-nitro-proxy:3010 --authority proxy.cert.pem --runtime nitro=f2ae0de7…";

#[derive(Args)]
pub(crate) struct Audit {
    /// The full policy that the service gave you.
    policy: PathBuf,
    /// The function policy, as its operator publishes it.
    #[arg(long, value_name = "FILE")]
    function: PathBuf,
    /// The user policy that you sent.
    #[arg(long, value_name = "FILE")]
    user: PathBuf,
    #[command(flatten)]
    known: Known,
}

/// What the user knows of the services from elsewhere.
#[derive(Args)]
pub(crate) struct Known {
    /// The certificate by which the function service loads programs.
    #[arg(long, value_name = "PEM_FILE")]
    loader: Option<PathBuf>,
    /// Where the attestation server must be.
    #[arg(long, value_name = "HOST:PORT")]
    attestation_server: Option<String>,
    /// The certificates of the attestation server.
    #[arg(long, value_name = "PEM_FILE")]
    authority: Option<PathBuf>,
    /// A runtime that you accept; may be repeated.
    #[arg(long, value_name = "PLATFORM=HEX", value_parser = runtime)]
    runtime: Vec<(Platform, Sha256Digest)>,
    /// Accept a runtime without isolation, in which the machine's owner sees everything.
    #[arg(long)]
    pub(crate) allow_simulated: bool,
}

/// `nitro=…` or `simulated=…` with 64 hexadecimal digits, or the 96 of a whole PCR0, of which policies carry the first 64.
pub(super) fn runtime(text: &str) -> Result<(Platform, Sha256Digest), String> {
    let (platform, hex) = text.split_once('=').ok_or("write PLATFORM=HEX, for example nitro=f2ae…")?;
    let platform = platform.parse().map_err(|error: veracruz_policy::UnknownPlatform| error.to_string())?;
    let whole_pcr = hex.len() == 96 && hex.bytes().all(|byte| byte.is_ascii_hexdigit());
    let digits = if whole_pcr { hex.get(..64).unwrap_or(hex) } else { hex };
    let digest = digits.parse().map_err(|error: veracruz_policy::DigestError| error.to_string())?;
    Ok((platform, digest))
}

impl Audit {
    pub(super) fn run(self) -> Result<Answer, WrongUse> {
        let policy = match full(&self.policy)? {
            Ok(policy) => policy,
            Err(error) => return Ok(refusal(&error, &self.policy)),
        };
        let function = FunctionPolicy::parse(&read_text(&self.function)?)
            .with_context(|| format!("{} is no function policy", self.function.display()))?;
        let user = UserPolicy::parse(&read_text(&self.user)?)
            .with_context(|| format!("{} is no user policy", self.user.display()))?;
        let findings = self.known.compare(&policy, &function, &user)?;
        Ok(answer(&findings, policy.hash()))
    }
}

impl Known {
    /// Compares a policy with what was asked for.
    pub(crate) fn compare(
        &self,
        policy: &FullPolicy,
        function: &FunctionPolicy,
        user: &UserPolicy,
    ) -> anyhow::Result<Vec<Finding>> {
        let loader = self.loader()?;
        let infrastructure = self.infrastructure()?;
        let asked = Asked { function, user, loader: loader.as_ref(), infrastructure: &infrastructure };
        audit(policy, &asked).context("there is nothing to compare with")
    }

    /// That all files can be read, before there is something to compare.
    pub(crate) fn check(&self) -> anyhow::Result<()> {
        self.infrastructure()?;
        self.loader().map(drop)
    }

    fn loader(&self) -> anyhow::Result<Option<Certificate>> {
        match &self.loader {
            Some(file) => {
                Ok(Some(Certificate::from_pem(&read_text(file)?).with_context(|| file.display().to_string())?))
            }
            None => Ok(None),
        }
    }

    fn infrastructure(&self) -> anyhow::Result<KnownInfrastructure> {
        let attestation_server = match &self.attestation_server {
            Some(text) => Some(Endpoint::parse(text).context("--attestation-server")?),
            None => None,
        };
        let authorities = match &self.authority {
            Some(file) => Some(Authorities::from_pem(&read_text(file)?).with_context(|| file.display().to_string())?),
            None => None,
        };
        let (runtimes, allow_simulated) = (self.runtime.clone(), self.allow_simulated);
        Ok(KnownInfrastructure { attestation_server, authorities, runtimes, allow_simulated })
    }
}

fn answer(findings: &[Finding], hash: Sha256Digest) -> Answer {
    let json = json!({"findings": findings, "policy_hash": hash});
    let mut words: Vec<String> = findings.iter().map(ToString::to_string).collect();
    let grave = findings.iter().filter(|finding| finding.severity != Severity::Notice).count();
    if grave == 0 {
        words.push(format!("The policy {hash} gives nobody more than you asked for."));
        return Answer::accepted(words.join("\n"), json);
    }
    let reason = format!("{grave} finding(s) speak against this policy");
    words.push(format!("refused [policy-not-as-asked]: {reason}"));
    Answer::refused("policy-not-as-asked", reason, json).with_words(words.join("\n"))
}
