//! `veracruz policy new`: a full policy from the inputs of Veracruz's policy generator.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow, bail, ensure};
use clap::Args;
use serde_json::json;
use time::format_description::well_known::{Rfc2822, Rfc3339};
use time::{Duration, OffsetDateTime, UtcOffset};
use veracruz_attestation::measure::measure_program;
use veracruz_policy::{
    Authorities, Certificate, Endpoint, ExecutionStrategy, FullPolicy, Platform, PolicyBuilder, Sha256Digest, Timepoint,
};

use super::audit::runtime;
use crate::files::{Access, open, read_text, write_new};
use crate::output::{Answer, WrongUse};

/// Days until the instance's certificate expires when nobody says otherwise, as VaaS of the i-poc has it.
const DEFAULT_EXPIRY_DAYS: i64 = 180;

pub(super) const EXAMPLE: &str = "\
Example:
  veracruz policy new --certificate 'alice.cert.pem => /input/:w,/output/:r,/program/:x' \\
    --program-binary '/program/sum.wasm=sum.wasm => /input/:r,/output/:w' \\
    --veracruz-server-ip localhost:3014 --proxy-attestation-server-ip localhost:3010 \\
    --proxy-attestation-server-cert service.cert.pem --pcr-file pcr0.hex --output-policy-file policy.json";

#[derive(Args)]
pub(crate) struct New {
    /// A participant: a certificate file, and what its owner may do.
    #[arg(short, long, value_name = "PEM_FILE [=> RIGHTS]", required = true)]
    certificate: Vec<String>,
    /// A program: its name in the instance, the file (its hash is fixed in the policy), and what it may do.
    #[arg(short = 'w', long, value_name = "NAME[=FILE] [=> RIGHTS]")]
    program_binary: Vec<String>,
    /// A pipeline: its name, its text, and what its programs may do.
    #[arg(long, value_name = "NAME=TEXT [=> RIGHTS]")]
    pipeline: Vec<String>,
    /// Rights for certificates, programs and pipelines that have none behind `=>`, in that order.
    #[arg(short = 'p', long, value_name = "RIGHTS")]
    capability: Vec<String>,
    /// Fix the content of another file of the instance.
    #[arg(long, value_name = "NAME=FILE")]
    hashes: Vec<String>,
    /// Where the instance will listen.
    #[arg(short = 's', long, alias = "server", value_name = "HOST:PORT")]
    veracruz_server_ip: String,
    /// Where the attestation server is.
    #[arg(short = 't', long, value_name = "HOST:PORT")]
    proxy_attestation_server_ip: String,
    /// The certificates of the attestation server.
    #[arg(long, value_name = "PEM_FILE")]
    proxy_attestation_server_cert: PathBuf,
    /// Accept the runtime without isolation with this binary (its SHA-256). INSECURE: for development.
    #[arg(short = 'b', long, value_name = "FILE")]
    css_file: Option<PathBuf>,
    /// Accept the Nitro runtime whose PCR0 stands in this file, in hexadecimal digits.
    #[arg(short = 'l', long, value_name = "FILE")]
    pcr_file: Option<PathBuf>,
    /// Accept a runtime by its measurement; may be repeated for different platforms.
    #[arg(long, value_name = "PLATFORM=HEX", value_parser = runtime)]
    runtime: Vec<(Platform, Sha256Digest)>,
    /// When the instance's certificate expires, in RFC 2822 or RFC 3339 [default: in 180 days].
    #[arg(short = 'x', long, value_name = "DATE", value_parser = date)]
    certificate_expiry: Option<OffsetDateTime>,
    /// How programs are executed: JIT or Interpretation.
    #[arg(short = 'e', long, default_value = "JIT")]
    execution_strategy: ExecutionStrategy,
    /// Let programs see the real time.
    #[arg(short = 'n', long)]
    enable_clock: bool,
    /// The least memory of the instance, in MiB.
    #[arg(short = 'm', long, default_value_t = 256)]
    max_memory_mib: u32,
    /// Debug mode: the machine's owner may see into the instance.
    #[arg(short = 'd', long)]
    enclave_debug_mode: bool,
    /// Where the policy goes; `-` for standard output.
    #[arg(short = 'o', long, value_name = "FILE", default_value = "-")]
    output_policy_file: PathBuf,
    /// Replace a file that exists.
    #[arg(long)]
    force: bool,
}

fn date(text: &str) -> Result<OffsetDateTime, String> {
    let parsed = OffsetDateTime::parse(text, &Rfc3339).or_else(|_| OffsetDateTime::parse(text, &Rfc2822));
    parsed.map_err(|_| "write 2027-01-31T12:00:00Z or Sun, 31 Jan 2027 12:00:00 +0000".to_owned())
}

impl New {
    pub(super) fn run(self) -> Result<Answer, WrongUse> {
        let policy = self.build()?;
        let hash = policy.hash();
        if self.output_policy_file == Path::new("-") {
            let json = json!({"policy": policy.text(), "hash": hash});
            return Ok(Answer::accepted(policy.text(), json));
        }
        write_new(&self.output_policy_file, policy.text().as_bytes(), Access::Anyone, self.force)?;
        let file = self.output_policy_file.display();
        let json = json!({"file": self.output_policy_file, "hash": hash});
        Ok(Answer::accepted(format!("{file}: a full policy with the hash {hash}"), json))
    }

    fn build(&self) -> anyhow::Result<FullPolicy> {
        let mut builder = self.start()?;
        let mut capabilities: VecDeque<&str> = self.capability.iter().map(String::as_str).collect();
        let mut rights = |text: Option<&str>, whose: &str| match text {
            Some(text) => Ok(text.to_owned()),
            None => capabilities
                .pop_front()
                .map(str::to_owned)
                .ok_or_else(|| anyhow!("{whose} has no rights; write `{whose} => /input/:r` or add a --capability")),
        };
        for identity in &self.certificate {
            let (file, given) = split_rights(identity);
            let certificate = Certificate::from_pem(&read_text(Path::new(file))?).with_context(|| file.to_owned())?;
            builder = builder.identity(certificate, &rights(given, file)?).with_context(|| file.to_owned())?;
        }
        // The old generator took several programs in one value, separated by commas.
        for program in self.program_binary.iter().flat_map(|text| programs_of(text)) {
            let (program, given) = split_rights(program);
            let (name, file) = program.split_once('=').map_or((program, None), |(name, file)| (name, Some(file)));
            let hash = file.map(|file| sha256(Path::new(file))).transpose()?;
            builder = builder.program(name, hash, &rights(given, name)?).with_context(|| name.to_owned())?;
        }
        for pipeline in &self.pipeline {
            let (pipeline, given) = split_rights(pipeline);
            let (name, text) = pipeline.split_once('=').context("--pipeline wants NAME=TEXT")?;
            builder =
                builder.pipeline(name.trim(), text.trim(), &rights(given, name)?).with_context(|| name.to_owned())?;
        }
        ensure!(capabilities.is_empty(), "{} --capability more than there is to give rights to", capabilities.len());
        for hash in &self.hashes {
            let (name, file) = hash.split_once('=').context("--hashes wants NAME=FILE")?;
            builder = builder.file_hash(name, sha256(Path::new(file))?)?;
        }
        Ok(builder.build()?)
    }

    /// Everything but the parties.
    fn start(&self) -> anyhow::Result<PolicyBuilder> {
        let server = Endpoint::parse(&self.veracruz_server_ip).context("--veracruz-server-ip")?;
        let attestation =
            Endpoint::parse(&self.proxy_attestation_server_ip).context("--proxy-attestation-server-ip")?;
        let file = &self.proxy_attestation_server_cert;
        let authorities = Authorities::from_pem(&read_text(file)?).with_context(|| file.display().to_string())?;
        let mut builder = PolicyBuilder::new(server, attestation, authorities, self.expiry()?)
            .execution_strategy(self.execution_strategy)
            .enable_clock(self.enable_clock)
            .max_memory_mib(self.max_memory_mib)
            .debug(self.enclave_debug_mode);
        for (platform, hash) in self.runtimes()? {
            builder = builder.runtime(platform, hash);
        }
        Ok(builder)
    }

    fn runtimes(&self) -> anyhow::Result<Vec<(Platform, Sha256Digest)>> {
        let mut runtimes = self.runtime.clone();
        if let Some(file) = &self.css_file {
            runtimes.push((Platform::Simulated, sha256(file)?));
        }
        if let Some(file) = &self.pcr_file {
            let text = read_text(file)?;
            let pcr =
                runtime(&format!("nitro={}", text.trim())).map_err(|reason| anyhow!("{}: {reason}", file.display()))?;
            runtimes.push(pcr);
        }
        for platform in [Platform::Nitro, Platform::Simulated] {
            let count = runtimes.iter().filter(|(of, _)| *of == platform).count();
            ensure!(count <= 1, "{count} runtimes for {platform}; a policy accepts one for each platform");
        }
        if runtimes.is_empty() {
            bail!("no runtime to accept; give --pcr-file, --runtime nitro=HEX, or for development --css-file");
        }
        Ok(runtimes)
    }

    fn expiry(&self) -> anyhow::Result<Timepoint> {
        let default = || OffsetDateTime::now_utc() + Duration::days(DEFAULT_EXPIRY_DAYS);
        let at = self.certificate_expiry.unwrap_or_else(default).to_offset(UtcOffset::UTC);
        let year = u32::try_from(at.year()).context("the expiry's year")?;
        let (month, day) = (u8::from(at.month()).into(), at.day().into());
        Timepoint::new(year, month, day, at.hour().into(), at.minute().into()).context("--certificate-expiry")
    }
}

/// `a => b` is `a` with the rights `b`.
fn split_rights(text: &str) -> (&str, Option<&str>) {
    match text.split_once("=>") {
        Some((name, rights)) => (name.trim(), Some(rights.trim())),
        None => (text.trim(), None),
    }
}

fn programs_of(text: &str) -> Vec<&str> {
    if text.contains("=>") { vec![text] } else { text.split(',').collect() }
}

fn sha256(file: &Path) -> anyhow::Result<Sha256Digest> {
    let measured = measure_program(open(file)?).with_context(|| format!("cannot read {}", file.display()))?;
    Ok(measured.sha256)
}
