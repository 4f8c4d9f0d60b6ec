//! The service over HTTP: the routes of the i-poc, one function a route.
//!
//! Refusals are `application/problem+json` and keep the i-poc's sentences, which people and scripts know; what went wrong
//! inside is for the log alone. Who may call is decided before.

mod address;
mod problem;

use std::sync::Arc;

use axum::Router;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery, Request, State};
use axum::response::Response;
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use veracruz_policy::{DocumentKind, VaasPolicy};
use veracruz_rest::server::{MAX_JSON_BYTES, acknowledged, described, json, json_text, with_fallbacks};
use veracruz_rest::{Problem, VeracruzCreated, VeracruzDescription, VeracruzList};

use self::address::{Address, filter};
use crate::service::Vaas;

const ROUTES: &str = "GET and POST /veracruz, GET and DELETE /veracruz/{host:port}, GET /openapi.json";

#[derive(OpenApi)]
#[openapi(info(
    title = "VaaS",
    description = "Allocates instances of the runtime: each takes sessions on a port of its own, under a policy that says \
                   who may do what. The port comes back when the instance is deleted or shut down."
))]
struct Description;

/// The service's routes, its description at `/openapi.json`, and problems for all others.
pub fn router(vaas: Arc<Vaas>) -> Router {
    let (router, api) = routed().split_for_parts();
    let (router, _) = described(router.with_state(vaas), api, &schemas());
    with_fallbacks(router, ROUTES)
}

/// The description, as `/openapi.json` answers it.
pub fn openapi() -> String {
    let (_, api) = routed().split_for_parts();
    described(Router::new(), api, &schemas()).1
}

fn routed() -> OpenApiRouter<Arc<Vaas>> {
    OpenApiRouter::with_openapi(Description::openapi()).routes(routes!(create, list)).routes(routes!(describe, delete))
}

fn schemas() -> [(&'static str, &'static str); 2] {
    [("VaasPolicy", DocumentKind::Vaas.schema()), ("FullPolicy", DocumentKind::Full.schema())]
}

/// Creates an instance
///
/// The policy is completed with where the instance listens, who attests it, and what runtime it has, and answered when the
/// instance takes sessions. A caller that goes away before ends the instance.
#[utoipa::path(
    post,
    path = "/veracruz",
    operation_id = "create",
    request_body(content = ref("#/components/schemas/VaasPolicy"), content_type = "application/json"),
    responses(
        (status = 200, description = "The instance takes sessions; `policy` is the text of a FullPolicy, and its SHA-256 the policy hash", body = VeracruzCreated),
        (status = 400, description = "The policy breaks a rule; `errors` says where", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "The instance was deleted while it started", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "The policy is too large", body = Problem, content_type = "application/problem+json"),
        (status = 502, description = "The instance did not start; its port is free again", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "The service is ending", body = Problem, content_type = "application/problem+json"),
        (status = 504, description = "The instance did not start in time; its port is free again", body = Problem, content_type = "application/problem+json"),
        (status = 507, description = "No port is free", body = Problem, content_type = "application/problem+json"),
        (status = "default", description = "Any other refusal", body = Problem, content_type = "application/problem+json"),
    )
)]
async fn create(State(vaas): State<Arc<Vaas>>, request: Request) -> Result<Response, Problem> {
    let text = json_text(request, MAX_JSON_BYTES).await?;
    let policy = VaasPolicy::parse(&text).map_err(|error| Problem::from(&error))?;
    let created = vaas.create(&policy).await.map_err(|error| Problem::from(&error))?;
    Ok(json(&created))
}

/// Lists instances
///
/// By port. An instance that ended by itself is listed for some minutes.
#[utoipa::path(
    get,
    path = "/veracruz",
    operation_id = "list",
    params(
        ("instance_id" = Option<String>, Query, description = "Only instances with this id"),
        ("instance_hash" = Option<String>, Query, description = "Only instances with this policy hash; its first 59 digits count"),
    ),
    responses(
        (status = 200, description = "The instances", body = VeracruzList),
        (status = "default", description = "Any refusal", body = Problem, content_type = "application/problem+json"),
    )
)]
async fn list(State(vaas): State<Arc<Vaas>>, RawQuery(query): RawQuery) -> Response {
    json(&vaas.list(&filter(query.as_deref())))
}

/// Describes an instance
#[utoipa::path(
    get,
    path = "/veracruz/{instance}",
    operation_id = "describe",
    params(
        ("instance" = String, Path, description = "`host:port`; the port decides, with any name of this service's host"),
        ("instance_id" = Option<String>, Query, description = "Only if the instance has this id"),
        ("instance_hash" = Option<String>, Query, description = "Only if it has this policy hash; its first 59 digits count"),
    ),
    responses(
        (status = 200, description = "The instance", body = VeracruzDescription),
        (status = 400, description = "The name is no `host:port`", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "There is no such instance", body = Problem, content_type = "application/problem+json"),
        (status = "default", description = "Any other refusal", body = Problem, content_type = "application/problem+json"),
    )
)]
async fn describe(
    State(vaas): State<Arc<Vaas>>,
    name: Result<Path<String>, PathRejection>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let address = Address::parse(name)?;
    let filter = filter(query.as_deref());
    let found = address.port_of(&vaas).and_then(|port| vaas.describe(port, &filter));
    found.map(|description| json(&description)).ok_or_else(|| address.missing(&filter))
}

/// Deletes an instance
///
/// Answers when it is gone and its port is free. Deleting again what was deleted or has ended is answered the same.
#[utoipa::path(
    delete,
    path = "/veracruz/{instance}",
    operation_id = "delete",
    params(
        ("instance" = String, Path, description = "`host:port`; the port decides, with any name of this service's host"),
        ("instance_id" = Option<String>, Query, description = "The instance's id; required if it has one"),
        ("instance_hash" = Option<String>, Query, description = "The instance's policy hash, required; its first 59 digits count"),
    ),
    responses(
        (status = 200, description = "The instance is gone", body = String, content_type = "text/html"),
        (status = 400, description = "The name is no `host:port`", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "There is and was no such instance, or the query does not name all that it has", body = Problem, content_type = "application/problem+json"),
        (status = 502, description = "The instance could not be ended; it is tried again", body = Problem, content_type = "application/problem+json"),
        (status = "default", description = "Any other refusal", body = Problem, content_type = "application/problem+json"),
    )
)]
async fn delete(
    State(vaas): State<Arc<Vaas>>,
    name: Result<Path<String>, PathRejection>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let address = Address::parse(name)?;
    let filter = filter(query.as_deref());
    let port = address.port_of(&vaas).ok_or_else(|| address.missing(&filter))?;
    match vaas.delete(port, &filter).await {
        Ok(()) => Ok(acknowledged(&format!("Veracruz instance '{}' was removed", address.text()))),
        Err(error) => Err(address.refused(&error, &filter)),
    }
}
