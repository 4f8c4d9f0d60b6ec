//! One instance as its participants see it: through the client, which verifies it, over TCP, in this process.
//!
//! | module | what it holds against what |
//! |---|---|
//! | [`participants`] | what sessions answer against what the policy decides: rights × operations × kinds of path |
//! | [`guests`] | the same for what running programs try |
//! | [`runs`] | two runs in one instance: files stay, streams begin anew |
//! | [`parallel`] | four participants at work while a program of a fifth runs |
//! | [`endings`] | every way in which a run ends, and that nothing else does |
//! | [`shamir`] | three shares of three participants, the secret for a fourth |

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "a test reports by panicking")]

mod endings;
mod guests;
mod layout;
mod model;
mod parallel;
mod participants;
mod runs;
mod shamir;
mod world;
