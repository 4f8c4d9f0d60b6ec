//! `/instance`: what users do.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::Response;
use veracruz_rest::server::{MAX_JSON_BYTES, acknowledged, json};
use veracruz_rest::{InstanceDescription, InstanceList, Problem, server};

use super::names::Names;
use super::refused;
use crate::service::Ccfaas;

/// The instances.
#[utoipa::path(get, path = "/instance", tag = "instances", responses(
    (status = 200, description = "Their names", body = InstanceList),
))]
pub(super) async fn list_instances(State(service): State<Arc<Ccfaas>>) -> Result<Response<Body>, Problem> {
    Ok(json(&service.instances().await.map_err(refused)?))
}

/// Makes an instance of a function: started, verified, loaded.
#[utoipa::path(post, path = "/instance", tag = "instances",
    request_body(content = ref("#/components/schemas/UserPolicy"), content_type = "application/json"), responses(
    (status = 200, description = "It can be used; with its policy, which its user should audit", body = InstanceDescription),
    (status = 400, description = "The policy breaks rules, or an instance has this name already", body = Problem,
     content_type = "application/problem+json"),
    (status = 404, description = "There is no such function", body = Problem,
     content_type = "application/problem+json"),
    (status = 413, description = "The policy is too large", body = Problem, content_type = "application/problem+json"),
    (status = 502, description = "VaaS cannot be reached or refuses, or the instance could not be verified or loaded; \
     nothing of it stays", body = Problem, content_type = "application/problem+json"),
    (status = 503, description = "VaaS or this service takes no requests now", body = Problem,
     content_type = "application/problem+json"),
    (status = 504, description = "A step took too long; nothing of it stays", body = Problem,
     content_type = "application/problem+json"),
    (status = 507, description = "There is no free slot for an instance", body = Problem,
     content_type = "application/problem+json"),
))]
pub(super) async fn create_instance(
    State(service): State<Arc<Ccfaas>>,
    request: Request,
) -> Result<Response<Body>, Problem> {
    let text = server::json_text(request, MAX_JSON_BYTES).await?;
    Ok(json(&service.create_instance(&text).await.map_err(refused)?))
}

/// An instance and its policy.
#[utoipa::path(get, path = "/instance/{instance}", tag = "instances",
    params(("instance" = String, Path, description = "The instance's name")), responses(
    (status = 200, description = "It is there; `status` tells when its runtime has gone", body = InstanceDescription),
    (status = 400, description = "The path cannot be read", body = Problem, content_type = "application/problem+json"),
    (status = 404, description = "There is no such instance", body = Problem,
     content_type = "application/problem+json"),
))]
pub(super) async fn show_instance(
    State(service): State<Arc<Ccfaas>>,
    Names(instance): Names<String>,
) -> Result<Response<Body>, Problem> {
    Ok(json(&service.instance(&instance).await.map_err(refused)?))
}

/// Deletes an instance, whether its user has shut it down or not.
#[utoipa::path(delete, path = "/instance/{instance}", tag = "instances",
    params(("instance" = String, Path, description = "The instance's name")), responses(
    (status = 200, description = "It is deleted", body = String, content_type = "text/html"),
    (status = 400, description = "The path cannot be read", body = Problem, content_type = "application/problem+json"),
    (status = 404, description = "There is no such instance", body = Problem,
     content_type = "application/problem+json"),
    (status = 502, description = "VaaS cannot be reached or refuses; repeat the call", body = Problem,
     content_type = "application/problem+json"),
    (status = 503, description = "VaaS takes no requests now; repeat the call", body = Problem,
     content_type = "application/problem+json"),
    (status = 504, description = "VaaS did not answer in time; repeat the call", body = Problem,
     content_type = "application/problem+json"),
))]
pub(super) async fn delete_instance(
    State(service): State<Arc<Ccfaas>>,
    Names(instance): Names<String>,
) -> Result<Response<Body>, Problem> {
    service.delete_instance(instance.clone()).await.map_err(refused)?;
    Ok(acknowledged(&format!("instance {instance} deleted")))
}
