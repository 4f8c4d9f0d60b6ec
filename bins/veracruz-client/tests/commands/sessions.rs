//! Against a real instance: the lines, in their order, and what scripts make of them.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Command, Stdio};

use serde_json::json;

use crate::instance::Instance;
use crate::shell::{Folder, ended};

/// A program that writes "hello" to standard output and leaves with 3.
const HELLO: &str = r#"(module
    (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
    (memory (export "memory") 1)
    (data (i32.const 8) "hello")
    (func (export "_start")
        (i32.store (i32.const 0) (i32.const 8))
        (i32.store (i32.const 4) (i32.const 5))
        (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 100)))
        (call $exit (i32.const 3))))"#;

fn with_program() -> Instance {
    let instance = Instance::of(crate::shell::RUNTIME, |policy| {
        let policy = policy.program("/program/hello.wasm", None, "/:rw,stdout:w,stderr:w").unwrap();
        policy.pipeline("greet", "/program/hello.wasm ;", "/:rw,stdout:w").unwrap()
    });
    instance.folder.write("hello.wasm", wat::parse_str(HELLO).unwrap());
    instance
}

/// The lines after those that every command begins with.
fn story(folder: &Folder, err: &str) -> Vec<String> {
    let hash = folder.policy().hash();
    let mut lines = err.lines().map(str::to_owned);
    assert_eq!(lines.next().unwrap(), format!("Loaded policy policy.json {hash}"));
    assert!(lines.next().unwrap().starts_with("Connecting to 127.0.0.1:"));
    assert!(lines.next().unwrap().starts_with("INSECURE: the instance is simulated"));
    lines.collect()
}

#[test]
fn a_whole_story_in_one_command_and_then_the_instance_is_gone() {
    let instance = with_program();
    let folder = &instance.folder;
    folder.write("numbers", "1 2 3");
    // The flags' order does not matter, names are told as they were typed, and a comma joins several.
    let told = folder.alice(
        "--results stdout=-,/input/numbers=back --computes /program/hello.wasm --datas input//numbers=numbers \
         --programs /program/hello.wasm=hello.wasm",
    );
    assert_eq!((told.status, told.out.as_str()), (0, "hello"), "{told:?}");
    let expected = [
        "Submitting <enclave>//program/hello.wasm from hello.wasm",
        "Submitting <enclave>/input//numbers from numbers",
        "Requesting compute of <enclave>//program/hello.wasm",
        "[warn] /program/hello.wasm ended with exit code 3",
        "Reading <enclave>/stdout into <stdout>",
        "Reading <enclave>//input/numbers into back",
        "Shutting down enclave",
    ];
    assert_eq!(story(folder, &told.err), expected);
    assert!(!told.err.contains("Error"));
    assert_eq!(folder.text("back"), "1 2 3");
    let (folder, _) = instance.ended();
    let gone = folder.alice("--list /");
    assert_eq!(gone.status, 1);
}

#[test]
fn the_steps_of_several_commands_meet_in_one_instance() {
    let instance = with_program();
    let folder = &instance.folder;
    folder.write("one", "1");
    folder.write("two", "2");
    for (line, err) in [
        ("--program /program/hello.wasm=hello.wasm", "Submitting <enclave>//program/hello.wasm from hello.wasm"),
        ("-d /log=one", "Submitting <enclave>//log from one"),
        ("--append /log=two", "Appending to <enclave>//log from two"),
        ("-n -o /log=log", "Reading <enclave>//log into log"),
    ] {
        let told = folder.alice(line);
        assert_eq!((told.status, story(folder, &told.err)), (0, vec![err.to_owned()]), "{line}: {told:?}");
    }
    assert_eq!(folder.text("log"), "12");
    let told = folder.alice("--pipeline greet -n --output stdout=-");
    assert_eq!((told.status, told.out.as_str()), (0, "hello"), "{told:?}");
    let told = folder.alice("-q --list /");
    assert_eq!(told.err, "");
    assert!(told.out.contains("file                 2 log\n"), "{told:?}");
    assert!(told.out.contains("directory") && told.out.contains("program"), "{told:?}");
    assert!(instance.is_running());
    let told = folder.alice("--shutdown");
    assert_eq!((told.status, story(folder, &told.err)), (0, vec!["Shutting down enclave".to_owned()]), "{told:?}");
    instance.ended();
}

#[test]
fn nothing_to_do_is_said_after_the_instance_was_verified() {
    let instance = Instance::start();
    let told = instance.folder.alice("");
    assert_eq!((told.status, story(&instance.folder, &told.err)), (2, vec!["Nothing to do".to_owned()]));
    let other = Instance::of(b"another runtime", |policy| policy);
    let told = other.folder.alice("");
    assert_eq!(told.status, 1);
    assert!(told.err.contains("Error: VeracruzClient: Unexpected runtime hash"), "{told:?}");
}

#[test]
fn results_that_cannot_be_got_do_not_keep_the_others_and_the_end_waiting() {
    let instance = Instance::start();
    let folder = &instance.folder;
    folder.write("data", "there");
    folder.alice("-d /data=data");
    folder.write("kept", "as it was");
    let told = folder.alice("-o /nothing=absent -o /missing=kept -o /data=-");
    assert_eq!((told.status, told.out.as_str()), (1, "there"), "{told:?}");
    assert!(!folder.path("absent").exists(), "a file whose fetch failed is not created");
    assert_eq!(folder.text("kept"), "as it was");
    let warnings: Vec<_> = told.lines().into_iter().filter(|line| line.starts_with("[warn]")).collect();
    assert_eq!(warnings.len(), 2);
    let words = "[warn] Error: VeracruzClient: Received non-success status: FAILED_INVALID_REQUEST";
    assert!(warnings.iter().all(|line| line.starts_with(words)), "{warnings:?}");
    assert_eq!(told.lines().last(), Some(&"Shutting down enclave"));
    let left: Vec<_> = std::fs::read_dir(folder.path(".")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(!left.iter().any(|name| name.to_string_lossy().contains(".part")), "{left:?}");
    instance.ended();
}

#[test]
fn an_empty_result_is_a_result() {
    let instance = Instance::start();
    let folder = &instance.folder;
    folder.write("empty", "");
    let told = folder.alice("-d /empty=empty -n -o /empty=back");
    assert_eq!((told.status, folder.text("back").as_str()), (0, ""), "{told:?}");
}

#[test]
fn the_first_failure_before_the_results_ends_the_command() {
    let instance = with_program();
    let folder = &instance.folder;
    folder.write("text", "no program");
    for (line, words) in [
        ("-d /a=absent -d /b=text", "absent"),
        ("-p /program/hello.wasm=text -c /program/hello.wasm", "FAILED_INVALID_REQUEST"),
        ("-c /program/absent.wasm -o /a=-", "FAILED_INVALID_REQUEST"),
        ("--pipeline absent", "no-such-pipeline"),
        ("-d /a/../b=text", "bad-name"),
    ] {
        let told = folder.alice(line);
        assert_eq!(told.status, 1, "{line}: {told:?}");
        assert!(told.err.contains("Error: ") && told.err.contains(words), "{line}: {told:?}");
        assert!(!told.err.contains("Shutting down"), "{line}: {told:?}");
    }
    let bob = folder.run("policy.json -i bob.pem -k bob.key --allow-simulated -d /a=text");
    assert!(bob.status == 1 && bob.err.contains("VeracruzClient: Received non-success status: FAILED_INVALID_REQUEST"));
    assert!(instance.is_running());
}

#[test]
fn standard_input_is_read_to_its_end() {
    let instance = Instance::start();
    let folder = &instance.folder;
    let mut command = folder.command("policy.json -i alice.pem -k alice.key --allow-simulated -n -d /in=- -o /in=back");
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let long = vec![b'x'; 3 << 20];
    child.stdin.take().unwrap().write_all(&long).unwrap();
    let told = ended(child.wait_with_output().unwrap());
    assert_eq!(told.status, 0, "{told:?}");
    let expected = ["Submitting <enclave>//in from <stdout>", "Reading <enclave>//in into back"];
    assert_eq!(story(folder, &told.err), expected);
    assert!(folder.text("back").as_bytes() == long);
}

#[test]
fn a_fifo_is_opened_only_when_the_session_stands() {
    let instance = Instance::start();
    let folder = &instance.folder;
    let fifo = folder.path("fifo");
    assert!(std::process::Command::new("mkfifo").arg(&fifo).status().unwrap().success());
    // Whoever cannot connect never opens it: a writer would wait for ever.
    let told = folder.run("policy.json -i alice.pem -k alice.key -d /in=fifo");
    assert_eq!(told.status, 1);
    let mut command = folder.command("policy.json -i alice.pem -k alice.key --allow-simulated -d /in=fifo");
    let child = command.stderr(Stdio::piped()).spawn().unwrap();
    // Opening for writing waits until the command has opened it for reading.
    std::fs::OpenOptions::new().write(true).open(&fifo).unwrap().write_all(b"by fifo").unwrap();
    let told = ended(child.wait_with_output().unwrap());
    assert_eq!((told.status, story(folder, &told.err)), (0, vec!["Submitting <enclave>//in from fifo".to_owned()]));
    assert_eq!(folder.alice("-q -n -o /in=-").out, "by fifo");
}

#[test]
fn json_tells_everything_at_the_end() {
    let instance = with_program();
    let folder = &instance.folder;
    let told = folder.alice(
        "--json -q -p /program/hello.wasm=hello.wasm -c /program/hello.wasm --list /program -o stdout=out -o /absent=x",
    );
    assert_eq!(told.status, 1);
    let answer: serde_json::Value = serde_json::from_str(&told.out).unwrap();
    assert_eq!(answer["done"], false);
    assert_eq!(answer["instance"]["simulated"], true);
    assert_eq!(answer["instance"]["policy_hash"], folder.policy().hash().to_string());
    let steps = answer["steps"].as_array().unwrap();
    let length = std::fs::metadata(folder.path("hello.wasm")).unwrap().len();
    assert_eq!(
        steps[0],
        json!({"step": "upload", "name": "/program/hello.wasm", "path": "hello.wasm", "bytes": length})
    );
    assert_eq!(steps[1], json!({"step": "compute", "name": "/program/hello.wasm", "exit_code": 3}));
    assert_eq!(steps[2]["entries"], json!([{"name": "hello.wasm", "kind": "file", "bytes": length}]));
    assert_eq!(steps[3], json!({"step": "result", "name": "stdout", "path": "out", "bytes": 5}));
    assert_eq!(steps[4]["error"]["code"], "not-found");
    assert_eq!(steps[5], json!({"step": "shutdown"}));
}

#[test]
fn trust_can_come_from_a_file_and_from_the_environment() {
    let instance = Instance::start();
    let folder = &instance.folder;
    folder.write("trust.toml", "simulated_root = \"root.pem\"");
    let line = "policy.json -i alice.pem -k alice.key --list /";
    for (variables, flags, status) in [
        (vec![], "", 1),
        (vec![("VERACRUZ_ALLOW_SIMULATED", "1")], "", 0),
        (vec![("VERACRUZ_ALLOW_SIMULATED", "0")], "", 1),
        (vec![("VERACRUZ_TRUST", "trust.toml")], "--allow-simulated", 0),
        (vec![], "--trust trust.toml --allow-simulated", 0),
        (vec![], "--trust trust.toml", 1),
        (vec![], "--trust other.toml --allow-simulated", 1),
    ] {
        let stranger = Instance::start();
        folder.write("other-root.pem", stranger.folder.text("root.pem"));
        folder.write("other.toml", "simulated_root = \"other-root.pem\"");
        let output = folder.command(&format!("{line} {flags}")).envs(variables.clone()).output().unwrap();
        let told = ended(output);
        assert_eq!(told.status, status, "{variables:?} {flags}: {told:?}");
    }
}

/// Ctrl-C in a terminal is SIGINT.
#[test]
fn the_first_ctrl_c_ends_the_run() {
    let instance =
        Instance::of(crate::shell::RUNTIME, |policy| policy.program("/program/spin.wasm", None, "").unwrap());
    let folder = &instance.folder;
    let spin = r#"(module (memory (export "memory") 1) (func (export "_start") (loop (br 0))))"#;
    folder.write("spin.wasm", wat::parse_str(spin).unwrap());
    let line = "policy.json --identity alice.pem --key alice.key --allow-simulated \
                --program /program/spin.wasm=spin.wasm --compute /program/spin.wasm";
    let mut client = folder.command(line).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(client.stderr.take().unwrap()).lines().map(Result::unwrap);
    assert!(lines.any(|line| line.starts_with("Requesting compute of")));
    assert!(Command::new("kill").args(["-INT", &client.id().to_string()]).status().unwrap().success());
    let told: Vec<String> = lines.collect();
    assert_eq!(client.wait().unwrap().code(), Some(1), "{told:?}");
    assert!(told[0].starts_with("[warn] ending the run"), "{told:?}");
    assert!(told.iter().any(|line| line.contains("run-cancelled")), "{told:?}");
}
