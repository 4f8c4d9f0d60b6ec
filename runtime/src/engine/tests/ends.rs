//! How runs end: by themselves, by what they did, by their limits.

use std::time::Duration;

use super::{BOTH, EngineLimits, MEMORY, Rig, command, command_with, exit_code, failed};

#[test]
fn a_program_ends_by_return_or_by_its_exit_code() {
    for strategy in BOTH {
        let rig = Rig::new(strategy);
        for (body, code) in [
            ("", 0),
            ("(call $exit (i32.const 0))", 0),
            ("(call $exit (i32.const 7)) unreachable", 7),
            ("(call $exit (i32.const -1))", u32::MAX),
        ] {
            assert_eq!(exit_code(rig.run(&command(body))), code, "{strategy:?}: {body}");
        }
    }
}

#[test]
fn the_second_form_of_the_entry_point_is_called_with_zeros() {
    let wat = r#"(module (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32))) (memory (export "memory") 1)
        (func (export "_start") (param i32 i32) (call $exit (i32.add (i32.const 5) (i32.or (local.get 0) (local.get 1))))))"#;
    assert_eq!(exit_code(Rig::new(BOTH[0]).run(wat)), 5);
}

#[test]
fn a_start_function_may_exit_before_the_entry_point() {
    let wat = command_with("(func $first (call $exit (i32.const 3))) (start $first)", "unreachable");
    assert_eq!(exit_code(Rig::new(BOTH[0]).run(&wat)), 3);
}

#[test]
fn each_trap_has_its_code_and_says_what_it_was() {
    let recursion = "(func $deep (param i32) (result i32) (i32.add (i32.const 1) (call $deep (local.get 0))))";
    let pointers = "(table 2 funcref) (type $nothing (func))";
    let start = "(func $first unreachable) (start $first)";
    for strategy in BOTH {
        let rig = Rig::new(strategy);
        for (parts, body, code, word) in [
            ("", "unreachable", "guest-unreachable", "stderr"),
            (start, "", "guest-unreachable", "unreachable"),
            (recursion, "(drop (call $deep (i32.const 0)))", "guest-stack-overflow", "recursion"),
            ("", "(drop (i32.load (i32.const 65533)))", "guest-memory-out-of-bounds", "out of bounds"),
            ("", "(drop (i32.load offset=0xfffffff0 (i32.const -1)))", "guest-memory-out-of-bounds", "out of bounds"),
            (pointers, "(call_indirect (type $nothing) (i32.const 1))", "guest-bad-indirect-call", "pointer"),
            (pointers, "(call_indirect (type $nothing) (i32.const 9))", "guest-bad-indirect-call", "pointer"),
            ("", "(drop (i32.div_s (i32.const 1) (i32.const 0)))", "guest-division-by-zero", "by zero"),
            ("", "(drop (i32.div_s (i32.const 0x80000000) (i32.const -1)))", "guest-integer-overflow", "fit"),
            ("", "(drop (i32.trunc_f32_s (f32.const 1e30)))", "guest-integer-overflow", "fit"),
            ("", "(drop (i32.trunc_f32_s (f32.const nan)))", "guest-bad-conversion", "no number"),
        ] {
            let (found, text) = failed(rig.run(&command_with(parts, body)));
            assert_eq!(found, code, "{strategy:?}: {body}: {text}");
            assert!(text.contains(word), "{strategy:?}: {body}: {word:?} is not in {text}");
        }
        assert_eq!(rig.budget.used(), 0);
    }
}

#[test]
fn function_names_are_shown_in_debug_mode_alone() {
    let wat = command_with(
        "(func $the_inner_one unreachable) (func $\"odd\\0aname\" (call $the_inner_one))",
        "(call $\"odd\\0aname\")",
    );
    for strategy in BOTH {
        let (_, quiet) = failed(Rig::new(strategy).run(&wat));
        assert!(!quiet.contains("the_inner_one"), "{quiet}");
        let (code, loud) = failed(Rig::with(strategy, true, EngineLimits::default()).run(&wat));
        assert_eq!(code, "guest-unreachable");
        assert!(loud.contains("0: the_inner_one\n") && loud.contains(r"1: odd\nname"), "{loud}");
    }
}

#[test]
fn a_backtrace_names_rust_functions_readably_and_a_recursion_once() {
    let wat = command_with(
        "(func $_ZN4trap5inner17hc55f542fa5dd7fa2E (call $_ZN4trap5inner17hc55f542fa5dd7fa2E))",
        "(call $_ZN4trap5inner17hc55f542fa5dd7fa2E)",
    );
    let (_, text) = failed(Rig::with(BOTH[0], true, EngineLimits::default()).run(&wat));
    assert!(text.ends_with("\n  0: trap::inner (20 times or more)"), "{text}");
}

#[test]
fn an_endless_loop_ends_at_its_deadline() {
    for strategy in BOTH {
        let rig = Rig::new(strategy);
        let (code, text) = failed(rig.run_within(&command("(loop (br 0))"), Some(Duration::from_millis(30))));
        assert_eq!(code, "deadline-exceeded");
        assert!(text.contains("30ms"), "{text}");
    }
}

#[test]
fn a_sleeping_program_ends_at_its_deadline_too() {
    let sleep = "(drop (call $sleep (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0))) (loop (br 0))";
    let outcome = Rig::new(BOTH[0]).run_within(&command(sleep), Some(Duration::from_millis(20)));
    assert_eq!(failed(outcome).0, "deadline-exceeded");
}

#[test]
fn a_memory_bomb_is_refused_and_named() {
    let bomb = "(loop (br_if 0 (i32.ne (memory.grow (i32.const 1)) (i32.const -1))))";
    for strategy in BOTH {
        let rig = Rig::new(strategy);
        let held = rig.budget.take(MEMORY / 2).unwrap();
        // A program may go on with what it has; its size then shows how far it came.
        let careful = command(&format!("{bomb} (call $exit (memory.size))"));
        assert_eq!(exit_code(rig.run(&careful)), u32::try_from(MEMORY / 2 / 65536).unwrap(), "{strategy:?}");
        let (code, text) = failed(rig.run(&command(&format!("{bomb} unreachable"))));
        assert_eq!(code, "out-of-memory", "{text}");
        assert!(text.contains("max_memory_mib"), "{text}");
        assert_eq!(rig.budget.used(), held.bytes(), "an ended run holds nothing");
    }
}

#[test]
fn memory_that_is_there_at_the_start_counts() {
    let rig = Rig::new(BOTH[0]);
    let wat = command("").replace("(export \"memory\") 1", "(export \"memory\") 64");
    assert_eq!(exit_code(rig.run(&wat)), 0);
    let _held = rig.budget.take(MEMORY - (1 << 20)).unwrap();
    let (code, text) = failed(rig.run(&wat));
    assert_eq!(code, "out-of-memory", "{text}");
    assert!(text.contains("4194304 bytes more"), "{text}");
}

#[test]
fn a_declared_maximum_beyond_the_budget_hurts_only_who_grows() {
    let rig = Rig::new(BOTH[0]);
    let wat = command("(call $exit (memory.grow (i32.const 60000)))")
        .replace("(export \"memory\") 1", "(export \"memory\") 1 65536");
    assert_eq!(exit_code(rig.run(&wat)), u32::MAX);
}

#[test]
fn a_table_bomb_is_refused_and_named() {
    let bomb = "(loop (br_if 0 (i32.ne (table.grow (ref.null func) (i32.const 100000)) (i32.const -1))))";
    for strategy in BOTH {
        let rig = Rig::new(strategy);
        let (code, text) = failed(rig.run(&command_with("(table 1 funcref)", &format!("{bomb} unreachable"))));
        assert_eq!(code, "out-of-memory", "{text}");
        assert!(text.contains("elements"), "{text}");
        assert_eq!(rig.budget.used(), 0);
    }
}

#[test]
fn a_panic_below_ends_its_run_and_nothing_else() {
    for strategy in BOTH {
        let rig = Rig::new(strategy);
        let (code, text) = failed(rig.run(&command("(drop (call $panic (i32.const 0) (i32.const 0)))")));
        assert_eq!(code, "host-fault");
        assert!(!text.contains("made for this test"), "what a panic says may be anybody's: {text}");
        assert_eq!(rig.budget.used(), 0);
        assert_eq!(exit_code(rig.run(&command(""))), 0, "the next run");
    }
}

#[test]
fn runs_see_nothing_of_each_other() {
    let rig = Rig::new(BOTH[0]);
    let counter = command(
        "(i32.store8 (i32.const 9) (i32.add (i32.load8_u (i32.const 9)) (i32.const 1))) (call $exit (i32.load8_u (i32.const 9)))",
    );
    assert_eq!((exit_code(rig.run(&counter)), exit_code(rig.run(&counter))), (1, 1));
}
