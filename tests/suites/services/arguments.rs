//! The old user application's command line, and what of it is refused before anybody is asked for anything.

use std::fs;
use std::process::{Command, Output};

use tempfile::TempDir;
use veracruz_tests::services::binary;

use crate::functions::Function;

/// Nobody listens there: what is sent at all fails with another status.
const NOBODY: &str = "http://127.0.0.1:9";

const ARGUMENTS: [&str; 8] = ["regression", "once", NOBODY, NOBODY, "sensors", "points", "key", "iv"];

const BELIEVED: [&str; 6] =
    ["--function-policy", "function.json", "--authority", "authority.cert.pem", "--runtime", RUNTIME];
const RUNTIME: &str = "nitro:8f14e45fceea167a5a36dedd4bea25438f14e45fceea167a5a36dedd4bea2543";

/// Somebody who has all files that a call needs.
struct Caller(TempDir);

impl Caller {
    fn new() -> Self {
        let folder = TempDir::new().unwrap();
        Function::regression().unpack(folder.path(), &["regression.wasm"]);
        for name in ["key", "iv", "full/of old results"] {
            let file = folder.path().join(name);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, [7; 16]).unwrap();
        }
        let authority = ["identity", "new", "authority", "--authority"];
        let made = Command::new(binary("veracruz")).args(authority).current_dir(&folder).output();
        assert!(made.unwrap().status.success());
        Caller(folder)
    }

    fn run(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(binary("i-poc"));
        command.env_clear().current_dir(&self.0).arg("run").args(arguments).output().unwrap()
    }

    /// It is wrong use, nothing is left of it, and no secret is shown.
    fn is_told(&self, arguments: &[&str], words: &[&str]) {
        let output = self.run(arguments);
        let told = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {told}");
        for word in words {
            assert!(told.contains(word), "{arguments:?}: {word:?} is not said: {told}");
        }
        assert!(!told.contains("hidden"), "{arguments:?} shows a secret: {told}");
        assert!(output.stdout.is_empty() && !self.0.path().join("once").exists(), "{arguments:?} leaves something");
    }
}

#[test]
fn every_argument_that_is_missing_is_named() {
    let caller = Caller::new();
    let names = ["<FUNCTION>", "<UNIQUE_ID>", "<CCFAAS_URL>", "<S3_APP_URL>", "<BUCKET>", "<FILE>", "<KEY>", "<IV>"];
    for given in 0..ARGUMENTS.len() {
        caller.is_told(&[&BELIEVED[..], &ARGUMENTS[..given]].concat(), &names[given..]);
    }
}

#[test]
fn what_protects_the_user_is_asked_for() {
    let caller = Caller::new();
    let everything = ["--function-policy FILE", "--authority FILE", "--runtime PLATFORM:HEX"];
    caller.is_told(&ARGUMENTS, &everything);
    // A trust file that says nothing is none.
    fs::write(caller.0.path().join("trust.toml"), "").unwrap();
    caller.is_told(&[&ARGUMENTS[..], &["--trust", "trust.toml"]].concat(), &everything);
    for (missing, says) in BELIEVED.chunks(2).zip(everything) {
        let rest: Vec<&str> = BELIEVED.chunks(2).filter(|option| *option != missing).flatten().copied().collect();
        caller.is_told(&[&ARGUMENTS[..], &rest].concat(), &[says]);
    }
}

#[test]
fn credentials_that_make_no_sense_are_refused() {
    let caller = Caller::new();
    let (id, secret, token) = ("aws_access_key_id=hidden", "aws_secret_access_key=hidden", "aws_session_token=hidden");
    for (words, says) in [
        (&["eu-west-1"][..], "argument 9 is none of region_name=…, aws_access_key_id=…"),
        (&["region_name=eu-west-1", "hidden"], "argument 10 is none of"),
        (&["secret=hidden"], "argument 9 is none of"),
        (&["region_name="], "argument 9, region_name, has no value"),
        (&[id, secret, id], "argument 11, aws_access_key_id, was given before"),
        (&[id], "aws_access_key_id is given without aws_secret_access_key"),
        (&[secret], "aws_secret_access_key is given without aws_access_key_id"),
        (&[token, "region_name=eu-west-1"], "aws_session_token is given without"),
    ] {
        caller.is_told(&[&ARGUMENTS[..], words, &BELIEVED[..]].concat(), &[says]);
    }
}

#[test]
fn credentials_in_the_places_of_other_arguments_are_not_shown() {
    let caller = Caller::new();
    let words = ["region_name=a", "aws_access_key_id=hidden", "aws_secret_access_key=hidden"];
    for (given, says) in [
        (5, "argument 6 is a credential; FILE, KEY and IV are missing"),
        (6, "argument 7 is a credential; KEY and IV are missing"),
        (7, "argument 8 is a credential; IV is missing"),
    ] {
        caller.is_told(&[&ARGUMENTS[..given], &words, &BELIEVED].concat(), &[says]);
        // Once the other way round: the secret in the first of the places.
        let words = ["aws_secret_access_key=hidden", "aws_access_key_id=hidden", "region_name=a"];
        caller.is_told(&[&ARGUMENTS[..given], &words, &BELIEVED].concat(), &[says]);
    }
}

#[test]
fn what_cannot_end_well_is_not_begun() {
    let caller = Caller::new();
    let with = |at: usize, other: &'static str| {
        let mut arguments = ARGUMENTS.to_vec();
        arguments[at] = other;
        arguments
    };
    for (arguments, says) in [
        (with(0, "another"), "function.json is of the function \"regression\", and \"another\" is asked for"),
        (with(1, ".."), "/instanceid: expected a name"),
        (with(2, "127.0.0.1"), "127.0.0.1"),
        (with(3, "http://192.0.2.1:5020"), "--insecure-plain-http"),
        (with(5, "points/"), "--as"),
        (with(6, "no key"), "cannot read no key"),
        (with(7, "no iv"), "cannot read no iv"),
        ([&ARGUMENTS[..], &["--output", "full"]].concat(), "full is not empty"),
        ([&ARGUMENTS[..], &["--output", "key"]].concat(), "key"),
        ([&ARGUMENTS[..], &["--result", "/a/x", "--result", "/b/x"]].concat(), "two results are called \"x\""),
        ([&ARGUMENTS[..], &["--runtime", "nitro"]].concat(), "write PLATFORM:HEX"),
    ] {
        caller.is_told(&[&arguments[..], &BELIEVED[..]].concat(), &[says]);
    }
}

#[test]
fn a_call_without_fault_goes_out() {
    let output = Caller::new().run(&[&BELIEVED[..], &ARGUMENTS[..], &["region_name=eu-west-1"]].concat());
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{told}");
    assert!(told.contains("the function service made no instance: cannot reach"), "{told}");
}
