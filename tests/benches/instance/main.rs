//! How fast one instance is: `veracruz-server` as a process of its own, this process as its client.
//!
//! Each figure stands beside a baseline that is measured in the same run, so that a noisy machine moves both. It needs
//! the release binaries and the guests: `make bench-instance` builds them first. A word on the command line picks the
//! parts whose name contains it: `transfer`, `rounds`, `handshakes`, `start`, `guests`.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a bench that cannot start has nothing to measure, and prints what it measures"
)]

mod figures;
mod guests;
mod handshakes;
mod rounds;
mod stage;
mod start;
mod transfer;

use figures::Table;

fn main() {
    let wanted: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    runtime.block_on(async {
        let is_wanted = |name: &str| wanted.is_empty() || wanted.iter().any(|word| name.contains(word.as_str()));
        let mut table = Table::default();
        if is_wanted("transfer") {
            transfer::measure(&mut table).await;
        }
        if is_wanted("rounds") {
            rounds::measure(&mut table).await;
        }
        if is_wanted("handshakes") {
            handshakes::measure(&mut table).await;
        }
        if is_wanted("start") {
            start::measure(&mut table).await;
        }
        if is_wanted("guests") {
            guests::measure(&mut table).await;
        }
        println!("{table}");
    });
}
