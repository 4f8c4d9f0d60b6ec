//! What instances run on: the program, what it is told, and what its measurement is.

use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::net::{IpAddr, Ipv4Addr};
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;
use vaas_core::process::ProcessSettings;
use veracruz_attestation::measure::{Eif, measure_program, runtime_hash};
use veracruz_policy::{Platform, Sha256Digest, UnknownPlatform};
use veracruz_serve::config::Problems;

use crate::config::Flags;

/// Where the instances' state lies unless told otherwise.
const STATE: &str = "vaas-server-state";

/// Time for a process to take sessions: what the host of Veracruz gives its runtime.
const START_TIMEOUT: Duration = Duration::from_secs(30);

/// Time for an enclave: its image is loaded, and its kernel boots. Below the time of a request.
const ENCLAVE_START_TIMEOUT: Duration = Duration::from_secs(100);

/// Time for the host of an enclave to end after SIGTERM: it terminates the enclave, which must not outlive it.
const ENCLAVE_STOP_BOUND: Duration = Duration::from_secs(60);

/// What instances run on.
#[derive(Debug)]
pub(crate) struct Hosting {
    pub(crate) driver: ProcessSettings,
    pub(crate) start_timeout: Duration,
    pub(crate) max_memory_mib: Option<u32>,
    pub(crate) platform: Platform,
    image: Option<PathBuf>,
}

impl Hosting {
    /// From the flags. What is wrong goes to `problems`.
    pub(crate) fn read(flags: Flags, problems: &mut Problems) -> Option<Self> {
        let platform = problems.take("platform", platform(&flags));
        let program = flags.veracruz_server.clone().map_or_else(program_beside, Ok).and_then(std::path::absolute);
        let program = problems.take("veracruz-server", program);
        let state = flags.state.clone().unwrap_or_else(|| STATE.into());
        let state = problems.take("state", std::path::absolute(state));
        let root = problems.take("simulated-root", absolute(flags.simulated_root.as_deref()));
        let image = problems.take("enclave-image", absolute(flags.enclave_image.as_deref()));
        let (platform, root, image) = (platform?, root?, image?);

        let address = flags.instance_address.unwrap_or(Ipv4Addr::LOCALHOST.into());
        let mut driver = ProcessSettings::new(program?, address, state?);
        driver.arguments = arguments(platform, flags.self_attested, root, image.as_deref());
        if platform == Platform::Nitro {
            driver.stop_bound = ENCLAVE_STOP_BOUND;
            // The host starts nitro-cli.
            driver.environment = std::env::var_os("PATH").map(|path| ("PATH".into(), path)).into_iter().collect();
        }
        let start_timeout = flags.start_timeout.map(|seconds| Duration::from_secs(seconds.get().into()));
        let default = if platform == Platform::Nitro { ENCLAVE_START_TIMEOUT } else { START_TIMEOUT };
        Some(Hosting {
            driver,
            start_timeout: start_timeout.unwrap_or(default),
            max_memory_mib: flags.max_memory_mib.map(NonZeroU32::get),
            platform,
            image,
        })
    }

    /// Where instances listen.
    pub(crate) fn address(&self) -> IpAddr {
        self.driver.address
    }

    /// Measures what instances will run: the program, or the image. Reads tens of megabytes.
    ///
    /// # Errors
    /// The file cannot be read, or is no image.
    pub(crate) fn measure(&self) -> anyhow::Result<Sha256Digest> {
        match &self.image {
            Some(image) => {
                let bytes = std::fs::read(image).with_context(|| format!("cannot read {}", image.display()))?;
                let measured = Eif::parse(&bytes).and_then(|eif| eif.measure());
                let measured = measured.with_context(|| format!("{} is no enclave image", image.display()))?;
                Ok(runtime_hash(&measured.pcr0).into())
            }
            None => {
                let program = &self.driver.program;
                let measured = File::open(program).and_then(measure_program);
                let measured = measured.with_context(|| {
                    format!(
                        "cannot read the program that hosts instances, {}; name it with --veracruz-server",
                        program.display()
                    )
                })?;
                Ok(measured.sha256)
            }
        }
    }
}

fn platform(flags: &Flags) -> Result<Platform, String> {
    let name = flags.platform.as_deref().unwrap_or(Platform::Simulated.name());
    let platform: Platform = name.parse().map_err(|error: UnknownPlatform| error.to_string())?;
    match platform {
        Platform::Simulated if flags.enclave_image.is_some() => {
            Err("--enclave-image is for --platform nitro; say that too, or leave the image out".to_owned())
        }
        Platform::Nitro if flags.enclave_image.is_none() => {
            Err("nitro needs --enclave-image FILE, an image with runtime-nitro in it".to_owned())
        }
        Platform::Nitro if flags.simulated_root.is_some() => {
            Err("--simulated-root is for --platform simulated; an enclave's evidence has AWS's root".to_owned())
        }
        Platform::Simulated | Platform::Nitro => Ok(platform),
        other => Err(format!("`{other}` cannot be hosted by this version; use simulated or nitro")),
    }
}

fn absolute(path: Option<&Path>) -> io::Result<Option<PathBuf>> {
    path.map(std::path::absolute).transpose()
}

fn program_beside() -> io::Result<PathBuf> {
    Ok(std::env::current_exe()?.with_file_name("veracruz-server"))
}

fn arguments(platform: Platform, self_attested: bool, root: Option<PathBuf>, image: Option<&Path>) -> Vec<OsString> {
    let mut arguments = vec![OsString::from("--platform"), platform.name().into()];
    if self_attested {
        arguments.push("--self-attested".into());
    }
    if let Some(root) = root {
        arguments.extend(["--simulated-root".into(), root.into()]);
    }
    if let Some(image) = image {
        arguments.extend(["--enclave-image".into(), image.into()]);
    }
    arguments
}
