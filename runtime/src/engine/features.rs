//! Which WebAssembly proposals programs may use, and which one a module needs.

use wasmparser::{Validator, WasmFeatures};

/// WebAssembly 2.0, tail calls, extended constants and relaxed SIMD: all that current LLVM emits for one-threaded
/// programs with 32-bit memory. Left out is what needs a garbage collector, a second memory or threads: nothing that is
/// compiled to WASI preview 1 needs it, and it is the largest part of an engine to trust.
pub(super) const OFFERED: WasmFeatures = WasmFeatures::WASM2
    .difference(WasmFeatures::GC_TYPES)
    .union(WasmFeatures::TAIL_CALL)
    .union(WasmFeatures::EXTENDED_CONST)
    .union(WasmFeatures::RELAXED_SIMD);

/// Proposals by the names of webassembly.org. `REFERENCE_TYPES` and `BULK_MEMORY` contain the small halves that precede
/// them here, so that a module which needs only these is said to need only these.
const NAMES: &[(WasmFeatures, &str)] = &[
    (WasmFeatures::MUTABLE_GLOBAL, "mutable-globals"),
    (WasmFeatures::SATURATING_FLOAT_TO_INT, "nontrapping-float-to-int"),
    (WasmFeatures::SIGN_EXTENSION, "sign-extension"),
    (WasmFeatures::MULTI_VALUE, "multi-value"),
    (WasmFeatures::CALL_INDIRECT_OVERLONG, "call-indirect-overlong"),
    (WasmFeatures::REFERENCE_TYPES, "reference-types"),
    (WasmFeatures::BULK_MEMORY_OPT, "bulk-memory-opt"),
    (WasmFeatures::BULK_MEMORY, "bulk-memory"),
    (WasmFeatures::SIMD, "simd128"),
    (WasmFeatures::RELAXED_SIMD, "relaxed-simd"),
    (WasmFeatures::TAIL_CALL, "tail-call"),
    (WasmFeatures::EXTENDED_CONST, "extended-const"),
    (WasmFeatures::THREADS, "threads"),
    (WasmFeatures::SHARED_EVERYTHING_THREADS, "shared-everything-threads"),
    (WasmFeatures::EXCEPTIONS, "exception-handling"),
    (WasmFeatures::LEGACY_EXCEPTIONS, "legacy-exception-handling"),
    (WasmFeatures::MEMORY64, "memory64"),
    (WasmFeatures::MULTI_MEMORY, "multi-memory"),
    (WasmFeatures::GC_TYPES, "garbage-collected-types"),
    (WasmFeatures::FUNCTION_REFERENCES, "function-references"),
    (WasmFeatures::GC, "gc"),
    (WasmFeatures::CUSTOM_PAGE_SIZES, "custom-page-sizes"),
    (WasmFeatures::WIDE_ARITHMETIC, "wide-arithmetic"),
    (WasmFeatures::STACK_SWITCHING, "stack-switching"),
    (WasmFeatures::MEMORY_CONTROL, "memory-control"),
    (WasmFeatures::CUSTOM_DESCRIPTORS, "custom-descriptors"),
    (WasmFeatures::COMPACT_IMPORTS, "compact-imports"),
];

/// The proposals that a valid module of [`OFFERED`] cannot do without.
pub(super) fn used(wasm: &[u8]) -> Vec<&'static str> {
    names(least(wasm, OFFERED, OFFERED))
}

/// The proposals outside [`OFFERED`] that a module needs, if these are all that is wrong with it.
pub(super) fn missing(wasm: &[u8]) -> Option<Vec<&'static str>> {
    let all = NAMES.iter().fold(OFFERED, |all, (feature, _)| all.union(*feature));
    let more = all.difference(OFFERED);
    validates(wasm, all).then(|| names(least(wasm, all, more).intersection(more)))
}

/// What remains of `enough` when each feature of `candidates` is taken away without which the module is still valid.
fn least(wasm: &[u8], enough: WasmFeatures, candidates: WasmFeatures) -> WasmFeatures {
    // Bit by bit, as the proposals with halves are two bits; downwards, as what builds on another proposal is above it.
    let bits = (0..u64::BITS).rev().map(|bit| WasmFeatures::from_bits_retain(1 << bit));
    bits.filter(|bit| candidates.contains(*bit)).fold(enough, |kept, bit| {
        let without = kept.difference(bit);
        if validates(wasm, without) { without } else { kept }
    })
}

fn validates(wasm: &[u8], features: WasmFeatures) -> bool {
    Validator::new_with_features(features).validate_all(wasm).is_ok()
}

fn names(features: WasmFeatures) -> Vec<&'static str> {
    let mut left = features;
    let mut names = Vec::new();
    // Backwards again, so that a whole proposal is not said by its half.
    for (feature, name) in NAMES.iter().rev() {
        if left.contains(*feature) {
            left = left.difference(*feature);
            names.push(*name);
        }
    }
    names.reverse();
    names
}
