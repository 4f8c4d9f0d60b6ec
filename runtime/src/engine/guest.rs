//! One run: a fresh store and instance, the call of `_start`, and what its end means.
//!
//! Nothing survives a run but what its system calls did, and no panic below leaves this file.

use std::panic::{AssertUnwindSafe, catch_unwind};

use wasmtime::{FrameInfo, Instance, Store, Trap, UpdateDeadline, WasmBacktrace};

use super::RunControl;
use super::interrupt::Reason;
use super::limits::MAX_BACKTRACE_FRAMES;
use super::memory::Holdings;
use super::modules::Compiled;
use super::outcome::{Cause, Frames, RunFailure};
use super::refusal::{ModuleRefusal, shown};
use crate::wasi::Exit;

/// What the store of a run holds: the state of the system calls, and what the guest has taken.
pub(crate) struct RunState<W> {
    host: W,
    holdings: Holdings,
}

impl<W> RunState<W> {
    pub(super) fn new(host: W, holdings: Holdings) -> Self {
        RunState { host, holdings }
    }

    /// The state of the system calls.
    pub(crate) fn host(&mut self) -> &mut W {
        &mut self.host
    }
}

/// Runs a module from the start to its end; gives its exit code.
pub(super) fn run<W: Send + 'static>(
    compiled: &Compiled<RunState<W>>,
    state: RunState<W>,
    control: &RunControl,
) -> Result<u32, RunFailure> {
    // A panic of a host function is that run's end. What it can have left half-done is its own store, which is gone
    // then, and what the function itself shares, whose locks do not poison.
    catch_unwind(AssertUnwindSafe(|| call(compiled, state, control))).unwrap_or_else(|_| Err(Cause::HostFault.into()))
}

fn call<W: Send + 'static>(
    compiled: &Compiled<RunState<W>>,
    state: RunState<W>,
    control: &RunControl,
) -> Result<u32, RunFailure> {
    let mut store = Store::new(compiled.instance.module().engine(), state);
    store.limiter(|state| &mut state.holdings);
    store.set_epoch_deadline(1);
    let interrupt = control.interrupt.clone();
    store.epoch_deadline_callback(move |_| match interrupt.reason() {
        None => Ok(UpdateDeadline::Continue(1)),
        Some(reason) => Err(Ended(reason).into()),
    });
    let ended = compiled.instance.instantiate(&mut store).and_then(|instance| start(&mut store, &instance));
    match ended {
        Ok(()) => Ok(0),
        Err(error) => judge(&error, &store, control),
    }
}

/// The run was ended from outside.
#[derive(Debug, thiserror::Error)]
#[error("the run was ended")]
struct Ended(Reason);

fn start<W>(store: &mut Store<RunState<W>>, instance: &Instance) -> wasmtime::Result<()> {
    let start = instance.get_func(&mut *store, "_start").ok_or(ModuleRefusal::NoStart)?;
    // Veracruz main's second form, called with zeros as there.
    match start.typed::<(), ()>(&*store) {
        Ok(start) => start.call(store, ()),
        Err(_) => start.typed::<(i32, i32), ()>(&*store)?.call(store, (0, 0)),
    }
}

/// What it means that a run ended by an error.
fn judge<W>(error: &wasmtime::Error, store: &Store<RunState<W>>, control: &RunControl) -> Result<u32, RunFailure> {
    if let Some(Exit(code)) = error.downcast_ref() {
        return Ok(*code);
    }
    // A host function that waited gives up in its own way when the run is to end.
    let reason = error.downcast_ref().map(|Ended(reason)| *reason).or_else(|| control.interrupt.reason());
    if let Some(reason) = reason {
        return Err(control.ended(reason));
    }
    let cause = match (store.data().holdings.shortage(), error.downcast_ref::<Trap>()) {
        (Some(shortage), _) => Cause::OutOfMemory(shortage),
        (None, Some(trap)) => Cause::Trapped(*trap),
        (None, None) => Cause::Engine(shown(&error.root_cause().to_string())),
    };
    Err(RunFailure::new(cause, backtrace(error)))
}

fn backtrace(error: &wasmtime::Error) -> Frames {
    let frames = error.downcast_ref().map(WasmBacktrace::frames).unwrap_or_default();
    let name = |frame: &FrameInfo| match frame.func_name() {
        Some(name) => shown(&format!("{:#}", rustc_demangle::demangle(name))),
        None => format!("function {}", frame.func_index()),
    };
    Frames(frames.iter().take(MAX_BACKTRACE_FRAMES).map(name).collect())
}
