//! `/function`: what operators do.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::Response;
use veracruz_rest::server::{MAX_JSON_BYTES, acknowledged, json};
use veracruz_rest::{FunctionList, Problem, server};

use super::names::{Names, PageQuery, Paging};
use super::{json_text, refused};
use crate::service::Ccfaas;

/// The registered functions.
#[utoipa::path(get, path = "/function", tag = "functions", params(PageQuery), responses(
    (status = 200, description = "Their names", body = FunctionList),
    (status = 400, description = "`limit` is no number from 1 to 1000", body = Problem,
     content_type = "application/problem+json"),
))]
pub(super) async fn list_functions(
    State(service): State<Arc<Ccfaas>>,
    Paging(page): Paging,
) -> Result<Response<Body>, Problem> {
    Ok(json(&service.functions(&page).await.map_err(refused)?))
}

/// Registers a function.
#[utoipa::path(post, path = "/function", tag = "functions",
    request_body(content = ref("#/components/schemas/FunctionPolicy"), content_type = "application/json"), responses(
    (status = 200, description = "It is registered; the policy as it came", body = ref("#/components/schemas/FunctionPolicy")),
    (status = 400, description = "The policy breaks rules, or a function has this name already", body = Problem,
     content_type = "application/problem+json"),
    (status = 413, description = "The policy is too large", body = Problem, content_type = "application/problem+json"),
    (status = 507, description = "There are too many functions", body = Problem,
     content_type = "application/problem+json"),
))]
pub(super) async fn create_function(
    State(service): State<Arc<Ccfaas>>,
    request: Request,
) -> Result<Response<Body>, Problem> {
    let text = server::json_text(request, MAX_JSON_BYTES).await?;
    Ok(json_text(service.create_function(text).await.map_err(refused)?))
}

/// The policy of a function, as it was registered.
#[utoipa::path(get, path = "/function/{function}", tag = "functions",
    params(("function" = String, Path, description = "The function's name")), responses(
    (status = 200, description = "The function policy", body = ref("#/components/schemas/FunctionPolicy")),
    (status = 400, description = "The path cannot be read", body = Problem, content_type = "application/problem+json"),
    (status = 404, description = "There is no such function", body = Problem,
     content_type = "application/problem+json"),
))]
pub(super) async fn show_function(
    State(service): State<Arc<Ccfaas>>,
    Names(function): Names<String>,
) -> Result<Response<Body>, Problem> {
    Ok(json_text(service.function(&function).await.map_err(refused)?))
}

/// Deletes a function with its files; instances of it go on.
#[utoipa::path(delete, path = "/function/{function}", tag = "functions",
    params(("function" = String, Path, description = "The function's name")), responses(
    (status = 200, description = "It is deleted", body = String, content_type = "text/html"),
    (status = 400, description = "The path cannot be read", body = Problem, content_type = "application/problem+json"),
    (status = 404, description = "There is no such function", body = Problem,
     content_type = "application/problem+json"),
))]
pub(super) async fn delete_function(
    State(service): State<Arc<Ccfaas>>,
    Names(function): Names<String>,
) -> Result<Response<Body>, Problem> {
    service.delete_function(function.clone()).await.map_err(refused)?;
    Ok(acknowledged(&format!("Function {function} deleted")))
}
