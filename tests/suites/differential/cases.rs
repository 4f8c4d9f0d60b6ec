//! What a case is, and how cases become tests.

use std::sync::{Arc, LazyLock};

use libtest_mimic::Trial;

use crate::world::World;

/// One behaviour: its name, which begins with the number of its row, and what must hold.
pub(crate) type Case = (&'static str, fn(&World));

/// The functions with these names as [`Case`]s.
macro_rules! cases {
    ($($name:ident),* $(,)?) => { &[$((stringify!($name), $name)),*] };
}
pub(crate) use cases;

/// The services, which the first case that needs them starts.
pub(crate) type Stage = Arc<LazyLock<World>>;

/// A test that fails where the case panics.
pub(crate) fn trial((name, run): Case, stage: &Stage) -> Trial {
    let world = stage.clone();
    Trial::test(name, move || {
        run(&world);
        Ok(())
    })
}
