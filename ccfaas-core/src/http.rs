//! The door: the routes of the i-poc's CCFaaS, one function each: parse, act, respond.
//!
//! Successes have the bodies that the i-poc's scripts read; refusals are problems (`application/problem+json`). Nothing is
//! decided here, and what goes out of a failure is its problem alone.

mod description;
mod files;
mod functions;
mod instances;
mod names;

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::Response;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse as _;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use veracruz_rest::Problem;
use veracruz_rest::server::with_fallbacks;

use crate::error::Error;
use crate::service::Ccfaas;

/// For people who ask for another path.
const ROUTES: &str = "/function, /instance and /openapi.json";

/// All routes of the service, its description at `/openapi.json`, and problems for everything else.
pub fn router(service: Arc<Ccfaas>) -> Router {
    let (router, api) = routes();
    let (router, _) = description::described(router.with_state(service), api);
    with_fallbacks(router, ROUTES)
}

/// The service's description (OpenAPI 3.1), JSON with indentation.
pub fn openapi() -> String {
    let (_, api) = routes();
    description::described(Router::new(), api).1
}

fn routes() -> (Router<Arc<Ccfaas>>, OpenApi) {
    OpenApiRouter::with_openapi(description::head())
        .routes(routes!(functions::list_functions, functions::create_function))
        .routes(routes!(functions::show_function, functions::delete_function))
        .routes(routes!(files::list_programs))
        .routes(routes!(files::show_program, files::load_program, files::delete_program))
        .routes(routes!(files::list_data_files))
        .routes(routes!(files::show_data_file, files::load_data_file, files::delete_data_file))
        .routes(routes!(instances::list_instances, instances::create_instance))
        .routes(routes!(instances::show_instance, instances::delete_instance))
        .split_for_parts()
}

/// A refusal on its way out; what must stay inside goes to the log here.
fn refused(error: Error) -> Problem {
    let problem = error.problem();
    match problem.status {
        500 => tracing::error!(%error, "a request failed"),
        501.. => tracing::warn!(%error, status = problem.status, "a request could not be served"),
        _ => tracing::debug!(%error, status = problem.status, "a request was refused"),
    }
    problem
}

/// A document as it was received.
fn json_text(text: String) -> Response<Body> {
    ([(CONTENT_TYPE, "application/json")], text).into_response()
}
