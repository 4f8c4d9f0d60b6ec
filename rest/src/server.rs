//! What the services' routers share. No listener, no authentication, no time limit: a daemon brings those.

mod body;
mod description;
mod response;

pub use body::{MAX_JSON_BYTES, json_text};
pub use description::described;
pub use response::{acknowledged, json, with_fallbacks};
