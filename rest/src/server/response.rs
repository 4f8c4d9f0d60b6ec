//! Answers.

use axum::Router;
use axum::body::Body;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderValue, Response, StatusCode};
use axum::response::{Html, IntoResponse};

use crate::problem::{PROBLEM_TYPE, Problem};

impl IntoResponse for Problem {
    fn into_response(self) -> Response<Body> {
        // Texts and numbers only: this cannot fail, and an empty body still carries the status.
        let body = serde_json::to_vec(&self).unwrap_or_default();
        let mut response = Response::new(Body::from(body));
        *response.status_mut() = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(PROBLEM_TYPE));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(seconds) = self.retry_after {
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

/// A JSON answer, as an `application/json` document.
pub fn json(body: &impl serde::Serialize) -> Response<Body> {
    // The bodies of this crate have text keys only, so this cannot fail.
    let text = serde_json::to_vec(body).unwrap_or_default();
    ([(CONTENT_TYPE, "application/json")], text).into_response()
}

/// What was done, in a sentence, as the i-poc answers it: a paragraph of HTML. What could be markup is escaped; quotes
/// cannot, outside a tag.
pub fn acknowledged(sentence: &str) -> Response<Body> {
    let mut text = String::with_capacity(sentence.len() + 7);
    text.push_str("<p>");
    for character in sentence.chars() {
        match character {
            '&' => text.push_str("&amp;"),
            '<' => text.push_str("&lt;"),
            '>' => text.push_str("&gt;"),
            other => text.push(other),
        }
    }
    text.push_str("</p>");
    Html(text).into_response()
}

/// Problems for paths and methods that `router` does not have; `routes` names those that it has, for people.
pub fn with_fallbacks(router: Router, routes: &'static str) -> Router {
    let no_route = move || async move {
        Problem::new(404, "no-such-resource", format_args!("there is no such resource; this service has {routes}"))
    };
    let wrong_method = || async {
        let detail = "this resource has no such method; the header Allow lists those that it has";
        Problem::new(405, "method-not-allowed", detail)
    };
    router.method_not_allowed_fallback(wrong_method).fallback(no_route)
}
