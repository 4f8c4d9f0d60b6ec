//! Programs: uploaded, run, cancelled, in parallel, in pipelines.

use std::time::Duration;

use veracruz_policy::PolicyBuilder;

use crate::people::Person;
use crate::wire::{append_file, cancel, compute, compute_with, framed, pipeline, read_file, runs, write_file};
use crate::world::{Setup, policy};

/// A program that ends with a code.
fn exits(code: u32) -> Vec<u8> {
    let text = format!(
        r#"(module (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
             (memory (export "memory") 1) (func (export "_start") (call $exit (i32.const {code}))))"#
    );
    wat::parse_str(text).unwrap()
}

/// A program whose `_start` is this.
fn does(body: &str) -> Vec<u8> {
    wat::parse_str(format!(r#"(module (memory (export "memory") 1) (func (export "_start") {body}))"#)).unwrap()
}

/// A program that prints a text and adds it to the file `/made`.
fn says(text: &str) -> Vec<u8> {
    let length = text.len();
    wat::parse_str(format!(
        r#"(module
             (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
             (import "wasi_snapshot_preview1" "path_open"
               (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
             (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
             (memory (export "memory") 1)
             (data (i32.const 100) "made") (data (i32.const 200) "{text}")
             (func $check (param i32) (if (local.get 0) (then (call $exit (local.get 0)))))
             (func (export "_start")
               (i32.store (i32.const 0) (i32.const 200))
               (i32.store (i32.const 4) (i32.const {length}))
               (call $check (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 20)))
               ;; create, with fd_write and fd_seek, appending
               (call $check (call $open (i32.const 3) (i32.const 0) (i32.const 100) (i32.const 4) (i32.const 1)
                 (i64.const 68) (i64.const 0) (i32.const 1) (i32.const 24)))
               (call $check (call $write (i32.load (i32.const 24)) (i32.const 0) (i32.const 1) (i32.const 20)))))"#
    ))
    .unwrap()
}

const FOREVER: &str = "(loop (br 0))";

fn with_programs(builder: PolicyBuilder) -> PolicyBuilder {
    ["/program/a.wasm", "/program/b.wasm"]
        .into_iter()
        .fold(builder, |builder, program| builder.program(program, None, "/ : rw, stdout : w").unwrap())
}

#[tokio::test]
async fn a_program_runs_and_its_exit_code_comes_back() {
    let alice = Person::ordinary();
    let world = Setup::of(policy(&[&alice], with_programs)).start().await.unwrap();
    let mut client = world.connect(&alice).await;
    for (program, code) in [(does(""), 0), (exits(0), 0), (exits(7), 7), (exits(u32::MAX), u32::MAX)] {
        client.ask(&write_file("/program/a.wasm", &program)).await.done();
        for _ in 0..2 {
            assert_eq!(client.ask(&compute("/program/a.wasm")).await.done().exit_code(), code);
        }
    }
    assert_eq!(client.ask(&compute("/program/b.wasm")).await.refused(), "not-found");
    assert_eq!(client.ask(&compute("/program/c.wasm")).await.refused(), "not-a-program");
    drop(client);
    world.stop().await;
}

#[tokio::test]
async fn a_program_is_told_its_path_and_nothing_else() {
    let alice = Person::ordinary();
    let world = Setup::of(policy(&[&alice], with_programs)).start().await.unwrap();
    let mut client = world.connect(&alice).await;
    // The number of arguments, then of variables, then the bytes of all arguments, as digits of the exit code.
    let counts = r#"(module
        (import "wasi_snapshot_preview1" "args_sizes_get" (func $arguments (param i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "environ_sizes_get" (func $variables (param i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
        (memory (export "memory") 1)
        (func (export "_start")
            (drop (call $arguments (i32.const 0) (i32.const 4)))
            (drop (call $variables (i32.const 8) (i32.const 12)))
            (call $exit (i32.add
                (i32.mul (i32.const 1000) (i32.add (i32.mul (i32.const 10) (i32.load (i32.const 0))) (i32.load (i32.const 8))))
                (i32.load (i32.const 4))))))"#;
    client.ask(&write_file("/program/a.wasm", &wat::parse_str(counts).unwrap())).await.done();
    let told = client.ask(&compute("/program/a.wasm")).await.done().exit_code();
    assert_eq!(told, 10_000 + "/program/a.wasm\0".len() as u32);
    drop(client);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_instance_can_bound_every_run() {
    let alice = Person::ordinary();
    let mut setup = Setup::of(policy(&[&alice], with_programs));
    setup.limits.run_time = Some(Duration::from_millis(30));
    let world = setup.start().await.unwrap();
    let mut client = world.connect(&alice).await;
    client.ask(&write_file("/program/a.wasm", &does(FOREVER))).await.done();
    for timeout in [0, 3_600_000] {
        let run = compute_with("/program/a.wasm", 0, timeout);
        assert_eq!(client.ask(&run).await.refused(), "deadline-exceeded", "{timeout} ms are asked for");
    }
    drop(client);
    world.stop().await;
}

#[tokio::test]
async fn files_stay_from_run_to_run_and_streams_begin_anew() {
    let alice = Person::ordinary();
    let world = Setup::of(policy(&[&alice], with_programs)).start().await.unwrap();
    let mut client = world.connect(&alice).await;
    client.ask(&write_file("/kept", b"by a participant")).await.done();
    client.ask(&write_file("/program/a.wasm", &says("a rather long text"))).await.done();
    client.ask(&write_file("/program/b.wasm", &says("short"))).await.done();
    let mut all = Vec::new();
    for (program, text) in [("a", "a rather long text"), ("b", "short"), ("a", "a rather long text")] {
        let mut other = world.connect(&alice).await;
        assert_eq!(other.ask(&compute(&format!("/program/{program}.wasm"))).await.done().exit_code(), 0);
        assert_eq!(other.ask(&read_file("stdout")).await.done().result().unwrap(), text.as_bytes());
        all.extend_from_slice(text.as_bytes());
        assert_eq!(client.ask(&read_file("/made")).await.done().result().unwrap(), all);
    }
    assert_eq!(client.ask(&read_file("/kept")).await.result().unwrap(), b"by a participant");
    drop(client);
    world.stop().await;
}

#[tokio::test]
async fn a_trap_is_a_refusal_that_says_what_happened() {
    let alice = Person::ordinary();
    let world = Setup::of(policy(&[&alice], with_programs)).start().await.unwrap();
    let mut client = world.connect(&alice).await;
    client.ask(&write_file("/program/a.wasm", &does("unreachable"))).await.done();
    let reply = client.ask(&compute("/program/a.wasm")).await;
    assert_eq!(reply.refused(), "guest-unreachable");
    assert!(reply.detail().contains("unreachable"), "{}", reply.detail());
    client.ask(&write_file("/program/a.wasm", &exits(3))).await.done();
    assert_eq!(client.ask(&compute("/program/a.wasm")).await.exit_code(), 3, "the instance goes on");
    drop(client);
    world.stop().await;
}

#[tokio::test]
async fn what_is_no_program_is_refused_at_upload_and_the_old_one_stays() {
    let alice = Person::ordinary();
    let world = Setup::of(policy(&[&alice], with_programs)).start().await.unwrap();
    let mut client = world.connect(&alice).await;
    client.ask(&write_file("/program/a.wasm", &exits(5))).await.done();
    let foreign = r#"(module (import "env" "magic" (func)) (memory (export "memory") 1) (func (export "_start")))"#;
    let foreign = wat::parse_str(foreign).unwrap();
    for (code, bytes) in [("not-a-module", b"text".to_vec()), ("unknown-import", foreign)] {
        let reply = client.ask(&write_file("/program/a.wasm", &bytes)).await;
        assert_eq!(reply.refused(), code);
        assert!(code != "unknown-import" || reply.detail().contains("magic"), "{}", reply.detail());
    }
    assert_eq!(client.ask(&compute("/program/a.wasm")).await.exit_code(), 5);
    client.ask(&write_file("/elsewhere.wasm", b"text")).await.done();
    drop(client);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_is_cancelled_from_its_own_session_and_from_another_of_the_same_participant() {
    let (alice, bob) = (Person::ordinary(), Person::ordinary());
    let world = Setup::of(policy(&[&alice, &bob], with_programs)).start().await.unwrap();
    let mut client = world.connect(&alice).await;
    client.ask(&write_file("/program/a.wasm", &does(FOREVER))).await.done();
    let mut strangers = world.connect(&bob).await;
    for from_another in [false, true] {
        client.send_bytes(&framed(&compute_with("/program/a.wasm", 77, 0))).await;
        let mut second = world.connect(&alice).await;
        until_running(&mut second).await;
        assert_eq!(strangers.ask(&cancel(77)).await.refused(), "no-such-run", "another participant's");
        if from_another {
            second.ask(&cancel(77)).await.done();
        } else {
            client.send_bytes(&framed(&cancel(77))).await;
        }
        assert_eq!(client.reply().await.refused(), "run-cancelled");
        if !from_another {
            client.reply().await.done();
        }
    }
    assert_eq!(client.ask(&cancel(77)).await.refused(), "no-such-run");
    assert_eq!(client.ask(&compute_with("/program/a.wasm", 78, 30)).await.refused(), "deadline-exceeded");
    drop((client, strangers));
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_follows_a_running_program_waits_for_its_turn() {
    let alice = Person::ordinary();
    let world = Setup::of(policy(&[&alice], with_programs)).start().await.unwrap();
    let mut client = world.connect(&alice).await;
    client.ask(&write_file("/program/a.wasm", &does(FOREVER))).await.done();
    let requests =
        [compute_with("/program/a.wasm", 1, 0), append_file("/log", b"after the run"), read_file("/log"), cancel(1)];
    let stream: Vec<u8> = requests.iter().flat_map(|request| framed(request)).collect();
    client.send_bytes(&stream).await;
    let mut second = world.connect(&alice).await;
    until_running(&mut second).await;
    assert_eq!(second.ask(&read_file("/log")).await.refused(), "not-found", "the append waits");
    second.ask(&cancel(1)).await.done();
    assert_eq!(client.reply().await.refused(), "run-cancelled");
    client.reply().await.done();
    assert_eq!(client.reply().await.result().unwrap(), b"after the run");
    assert_eq!(client.reply().await.refused(), "no-such-run", "a cancel behind an upload waits with it");
    drop((client, second));
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn runs_go_on_in_parallel_up_to_a_bound_and_more_are_refused() {
    let alice = Person::ordinary();
    let mut setup = Setup::of(policy(&[&alice], with_programs));
    (setup.limits.runs, setup.limits.waiting_runs) = (2, 1);
    let world = setup.start().await.unwrap();
    let mut client = world.connect(&alice).await;
    client.ask(&write_file("/program/a.wasm", &does(FOREVER))).await.done();
    client.ask(&write_file("/program/b.wasm", &exits(4))).await.done();
    let mut sessions = Vec::new();
    for run in 1..=3 {
        let program = if run == 3 { "/program/b.wasm" } else { "/program/a.wasm" };
        let mut session = world.connect(&alice).await;
        session.send_bytes(&framed(&compute_with(program, run, 0))).await;
        sessions.push(session);
        // The first two have the places before the third is asked for.
        while listed_runs(&mut client).await.len() < sessions.len() {}
    }
    assert_eq!(client.ask(&compute("/program/b.wasm")).await.refused(), "runs-full");
    client.ask(&write_file("/f", b"files are served meanwhile")).await.done();
    client.ask(&cancel(1)).await.done();
    assert_eq!(sessions[0].reply().await.refused(), "run-cancelled");
    assert_eq!(sessions[2].reply().await.exit_code(), 4, "the one that waited got the place");
    client.ask(&cancel(2)).await.done();
    drop((client, sessions));
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_instance_ends_although_a_program_would_not() {
    let alice = Person::ordinary();
    let world = Setup::of(policy(&[&alice], with_programs)).start().await.unwrap();
    let mut client = world.connect(&alice).await;
    client.ask(&write_file("/program/a.wasm", &does(FOREVER))).await.done();
    client.send_bytes(&framed(&compute("/program/a.wasm"))).await;
    let mut second = world.connect(&alice).await;
    until_running(&mut second).await;
    second.ask(&crate::wire::shutdown()).await.done();
    world.ended().await;
}

#[tokio::test]
async fn a_pipeline_runs_its_steps_until_one_fails() {
    let alice = Person::ordinary();
    let text = "/program/a.wasm; if /flag { /program/b.wasm } else { /program/a.wasm; { /program/b.wasm } }";
    let with_pipeline = |builder: PolicyBuilder| {
        with_programs(builder).pipeline("both", text, "/ : rw").unwrap().pipeline("none", "", "/ : rw").unwrap()
    };
    let world = Setup::of(policy(&[&alice], with_pipeline)).start().await.unwrap();
    let mut client = world.connect(&alice).await;
    assert_eq!(client.ask(&pipeline("0")).await.refused(), "not-found", "the program is not there yet");
    client.ask(&write_file("/program/a.wasm", &exits(0))).await.done();
    client.ask(&write_file("/program/b.wasm", &exits(9))).await.done();
    for name in ["0", "/0", "both"] {
        assert_eq!(client.ask(&pipeline(name)).await.done().exit_code(), 9, "{name}");
    }
    client.ask(&write_file("/program/b.wasm", &exits(0))).await.done();
    client.ask(&write_file("/flag", b"")).await.done();
    assert_eq!(client.ask(&pipeline("0")).await.exit_code(), 0);
    client.ask(&write_file("/program/a.wasm", &exits(3))).await.done();
    assert_eq!(client.ask(&pipeline("0")).await.exit_code(), 3, "the first that fails ends it");
    assert_eq!(client.ask(&pipeline("1")).await.exit_code(), 0, "nothing to do");
    assert_eq!(client.ask(&pipeline("2")).await.refused(), "no-such-pipeline");
    drop(client);
    world.stop().await;
}

/// Waits until the participant has a run.
async fn until_running(client: &mut crate::client::Client) {
    while listed_runs(client).await.is_empty() {}
}

async fn listed_runs(client: &mut crate::client::Client) -> Vec<u64> {
    let list = client.ask(&runs()).await.done().message(18).unwrap();
    list.messages(1).iter().map(|run| run.number(1)).collect()
}
