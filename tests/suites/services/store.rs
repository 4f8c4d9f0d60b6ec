//! `i-poc store`: what is in the bucket afterwards, and where the key is.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::{Command, Output};

use aws_lc_rs::cipher::{AES_128, DecryptingKey, DecryptionContext, UnboundCipherKey};
use aws_lc_rs::iv::FixedLength;
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
        assert!(String::from_utf8_lossy(&output.stderr).contains(&format!("{there} exists")), "{output:?}");
        assert_eq!(fs::read_to_string(owner.file(there)).unwrap(), "of another object");
        assert!(!owner.file(not_left).exists() && !owner.file("state/objects/sensors/small").exists());
        fs::remove_file(owner.file(there)).unwrap();
    }
}
