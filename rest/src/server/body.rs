//! Request bodies that are JSON, read within bounds.

use axum::body::to_bytes;
use axum::extract::Request;
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;

use crate::problem::Problem;

/// Bytes of a JSON body: policies with a hundred certificates stay well below.
pub const MAX_JSON_BYTES: usize = 1024 * 1024;

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
    let declared = request.headers().get("content-length").and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    let too_large = || Problem::new(413, "body-too-large", format_args!("the body may have {limit} bytes at most"));
    if declared.is_some_and(|length| length > limit as u64) {
        return Err(too_large());
    }
    let bytes = to_bytes(request.into_body(), limit).await.map_err(|error| {
        let mut causes = std::iter::successors(Some(&error as &dyn std::error::Error), |error| error.source());
        match causes.any(|cause| cause.to_string().contains("length limit exceeded")) {
            true => too_large(),
            false => Problem::new(400, "body-incomplete", "the body ended before its end; send it again"),
        }
    })?;
    String::from_utf8(bytes.into()).map_err(|_| Problem::new(400, "not-json", "the body is no UTF-8 text"))
}

fn is_json(headers: &HeaderMap) -> bool {
    let Some(value) = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()) else {
        return false;
    };
    let kind = value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    kind == "application/json" || (kind.starts_with("application/") && kind.ends_with("+json"))
}
