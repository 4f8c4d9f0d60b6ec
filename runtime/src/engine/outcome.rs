//! How a run ended, in words for the one who asked for it.
//!
//! Nothing that the guest computed is ever in it; names of its functions only in debug mode.

use std::fmt;
use std::time::Duration;

use wasmtime::Trap;

use super::interrupt::Reason;
use super::memory::Shortage;
use super::refusal::ModuleRefusal;

/// How a run ended.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// The program ended by itself: 0 when its `_start` returned, otherwise what it gave to `proc_exit`.
    Exited(u32),
    /// It was ended, or it never started.
    Failed(RunFailure),
}

/// Why a run did not end by itself.
#[derive(Debug, thiserror::Error)]
#[error("{cause}{frames}")]
pub(crate) struct RunFailure {
    cause: Cause,
    frames: Frames,
}

/// What ended a run.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Cause {
    /// The module cannot run here.
    #[error("{0}")]
    Refused(ModuleRefusal),
    /// A participant ended it.
    #[error("the run was cancelled; its files stay as it left them")]
    Cancelled,
    /// It took too long.
    #[error("the run did not end within {0:?}; allow it more time, or give it less to do")]
    DeadlineExceeded(Duration),
    /// It ended, or could not start, after a growth was refused.
    #[error("the program ran out of memory: {0}")]
    OutOfMemory(Shortage),
    /// It did what WebAssembly forbids.
    #[error("the program failed: {}", meaning(*.0))]
    Trapped(Trap),
    /// A function of this runtime failed while the program called it.
    #[error(
        "a system call of the program failed inside this runtime, which is a defect of the runtime; \
             the run was ended and nothing else is affected; report it together with the program"
    )]
    HostFault,
    /// The run could not be set up, or ended in a way that this runtime does not know.
    #[error("the program could not be run: {0}; try again, and report it if it happens again")]
    Engine(String),
}

/// Names of the guest's functions, innermost first; empty outside debug mode.
#[derive(Debug, Default)]
pub(super) struct Frames(pub(super) Vec<String>);

impl RunFailure {
    pub(super) fn new(cause: Cause, frames: Frames) -> Self {
        RunFailure { cause, frames }
    }

    pub(super) fn interrupted(reason: Reason, deadline: Option<Duration>) -> Self {
        match reason {
            Reason::Cancelled => Cause::Cancelled.into(),
            Reason::DeadlineExceeded => Cause::DeadlineExceeded(deadline.unwrap_or_default()).into(),
        }
    }

    /// A stable name for machines. All that a program itself did starts with `guest-`, except `out-of-memory`.
    pub(crate) fn code(&self) -> &'static str {
        match &self.cause {
            Cause::Refused(refusal) => refusal.code(),
            Cause::Cancelled => "run-cancelled",
            Cause::DeadlineExceeded(_) => "deadline-exceeded",
            Cause::OutOfMemory(_) => "out-of-memory",
            Cause::Trapped(trap) => code(*trap),
            Cause::HostFault => "host-fault",
            Cause::Engine(_) => "engine-failed",
        }
    }
}

impl From<Cause> for RunFailure {
    fn from(cause: Cause) -> Self {
        RunFailure::new(cause, Frames::default())
    }
}

impl fmt::Display for Frames {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut depth = 0;
        for same in self.0.chunk_by(PartialEq::eq) {
            let Some(name) = same.first() else { continue };
            match same.len() {
                1 => write!(f, "\n  {depth}: {name}")?,
                times => write!(f, "\n  {depth}: {name} ({times} times or more)")?,
            }
            depth += same.len();
        }
        Ok(())
    }
}

fn code(trap: Trap) -> &'static str {
    match trap {
        Trap::UnreachableCodeReached => "guest-unreachable",
        Trap::StackOverflow => "guest-stack-overflow",
        Trap::MemoryOutOfBounds => "guest-memory-out-of-bounds",
        Trap::TableOutOfBounds | Trap::IndirectCallToNull | Trap::BadSignature => "guest-bad-indirect-call",
        Trap::IntegerDivisionByZero => "guest-division-by-zero",
        Trap::IntegerOverflow => "guest-integer-overflow",
        Trap::BadConversionToInteger => "guest-bad-conversion",
        _ => "guest-trapped",
    }
}

/// What a trap comes from, as a rule, and where to look.
fn meaning(trap: Trap) -> &'static str {
    match trap {
        Trap::UnreachableCodeReached => {
            "it reached an `unreachable` instruction, which is how a panic, abort() or a failed assertion ends; \
             see what it wrote to stderr"
        }
        Trap::StackOverflow => "its call stack is exhausted; look for a recursion without end, or make it shallower",
        Trap::MemoryOutOfBounds => {
            "it used memory out of bounds; look for a bad pointer, or link it with a larger stack (-z stack-size)"
        }
        Trap::TableOutOfBounds | Trap::IndirectCallToNull | Trap::BadSignature => {
            "it called through a function pointer that is none, or is of another type"
        }
        Trap::IntegerDivisionByZero => "it divided an integer by zero",
        Trap::IntegerOverflow => {
            "a division, or a conversion from a float, gives an integer that does not fit its type"
        }
        Trap::BadConversionToInteger => "it converted a float that is no number into an integer",
        _ => "it did what WebAssembly does not allow; run it in debug mode to see where",
    }
}
