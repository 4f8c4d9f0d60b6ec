//! File descriptors that tokio waits for.

use std::io;
use std::os::fd::OwnedFd;

use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

/// `descriptor`, waited for until it is readable.
#[expect(
    deprecated,
    reason = "unsound only for types that do not keep their descriptor open, which OwnedFd does; the successor is unsafe"
)]
pub(super) fn readable(descriptor: OwnedFd) -> io::Result<AsyncFd<OwnedFd>> {
    AsyncFd::with_interest(descriptor, Interest::READABLE)
}
