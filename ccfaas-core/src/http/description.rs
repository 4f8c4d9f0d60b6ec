//! The service's description: what the routes say of themselves, and what holds for all of them.

use axum::Router;
use utoipa::openapi::path::Operation;
use utoipa::openapi::{
    Components, Content, InfoBuilder, OpenApi, OpenApiBuilder, Paths, Ref, RefOr, Response, ResponseBuilder,
};
use veracruz_policy::DocumentKind;
use veracruz_rest::server;

/// What the document says of itself.
pub(super) fn head() -> OpenApi {
    let info = InfoBuilder::new()
        .title("CCFaaS")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some("The function service: functions, their programs and data files, and attested instances."));
    OpenApiBuilder::new().info(info).components(Some(Components::new())).build()
}

/// `router` with `/openapi.json`, and the description's text.
pub(super) fn described(router: Router, mut api: OpenApi) -> (Router, String) {
    let paths = std::mem::replace(&mut api.paths, Paths::new());
    for (path, mut item) in paths.paths {
        let operations = [&mut item.get, &mut item.post, &mut item.delete];
        operations.into_iter().flatten().for_each(with_default);
        // A name with slashes is one parameter all the same.
        api.paths.paths.insert(path.replace("{*", "{"), item);
    }
    let schemas = [("FunctionPolicy", DocumentKind::Function.schema()), ("UserPolicy", DocumentKind::User.schema())];
    server::described(router, api, &schemas)
}

/// The daemon around the service refuses too, and any service can fail.
fn with_default(operation: &mut Operation) {
    let content = Content::new(Some(Ref::from_schema_name("Problem")));
    let response: Response = ResponseBuilder::new()
        .description("Refused: not authenticated, too slow, too much, or the service failed")
        .content("application/problem+json", content)
        .build();
    operation.responses.responses.insert("default".to_owned(), RefOr::T(response));
}
