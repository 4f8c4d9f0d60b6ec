//! What peers may take from a daemon: how much, and for how long.

use std::time::Duration;

/// Connections open at once. Further ones wait in the system's backlog; well under the usual 1,024 file descriptors of
/// a process, so that files can still be opened when all are taken.
pub const CONNECTIONS: usize = 512;
/// Time for a TLS handshake: two flights over a slow link, and what a silent peer can hold a connection for.
pub const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);
/// Time for a request's header to arrive, and for the next request on an idle connection: enough for a slow link, and
/// what a silent peer can hold a connection for.
pub const HEADER_TIMEOUT: Duration = Duration::from_secs(10);
/// Time for a whole request, its body included, until the response begins.
pub const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);
/// Time in which some of a request's body must arrive. A large upload may take long, but not stand still: twice the time
/// that a lost packet costs on the worst of links.
pub const BODY_STALL: Duration = Duration::from_secs(30);
/// Time in which the peer must take some of what it is sent; as [`BODY_STALL`], the other way.
pub const WRITE_STALL: Duration = Duration::from_secs(30);
/// Bytes a second that the peer must take of what it is sent, on average of each [`WRITE_WINDOW`]: what every network since
/// the modem has, and so little that none but who means it takes less.
pub const WRITE_RATE: u32 = 1024;
/// Time of waiting for a peer after which [`WRITE_RATE`] is looked at: longer than what congestion or roaming costs.
pub const WRITE_WINDOW: Duration = Duration::from_secs(60);
/// Requests that one connection carries, far more than a client has that does one thing; it is told to connect anew then.
pub const CONNECTION_REQUESTS: u32 = 10_000;
/// Time after which the next answer is a connection's last, so that nobody keeps one of [`CONNECTIONS`] for ever. Answers
/// and uploads under way are not cut.
pub const CONNECTION_LIFE: Duration = Duration::from_secs(60 * 60);
/// Bytes of a request's header. The clients send a few hundred; bearer tokens may take some thousand.
pub const HEADER_BYTES: usize = 16 * 1024;
/// Header lines of a request.
pub const HEADERS: usize = 64;
/// Bytes of a request's body where the router says nothing else: policies with many certificates stay under it.
pub const BODY_BYTES: usize = 1024 * 1024;
/// Time to finish what runs: five seconds under the 30 that Kubernetes waits before it kills.
pub const DRAIN_BOUND: Duration = Duration::from_secs(25);

/// What peers may take from a daemon. The defaults are this module's constants.
#[derive(Clone, Debug)]
pub struct Limits {
    /// See [`CONNECTIONS`].
    pub connections: usize,
    /// See [`HANDSHAKE_TIMEOUT`].
    pub handshake_timeout: Duration,
    /// See [`HEADER_TIMEOUT`].
    pub header_timeout: Duration,
    /// See [`REQUEST_TIMEOUT`].
    pub request_timeout: Duration,
    /// See [`BODY_STALL`].
    pub body_stall: Duration,
    /// See [`WRITE_STALL`].
    pub write_stall: Duration,
    /// See [`WRITE_RATE`].
    pub write_rate: u32,
    /// See [`WRITE_WINDOW`].
    pub write_window: Duration,
    /// See [`CONNECTION_REQUESTS`].
    pub connection_requests: u32,
    /// See [`CONNECTION_LIFE`].
    pub connection_life: Duration,
    /// See [`BODY_BYTES`].
    pub body_bytes: usize,
    /// See [`DRAIN_BOUND`].
    pub drain_bound: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            connections: CONNECTIONS,
            handshake_timeout: HANDSHAKE_TIMEOUT,
            header_timeout: HEADER_TIMEOUT,
            request_timeout: REQUEST_TIMEOUT,
            body_stall: BODY_STALL,
            write_stall: WRITE_STALL,
            write_rate: WRITE_RATE,
            write_window: WRITE_WINDOW,
            connection_requests: CONNECTION_REQUESTS,
            connection_life: CONNECTION_LIFE,
            body_bytes: BODY_BYTES,
            drain_bound: DRAIN_BOUND,
        }
    }
}
