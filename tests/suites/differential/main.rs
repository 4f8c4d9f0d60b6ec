//! The differential suite: what is known of the i-poc's services, row by row, each a test that asserts what was meant.
//!
//! A test's name begins with its row: `ccfaas_post_function_400_exists` is an outcome of a route, `c03_…`, `v08_…`, `s05_…`
//! and `u04_…` are mistakes of the old services, by their numbers. [`completeness`] holds that none is missing.
//!
//! The services are real processes, asked over HTTP as their old clients ask; what is in an instance is seen through a
//! verified session. Cases run side by side and share one `veracruz up`; what they make has names of its own.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a failed test says where"
)]

mod cases;
mod ccfaas;
mod completeness;
mod daemons;
mod deployment;
mod documents;
mod http;
mod relay;
mod s3;
mod users;
mod vaas;
mod world;

use std::process::ExitCode;
use std::sync::{Arc, LazyLock};

use libtest_mimic::{Arguments, Trial};

use crate::cases::{Stage, trial};
use crate::world::World;

/// Cases that run side by side, where the command line does not say.
const CASES_AT_ONCE: usize = 6;

/// A check of the suite itself, by the names of its cases.
type Check = (&'static str, fn(&[&str]));

const CHECKS: &[Check] =
    &[("every_row_has_its_test", completeness::check), ("a_missing_row_is_noticed", completeness::check_the_check)];

fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    // Cases wait for services most of the time.
    arguments.test_threads.get_or_insert(CASES_AT_ONCE);
    let stage: Stage = Arc::new(LazyLock::new(World::start));
    let cases =
        [ccfaas::cases(), vaas::cases(), s3::cases(), deployment::CASES.to_vec(), users::CASES.to_vec()].concat();
    let names: Vec<_> = cases.iter().map(|(name, _)| *name).collect();
    let mut trials: Vec<_> = cases.into_iter().map(|case| trial(case, &stage)).collect();
    trials.push(trial(("every_route_has_its_rows", completeness::check_routes), &stage));
    for (name, check) in CHECKS {
        let names = names.clone();
        trials.push(Trial::test(*name, move || {
            check(&names);
            Ok(())
        }));
    }
    libtest_mimic::run(&arguments, trials).exit_code()
}
