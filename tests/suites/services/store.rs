//! `i-poc store`: what is in the bucket afterwards, and where the key is.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use aws_lc_rs::cipher::{AES_128, DecryptingKey, DecryptionContext, UnboundCipherKey};
use aws_lc_rs::iv::FixedLength;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use veracruz_policy::Sha256Digest;
use veracruz_tests::services::{Up, binary};

struct Owner(Up);

impl Owner {
    fn new(first: u16) -> Self {
        Owner(Up::start(first, 1))
    }

    fn file(&self, name: &str) -> PathBuf {
        self.0.folder().join(name)
    }

    fn store(&self, file: &str, object: &str) -> Output {
        self.store_with(&self.0.s3_credentials(), file, object)
    }

    fn store_with(&self, credentials: &[(String, String)], file: &str, object: &str) -> Output {
        let mut command = Command::new(binary("i-poc"));
        command.env_clear().envs(credentials.iter().cloned()).current_dir(self.0.folder());
        command.args(["store", file, "--bucket", "sensors", "--object", object, "--endpoint", &self.0.url("s3")]);
        command.args(["--key", &format!("{object}.key"), "--iv", &format!("{object}.iv")]).output().unwrap()
    }

    /// What is in S3, and what the key of the object makes of it.
    fn stored(&self, object: &str) -> (Vec<u8>, Vec<u8>) {
        let sealed = fs::read(self.file("state/objects/sensors").join(object)).unwrap();
        let secret =
            |kind| -> [u8; 16] { fs::read(self.file(&format!("{object}.{kind}"))).unwrap().try_into().unwrap() };
        let key = DecryptingKey::ctr(UnboundCipherKey::new(&AES_128, &secret("key")).unwrap()).unwrap();
        let mut plain = sealed.clone();
        key.decrypt(&mut plain, DecryptionContext::Iv128(FixedLength::from(&secret("iv")))).unwrap();
        (sealed, plain)
    }
}

#[test]
fn files_of_any_size_are_noise_that_their_own_key_opens() {
    let owner = Owner::new(23_400);
    // Nothing, less than a part, a part exactly, and some parts.
    for (name, length) in [("none", 0), ("small", 100_001), ("one", 8 << 20), ("many", (20 << 20) + 7)] {
        let plain: Vec<u8> = (0..length).map(|at: u32| (at / 251) as u8 ^ at as u8).collect();
        fs::write(owner.file(name), &plain).unwrap();
        let object = format!("{name}.enc");
        let output = owner.store(name, &object);
        assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
        let (sealed, opened) = owner.stored(&object);
        assert!(opened == plain, "{name}: the key opens something else");
        assert!(plain.is_empty() || sealed != plain, "{name} is stored in clear");
        let sha256 = Sha256Digest::of(&sealed);
        let told = format!(
            "sensors/{object}: {length} bytes, SHA-256 {sha256}; keep {object}.key and {object}.iv: nobody else can open it\n"
        );
        assert_eq!(String::from_utf8(output.stdout).unwrap(), told);
        let mode = fs::metadata(owner.file(&format!("{object}.key"))).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}: others may read the key");
    }
}

#[test]
fn a_key_that_may_open_something_is_never_overwritten_and_one_that_opens_nothing_is_not_left() {
    let owner = Owner::new(23_500);
    let wrong = owner.0.s3_credentials().into_iter().map(|(name, value)| (name, format!("{value}x")));
    let wrong: Vec<(String, String)> = wrong.collect();
    for (file, length) in [("small", 10), ("many", 20 << 20)] {
        fs::write(owner.file(file), vec![1; length]).unwrap();
        let output = owner.store_with(&wrong, file, file);
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        assert!(String::from_utf8_lossy(&output.stderr).contains("S3 does not take the object"), "{output:?}");
        assert!(!owner.file(&format!("{file}.key")).exists() && !owner.file(&format!("{file}.iv")).exists());
    }
    for (there, not_left) in [("small.key", "small.iv"), ("small.iv", "small.key")] {
        fs::write(owner.file(there), "of another object").unwrap();
        let output = owner.store("small", "small");
        assert_eq!(output.status.code(), Some(2), "{output:?}");
        assert!(String::from_utf8_lossy(&output.stderr).contains(&format!("{there} exists")), "{output:?}");
        assert_eq!(fs::read_to_string(owner.file(there)).unwrap(), "of another object");
        assert!(!owner.file(not_left).exists() && !owner.file("state/objects/sensors/small").exists());
        fs::remove_file(owner.file(there)).unwrap();
    }
}

#[test]
fn who_is_interrupted_keeps_no_key_of_what_is_not_there() {
    let folder = tempfile::TempDir::new().unwrap();
    // It takes connections, and never says anything.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", silent.local_addr().unwrap());
    let there = |name: &str| folder.path().join(name).exists();
    for (length, signal) in [(10, Signal::TERM), (10, Signal::INT), (20 << 20, Signal::TERM)] {
        fs::write(folder.path().join("file"), vec![1; length]).unwrap();
        let mut command = Command::new(binary("i-poc"));
        command.env_clear().env("AWS_ACCESS_KEY_ID", "a").env("AWS_SECRET_ACCESS_KEY", "b").current_dir(&folder);
        command.args(["store", "file", "--bucket", "sensors", "--object", "x", "--key", "key", "--iv", "iv"]);
        let mut child = command.args(["--endpoint", &endpoint]).stderr(Stdio::piped()).spawn().unwrap();
        // Something is to be sent: the keys are there, and so is whoever waits for signals.
        let connection = silent.accept().unwrap();
        assert!(there("key") && there("iv"), "{length} bytes");
        kill_process(Pid::from_child(&child), signal).unwrap();
        let status = child.wait().unwrap();
        assert_eq!(status.code(), Some(130), "{length} bytes, {signal:?}");
        assert!(!there("key") && !there("iv"), "{length} bytes, {signal:?}: a key is left");
        drop(connection);
    }
}

/// Nobody listens there: what is sent at all fails with another status.
const NOBODY: &str = "http://127.0.0.1:9";

#[test]
fn what_cannot_end_well_is_not_begun() {
    let folder = tempfile::TempDir::new().unwrap();
    fs::write(folder.path().join("file"), "plain").unwrap();
    fs::create_dir(folder.path().join("folder")).unwrap();
    let both = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"];
    for (variables, file, endpoint, [key, iv], status, says) in [
        (&both[..], "file", NOBODY, ["key", "iv"], 1, "S3 does not take the object"),
        (&both[1..], "file", NOBODY, ["key", "iv"], 2, "AWS_ACCESS_KEY_ID is not set"),
        (&both[..1], "file", NOBODY, ["key", "iv"], 2, "AWS_SECRET_ACCESS_KEY is not set"),
        (&both[..], "file", "nonsense", ["key", "iv"], 2, "--endpoint"),
        (&both[..], "file", "ftp://127.0.0.1:9", ["key", "iv"], 2, "--endpoint"),
        (&both[..], "folder", NOBODY, ["key", "iv"], 2, "folder is a folder"),
        (&both[..], "missing", NOBODY, ["key", "iv"], 2, "cannot read missing"),
        (&both[..], "file", NOBODY, ["same", "same"], 2, "--key and --iv name the same file"),
        (&both[..], "file", NOBODY, ["same", "./same"], 2, "same"),
        (&both[..], "file", NOBODY, ["file", "iv"], 2, "file exists"),
        (&both[..], "file", NOBODY, ["key", "missing/iv"], 2, "cannot write missing/iv"),
    ] {
        let mut command = Command::new(binary("i-poc"));
        command.env_clear().envs(variables.iter().map(|name| (name, "a"))).current_dir(&folder);
        command.args(["store", file, "--bucket", "b", "--object", "o", "--endpoint", endpoint]);
        let output = command.args(["--key", key, "--iv", iv]).output().unwrap();
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.code() == Some(status) && told.contains(says), "{says}: {output:?}");
        let left = fs::read_dir(&folder).unwrap().count();
        assert!(left == 2 && output.stdout.is_empty(), "{says}: it leaves something");
    }
}

#[test]
fn scripts_are_told_in_json() {
    let owner = Owner::new(23_700);
    fs::write(owner.file("small"), "plain").unwrap();
    let mut command = Command::new(binary("i-poc"));
    command.env_clear().envs(owner.0.s3_credentials()).current_dir(owner.0.folder()).args(["store", "small", "--json"]);
    command.args(["--bucket", "sensors", "--object", "a/b", "--endpoint", &owner.0.url("s3")]);
    let output = command.args(["--key", "a.key", "--iv", "a.iv"]).output().unwrap();
    let told: Value = serde_json::from_slice(&output.stdout).unwrap();
    let sha256 = Sha256Digest::of(&fs::read(owner.file("state/objects/sensors/a/b")).unwrap()).to_string();
    let (key, iv) = ("a.key", "a.iv");
    let right = json!({"bucket": "sensors", "object": "a/b", "bytes": 5, "sha256": sha256, "key": key, "iv": iv});
    assert_eq!(told, right);
}

#[test]
fn nothing_is_put_into_a_bucket_that_is_not_there() {
    let owner = Owner::new(23_800);
    for (file, length) in [("small", 10), ("many", 20 << 20)] {
        fs::write(owner.file(file), vec![1; length]).unwrap();
        let mut command = Command::new(binary("i-poc"));
        command.env_clear().envs(owner.0.s3_credentials()).current_dir(owner.0.folder()).args(["store", file]);
        command.args(["--bucket", "missing", "--object", "o", "--endpoint", &owner.0.url("s3")]);
        let output = command.args(["--key", "key", "--iv", "iv"]).output().unwrap();
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.code() == Some(1) && told.contains("NoSuchBucket"), "{output:?}");
        assert!(!owner.file("state/objects/missing").exists() && !owner.file("key").exists());
    }
}
