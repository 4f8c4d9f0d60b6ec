//! How fast the services are: each a release process of its own, this process as their user, as S3, and as the baseline.
//!
//! Each figure stands beside a baseline of the same run, so that a noisy machine moves both. It needs the release daemons
//! and the guests: `make bench-services` builds them first. A word on the command line picks the parts whose name contains
//! it: `creation`, `copies`, `uploads`, `lists`.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a bench that cannot start has nothing to measure, and prints what it measures"
)]

mod copies;
mod creation;
#[path = "../instance/figures.rs"]
mod figures;
mod lists;
mod stage;
mod storage;
mod uploads;

fn main() {
    let wanted: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
    let is_wanted = |name: &str| wanted.is_empty() || wanted.iter().any(|word| name.contains(word.as_str()));
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        figures::head();
        if is_wanted("creation") {
            creation::measure().await;
        }
        if is_wanted("copies") {
            copies::measure().await;
        }
        if is_wanted("uploads") {
            uploads::measure().await;
        }
        if is_wanted("lists") {
            lists::measure().await;
        }
    });
}
