//! Ends in a trap (`unreachable`), two calls deep, so that there is a backtrace to show.

fn main() {
    outer();
}

#[inline(never)]
fn outer() {
    inner();
}

#[inline(never)]
fn inner() {
    std::process::abort();
}
