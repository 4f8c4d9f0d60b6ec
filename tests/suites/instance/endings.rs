//! Every way in which a run ends ends that run, with its code, and nothing else: the instance goes on and has its memory
//! back.

use std::time::Duration;

use veracruz_client::{Compute, Session};
use veracruz_policy::{FullPolicy, PolicyBuilder, Sha256Digest};
use veracruz_tests::guests::guest;

use crate::world::{Person, World, get, policy, put, refusal, text};

/// What the policy gives to files and programs together.
const MEMORY_MIB: u32 = 32;

/// More than half of it: it fits as long as nothing keeps the other half.
const LARGE: usize = 18 << 20;

const NOP: &str = "/program/nop.wasm";

/// How a run has to end.
enum End {
    Exit(u32),
    /// With this code, and this in its words.
    Refused(&'static str, &'static str),
}

/// An instance in which a person may do everything.
struct Stage {
    world: World,
    session: Session,
}

impl Stage {
    async fn with(programs: &[&str], change: impl FnOnce(PolicyBuilder) -> PolicyBuilder) -> Self {
        let person = Person::new("anybody");
        let world = World::start(with_programs(&person, programs, change)).await;
        let mut session = world.connect(&person).await;
        put(&mut session, NOP, &guest("nop")).await.unwrap();
        put(&mut session, "/kept", b"from before").await.unwrap();
        Stage { world, session }
    }

    async fn put(&mut self, name: &str, bytes: &[u8]) {
        put(&mut self.session, name, bytes).await.unwrap();
    }

    /// A run, its end, and what must hold after every end.
    async fn ends(&mut self, program: &str, options: Compute, end: End) {
        let ended = self.session.compute(program, options).await;
        match end {
            End::Exit(code) => assert_eq!(ended.unwrap(), code, "{program}"),
            End::Refused(code, words) => {
                let error = ended.unwrap_err();
                assert_eq!(error.code(), code, "{program}: {error}");
                assert!(error.failure().unwrap().detail().contains(words), "{program}: {error}");
            }
        }
        self.goes_on(program).await;
    }

    /// A next program runs, files are as they were, and what the run had of the memory can be used again.
    async fn goes_on(&mut self, after: &str) {
        let session = &mut self.session;
        // Only files that the program wrote may stay.
        if session.stat("/output/bomb").await.is_ok() {
            put(session, "/output/bomb", b"").await.unwrap();
        }
        assert_eq!(session.compute(NOP, Compute::new()).await.unwrap(), 0, "after {after}");
        assert_eq!(text(session, "/kept").await, "from before", "after {after}");
        let large = put(session, "/large", &vec![1; LARGE]).await;
        assert_eq!(large.unwrap(), LARGE as u64, "after {after}");
        put(session, "/large", b"").await.unwrap();
        assert!(session.runs().await.unwrap().runs().is_empty(), "after {after}");
    }

    async fn stop(self) {
        drop(self.session);
        self.world.stop().await;
    }
}

fn with_programs(
    person: &Person,
    programs: &[&str],
    change: impl FnOnce(PolicyBuilder) -> PolicyBuilder,
) -> FullPolicy {
    policy(&[(person, "/:rwx, stdin:w, stdout:r, stderr:r")], |builder| {
        let builder = change(builder.max_memory_mib(MEMORY_MIB));
        programs.iter().chain(&[NOP]).fold(builder, |builder, path| {
            builder.program(path, None, "/input/:r, /output/:rw, stdout:w, stderr:w").unwrap()
        })
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn bombs_loops_and_traps_end_their_run_and_nothing_else() {
    const PROGRAM: &str = "/program/it.wasm";
    let mut stage = Stage::with(&[PROGRAM], |builder| builder).await;
    let briefly = || Compute::new().timeout(Duration::from_millis(50));
    for (name, options, end) in [
        ("spin", briefly(), End::Refused("deadline-exceeded", "allow it more time")),
        ("allocate", Compute::new(), End::Refused("out-of-memory", "memory")),
        ("file-bomb", Compute::new(), End::Exit(1)),
        ("handle-bomb", Compute::new(), End::Exit(1)),
        ("recurse", Compute::new(), End::Refused("guest-stack-overflow", "recursion")),
        ("trap", Compute::new(), End::Refused("guest-unreachable", "unreachable")),
        ("hello", Compute::new(), End::Exit(0)),
    ] {
        stage.put(PROGRAM, &guest(name)).await;
        stage.ends(PROGRAM, options, end).await;
    }
    stage.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_took_too_long_is_told_the_time_that_was_allowed() {
    const PROGRAM: &str = "/program/spin.wasm";
    let text = format!("{NOP}; {PROGRAM}");
    let mut stage = Stage::with(&[PROGRAM], |builder| builder.pipeline("late", &text, "/output/:rw").unwrap()).await;
    stage.put(PROGRAM, &guest("spin")).await;
    let briefly = || Compute::new().timeout(Duration::from_millis(50));
    let alone = stage.session.compute(PROGRAM, briefly()).await.unwrap_err();
    let in_a_pipeline = stage.session.pipeline("late", briefly()).await.unwrap_err();
    for error in [alone, in_a_pipeline] {
        assert_eq!(error.code(), "deadline-exceeded");
        assert!(error.failure().unwrap().detail().contains("within 50ms"), "{error}");
    }
    stage.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_program_says_when_it_is_refused_more_can_be_read() {
    const PROGRAMS: &[&str] = &["/program/file-bomb.wasm", "/program/handle-bomb.wasm"];
    let mut stage = Stage::with(PROGRAMS, |builder| builder).await;
    for path in PROGRAMS {
        let name = path.strip_prefix("/program/").and_then(|name| name.strip_suffix(".wasm")).unwrap();
        stage.put(path, &guest(name)).await;
        assert_eq!(stage.session.compute(path, Compute::new()).await.unwrap(), 1);
        let stderr = text(&mut stage.session, "stderr").await;
        assert!(stderr.contains("refused after"), "{name}: {stderr}");
        stage.goes_on(name).await;
    }
    stage.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn exit_codes_come_back_as_they_are() {
    const PROGRAM: &str = "/program/exit-code.wasm";
    let mut stage = Stage::with(&[PROGRAM], |builder| builder).await;
    stage.put(PROGRAM, &guest("exit-code")).await;
    for code in [0, 1, 42] {
        stage.put("/input/exit-code", code.to_string().as_bytes()).await;
        assert_eq!(stage.session.compute(PROGRAM, Compute::new()).await.unwrap(), code);
    }
    stage.goes_on("exit codes").await;
    stage.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trap_shows_the_programs_functions_only_where_the_policy_says_debug() {
    const PROGRAM: &str = "/program/it.wasm";
    let text = r#"(module (memory (export "memory") 1)
        (func $innermost unreachable) (func (export "_start") (call $innermost)))"#;
    for debug in [false, true] {
        let mut stage = Stage::with(&[PROGRAM], |builder| builder.debug(debug)).await;
        stage.put(PROGRAM, &wat::parse_str(text).unwrap()).await;
        let error = stage.session.compute(PROGRAM, Compute::new()).await.unwrap_err();
        assert_eq!(error.code(), "guest-unreachable");
        let detail = error.failure().unwrap().detail();
        assert_eq!(detail.contains("innermost"), debug, "debug {debug}: {detail}");
        stage.goes_on("a trap").await;
        stage.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_run_is_refused_at_upload_and_the_program_before_it_stays() {
    const PROGRAM: &str = "/program/it.wasm";
    let mut stage = Stage::with(&[PROGRAM], |builder| builder).await;
    let good = guest("hello");
    stage.put(PROGRAM, &good).await;
    let importing = r#"(module (import "env" "magic" (func)) (memory (export "memory") 1) (func (export "_start")))"#;
    let mistyped = r#"(module (import "wasi_snapshot_preview1" "fd_close" (func)) (memory (export "memory") 1)
        (func (export "_start")))"#;
    let library = r#"(module (memory (export "memory") 1))"#;
    for (bytes, code, words) in [
        (b"#!/bin/sh".to_vec(), "not-a-module", ""),
        (good[..good.len() / 2].to_vec(), "module-invalid", "at byte"),
        (wat::parse_str(importing).unwrap(), "unknown-import", "`magic` of `env`"),
        (wat::parse_str(mistyped).unwrap(), "import-type", "fd_close"),
        (wat::parse_str(library).unwrap(), "no-start", "_start"),
    ] {
        let error = put(&mut stage.session, PROGRAM, &bytes).await.unwrap_err();
        assert_eq!(error.code(), code, "{error}");
        assert!(error.failure().unwrap().detail().contains(words), "{error}");
        stage.ends(PROGRAM, Compute::new(), End::Exit(0)).await;
    }
    assert_eq!(get(&mut stage.session, PROGRAM).await.unwrap(), good);
    stage.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_declared_program_is_that_one_before_and_after() {
    const PROGRAM: &str = "/program/declared.wasm";
    let (declared, other) = (guest("hello"), guest("nop"));
    let digest = Sha256Digest::of(&declared);
    let mut stage = Stage::with(&[], |builder| builder.program(PROGRAM, Some(digest), "stdout:w").unwrap()).await;
    assert_eq!(refusal(put(&mut stage.session, PROGRAM, &other).await), "wrong-hash");
    assert_eq!(refusal(stage.session.compute(PROGRAM, Compute::new()).await), "not-found");
    stage.put(PROGRAM, &declared).await;
    stage.ends(PROGRAM, Compute::new(), End::Exit(0)).await;
    assert_eq!(refusal(put(&mut stage.session, PROGRAM, &other).await), "wrong-hash");
    stage.ends(PROGRAM, Compute::new(), End::Exit(0)).await;
    assert_eq!(get(&mut stage.session, PROGRAM).await.unwrap(), declared);
    stage.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pipelines_end_with_the_first_program_that_fails_and_the_instance_goes_on() {
    const PARTS: &[&str] = &["/part/a.wasm", "/part/b.wasm", "/part/trap.wasm", "/part/spin.wasm"];
    let exits = |code: u32| {
        wat::parse_str(format!(
            r#"(module (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
                 (memory (export "memory") 1) (func (export "_start") (call $exit (i32.const {code}))))"#
        ))
        .unwrap()
    };
    let texts = [
        ("both", "/part/a.wasm; /part/b.wasm"),
        ("either", "if /flag { /part/b.wasm } else { /part/a.wasm }"),
        ("trapping", "/part/a.wasm; /part/trap.wasm; /part/b.wasm"),
        ("endless", "/part/a.wasm; /part/spin.wasm"),
    ];
    let mut stage = Stage::with(PARTS, |builder| {
        texts.iter().fold(builder, |builder, (name, text)| builder.pipeline(name, text, "/output/:rw").unwrap())
    })
    .await;
    for (path, wasm) in PARTS.iter().zip([exits(0), exits(9), guest("trap"), guest("spin")]) {
        stage.put(path, &wasm).await;
    }
    let briefly = || Compute::new().timeout(Duration::from_millis(50));
    assert_eq!(stage.session.pipeline("both", Compute::new()).await.unwrap(), 9);
    assert_eq!(stage.session.pipeline("either", Compute::new()).await.unwrap(), 0);
    stage.put("/flag", b"").await;
    assert_eq!(stage.session.pipeline("either", Compute::new()).await.unwrap(), 9);
    assert_eq!(refusal(stage.session.pipeline("trapping", Compute::new()).await), "guest-unreachable");
    stage.goes_on("a trap in a pipeline").await;
    assert_eq!(refusal(stage.session.pipeline("endless", briefly()).await), "deadline-exceeded");
    stage.goes_on("an endless pipeline").await;
    stage.put("/part/a.wasm", &exits(3)).await;
    assert_eq!(stage.session.pipeline("both", Compute::new()).await.unwrap(), 3, "the second does not run");
    assert_eq!(refusal(stage.session.pipeline("unheard-of", Compute::new()).await), "no-such-pipeline");
    stage.stop().await;
}
