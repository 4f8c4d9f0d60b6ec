//! Running guests: so far how a run is told to end.

mod interrupt;

pub use interrupt::{Interrupt, Woken};
