//! `nitro-cli`: AWS's program that starts and ends enclaves (AWS, "Nitro Enclaves CLI"). Its answers are JSON on standard
//! output; what goes wrong is on standard error.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, bail};
use serde_json::Value;

use super::blocking;

/// Characters of nitro-cli's complaint that are shown.
const MAX_SHOWN: usize = 2000;

/// The program.
#[derive(Clone, Debug)]
pub(super) struct NitroCli(PathBuf);

/// A running enclave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Enclave {
    id: String,
    /// Its address on the vsock.
    pub(super) cid: u32,
}

impl NitroCli {
    pub(super) fn new(program: &Path) -> Self {
        NitroCli(program.to_owned())
    }

    /// `run-enclave`. In debug mode the registers are zero and no client accepts them; the console can be read then.
    pub(super) async fn run(&self, image: &Path, cpus: u32, memory_mib: u32, debug: bool) -> anyhow::Result<Enclave> {
        let answer = self.ask(run_arguments(image, cpus, memory_mib, debug)).await?;
        let id = answer.get("EnclaveID").and_then(Value::as_str).map(str::to_owned);
        let cid = answer.get("EnclaveCID").and_then(Value::as_u64).and_then(|cid| u32::try_from(cid).ok());
        let (id, cid) = id.zip(cid).context("nitro-cli run-enclave names no EnclaveID and EnclaveCID")?;
        Ok(Enclave { id, cid })
    }

    /// `terminate-enclave`. Of an enclave that has ended already nothing is left to do.
    pub(super) async fn terminate(&self, enclave: &Enclave) -> anyhow::Result<()> {
        let arguments = ["terminate-enclave", "--enclave-id", &enclave.id];
        self.ask(arguments.map(OsString::from).to_vec()).await.map(drop)
    }

    async fn ask(&self, arguments: Vec<OsString>) -> anyhow::Result<Value> {
        let program = self.0.clone();
        blocking(move || {
            let output = Command::new(&program).args(&arguments).output().with_context(|| {
                format!(
                    "cannot start {}; install aws-nitro-enclaves-cli or name it with --nitro-cli",
                    program.display()
                )
            })?;
            if !output.status.success() {
                let complaint: String = String::from_utf8_lossy(&output.stderr).chars().take(MAX_SHOWN).collect();
                bail!("{} failed ({}): {}", program.display(), output.status, complaint.trim());
            }
            serde_json::from_slice(&output.stdout).context("nitro-cli's answer is no JSON")
        })
        .await
    }
}

fn run_arguments(image: &Path, cpus: u32, memory_mib: u32, debug: bool) -> Vec<OsString> {
    let mut arguments: Vec<OsString> = ["run-enclave", "--eif-path"].map(OsString::from).to_vec();
    arguments.push(image.into());
    for (flag, value) in [("--cpu-count", cpus), ("--memory", memory_mib)] {
        arguments.extend([flag.into(), value.to_string().into()]);
    }
    if debug {
        arguments.push("--debug-mode".into());
    }
    arguments
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    /// A program that writes its arguments beside itself and then does what the script says.
    fn fake(script: &str) -> (tempfile::TempDir, NitroCli) {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("nitro-cli");
        let text = format!("#!/bin/sh\necho \"$@\" >> {}/asked\n{script}\n", home.path().display());
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        (home, NitroCli(path))
    }

    #[tokio::test]
    async fn an_enclave_is_started_and_ended_by_its_id() {
        let answer =
            r#"{"EnclaveName": "x", "EnclaveID": "i-0-enc1", "ProcessID": 7, "EnclaveCID": 16, "CPUIDs": [1]}"#;
        let (home, cli) = fake(&format!("echo '{answer}'"));
        let enclave = cli.run(Path::new("/images/a b.eif"), 2, 1280, false).await.unwrap();
        assert_eq!(enclave, Enclave { id: "i-0-enc1".to_owned(), cid: 16 });
        cli.terminate(&enclave).await.unwrap();
        let asked = std::fs::read_to_string(home.path().join("asked")).unwrap();
        let expected = "run-enclave --eif-path /images/a b.eif --cpu-count 2 --memory 1280\n\
                        terminate-enclave --enclave-id i-0-enc1\n";
        assert_eq!(asked, expected);
        assert!(run_arguments(Path::new("x"), 1, 1, true).contains(&"--debug-mode".into()));
    }

    #[tokio::test]
    async fn what_nitro_cli_complains_about_is_told() {
        for (script, told) in [
            ("echo 'Insufficient memory' >&2; exit 1", "Insufficient memory"),
            ("echo 'Started enclave'", "no JSON"),
            ("echo '{\"EnclaveID\": \"i-0\"}'", "EnclaveCID"),
        ] {
            let (_home, cli) = fake(script);
            let error = cli.run(Path::new("x"), 1, 1, false).await.unwrap_err();
            assert!(format!("{error:#}").contains(told), "{error:#}");
        }
        let missing = NitroCli("/nowhere/nitro-cli".into()).run(Path::new("x"), 1, 1, false).await.unwrap_err();
        assert!(format!("{missing:#}").contains("--nitro-cli"), "{missing:#}");
    }
}
