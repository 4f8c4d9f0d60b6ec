//! Several runs at one time, cancels, and waiting: for the compiler and for a place.

use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use veracruz_policy::{ExecutionStrategy, Sha256Digest};

use super::{BOTH, EngineLimits, Program, Rig, command, exit_code, failed, program};
use crate::engine::{Interrupt, Woken};

const LOOP: &str = "(drop (call $arrived)) (loop (br 0))";
const SLEEP: &str =
    "(drop (call $arrived)) (drop (call $sleep (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0))) (loop (br 0))";

/// A program whose bytes come when the test says so.
fn late(wat: &str) -> (Program, std::sync::mpsc::Sender<()>) {
    let wasm = wat::parse_str(wat).unwrap();
    let (release, released) = channel();
    let read = move || {
        released.recv().unwrap();
        wasm
    };
    (Program::new(Sha256Digest::of(&wat::parse_str(wat).unwrap()), read), release)
}

#[test]
fn a_cancel_ends_a_loop_and_a_sleep_within_100_ms() {
    for strategy in BOTH {
        let rig = Rig::new(strategy);
        for body in [LOOP, SLEEP] {
            let running = rig.start(program(&command(body)));
            running.arrived.recv().unwrap();
            let asked = Instant::now();
            running.interrupt.cancel();
            assert_eq!(failed(running.end()).0, "run-cancelled", "{strategy:?}: {body}");
            assert!(asked.elapsed() < Duration::from_millis(100), "{strategy:?}: {body}: {:?}", asked.elapsed());
        }
        assert_eq!(rig.budget.used(), 0);
    }
}

#[test]
fn a_cancel_before_the_start_counts() {
    let rig = Rig::new(BOTH[0]);
    let (blocked, release) = late(&command(""));
    let running = rig.start(blocked);
    running.interrupt.cancel();
    assert_eq!(failed(running.end()).0, "run-cancelled");
    release.send(()).unwrap();
}

#[test]
fn a_small_program_does_not_wait_behind_a_large_one() {
    let rig = Rig::new(BOTH[0]);
    let wasm = wat::parse_str(command("")).unwrap();
    let ((take, taken), (release, released)) = (channel(), channel::<()>());
    // Large as far as the engine knows.
    let large = rig.start(Program::new(Sha256Digest::of(&wasm), move || {
        take.send(()).unwrap();
        released.recv().unwrap();
        wasm
    }));
    taken.recv().unwrap();
    let small = rig.start(program(&command("(call $exit (i32.const 4))")).of_size(1000));
    assert_eq!(exit_code(small.end()), 4);
    release.send(()).unwrap();
    assert_eq!(exit_code(large.end()), 0);
}

#[test]
fn runs_go_on_beside_each_other() {
    let rig = Rig::new(BOTH[0]);
    let looping: Vec<_> = (0..3).map(|_| rig.start(program(&command(LOOP)))).collect();
    looping.iter().for_each(|running| running.arrived.recv().unwrap());
    assert_eq!(exit_code(rig.run(&command("(call $exit (i32.const 4))"))), 4);
    for running in looping {
        running.interrupt.cancel();
        assert_eq!(failed(running.end()).0, "run-cancelled");
    }
}

#[test]
fn who_finds_no_place_waits_for_one_in_turn() {
    let rig = Rig::with(ExecutionStrategy::Jit, false, EngineLimits { max_runs: 1, ..EngineLimits::default() });
    let first = rig.start(program(&command(SLEEP)));
    first.arrived.recv().unwrap();
    let (gives_up, waits) = (rig.start(program(&command(SLEEP))), rig.start(program(&command(LOOP))));
    gives_up.interrupt.cancel();
    assert_eq!(failed(gives_up.end()).0, "run-cancelled");
    assert!(waits.arrived.try_recv().is_err(), "there is one place, and it is taken");
    first.interrupt.cancel();
    waits.arrived.recv().unwrap();
    waits.interrupt.cancel();
    assert_eq!(failed(waits.end()).0, "run-cancelled");
}

#[test]
fn a_compile_that_takes_long_holds_up_its_own_program_alone() {
    let rig = Rig::new(BOTH[0]);
    assert_eq!(exit_code(rig.run(&command(""))), 0, "compiled before");
    let slow = command("(call $exit (i32.const 9))");
    let (blocked, release) = late(&slow);
    rig.engine.prepare(blocked);
    let impatient = rig.start(program(&slow));
    assert_eq!(exit_code(rig.run(&command(""))), 0, "another program runs meanwhile");
    impatient.interrupt.cancel();
    assert_eq!(failed(impatient.end()).0, "run-cancelled");
    let outcome = rig.run_within(&slow, Some(Duration::from_millis(20)));
    assert_eq!(failed(outcome).0, "deadline-exceeded", "the wait for the compiler counts");
    let patient: Vec<_> = (0..4).map(|_| rig.start(program(&slow))).collect();
    release.send(()).unwrap();
    for running in patient {
        assert_eq!(exit_code(running.end()), 9);
    }
    assert_eq!(rig.compiles(), 2);
}

#[test]
fn an_interrupt_ends_a_wait_at_once_and_a_wait_ends_by_itself() {
    let interrupt = Interrupt::new();
    assert_eq!(interrupt.wait(Duration::from_millis(1)), Woken::Elapsed);
    let other = interrupt.clone();
    let waiting = std::thread::spawn(move || other.wait(Duration::MAX));
    interrupt.cancel();
    assert_eq!(waiting.join().unwrap(), Woken::Cancelled);
    assert_eq!(interrupt.wait(Duration::from_secs(3600)), Woken::Cancelled, "it stays so");
}

#[test]
fn an_engine_that_is_dropped_ends_its_ticker() {
    let rig = Rig::new(BOTH[0]);
    assert_eq!(exit_code(rig.run(&command(""))), 0);
    drop(rig.engine); // joins the thread: this test hangs otherwise
}
