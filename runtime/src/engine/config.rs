//! How wasmtime is set up: which compiler, which pool, which guards.
//!
//! Nothing here reads the environment: two runtimes with the same policy behave alike.

use std::num::NonZeroUsize;

use veracruz_policy::ExecutionStrategy;
use wasmtime::{Config, Enabled, InstanceAllocationStrategy, OptLevel, PoolingAllocationConfig, WasmBacktraceDetails};

use super::features::OFFERED;
use super::limits::{EngineLimits, MAX_BACKTRACE_FRAMES, MAX_INSTANCE_BYTES, MAX_TABLES, MAX_WASM_STACK};

/// Address space of a 32-bit memory. Reserving it whole lets compiled code do without bounds checks.
const WHOLE_MEMORY: u64 = 1 << 32;

/// Bytes of a page of WebAssembly.
const PAGE: u64 = 1 << 16;

/// Address space that is reserved for a memory, and again when it has grown out of it, where address space is scarce
/// (a limit on virtual memory): growth then sometimes copies, and compiled code checks bounds.
const SCARCE_RESERVATION: u64 = 16 << 20;

/// An engine that reserves a pool of slots for runs, or none where the address space for it cannot be had.
pub(super) fn engine(
    strategy: ExecutionStrategy,
    debug: bool,
    limits: &EngineLimits,
    memory: u64,
) -> wasmtime::Result<wasmtime::Engine> {
    let mut config = common(strategy, debug)?;
    config.allocation_strategy(pool(limits, memory));
    wasmtime::Engine::new(&config).or_else(|_| {
        config.allocation_strategy(InstanceAllocationStrategy::OnDemand);
        config.memory_reservation(SCARCE_RESERVATION).memory_reservation_for_growth(SCARCE_RESERVATION);
        wasmtime::Engine::new(&config)
    })
}

fn common(strategy: ExecutionStrategy, debug: bool) -> wasmtime::Result<Config> {
    let mut config = Config::new();
    match strategy {
        ExecutionStrategy::Jit => config.cranelift_opt_level(OptLevel::Speed),
        // An interpreter that takes the same input as the compiler's back ends: one front end for both strategies.
        ExecutionStrategy::Interpretation => config.target("pulley64")?,
    };
    config.wasm_features(!OFFERED, false).wasm_features(OFFERED, true);
    // The same result on every CPU; NaN patterns stay the CPU's own, as their canonical form costs every float program.
    config.relaxed_simd_deterministic(true);
    config.epoch_interruption(true);
    config.max_wasm_stack(MAX_WASM_STACK);
    config.memory_init_cow(true);
    config.shared_memory(false);
    // For debuggers of the host alone; registering it takes a lock of the whole process.
    config.native_unwind_info(false);
    // Names of functions tell about a program that its owner may want to keep: only with the policy's `debug`.
    config.wasm_backtrace_max_frames(if debug { NonZeroUsize::new(MAX_BACKTRACE_FRAMES) } else { None });
    config.generate_address_map(debug);
    config.wasm_backtrace_details(WasmBacktraceDetails::Disable);
    Ok(config)
}

fn pool(limits: &EngineLimits, memory: u64) -> InstanceAllocationStrategy {
    let runs = limits.max_runs;
    let memory = memory.checked_next_multiple_of(PAGE).unwrap_or(WHOLE_MEMORY).min(WHOLE_MEMORY);
    let mut pool = PoolingAllocationConfig::new();
    pool.total_core_instances(runs)
        .total_memories(runs)
        .total_tables(runs.saturating_mul(MAX_TABLES))
        .max_memories_per_module(1)
        .max_tables_per_module(MAX_TABLES)
        .max_core_instance_size(MAX_INSTANCE_BYTES)
        .max_memory_size(usize::try_from(memory).unwrap_or(usize::MAX))
        .table_elements(usize::try_from(limits.max_table_elements).unwrap_or(usize::MAX))
        // Nothing of an ended run stays in memory that no budget counts.
        .linear_memory_keep_resident(0)
        .table_keep_resident(0)
        .pagemap_scan(Enabled::No);
    InstanceAllocationStrategy::Pooling(pool)
}
