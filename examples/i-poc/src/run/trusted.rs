//! What the user believes from elsewhere: the function that it has read, who may attest, which code may run.
//!
//! Nothing of it has a default that lowers the guard: what safety needs and nobody said ends the program before anybody is
//! asked for anything.

use std::fs;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use anyhow::{Context as _, bail, ensure};
use clap::Args;
use veracruz_client::Trust;
use veracruz_policy::audit::KnownInfrastructure;
use veracruz_policy::{Authorities, Certificate, Endpoint, FunctionPolicy, Platform, Sha256Digest};

#[derive(Args)]
#[command(next_help_heading = "What you believe")]
pub(super) struct Believed {
    /// The function policy as its operator publishes it: what you have read and agree with
    #[arg(long, value_name = "FILE")]
    function_policy: Option<PathBuf>,
    /// Whom you trust: `authorities`, `[[measurement]]`, whether a simulated instance will do (docs/TRUST.md)
    #[arg(long, value_name = "FILE")]
    trust: Option<PathBuf>,
    /// The certificate of the attestation authority that you know, instead of the trust file's `authorities`
    #[arg(long, value_name = "FILE")]
    authority: Option<PathBuf>,
    /// A runtime that you accept: the first 64 digits of the enclave image's PCR0 as `nitro:HEX`, or SHA-256 of
    /// `veracruz-server` as `simulated:HEX`; may be repeated; instead of the trust file's `[[measurement]]`
    #[arg(long = "runtime", value_name = "PLATFORM:HEX")]
    runtimes: Vec<AcceptedRuntime>,
    /// The attestation server that you know, as policies name it; without it its name is not compared
    #[arg(long, value_name = "HOST:PORT")]
    attestation_server: Option<String>,
    /// The certificate by which the function service loads programs; without it you see only what the loader may do
    #[arg(long, value_name = "FILE")]
    loader: Option<PathBuf>,
}

/// Code that the user was told of by somebody it believes.
#[derive(Clone)]
struct AcceptedRuntime {
    platform: Platform,
    hash: Sha256Digest,
}

impl FromStr for AcceptedRuntime {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (platform, hash) = text.split_once(':').context("write PLATFORM:HEX")?;
        Ok(AcceptedRuntime { platform: platform.parse()?, hash: hash.parse()? })
    }
}

/// What is believed.
pub(super) struct Trusted {
    pub(super) function: FunctionPolicy,
    pub(super) trust: Trust,
    pub(super) infrastructure: KnownInfrastructure,
    pub(super) loader: Option<Certificate>,
    /// Platforms for which the user said which code may run.
    pub(super) platforms: Vec<Platform>,
}

const NEEDS_FUNCTION: &str = "--function-policy FILE: the function policy as its operator publishes it, which you have \
    read; without it the function service says what is done with your data";
const NEEDS_AUTHORITY: &str = "--authority FILE, or `authorities` in the file of --trust: who may attest instances; without \
    it the function service names its own";
const NEEDS_RUNTIME: &str = "--runtime PLATFORM:HEX, or `[[measurement]]` in the file of --trust: the code that may run; \
    without it any code may hold your data";

impl Believed {
    /// Reads it all; `name` is the function that is asked for.
    pub(super) fn known(&self, name: &str) -> anyhow::Result<Trusted> {
        let (trust, file) = self.trust_file()?;
        let authority = self.authority.as_ref().or(file.authorities.as_ref());
        let mut platforms: Vec<Platform> = self.runtimes.iter().map(|runtime| runtime.platform).collect();
        platforms.extend(&file.platforms);
        let (Some(function), Some(authority), false) = (&self.function_policy, authority, platforms.is_empty()) else {
            bail!("what protects your data is missing; say{}", self.missing(&file, platforms.is_empty()));
        };
        let function = function_policy(function, name)?;
        let server = self.attestation_server.as_deref().map(Endpoint::parse).transpose();
        let infrastructure = KnownInfrastructure {
            attestation_server: server.context("--attestation-server")?,
            authorities: Some(authorities(authority)?),
            runtimes: self.runtimes.iter().map(|runtime| (runtime.platform, runtime.hash)).chain(file.pcr0).collect(),
            allow_simulated: trust.allows_simulated(),
        };
        let loader = self.loader.as_deref().map(certificate).transpose()?;
        Ok(Trusted { function, trust, infrastructure, loader, platforms })
    }

    fn missing(&self, file: &FromTrustFile, no_runtime: bool) -> String {
        let no_authority = self.authority.is_none() && file.authorities.is_none();
        let needs = [
            (self.function_policy.is_none(), NEEDS_FUNCTION),
            (no_authority, NEEDS_AUTHORITY),
            (no_runtime, NEEDS_RUNTIME),
        ];
        needs.iter().filter(|(missing, _)| *missing).map(|(_, say)| format!("\n  {say}")).collect()
    }

    /// Without a file only what the platform itself keeps the machine's owner out of is trusted.
    fn trust_file(&self) -> anyhow::Result<(Trust, FromTrustFile)> {
        let Some(path) = &self.trust else {
            return Ok((Trust::default(), FromTrustFile::default()));
        };
        // It is read strictly first: what is taken out of it below has its right form.
        let trust = Trust::read(path).with_context(|| format!("the trust file {} is bad", path.display()))?;
        let table: toml::Table = read_text(path)?.parse().with_context(|| format!("{} is no TOML", path.display()))?;
        let folder = path.parent().unwrap_or(Path::new(""));
        Ok((trust, FromTrustFile::of(&table, folder)))
    }
}

/// What an audit can use of a trust file.
#[derive(Default)]
struct FromTrustFile {
    authorities: Option<PathBuf>,
    platforms: Vec<Platform>,
    /// As policies have it: the first 32 bytes. An entry without PCR0 is compared by the client alone.
    pcr0: Vec<(Platform, Sha256Digest)>,
}

impl FromTrustFile {
    fn of(table: &toml::Table, folder: &Path) -> Self {
        let authorities = table.get("authorities").and_then(toml::Value::as_str).map(|name| folder.join(name));
        let entries = table.get("measurement").and_then(toml::Value::as_array);
        let mut from = FromTrustFile { authorities, ..FromTrustFile::default() };
        for entry in entries.into_iter().flatten() {
            let platform = entry.get("platform").and_then(toml::Value::as_str).and_then(|name| name.parse().ok());
            let Some(platform) = platform else { continue };
            from.platforms.push(platform);
            let pcr0 = entry.get("pcrs").and_then(|pcrs| pcrs.get("0")).and_then(toml::Value::as_str);
            let hash = pcr0.and_then(|digits| digits.get(..64)).and_then(|digits| digits.parse().ok());
            from.pcr0.extend(hash.map(|hash| (platform, hash)));
        }
        from
    }
}

fn function_policy(path: &Path, name: &str) -> anyhow::Result<FunctionPolicy> {
    let policy = FunctionPolicy::parse(&read_text(path)?);
    let policy = policy.with_context(|| format!("{} is no function policy", path.display()))?;
    let read = policy.function.as_str();
    ensure!(read == name, "{} is of the function {read:?}, and {name:?} is asked for", path.display());
    Ok(policy)
}

fn authorities(path: &Path) -> anyhow::Result<Authorities> {
    let authorities = Authorities::from_pem(&read_text(path)?);
    authorities.with_context(|| format!("{} is no certificate of an authority", path.display()))
}

fn certificate(path: &Path) -> anyhow::Result<Certificate> {
    let certificate = Certificate::from_pem(read_text(path)?.trim_end());
    certificate.with_context(|| format!("{} is no certificate", path.display()))
}

fn read_text(path: &Path) -> anyhow::Result<String> {
    fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
}
