//! The real process: what it prints, how it ends, and what it says when it cannot start. Nothing sleeps.
#![expect(clippy::unwrap_used, reason = "a test reports by panicking, in the functions that tests share too")]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;
use veracruz_policy::{Platform, Sha256Digest};
use veracruz_tests::policy::of_one_participant;

/// A folder with a policy in it.
struct Home {
    folder: TempDir,
}

impl Home {
    fn new() -> Self {
        let builder = of_one_participant();
        let home = Home { folder: tempfile::tempdir().unwrap() };
        for (name, platform) in [("policy.json", Platform::Simulated), ("nitro.json", Platform::Nitro)] {
            let policy = builder.clone().runtime(platform, Sha256Digest::of(b"runtime")).build().unwrap();
            std::fs::write(home.path(name), policy.text()).unwrap();
        }
        home
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn server(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_veracruz-server"));
        command.args(arguments).current_dir(self.folder.path()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// What a start that fails says, and its exit code.
    fn fails(&self, arguments: &[&str]) -> (i32, String) {
        let output = self.server(arguments).output().unwrap();
        assert!(output.stdout.is_empty(), "standard output is for who waits for a running server");
        (output.status.code().unwrap(), String::from_utf8(output.stderr).unwrap())
    }
}

/// Waits for the line that says where it runs.
fn address(server: &mut Child) -> String {
    let mut line = String::new();
    BufReader::new(server.stdout.take().unwrap()).read_line(&mut line).unwrap();
    line.trim_end().strip_prefix("Veracruz Server running on ").unwrap().to_owned()
}

#[test]
fn it_serves_until_a_signal_and_exits_0() {
    let home = Home::new();
    let arguments = ["policy.json", "--self-attested", "--listen", "127.0.0.1:0", "--simulated-root", "root"];
    let mut server = home.server(&arguments).spawn().unwrap();
    let address = address(&mut server);
    // The probe of the i-poc's scripts.
    let mut probe = TcpStream::connect(&address).unwrap();
    probe.write_all(b"\\n\n").unwrap();
    let mut answer = String::new();
    probe.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 400 Bad Request\r\n"), "{answer}");
    assert!(Command::new("kill").arg(server.id().to_string()).status().unwrap().success());
    let mut told = String::new();
    server.stderr.take().unwrap().read_to_string(&mut told).unwrap();
    assert_eq!(server.wait().unwrap().code(), Some(0), "{told}");
    assert!(told.contains("INSECURE: platform simulated, which protects nobody"), "{told}");
    assert!(told.contains("the policy accepts another runtime: its runtime_manager_hash_linux is"), "{told}");
    let root = std::fs::read_to_string(home.path("root.pem")).unwrap();
    assert!(
        root.contains("BEGIN CERTIFICATE") && !root.contains("PRIVATE"),
        "the certificate alone is to be handed out"
    );
    let again = home.server(&arguments).spawn().map(|mut server| {
        self::address(&mut server);
        server.kill().unwrap();
        server.wait().unwrap();
    });
    again.unwrap();
    assert_eq!(std::fs::read_to_string(home.path("root.pem")).unwrap(), root, "the root is kept");
}

#[test]
fn what_is_wrong_is_said_with_the_next_step() {
    let home = Home::new();
    std::fs::write(home.path("bad.json"), "{\"debug\": 1}").unwrap();
    for (arguments, code, told) in [
        (&["bad.json", "--self-attested"][..], 1, "the policy bad.json is bad"),
        (&["nitro.json", "--self-attested", "--listen", "127.0.0.1:0"], 1, "the policy accepts no simulated runtime"),
        (&["missing.json"], 1, "cannot read the policy missing.json"),
        (&["policy.json", "--listen", "127.0.0.1:0"], 1, "start proxy-attestation-server there"),
        (&["policy.json", "--self-attested", "--listen", "192.0.2.1:1"], 1, "cannot listen on 192.0.2.1:1"),
        (&[], 2, "name the policy's file"),
        (&["policy.json", "--platform", "sgx"], 2, "not a platform"),
        (&["policy.json", "--platform", "nitro"], 2, "--enclave-image"),
        (&["policy.json", "--platform", "nitro", "--run-time", "9"], 2, "--run-time is for --platform simulated"),
        (&["policy.json", "--run-time", "0"], 2, "--run-time"),
        (&["policy.json", "--self-attested", "--attestation-server", "x:1"], 2, "exclude each other"),
        (&["policy.json", "--attestation-server", "https://x:1", "--listen", "127.0.0.1:0"], 1, "plain http"),
    ] {
        let (found, text) = home.fails(arguments);
        assert_eq!(found, code, "{arguments:?}: {text}");
        assert!(text.contains(told), "{arguments:?}: {text}");
    }
}
