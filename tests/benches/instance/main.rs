//! How fast one instance is: `veracruz-server` as a process of its own, this process as its client.
//!
//! Each figure stands beside a baseline that is measured in the same run, so that a noisy machine moves both. It needs
//! the release server and the guests: `make bench-instance` builds them first. A word on the command line picks the
//! parts whose name contains it: `transfer`, `rounds`, `parallel`, `handshakes`, `start`, `guests`,
//! `video`.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a bench that cannot start has nothing to measure, and prints what it measures"
)]

mod figures;
mod guests;
mod handshakes;
mod parallel;
mod rounds;
mod stage;
mod start;
mod transfer;
mod video;

fn main() {
    let wanted: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    runtime.block_on(async {
        let is_wanted = |name: &str| wanted.is_empty() || wanted.iter().any(|word| name.contains(word.as_str()));
        figures::head();
        if is_wanted("transfer") {
            transfer::measure().await;
        }
        if is_wanted("rounds") {
            rounds::measure().await;
        }
        if is_wanted("parallel") {
            parallel::measure().await;
        }
        if is_wanted("handshakes") {
            handshakes::measure().await;
        }
        if is_wanted("start") {
            start::measure().await;
        }
        if is_wanted("guests") {
            guests::measure().await;
        }
        if is_wanted("video") {
            video::measure().await;
        }
    });
}
