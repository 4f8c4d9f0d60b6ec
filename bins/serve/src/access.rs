//! Who may ask the daemon anything: who knows a token, or has a client certificate; whoever can reach it, if nothing of
//! both is configured.
//!
//! Where nobody is asked, pages in the browsers of this machine are kept out. What a caller may do with what it asks is the
//! daemon's matter. Whether the process lives and is ready is told to all.

mod caller;
mod hosts;
mod origin;
mod tokens;

use std::sync::Arc;

use arc_swap::ArcSwap;
use axum::extract::{Request, State};
use axum::http::header::{AUTHORIZATION, CONNECTION, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, HeaderValue};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use veracruz_rest::Problem;

pub(crate) use caller::{Caller, Peer};
pub(crate) use hosts::{Host, Hosts};
pub(crate) use tokens::{TokenError, Tokens};

use crate::probes;

/// What is asked of a caller.
#[derive(Clone, Debug)]
pub(crate) struct Access {
    /// The tokens in force.
    pub(crate) tokens: Option<Arc<ArcSwap<Tokens>>>,
    /// Whether a client certificate admits; the handshake has checked it.
    pub(crate) client_certificates: bool,
    /// Whether pages of other origins are kept from changing anything, where nobody is asked who they are.
    pub(crate) own_origin_only: bool,
    /// The hosts for which requests are answered; all where there are none.
    pub(crate) hosts: Option<Hosts>,
}

/// Why a caller is not admitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Refusal {
    /// It shows nothing.
    Unknown,
    /// It shows a token that is none of ours, or something that is no token.
    WrongToken,
    /// A browser sends it for a page of another origin.
    ForeignOrigin,
    /// It is for a host that is not known to be this one.
    ForeignHost,
}

impl Access {
    /// Nothing is asked of anybody.
    pub(crate) fn unasked() -> Self {
        Access { tokens: None, client_certificates: false, own_origin_only: false, hosts: None }
    }

    fn decide(&self, peer: Peer, request: &Request) -> Result<Caller, Refusal> {
        if self.hosts.as_ref().is_some_and(|hosts| !hosts.are_meant_by(request)) {
            return Err(Refusal::ForeignHost);
        }
        if self.own_origin_only && origin::is_foreign(request) {
            return Err(Refusal::ForeignOrigin);
        }
        if self.tokens.is_none() && !self.client_certificates {
            return Ok(Caller::Unknown);
        }
        if self.client_certificates && peer.has_certificate() {
            return Ok(Caller::Certificate);
        }
        match (&self.tokens, bearer(request.headers())) {
            (None, _) | (_, Ok(None)) => Err(Refusal::Unknown),
            (Some(tokens), Ok(Some(token))) => match tokens.load().find(token) {
                Some(name) => Ok(Caller::Token(name)),
                None => Err(Refusal::WrongToken),
            },
            (_, Err(refusal)) => Err(refusal),
        }
    }

    fn refused(&self, refusal: Refusal) -> Response {
        let mut response = match refusal {
            Refusal::Unknown => Problem::new(401, "authentication-required", self.wanted()),
            Refusal::WrongToken => Problem::new(
                401,
                "invalid-token",
                "the header Authorization holds no token that this service knows; ask its operator for one",
            ),
            Refusal::ForeignOrigin => Problem::new(
                403,
                "foreign-origin",
                "a page of another origin may change nothing here; leave the header Origin out if you are no page",
            ),
            Refusal::ForeignHost => Problem::new(
                403,
                "foreign-host",
                "nobody is asked who they are here, so only requests for this machine itself are answered: ask for \
                 127.0.0.1, [::1] or localhost, or have the operator add the host that you asked for (--allowed-host)",
            ),
        }
        .into_response();
        // Who is not admitted keeps nobody else from a connection.
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        // RFC 6750, section 3. There is no scheme to name where only certificates are taken.
        let challenge = match refusal {
            Refusal::Unknown if self.tokens.is_some() => "Bearer",
            Refusal::WrongToken => "Bearer error=\"invalid_token\"",
            _ => return response,
        };
        response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
        response
    }

    fn wanted(&self) -> &'static str {
        match (self.tokens.is_some(), self.client_certificates) {
            (true, true) => "this service asks who you are: send `Authorization: Bearer TOKEN` or a client certificate",
            (true, false) => "this service asks who you are: send `Authorization: Bearer TOKEN`",
            (false, _) => "this service asks who you are: connect with a client certificate",
        }
    }
}

/// Lets a request through to its handler, or answers why not. The handler does not see the token; where none is asked for,
/// what the header holds is the handler's matter.
pub(crate) async fn admit(State(access): State<Arc<Access>>, mut request: Request, next: Next) -> Response {
    let peer = request.extensions().get().copied().unwrap_or(Peer::unknown());
    let caller = match access.decide(peer, &request) {
        _ if probes::is_told_to_all(request.uri().path()) => Caller::Unknown,
        Ok(caller) => caller,
        Err(refusal) => return access.refused(refusal),
    };
    if access.tokens.is_some() {
        request.headers_mut().remove(AUTHORIZATION);
    }
    let mut response = next.run(request).await;
    response.extensions_mut().insert(caller);
    response
}

/// The token of `Authorization: Bearer TOKEN` (RFC 6750, section 2.1; the scheme's case does not matter, RFC 9110,
/// section 11.1). Other schemes count as nothing.
fn bearer(headers: &HeaderMap) -> Result<Option<&str>, Refusal> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let (value, more) = (values.next(), values.next());
    let Some(value) = value else {
        return Ok(None);
    };
    let (None, Ok(text)) = (more, value.to_str()) else {
        return Err(Refusal::WrongToken);
    };
    match text.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => Ok(Some(token.trim_ascii())),
        _ => Ok(None),
    }
}
