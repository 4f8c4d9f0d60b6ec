//! Request bodies that are JSON, read within bounds.

use axum::extract::Request;
use axum::http::HeaderMap;
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE, EXPECT};
use http_body_util::BodyExt as _;

use crate::problem::Problem;

/// Bytes of a JSON body: policies with a hundred certificates stay well below.
pub const MAX_JSON_BYTES: usize = 1024 * 1024;

/// Bytes of a body beyond the bound that are read all the same before it is refused: a client that goes on sending while
/// the connection is closed would not see the answer (RFC 9112, section 9.6). Documents that somebody meant stay below.
const READ_AWAY_BYTES: u64 = 8 * 1024 * 1024;

/// The body's text, if it is declared as JSON (`application/json` or a `+json` type) and is UTF-8 of at most `limit`
/// bytes. Whether it is JSON is for the reader of the text to find out.
///
/// That the type must be declared is the i-poc's rule, and keeps pages of foreign origin from posting to a daemon on
/// loopback: a browser sends no JSON there unasked.
///
/// # Errors
/// A problem: 400 `not-json`, 413 `body-too-large`, 400 `body-incomplete`.
pub async fn json_text(request: Request, limit: usize) -> Result<String, Problem> {
    if !is_json(request.headers()) {
        let detail = "input should be a JSON object: send it with `Content-Type: application/json`";
        return Err(Problem::new(400, "not-json", detail));
    }
    let declared = request.headers().get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    // Who sent `Expect` waits for a word before it sends the body.
    let most = if request.headers().contains_key(EXPECT) { limit as u64 } else { READ_AWAY_BYTES.max(limit as u64) };
    let too_large = || Problem::new(413, "body-too-large", format_args!("the body may have {limit} bytes at most"));
    if declared.is_some_and(|length| length > most) {
        return Err(too_large());
    }
    let (mut body, mut text, mut read) = (request.into_body(), Vec::new(), 0_u64);
    while let Some(frame) = body.frame().await {
        let cut = |_| Problem::new(400, "body-incomplete", "the body ended before its end; send it again");
        let Ok(piece) = frame.map_err(cut)?.into_data() else {
            continue;
        };
        read += piece.len() as u64;
        if read > most {
            return Err(too_large());
        }
        if read <= limit as u64 {
            text.extend_from_slice(&piece);
        } else {
            text = Vec::new();
        }
    }
    if read > limit as u64 {
        return Err(too_large());
    }
    String::from_utf8(text).map_err(|_| Problem::new(400, "not-json", "the body is no UTF-8 text"))
}

fn is_json(headers: &HeaderMap) -> bool {
    let Some(value) = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()) else {
        return false;
    };
    let kind = value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    kind == "application/json" || (kind.starts_with("application/") && kind.ends_with("+json"))
}
