//! The guest programs: the table of what they do covers all that `make guests` built, and so does their description.
//!
//! | module | what it holds against what |
//! |---|---|
//! | [`table`] | `examples/guests/cases.toml` and `examples/guests/README.md` against the programs |

#![expect(clippy::unwrap_used, reason = "a test fails where it is surprised")]

mod table;
