//! WASI preview 1 for a guest that runs as one principal: the policy's file system, streams, clocks, chance.
//!
//! The specification is `witx/`; where it is silent, POSIX is. The errno for a missing right is ACCES (as in Veracruz
//! main, never NOTCAPABLE), for an unknown number BADF, for an address outside of memory FAULT, for one that is not
//! aligned or a flag that does not exist INVAL. A guest can make nothing here panic, wait for another session, or
//! allocate without the instance's budget or a named limit.

mod abi;
mod calls;
mod change;
mod environment;
mod io;
mod link;
mod open;
mod poll;
mod preopen;
mod readdir;
mod stat;
mod table;
mod time;
mod trace;
mod view;
mod walk;

use std::fmt;
use std::time::Duration;

use veracruz_policy::{Action, Denial, DenialReason, Principal, Rights, Stream, Target};
use wasmtime::{Linker, Memory};

pub use link::call;
pub use trace::{Traced, add_traced_to_linker};

use crate::engine::Interrupt;
use crate::vfs::{Stdio, Vfs, VfsError};
use environment::Texts;
use table::Table;
use view::View;

/// The calls of one run, and all that they remember.
pub struct Wasi {
    view: View,
    table: Table,
    arguments: Texts,
    environment: Texts,
    clock_enabled: bool,
    interrupt: Interrupt,
    started: Duration,
    /// The guest's memory once it was found. A `Wasi` serves one instance, in one store.
    memory: Option<Memory>,
}

/// What a guest gets besides files.
#[derive(Clone, Debug, Default)]
pub struct Surroundings {
    /// Arguments; by custom the first is the program's name.
    pub arguments: Vec<String>,
    /// Environment variables.
    pub environment: Vec<(String, String)>,
    /// Whether the guest may know the time.
    pub clock_enabled: bool,
    /// What ends the run where it waits.
    pub interrupt: Interrupt,
}

impl Wasi {
    /// The calls of a run as `principal` on the files of `vfs`.
    ///
    /// Number 0, 1 and 2 are the streams that the principal has entries for. From 3 on there is a directory for each of
    /// its other entries, in the order of the policy; its name is the path in normal form, `/input` for an entry `input/`. An
    /// entry without a slash at the end that is no directory yet is reached through the directory above it.
    ///
    /// # Errors
    /// [`VfsError::Denied`] for a principal that the policy does not know; [`VfsError::OverBudget`] and the other quotas
    /// when the directories of its entries cannot be made.
    pub fn new(vfs: &Vfs, principal: Principal, stdio: &Stdio, with: Surroundings) -> Result<Self, VfsError> {
        let shared = vfs.shared().clone();
        let policy = shared.policy.clone();
        let Some(rights) = policy.table(&principal) else {
            // The streams are what a run would ask for first.
            let (action, target) = (Action::Use(Rights::empty()), Target::Stream(Stream::Stdin));
            let denial = Denial { principal, action, target, reason: DenialReason::UnknownPrincipal };
            return Err(VfsError::Denied(Box::new(denial)));
        };
        let view = View { shared, principal };
        let mut table = Table::new(view.shared.limits.handles);
        preopen::open(&view, rights, stdio, &mut table)?;
        let variables = with.environment.into_iter().map(|(name, value)| format!("{name}={value}"));
        Ok(Wasi {
            table,
            arguments: Texts::new(with.arguments),
            environment: Texts::new(variables),
            clock_enabled: with.clock_enabled,
            interrupt: with.interrupt,
            started: view.shared.clock.monotonic(),
            memory: None,
            view,
        })
    }
}

/// What is open tells nothing that a log should have.
impl fmt::Debug for Wasi {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Wasi({})", self.view.principal)
    }
}

/// Makes the imports of WASI preview 1 and of Veracruz's `veracruz_si` known to `linker`. `get` finds the calls of the run
/// in the store's data.
///
/// # Errors
/// When `linker` knows one of them already.
pub fn add_to_linker<T: 'static>(
    linker: &mut Linker<T>,
    get: impl Fn(&mut T) -> &mut Wasi + Copy + Send + Sync + 'static,
) -> wasmtime::Result<()> {
    link::add(linker, get)
}

/// The guest called `proc_exit` with this code. It comes as the error that ends the guest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the program ended with exit code {0}")]
pub struct Exit(pub u32);

/// The run was told to end while the guest waited. It comes as the error that ends the guest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the run was cancelled while the program waited")]
pub struct Cancelled;
