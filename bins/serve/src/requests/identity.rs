//! The identifier of a request: the client's own where it is sane, so that it finds its request in our log, else a new one.

use axum::http::{HeaderMap, HeaderName};
use uuid::Uuid;

/// The header that carries it, both ways. No RFC names it; proxies and collectors do.
pub(super) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Characters of a client's identifier: room for a UUID or a trace context, none for a text in our log.
const MAX_ID: usize = 64;

pub(super) fn request_id(headers: &HeaderMap) -> String {
    let given = headers.get(REQUEST_ID).and_then(|value| value.to_str().ok());
    match given {
        Some(given) if is_sane(given) => given.to_owned(),
        _ => Uuid::new_v4().to_string(),
    }
}

fn is_sane(id: &str) -> bool {
    let sane = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    (1..=MAX_ID).contains(&id.len()) && id.bytes().all(sane)
}
