//! Every number by which the instance bounds what peers and participants can make it do.

use std::time::Duration;

/// Connections at once that have not shown a participant's certificate yet. More wait in the listener's backlog, so
/// strangers can neither fill the memory nor push out sessions that stand.
pub const MAX_STRANGERS: usize = 256;

/// Sessions at once. A policy has a handful of participants; each session takes about 100 KiB while it is idle.
pub const MAX_SESSIONS: usize = 512;

/// Time from a connection to the end of its handshake: enough for a slow link, and as long as a silent peer holds a
/// place among the strangers.
pub const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);

/// Time without progress after which a peer that does not read its replies is cut.
pub const WRITE_STALL: Duration = Duration::from_secs(60);

/// Time that sessions have to finish the request at hand when the embedder stops the instance: what Kubernetes gives
/// (30 s), less what the rest of the process needs.
pub const DRAIN_BOUND: Duration = Duration::from_secs(20);

/// Programs that run at once. Each has a thread, and what more of them would share is the same few cores.
pub const MAX_RUNS: usize = 8;

/// Requests to run something that wait for a place; further ones are refused with `runs-full`.
pub const MAX_WAITING_RUNS: usize = 64;

/// Requests of one session that are read ahead while its program runs, so that a cancel behind them is seen.
pub const MAX_READ_AHEAD: usize = 64;

/// Files that one session writes in parts at once; each holds the memory of the parts that came.
pub const MAX_OPEN_UPLOADS: usize = 16;

/// The bounds of one instance. The defaults are this module's constants.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Limits {
    /// See [`MAX_STRANGERS`].
    pub strangers: usize,
    /// See [`MAX_SESSIONS`].
    pub sessions: usize,
    /// See [`HANDSHAKE_TIMEOUT`].
    pub handshake_timeout: Duration,
    /// See [`WRITE_STALL`].
    pub write_stall: Duration,
    /// See [`DRAIN_BOUND`].
    pub drain_bound: Duration,
    /// See [`MAX_RUNS`].
    pub runs: usize,
    /// See [`MAX_WAITING_RUNS`].
    pub waiting_runs: usize,
    /// How long any run may take, the wait for its place included; participants can ask for less. By default as long as
    /// it wants: what it holds is bounded by the policy, and whoever asked for it can cancel it.
    pub run_time: Option<Duration>,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            strangers: MAX_STRANGERS,
            sessions: MAX_SESSIONS,
            handshake_timeout: HANDSHAKE_TIMEOUT,
            write_stall: WRITE_STALL,
            drain_bound: DRAIN_BOUND,
            runs: MAX_RUNS,
            waiting_runs: MAX_WAITING_RUNS,
            run_time: None,
        }
    }
}
