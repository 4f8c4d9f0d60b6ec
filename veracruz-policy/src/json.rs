//! JSON read strictly and written canonically.
//!
//! Reading refuses what two readers could understand differently: a key twice in one object. Writing gives the text
//! that the predecessors' services wrote (Python's `json.dumps(indent=4)`), so that hashes agree.

mod canonical;
mod strict;

pub(crate) use canonical::to_text;
pub(crate) use strict::push_step;
pub use strict::{MAX_DOCUMENT_BYTES, MAX_DOCUMENT_VALUES, StrictJson, strict_json};
