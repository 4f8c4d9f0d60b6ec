//! `nitro-cli`: AWS's program that starts and ends enclaves (AWS, "Nitro Enclaves CLI"). Its answers are JSON on standard
//! output; what goes wrong is on standard error.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, bail};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use tokio::process::Command;

/// Characters of nitro-cli's complaint that are shown.
const MAX_SHOWN: usize = 2000;

/// Time for `run-enclave`: it loads the image into the enclave's memory and waits for the boot's first sign of life.
const RUN_BOUND: Duration = Duration::from_secs(120);

/// Time for every other command.
const ASK_BOUND: Duration = Duration::from_secs(30);

/// Enclaves get their memory in huge pages of at least this many MiB.
const MEMORY_STEP_MIB: u32 = 2;

/// The program.
#[derive(Clone, Debug)]
pub(super) struct NitroCli(PathBuf);

/// What an enclave is started with.
#[derive(Clone, Copy, Debug)]
pub(super) struct Launch<'a> {
    pub(super) image: &'a Path,
    pub(super) cpus: u32,
    /// Rounded up to whole pages.
    pub(super) memory_mib: u32,
    /// Its address on the vsock; chosen by nitro-cli if nothing is said.
    pub(super) cid: Option<u32>,
    /// Its console can be read and its registers are zero, so no client accepts it.
    pub(super) debug: bool,
}

/// The answer to `run-enclave`, as far as it is used.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
pub(super) struct Started {
    #[serde(rename = "EnclaveID")]
    pub(super) id: String,
    /// The address on the vsock.
    #[serde(rename = "EnclaveCID")]
    pub(super) cid: u32,
}

/// An enclave in the answer to `describe-enclaves`.
#[derive(Deserialize)]
struct Described {
    #[serde(rename = "EnclaveID")]
    id: String,
    #[serde(rename = "EnclaveName")]
    name: Option<String>,
}

/// What an enclave is called in commands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Handle {
    Id(String),
    Name(String),
}

impl NitroCli {
    pub(super) fn new(program: &Path) -> Self {
        NitroCli(program.to_owned())
    }

    pub(super) fn program(&self) -> &Path {
        &self.0
    }

    /// `run-enclave`.
    pub(super) async fn run(&self, name: &str, launch: &Launch<'_>) -> anyhow::Result<Started> {
        let explain = || {
            let memory = whole_pages(launch.memory_mib);
            format!(
                "the enclave did not start; it asks for {} CPUs and {memory} MiB, which the allocator must have set aside \
                 (/etc/nitro_enclaves/allocator.yaml, then: systemctl restart nitro-enclaves-allocator)",
                launch.cpus
            )
        };
        self.ask(run_arguments(name, launch), RUN_BOUND).await.with_context(explain)
    }

    /// `terminate-enclave`. That the enclave has ended by itself is no error.
    pub(super) async fn terminate(&self, handle: &Handle) -> anyhow::Result<()> {
        let Err(error) = self.ask::<serde_json::Value>(terminate_arguments(handle), ASK_BOUND).await else {
            return Ok(());
        };
        if self.is_listed(handle).await.unwrap_or(true) {
            let by_hand: Vec<_> =
                terminate_arguments(handle).iter().map(|a| a.to_string_lossy().into_owned()).collect();
            bail!("the enclave may still hold its memory; end it with `nitro-cli {}`: {error:#}", by_hand.join(" "));
        }
        Ok(())
    }

    /// Whether `describe-enclaves` knows it.
    async fn is_listed(&self, handle: &Handle) -> anyhow::Result<bool> {
        let all: Vec<Described> = self.ask(vec!["describe-enclaves".into()], ASK_BOUND).await?;
        Ok(all.iter().any(|enclave| match handle {
            Handle::Id(id) => enclave.id == *id,
            Handle::Name(name) => enclave.name.as_ref() == Some(name),
        }))
    }

    async fn ask<A: DeserializeOwned>(&self, arguments: Vec<OsString>, bound: Duration) -> anyhow::Result<A> {
        let program = self.0.display();
        let mut command = Command::new(&self.0);
        command.args(&arguments).stdin(Stdio::null()).kill_on_drop(true);
        let output = tokio::time::timeout(bound, command.output()).await;
        let output = output.with_context(|| format!("{program} did not answer within {} s", bound.as_secs()))?;
        let output = output.with_context(|| {
            format!(
                "cannot start {program}; install aws-nitro-enclaves-cli on a machine that has Nitro Enclaves enabled, or \
                 name the program with --nitro-cli"
            )
        })?;
        if !output.status.success() {
            bail!("{program} failed ({}): {}", output.status, shown(&String::from_utf8_lossy(&output.stderr)));
        }
        serde_json::from_slice(&output.stdout)
            .with_context(|| format!("the answer of {program} is not the JSON that nitro-cli 1.1 and later print"))
    }
}

pub(super) fn terminate_arguments(handle: &Handle) -> Vec<OsString> {
    let (flag, value) = match handle {
        Handle::Id(id) => ("--enclave-id", id),
        Handle::Name(name) => ("--enclave-name", name),
    };
    ["terminate-enclave", flag, value].map(OsString::from).to_vec()
}

fn run_arguments(name: &str, launch: &Launch<'_>) -> Vec<OsString> {
    let mut arguments: Vec<OsString> =
        ["run-enclave", "--enclave-name", name, "--eif-path"].map(OsString::from).to_vec();
    arguments.push(launch.image.into());
    let mut number = |flag: &str, value: u32| arguments.extend([flag.into(), value.to_string().into()]);
    number("--cpu-count", launch.cpus);
    number("--memory", whole_pages(launch.memory_mib));
    if let Some(cid) = launch.cid {
        number("--enclave-cid", cid);
    }
    if launch.debug {
        arguments.push("--debug-mode".into());
    }
    arguments
}

fn whole_pages(mib: u32) -> u32 {
    mib.checked_next_multiple_of(MEMORY_STEP_MIB).unwrap_or(mib)
}

/// Words of another program, as a terminal may have them.
pub(super) fn shown(text: &str) -> String {
    let escape = |c: char| if c == '\n' { vec![c] } else { c.escape_debug().collect() };
    text.trim().chars().take(MAX_SHOWN).flat_map(escape).collect()
}
