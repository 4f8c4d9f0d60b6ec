//! The service's routes, for axum. One function a route: parse, act, respond.
//!
//! The wire is that of Veracruz's proxy attestation server, with differences: the nonce of a start is inside a JSON text
//! as its media type says, evidence comes with the hash of the policy that it is bound to, and what is refused is told as
//! a problem document. Runtimes of Veracruz do not bind a policy and get no certificate here. No listener, no transport
//! security and no time limit stands here: a daemon brings them.
//!
//! | request | answer |
//! |---|---|
//! | `POST /proxy/v1/Start` | 201, `Location: <id>`, a challenge in JSON |
//! | `POST /proxy/v1/Nitro/<id>`, `POST /proxy/v1/Simulated/<id>` with a form of `token`, `csr`, `policy_hash` | 200, DER of the certificate, then of the authority's |
//! | `POST /proxy/v1/PSA/<id>`, `POST /proxy/v1/SEV/<id>` | 501 |
//! | `GET /proxy/v1/ca` | 200, the authority's certificate in PEM |

mod challenge;
mod form;

use std::borrow::Cow;
use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Path, Request, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, LOCATION};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use veracruz_policy::Platform;
use veracruz_rest::Problem;

pub use self::form::MAX_FORM_BYTES;
use super::{CertifyError, Event, Journal, ProxyService, Random, SessionError, SessionId, StartError, Submission};
use crate::Clock;

/// What the routes need besides the service.
#[derive(Clone)]
pub struct Ports {
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Where nonces come from.
    pub random: Arc<dyn Random>,
    /// Who is told.
    pub journal: Arc<dyn Journal>,
}

#[derive(Clone)]
struct App {
    service: Arc<ProxyService>,
    ports: Ports,
}

/// The routes under `/proxy/v1`, and problem documents for every other path.
pub fn router(service: Arc<ProxyService>, ports: Ports) -> Router {
    Router::new()
        .route("/proxy/v1/Start", post(start))
        .route("/proxy/v1/Nitro/{id}", post(nitro))
        .route("/proxy/v1/Simulated/{id}", post(simulated))
        .route("/proxy/v1/PSA/{id}", post(not_implemented))
        .route("/proxy/v1/SEV/{id}", post(not_implemented))
        .route("/proxy/v1/ca", get(authority))
        .method_not_allowed_fallback(wrong_method)
        .fallback(no_route)
        .layer(DefaultBodyLimit::max(MAX_FORM_BYTES))
        .with_state(App { service, ports })
}

async fn start(State(app): State<App>) -> Response {
    let started = app.service.start(app.ports.clock.now(), &*app.ports.random);
    app.answer(started.map_err(Stop::from).and_then(|challenge| {
        // The bare id is what Veracruz's hosts read; as a relative reference it resolves to /proxy/v1/<id> (RFC 3986).
        let location = HeaderValue::try_from(challenge.id.to_string()).map_err(Stop::internal)?;
        let body = challenge::body(&challenge).map_err(Stop::internal)?;
        app.ports.journal.record(&Event::SessionStarted);
        let headers = [
            (LOCATION, location),
            (CONTENT_TYPE, HeaderValue::from_static(challenge::MEDIA_TYPE)),
            (CACHE_CONTROL, HeaderValue::from_static("no-store")),
        ];
        Ok((StatusCode::CREATED, headers, body))
    }))
}

async fn nitro(State(app): State<App>, Path(id): Path<String>, request: Request) -> Response {
    app.answer(certify(&app, Platform::Nitro, &id, request).await)
}

async fn simulated(State(app): State<App>, Path(id): Path<String>, request: Request) -> Response {
    app.answer(certify(&app, Platform::Simulated, &id, request).await)
}

async fn not_implemented(State(app): State<App>) -> Response {
    app.answer::<()>(Err(Stop::Client(Problem::new(
        501,
        "platform-not-implemented",
        "this service verifies evidence of the platforms Nitro and Simulated only",
    ))))
}

async fn authority(State(app): State<App>) -> Response {
    // RFC 8555, section 9.1
    ([(CONTENT_TYPE, "application/pem-certificate-chain")], app.service.authority_pem()).into_response()
}

async fn no_route(State(app): State<App>) -> Response {
    let detail = "there is no such resource; the service's routes begin with /proxy/v1/";
    app.answer::<()>(Err(Stop::Client(Problem::new(404, "no-such-resource", detail))))
}

async fn wrong_method(State(app): State<App>) -> Response {
    let detail = "this resource has another method; POST starts and certifies, GET reads /proxy/v1/ca";
    app.answer::<()>(Err(Stop::Client(Problem::new(405, "method-not-allowed", detail))))
}

/// Takes the nonce before it reads a byte of the body: a session is good for one request, and only who has one can make
/// the service hold a body.
async fn certify(app: &App, platform: Platform, id: &str, request: Request) -> Result<impl IntoResponse, Stop> {
    let id: SessionId = id.parse()?;
    let taken = app.service.take(id, app.ports.clock.now())?;
    let form = form::read(request).await.map_err(Stop::Client)?;
    let submission = Submission { platform, token: form.token, csr_der: form.csr_der, policy_hash: form.policy_hash };
    let issued = app.service.certify(taken, &submission, app.ports.clock.now())?;
    app.ports.journal.record(&Event::CertificateIssued {
        platform,
        measurement: &issued.measurement,
        module_id: &issued.module_id,
    });
    // Two DER values one after the other, as Veracruz's hosts split them; no registered media type says that.
    Ok(([(CONTENT_TYPE, "application/octet-stream")], [issued.leaf_der, issued.authority_der].concat()))
}

impl App {
    fn answer<T: IntoResponse>(&self, outcome: Result<T, Stop>) -> Response {
        match outcome {
            Ok(response) => response.into_response(),
            Err(Stop::Client(problem)) => {
                let code = stable(problem.code.clone());
                self.ports.journal.record(&Event::Refused { code, detail: &problem.detail });
                problem.into_response()
            }
            Err(Stop::Internal(error)) => {
                let problem = Problem::internal();
                let code = stable(problem.code.clone());
                self.ports.journal.record(&Event::Failed { code, error: &error });
                problem.into_response()
            }
        }
    }
}

/// The code of one of our own problems; only those that came over a wire own theirs.
fn stable(code: Cow<'static, str>) -> &'static str {
    match code {
        Cow::Borrowed(code) => code,
        Cow::Owned(_) => "unknown",
    }
}

/// Why a request ends without its answer.
enum Stop {
    /// The client is told this.
    Client(Problem),
    /// Only the operator is told this.
    Internal(String),
}

impl Stop {
    fn internal(error: impl ToString) -> Self {
        Stop::Internal(error.to_string())
    }
}

impl From<StartError> for Stop {
    fn from(error: StartError) -> Self {
        match error {
            StartError::Full { retry_after } => {
                Stop::Client(Problem::new(503, "sessions-full", error).with_retry_after(retry_after.as_secs()))
            }
            StartError::Randomness(error) => Stop::internal(error),
        }
    }
}

impl From<SessionError> for Stop {
    fn from(error: SessionError) -> Self {
        let (status, code) = match error {
            SessionError::Unknown => (404, "session-unknown"),
            SessionError::Used => (410, "session-used"),
            SessionError::Expired => (410, "session-expired"),
        };
        Stop::Client(Problem::new(status, code, error))
    }
}

impl From<CertifyError> for Stop {
    fn from(error: CertifyError) -> Self {
        match error.code() {
            Some(code) => Stop::Client(Problem::new(403, code, error)),
            None => Stop::internal(error),
        }
    }
}
