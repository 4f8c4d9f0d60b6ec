//! Keeps web pages from changing anything on a daemon that asks nobody who they are: a browser on the same machine reaches
//! loopback, whatever page it shows.
//!
//! Only a browser sends `Origin`; clients and scripts do not, and are not concerned, whatever name they reach us by.

use axum::extract::Request;
use axum::http::header::{HOST, ORIGIN};
use axum::http::uri::Authority;
use axum::http::{Method, Uri};

/// Whether the request may change something and comes from a page that we did not serve (RFC 6454): its origin, `null`
/// included, is not the host that the request is for.
pub(super) fn is_foreign(request: &Request) -> bool {
    let Some(origin) = request.headers().get(ORIGIN) else {
        return false;
    };
    if [Method::GET, Method::HEAD, Method::OPTIONS].contains(request.method()) {
        return false;
    }
    let origin = origin.to_str().ok().and_then(|origin| origin.parse::<Uri>().ok());
    match (origin, host(request)) {
        (Some(origin), Some(host)) => !is_same(&origin, &host),
        _ => true,
    }
}

fn host(request: &Request) -> Option<Authority> {
    match request.headers().get(HOST) {
        Some(host) => host.to_str().ok()?.parse().ok(),
        None => request.uri().authority().cloned(),
    }
}

fn is_same(origin: &Uri, host: &Authority) -> bool {
    let default_port = match origin.scheme_str() {
        Some("http") => 80,
        Some("https") => 443,
        _ => return false,
    };
    let port = |given: Option<u16>| given.unwrap_or(default_port);
    origin.host().is_some_and(|name| name.eq_ignore_ascii_case(host.host()))
        && port(origin.port_u16()) == port(host.port_u16())
}
