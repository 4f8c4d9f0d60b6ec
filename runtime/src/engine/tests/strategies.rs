//! Compiled or interpreted, a program does the same.

use super::{BOTH, Rig, command_with, exit_code};
use crate::engine::features::OFFERED;

const PROGRAMS: &[(&str, &str, u32)] = &[
    (
        "(func $fib (param i32) (result i32)
           (if (result i32) (i32.lt_s (local.get 0) (i32.const 2)) (then (local.get 0))
             (else (i32.add (call $fib (i32.sub (local.get 0) (i32.const 1)))
                            (call $fib (i32.sub (local.get 0) (i32.const 2)))))))",
        "(call $fib (i32.const 15))",
        610,
    ),
    (
        "",
        "(i32.wrap_i64 (i64.rem_u (i64.mul (i64.const 0x123456789abcdef) (i64.const 1000003)) (i64.const 1000000007)))",
        185_513_031,
    ),
    ("", "(i32.trunc_f64_s (f64.mul (f64.sqrt (f64.const 2)) (f64.const 1e9)))", 1_414_213_562),
    ("", "(i32.trunc_sat_f32_s (f32.const 1e30))", 0x7fff_ffff),
    ("", "(i32.reinterpret_f32 (f32.nearest (f32.const 2.5)))", 0x4000_0000),
    ("", "(i32.extend8_s (i32.const 0x80))", 0xffff_ff80),
    ("", "(i32x4.extract_lane 2 (i32x4.mul (v128.const i32x4 1 2 3 4) (i32x4.splat (i32.const 7))))", 21),
    ("", "(i32x4.extract_lane 0 (i32x4.relaxed_trunc_f32x4_s (f32x4.splat (f32.const 1e30))))", 0x7fff_ffff),
    (
        r#"(data (i32.const 100) "\01\02\03\04")"#,
        "(memory.copy (i32.const 200) (i32.const 100) (i32.const 4))
         (memory.fill (i32.const 202) (i32.const 9) (i32.const 1))
         (i32.load (i32.const 200))",
        0x0409_0201,
    ),
    (
        "(table funcref (elem $one $two)) (type $number (func (result i32)))
         (func $one (result i32) (i32.const 1)) (func $two (result i32) (i32.const 2))",
        "(call_indirect (type $number) (i32.const 1))",
        2,
    ),
    (
        // A million calls deep without a tail call would overflow the stack.
        "(func $count (param i32 i32) (result i32)
           (if (result i32) (i32.eqz (local.get 0)) (then (local.get 1))
             (else (return_call $count (i32.sub (local.get 0) (i32.const 1)) (i32.add (local.get 1) (i32.const 2))))))",
        "(call $count (i32.const 1000000) (i32.const 0))",
        2_000_000,
    ),
    ("(func $pair (result i32 i32) (i32.const 30) (i32.const 4))", "(i32.sub (call $pair))", 26),
    ("(global $sum i32 (i32.add (i32.const 40) (i32.const 2)))", "(global.get $sum)", 42),
    ("", "(memory.grow (i32.const 3)) (memory.size) i32.add", 5),
];

#[test]
fn both_strategies_give_the_same_results() {
    let rigs = BOTH.map(Rig::new);
    for (parts, body, expected) in PROGRAMS {
        let wat = command_with(parts, &format!("{body} call $exit"));
        for (rig, strategy) in rigs.iter().zip(BOTH) {
            assert_eq!(exit_code(rig.run(&wat)), *expected, "{strategy:?}: {body}");
        }
    }
}

#[test]
fn the_engine_takes_exactly_what_the_check_lets_through() {
    for strategy in BOTH {
        let rig = Rig::new(strategy);
        let engine = rig.engine.compiler.workshop().linker.engine().get_wasm_features();
        assert_eq!(engine, OFFERED, "{strategy:?}");
    }
}
