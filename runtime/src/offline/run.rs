//! One run: the guest on a thread of its own, its output to whoever asked for the run while it comes.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use veracruz_policy::{Sha256Digest, Stream};
use wasmtime::Linker;

use super::{Arguments, Ended, Offline, OfflineError};
use crate::engine::{Engine, EngineLimits, Outcome, Program, RUN_THREAD_STACK, RunControl, RunState};
use crate::vfs::Stdio;
use crate::wasi::{self, Surroundings, Traced, Wasi};

/// How often the output is looked at: a person sees no delay, and a program that prints much is not slowed down by it.
const LOOK_EVERY: Duration = Duration::from_millis(20);

pub(super) fn run(
    offline: &Offline,
    arguments: Arguments,
    output: impl FnMut(Stream, &[u8]) -> ControlFlow<()>,
) -> Result<Ended, OfflineError> {
    let Arguments { args, env, trace } = arguments;
    let control = RunControl::default();
    let stdio = offline.vfs.fresh_stdio()?;
    let surroundings = Surroundings {
        arguments: args,
        environment: env,
        clock_enabled: offline.policy.enable_clock,
        interrupt: control.interrupt.clone(),
    };
    let wasi = Wasi::new(&offline.vfs, offline.principal.clone(), &stdio, surroundings)?;
    match trace {
        None => {
            let engine = engine(offline, |linker| wasi::add_to_linker(linker, RunState::host))?;
            watch(offline, &engine, wasi, &control, &stdio, output)
        }
        Some(tell) => {
            let engine = engine(offline, |linker| wasi::add_traced_to_linker(linker, RunState::host))?;
            watch(offline, &engine, Traced::new(wasi, tell), &control, &stdio, output)
        }
    }
}

/// Runs the guest with the calls of `host`, and hands its output on while it comes.
fn watch<W: Send + 'static>(
    offline: &Offline,
    engine: &Engine<W>,
    host: W,
    control: &RunControl,
    stdio: &Stdio,
    mut output: impl FnMut(Stream, &[u8]) -> ControlFlow<()>,
) -> Result<Ended, OfflineError> {
    let wasm = Arc::clone(&offline.wasm);
    let program = Program::new(Sha256Digest::of(&wasm), move || wasm.to_vec());
    let mut told = Told::default();
    std::thread::scope(|scope| {
        let (end, ended) = channel();
        let run = move || {
            let _ = end.send(engine.run(program, host, control)); // the other side waits
        };
        let guest = std::thread::Builder::new().name("guest".to_owned()).stack_size(RUN_THREAD_STACK);
        guest.spawn_scoped(scope, run).map_err(|error| OfflineError::Engine(error.to_string()))?;
        loop {
            let outcome = ended.recv_timeout(LOOK_EVERY);
            if told.tell(stdio, &mut output).is_break() {
                control.interrupt.cancel();
            }
            match outcome {
                Ok(outcome) => return Ok(outcome.into()),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => {
                    return Err(OfflineError::Engine("the thread of the guest ended before it".to_owned()));
                }
            }
        }
    })
}

fn engine<W: Send + 'static>(
    offline: &Offline,
    link: impl FnOnce(&mut Linker<RunState<W>>) -> wasmtime::Result<()>,
) -> Result<Arc<Engine<W>>, OfflineError> {
    let limits = EngineLimits { max_runs: 1, ..EngineLimits::default() };
    let (strategy, debug) = (offline.policy.execution_strategy, offline.policy.debug);
    Ok(Engine::with_host(strategy, debug, limits, offline.budget.clone(), link)?)
}

/// How much of each stream was told already.
#[derive(Default)]
struct Told {
    stdout: u64,
    stderr: u64,
    broken: bool,
}

impl Told {
    fn tell(&mut self, stdio: &Stdio, output: &mut impl FnMut(Stream, &[u8]) -> ControlFlow<()>) -> ControlFlow<()> {
        let streams = [(Stream::Stdout, &mut self.stdout), (Stream::Stderr, &mut self.stderr)];
        for (stream, told) in streams {
            let file = stdio.of(stream);
            if self.broken || file.len() <= *told {
                continue;
            }
            let now = file.snapshot();
            self.broken = now.range(*told, u64::MAX).any(|piece| output(stream, piece).is_break());
            *told = now.len();
        }
        if self.broken { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }
}

impl From<Outcome> for Ended {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Exited(code) => Ended::Exited(code),
            Outcome::Failed(failure) => Ended::Failed { code: failure.code(), reason: failure.to_string() },
        }
    }
}
