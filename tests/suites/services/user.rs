//! Our user application, against all services: its results, its exit status, and that nothing is left of a run.

mod left;
mod meddler;

use std::fs;
use std::io::{BufRead as _, BufReader, Lines};
use std::process::{Child, ChildStderr, Command, Output, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use veracruz_policy::Sha256Digest;
use veracruz_tests::services::{Up, binary, root};

use crate::functions::Function;

const LINE: &str = "slope 2.462378\nintercept -4.244744\nr2 0.997770\n";

/// Somebody with a function that is registered, an object, and a trust file that says all that there is to say.
struct User(Up);

impl User {
    fn new(first: u16, function: &Function) -> Self {
        let user = User(Up::start(first, 1));
        let folder = user.0.folder();
        function.unpack(folder, &["regression.wasm"]);
        let runtime = Sha256Digest::of(&fs::read(binary("veracruz")).unwrap());
        let trust = format!(
            "authorities = \"state/authority/certificate.pem\"\n\
             allow_simulated = true\n\
             simulated_root = \"state/simulated-root/certificate.pem\"\n\
             [[measurement]]\n\
             platform = \"simulated\"\n\
             pcrs = {{ 0 = \"{runtime}{}\" }}\n",
            "0".repeat(32)
        );
        fs::write(folder.join("trust.toml"), trust).unwrap();
        let points = root().join("tests/suites/services/points.csv");
        let upload = "/program/regression.wasm=regression.wasm";
        user.does("veracruz", &["function", "create", "function.json"]);
        user.does("veracruz", &["function", "upload", "regression", upload]);
        let (points, s3) = (points.to_str().unwrap().to_owned(), user.0.url("s3"));
        let store = ["store", &points, "--bucket", "sensors", "--object", "july/points", "--endpoint", &s3];
        user.does("i-poc", &[&store[..], &["--key", "key", "--iv", "iv"]].concat());
        user
    }

    fn command(&self, program: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(binary(program));
        command.env_clear().envs(self.0.s3_credentials()).env("VERACRUZ_CCFAAS", self.0.url("ccfaas"));
        command.args(arguments).current_dir(self.0.folder());
        command
    }

    fn call(&self, program: &str, arguments: &[&str]) -> Output {
        self.command(program, arguments).output().unwrap()
    }

    fn does(&self, program: &str, arguments: &[&str]) {
        let output = self.call(program, arguments);
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    }

    fn run(&self, id: &str, options: &[&str]) -> Command {
        self.run_by(&self.0.url("ccfaas"), id, options)
    }

    fn run_by(&self, ccfaas: &str, id: &str, options: &[&str]) -> Command {
        let s3_app = self.0.url("s3_app");
        let arguments = ["run", "regression", id, ccfaas, &s3_app, "sensors", "july/points", "key", "iv"];
        self.command("i-poc", &[&arguments[..], &["--function-policy", "function.json"], options].concat())
    }

    /// Status, standard output, standard error. However it ended, there is no instance afterwards.
    fn runs(&self, id: &str, options: &[&str]) -> (Option<i32>, String, String) {
        let output = self.run(id, options).output().unwrap();
        self.ended(output)
    }

    fn ended(&self, output: Output) -> (Option<i32>, String, String) {
        let left = self.call("veracruz", &["instance", "list"]);
        assert!(left.status.success() && left.stdout.trim_ascii().is_empty(), "an instance is left: {left:?}");
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (output.status.code(), text(output.stdout), text(output.stderr))
    }
}

/// A run that is watched.
struct Running {
    child: Child,
    lines: Lines<BufReader<ChildStderr>>,
    told: String,
}

impl Running {
    fn start(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(child.stderr.take().unwrap()).lines();
        Running { child, lines, told: String::new() }
    }

    /// Waits for a line of the story.
    fn says(&mut self, words: &str) {
        for line in &mut self.lines {
            let line = line.unwrap();
            self.told += &format!("{line}\n");
            if line.contains(words) {
                return;
            }
        }
        assert!(self.told.contains(words), "{words:?} is never said: {}", self.told);
    }

    fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    fn end(mut self) -> Output {
        let rest: Vec<String> = self.lines.map(|line| line.unwrap() + "\n").collect();
        let mut output = self.child.wait_with_output().unwrap();
        self.told += &rest.concat();
        output.stderr = self.told.into_bytes();
        output
    }
}

const TRUST: [&str; 2] = ["--trust", "trust.toml"];
const RESULT: [&str; 2] = ["--result", "/output/linear-regression.dat"];

#[test]
fn results_come_into_a_folder_of_the_run_and_nothing_else_to_standard_output() {
    let user = User::new(23_200, &Function::regression());
    let (status, printed, told) = user.runs("first", &[TRUST, RESULT].concat());
    assert_eq!(status, Some(0), "{told}");
    assert_eq!(printed, "./first/linear-regression.dat\n");
    assert_eq!(fs::read_to_string(user.0.folder().join("first/linear-regression.dat")).unwrap(), LINE);
    assert!(!told.contains("everybody on this machine"), "{told}");

    // A second time, as an old script has it: its credentials are arguments. It works, and is told what that means.
    let credentials = user.0.s3_credentials();
    let value = |name: &str| credentials.iter().find(|(known, _)| known == name).unwrap().1.as_str();
    let (id, secret) = (value("AWS_ACCESS_KEY_ID"), value("AWS_SECRET_ACCESS_KEY"));
    let (key_id, key) = (format!("aws_access_key_id={id}"), format!("aws_secret_access_key={secret}"));
    let words = ["region_name=us-east-1", &key_id, &key];
    let (status, printed, told) =
        user.runs("second", &[&words[..], &TRUST, &RESULT, &["--output", "there", "--json"]].concat());
    assert_eq!(status, Some(0), "{told}");
    let head =
        r#"{"instance":"second","function":"regression","files":["there/linear-regression.dat"],"detections":null"#;
    assert_eq!(printed, format!("{head},\"stdout\":\"\"}}\n"));
    assert!(told.contains("everybody on this machine can read the key") && !told.contains(secret), "{told}");
    assert_eq!(fs::read_to_string(user.0.folder().join("there/linear-regression.dat")).unwrap(), LINE);
}

#[test]
fn the_exit_status_says_who_failed() {
    let user = User::new(23_300, &Function::regression());
    let wrong = format!("simulated:{}", "0".repeat(64));
    let authority = "state/authority/certificate.pem";
    let none_simulated = ["--authority", authority, "--runtime", &wrong];
    fs::write(user.0.folder().join("short"), [0; 15]).unwrap();
    fs::write(user.0.folder().join("any.toml"), "allow_simulated = true\n").unwrap();
    let other_platform = format!("nitro:{}", "0".repeat(64));
    let for_nitro = ["--trust", "any.toml", "--authority", authority, "--runtime", &other_platform];
    for (options, status, says) in [
        ([&TRUST[..], &["--result", "/output/nothing"]].concat(), 1, "there is no result /output/nothing"),
        (TRUST.to_vec(), 1, "there is no list of detections; --result names what other functions write"),
        ([&TRUST[..], &RESULT, &["aws_access_key_id=a", "aws_secret_access_key=b"]].concat(), 1, "[s3-"),
        ([&none_simulated[..], &RESULT].concat(), 3, "danger [simulated-platform]"),
        ([&for_nitro[..], &RESULT].concat(), 3, "the policy accepts code on the platform simulated, and you did not"),
    ] {
        let (found, printed, told) = user.runs("once", &[&options[..], &["--output", "new/newer/newest"]].concat());
        assert_eq!((found, printed.as_str()), (Some(status), ""), "{options:?}: {told}");
        assert!(told.contains(says), "{options:?}: {says:?} is not said: {told}");
        assert!(!user.0.folder().join("new").exists(), "{options:?} leaves a folder");
    }
    fs::copy(user.0.folder().join("short"), user.0.folder().join("key")).unwrap();
    let (found, _, told) = user.runs("once", &[TRUST, RESULT].concat());
    assert_eq!(found, Some(4), "{told}");
    assert!(told.contains("the program ended with 1: /user_input/key: has 15 bytes instead of 16"), "{told}");
}

#[test]
fn a_program_that_traps_is_its_own_fault() {
    let user = User::new(24_300, &Function::trapping());
    let (status, _, told) = user.runs("once", &[TRUST, RESULT].concat());
    assert_eq!(status, Some(4), "{told}");
    assert!(told.contains("i-poc: the program did not run to its end: "), "{told}");
}

#[test]
fn who_is_interrupted_leaves_nothing() {
    let user = User::new(23_600, &Function::endless());
    for signal in [Signal::INT, Signal::TERM] {
        let mut running = Running::start(user.run("once", &[TRUST, RESULT].concat()));
        running.says("The program runs");
        running.signal(signal);
        let (status, printed, told) = user.ended(running.end());
        assert_eq!((status, printed.as_str()), (Some(130), ""), "{signal:?}: {told}");
        assert!(told.ends_with("i-poc: interrupted\n"), "{told}");
        assert!(!user.0.folder().join("once").exists(), "{signal:?} leaves a folder");
    }
}
