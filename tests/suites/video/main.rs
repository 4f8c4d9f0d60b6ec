//! The video function through an instance: what it finds, and what it says to every bad input.
//!
//! | module | what it holds against what |
//! |---|---|
//! | [`refusals`] | each bad file: exit code 1, and one line that says which file and why |
//! | [`pictures`] | a good run: what it prints and writes, and what it found against what was drawn |
//! | [`accuracy`] | the measure for that, and the measure itself against cases worked by hand |
//!
//! Cases share one instance, so they run one after the other. That the network's numbers and the decoder's frames are
//! right is held against other implementations in `tests/video`.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test reports by panicking"
)]

mod accuracy;
mod pictures;
mod refusals;
mod stage;

use std::process::ExitCode;
use std::sync::{Arc, LazyLock};

use libtest_mimic::{Arguments, Trial};

use crate::stage::Stage;

fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    arguments.test_threads = Some(1);
    let stage = Arc::new(LazyLock::new(Stage::start as fn() -> Stage));
    let with_stage = |name: String, run: Box<dyn FnOnce(&Stage) + Send>| {
        let stage = stage.clone();
        alone(name, move || run(&stage))
    };
    let mut trials: Vec<_> = accuracy::CASES.iter().map(|(name, run)| alone((*name).to_owned(), run)).collect();
    trials.extend(pictures::CASES.iter().map(|(name, run)| with_stage((*name).to_owned(), Box::new(run))));
    trials.extend(refusals::CASES.iter().map(|case| with_stage(case.name(), Box::new(|stage| case.check(stage)))));
    let wrong_key = refusals::a_wrong_key_blames_the_video;
    trials.push(with_stage("a_wrong_key_blames_the_video".to_owned(), Box::new(wrong_key)));
    trials.push(alone("each_missing_file_is_named".to_owned(), refusals::missing_files_are_named));
    libtest_mimic::run(&arguments, trials).exit_code()
}

fn alone(name: String, run: impl FnOnce() + Send + 'static) -> Trial {
    Trial::test(name, move || {
        run();
        Ok(())
    })
}
