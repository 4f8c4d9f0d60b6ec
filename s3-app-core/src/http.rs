//! The service over HTTP: one function a route.
//!
//! A caller that goes away while it waits for a copy drops it, with both connections. Who may call is decided before.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request, State};
use axum::http::header::{HeaderName, LOCATION};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use veracruz_rest::server::{described, json, json_text, with_fallbacks};
use veracruz_rest::{Copied, CopyJob, Problem};

use crate::error::CopyError;
use crate::order::{MAX_REQUEST_BYTES, REQUEST_SCHEMA};
use crate::service::S3App;

/// What a client prefers of the way it is answered (RFC 7240).
const PREFER: HeaderName = HeaderName::from_static("prefer");
/// Which preference was honoured.
const PREFERENCE_APPLIED: HeaderName = HeaderName::from_static("preference-applied");
/// Not to wait for the outcome (RFC 7240, section 4.1).
const RESPOND_ASYNC: &str = "respond-async";

const ROUTES: &str = "POST /s3_stream_veracruz, GET and DELETE /s3_stream_veracruz/{job}, GET /openapi.json";

#[derive(OpenApi)]
#[openapi(info(
    title = "S3 app",
    description = "Copies an object out of S3 into an attested instance, as one of the participants of the instance's \
                   policy. The file appears in the instance when it is complete, or not at all."
))]
struct Description;

/// The service's routes, its description at `/openapi.json`, and problems for all others.
pub fn router(app: Arc<S3App>) -> Router {
    let (router, api) = routed().split_for_parts();
    let (router, _) = described(router.with_state(app), api, &[("CopyRequest", REQUEST_SCHEMA)]);
    with_fallbacks(router, ROUTES)
}

/// The description, as `/openapi.json` answers it.
pub fn openapi() -> String {
    let (_, api) = routed().split_for_parts();
    described(Router::new(), api, &[("CopyRequest", REQUEST_SCHEMA)]).1
}

fn routed() -> OpenApiRouter<Arc<S3App>> {
    OpenApiRouter::with_openapi(Description::openapi()).routes(routes!(copy)).routes(routes!(job, cancel))
}

/// Copies an object into an instance
///
/// Answers when the object is in the instance, or, with `Prefer: respond-async`, at once with a job. When it is refused,
/// nothing of the object is in the instance, unless the code is `copy-unconfirmed`: then the last bytes went out, and the
/// instance's answer to them was not heard.
#[utoipa::path(
    post,
    path = "/s3_stream_veracruz",
    operation_id = "copy",
    params(("Prefer" = Option<String>, Header, description = "`respond-async`: do not wait, answer with a job")),
    request_body(content = ref("#/components/schemas/CopyRequest"), content_type = "application/json"),
    responses(
        (status = 200, description = "The object is in the instance", body = Copied),
        (status = 202, description = "A job copies it", body = CopyJob, headers(
            ("Location" = String, description = "Where the job is"),
            ("Preference-Applied" = String, description = "`respond-async`"),
        )),
        (status = 400, description = "The request is wrong; `errors` says where", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "S3 or the instance denies it, or the policy does, or this service's operator", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "There is no such bucket or object", body = Problem, content_type = "application/problem+json"),
        (status = 408, description = "The request did not arrive in time", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "The object changed while it was copied, or does not fit the policy", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "The request or the object is too large", body = Problem, content_type = "application/problem+json"),
        (status = 502, description = "S3 or the instance failed, cannot be reached, or is not what it should be; with the code `copy-unconfirmed` the file may be in the instance", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Too many copies run, or S3 is busy", body = Problem, content_type = "application/problem+json", headers(
            ("Retry-After" = u64, description = "Seconds"),
        )),
        (status = 504, description = "S3 or the instance fell silent, or the copy took too long; with the code `copy-unconfirmed` the file may be in the instance", body = Problem, content_type = "application/problem+json"),
        (status = 507, description = "The instance has no room", body = Problem, content_type = "application/problem+json"),
        (status = "default", description = "Any other refusal", body = Problem, content_type = "application/problem+json"),
    )
)]
async fn copy(State(app): State<Arc<S3App>>, request: Request) -> Result<Response, Problem> {
    let in_background = prefers_async(request.headers());
    let text = zeroize::Zeroizing::new(body(request, app.limits().body_time).await?);
    let order = app.accept(&text).map_err(|refused| *refused)?;
    drop(text);
    if in_background {
        let job = app.start(order).map_err(problem)?;
        let headers =
            [(LOCATION, format!("/s3_stream_veracruz/{}", job.job)), (PREFERENCE_APPLIED, RESPOND_ASYNC.to_owned())];
        return Ok((StatusCode::ACCEPTED, headers, json(&job)).into_response());
    }
    let copied = app.copy(order).await.map_err(problem)?;
    Ok(json(&copied))
}

/// Describes a job
///
/// Jobs are forgotten a while after their end (an hour, unless the operator set another time), and when the service ends.
#[utoipa::path(
    get,
    path = "/s3_stream_veracruz/{job}",
    operation_id = "job",
    params(("job" = String, Path, description = "The job's name")),
    responses(
        (status = 200, description = "What the job is doing, or how it ended", body = CopyJob),
        (status = 404, description = "There is no such job", body = Problem, content_type = "application/problem+json"),
        (status = "default", description = "Any other refusal", body = Problem, content_type = "application/problem+json"),
    )
)]
async fn job(State(app): State<Arc<S3App>>, job: Result<Path<String>, PathRejection>) -> Result<Response, Problem> {
    let job = named(job).and_then(|job| app.job(&job)).map_err(problem)?;
    Ok(json(&job))
}

/// Cancels a job
///
/// Answers when it has ended. A job that had ended already stays as it is, and so does one whose last bytes are on their
/// way: `status` says which.
#[utoipa::path(
    delete,
    path = "/s3_stream_veracruz/{job}",
    operation_id = "cancel",
    params(("job" = String, Path, description = "The job's name")),
    responses(
        (status = 200, description = "How the job ended", body = CopyJob),
        (status = 404, description = "There is no such job", body = Problem, content_type = "application/problem+json"),
        (status = "default", description = "Any other refusal", body = Problem, content_type = "application/problem+json"),
    )
)]
async fn cancel(State(app): State<Arc<S3App>>, job: Result<Path<String>, PathRejection>) -> Result<Response, Problem> {
    let job = named(job).map_err(problem)?;
    app.cancel(&job).await.map(|job| json(&job)).map_err(problem)
}

/// The body, if it comes in time: the time of a whole request is made for copies, and lasts for a day.
async fn body(request: Request, time: Duration) -> Result<String, Problem> {
    let late = |_| {
        let detail = format!("the body did not arrive within {} s; send it again", time.as_secs());
        Problem::new(408, "request-timeout", detail)
    };
    tokio::time::timeout(time, json_text(request, MAX_REQUEST_BYTES)).await.map_err(late)?
}

/// A segment that is no text names no job.
fn named(job: Result<Path<String>, PathRejection>) -> Result<String, CopyError> {
    job.map(|Path(job)| job).map_err(|_| CopyError::NoSuchJob)
}

fn problem(error: CopyError) -> Problem {
    Problem::from(&error)
}

/// Preferences are a list, over one header or several, each with parameters behind it (RFC 7240, section 2).
fn prefers_async(headers: &HeaderMap) -> bool {
    let values = headers.get_all(PREFER).into_iter().filter_map(|value| value.to_str().ok());
    let names = values.flat_map(|value| value.split(',')).map(|item| item.split([';', '=']).next().unwrap_or_default());
    names.into_iter().any(|name| name.trim().eq_ignore_ascii_case(RESPOND_ASYNC))
}
