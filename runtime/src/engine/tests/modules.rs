//! What is compiled, how often, and what is kept of it.

use std::sync::mpsc::channel;

use veracruz_policy::{ExecutionStrategy, Sha256Digest};

use super::{BOTH, EngineLimits, Interrupt, Program, Rig, command, exit_code, failed, program};

/// Commands that exit with a number each.
fn numbered(number: u32) -> String {
    command(&format!("(call $exit (i32.const {number}))"))
}

#[test]
fn a_program_is_compiled_once_whether_prepared_or_run() {
    for strategy in BOTH {
        let rig = Rig::new(strategy);
        rig.engine.prepare(program(&numbered(1)));
        for _ in 0..3 {
            assert_eq!(exit_code(rig.run(&numbered(1))), 1);
            rig.engine.prepare(program(&numbered(1)));
        }
        assert_eq!((rig.compiles(), rig.engine.figures().modules), (1, 1), "{strategy:?}");
        assert!(rig.engine.figures().code_bytes > 0);
        assert_eq!(rig.budget.used(), 0, "code is not charged to the policy's memory");
    }
}

#[test]
fn the_bytes_are_asked_for_only_when_they_are_compiled() {
    let rig = Rig::new(BOTH[0]);
    assert_eq!(exit_code(rig.run(&numbered(1))), 1);
    let digest = Sha256Digest::of(&wat::parse_str(numbered(1)).unwrap());
    let running = rig.start(Program::new(digest, || panic!("nobody needs the bytes")));
    assert_eq!(exit_code(running.end()), 1);
}

#[test]
fn a_refusal_is_kept_too() {
    let rig = Rig::new(BOTH[0]);
    let library = r#"(module (memory (export "memory") 1))"#;
    rig.engine.prepare(program(library));
    for _ in 0..2 {
        assert_eq!(failed(rig.run(library)).0, "no-start");
    }
    assert_eq!(rig.compiles(), 1);
}

#[test]
fn bytes_of_another_digest_are_not_run() {
    let rig = Rig::new(BOTH[0]);
    let wasm = wat::parse_str(numbered(1)).unwrap();
    let running = rig.start(Program::new(Sha256Digest::of(b"something else"), move || wasm));
    assert_eq!(failed(running.end()).0, "wrong-digest");
}

#[test]
fn what_was_used_longest_ago_is_forgotten_first() {
    let limits = EngineLimits { max_cached_modules: 2, ..EngineLimits::default() };
    let rig = Rig::with(ExecutionStrategy::Jit, false, limits);
    for (number, compiles) in [(1, 1), (2, 2), (1, 2), (3, 3), (1, 3), (2, 4), (1, 4)] {
        assert_eq!(exit_code(rig.run(&numbered(number))), number);
        assert_eq!(rig.compiles(), compiles, "after program {number}");
        assert!(rig.engine.figures().modules <= 2);
    }
}

#[test]
fn code_beyond_the_limit_is_forgotten_except_the_newest() {
    let limits = EngineLimits { max_cached_code: 1, ..EngineLimits::default() };
    let rig = Rig::with(ExecutionStrategy::Jit, false, limits);
    for (number, compiles) in [(1, 1), (1, 1), (2, 2), (1, 3)] {
        assert_eq!(exit_code(rig.run(&numbered(number))), number);
        assert_eq!(rig.compiles(), compiles, "program {number}");
    }
}

#[test]
fn a_program_that_runs_stays_while_it_is_forgotten() {
    let limits = EngineLimits { max_cached_modules: 1, ..EngineLimits::default() };
    let rig = Rig::with(ExecutionStrategy::Jit, false, limits);
    let running = rig.start(program(&command("(drop (call $arrived)) (loop (br 0))")));
    running.arrived.recv().unwrap();
    assert_eq!(exit_code(rig.run(&numbered(1))), 1);
    running.interrupt.cancel();
    assert_eq!(failed(running.end()).0, "run-cancelled");
}

#[test]
fn who_waits_is_served_before_what_is_only_prepared() {
    let rig = Rig::new(BOTH[0]);
    let (order, compiled) = channel();
    let (release, released) = channel();
    let watched = |number: u32| {
        let (wasm, order) = (wat::parse_str(numbered(number)).unwrap(), order.clone());
        Program::new(Sha256Digest::of(&wasm), move || {
            order.send(number).unwrap();
            wasm
        })
    };
    let wasm = wat::parse_str(numbered(0)).unwrap();
    let first = Program::new(Sha256Digest::of(&wasm), move || {
        released.recv().unwrap();
        wasm
    });
    rig.engine.prepare(first);
    for number in 1..=3 {
        rig.engine.prepare(watched(number));
    }
    // What a run does first: one meets a program that is prepared, the other one that nobody asked for before.
    let waited_for = [rig.engine.entry(watched(3)), rig.engine.entry(watched(4))];
    release.send(()).unwrap();
    for entry in waited_for {
        assert!(entry.wait(&Interrupt::new()).unwrap().is_ok());
    }
    let order: Vec<u32> = compiled.iter().take(4).collect();
    assert_eq!(order, [4, 3, 1, 2]);
}

#[test]
fn many_programs_in_advance_do_not_pile_up() {
    let rig = Rig::new(BOTH[0]);
    let (release, released) = channel();
    let wasm = wat::parse_str(numbered(0)).unwrap();
    rig.engine.prepare(Program::new(Sha256Digest::of(&wasm), move || {
        released.recv().unwrap();
        wasm
    }));
    for number in 1..100 {
        rig.engine.prepare(program(&numbered(number)));
    }
    assert!(rig.engine.figures().modules < 40, "{:?}", rig.engine.figures());
    release.send(()).unwrap();
    assert_eq!(exit_code(rig.run(&numbered(99))), 99, "what was left out is compiled when it is run");
}

#[test]
fn an_engine_starts_where_no_pool_can_be_reserved() {
    // 100,000 slots of 4 GiB are more than an address has bits for.
    let limits = EngineLimits { max_runs: 100_000, ..EngineLimits::default() };
    for strategy in BOTH {
        let rig = Rig::with(strategy, false, limits);
        assert_eq!(
            exit_code(rig.run(&command("(drop (memory.grow (i32.const 100))) (call $exit (memory.size))"))),
            101
        );
        assert_eq!(failed(rig.run(&command("(drop (i32.load (i32.const -4)))"))).0, "guest-memory-out-of-bounds");
    }
}

#[test]
fn many_engines_live_in_one_process() {
    let rigs: Vec<_> = (0..20).map(|_| Rig::new(BOTH[0])).collect();
    for rig in &rigs {
        assert_eq!(exit_code(rig.run(&command(""))), 0);
    }
}
