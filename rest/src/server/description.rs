//! `GET /openapi.json`: what a service takes and answers.

use axum::Router;
use axum::http::header::CONTENT_TYPE;
use axum::routing::get;
use serde_json::Value;
use utoipa::openapi::OpenApi;

/// `router` with a route `/openapi.json` that answers `api`, and the text of that answer.
///
/// `schemas` are JSON Schemas (draft 2020-12, which is OpenAPI 3.1's own dialect) that are published as they are: each
/// goes under its name into `components/schemas`, where the routes refer to it.
pub fn described(router: Router, api: OpenApi, schemas: &[(&str, &str)]) -> (Router, String) {
    let mut document = serde_json::to_value(api).unwrap_or_default();
    for (name, schema) in schemas {
        let mut schema: Value = serde_json::from_str(schema).unwrap_or_default();
        if let Some(members) = schema.as_object_mut() {
            members.remove("$schema");
            members.remove("$id");
        }
        if let Some(components) = child(&mut document, "components").and_then(|parent| child(parent, "schemas"))
            && let Some(components) = components.as_object_mut()
        {
            components.insert((*name).to_owned(), schema);
        }
    }
    let text = serde_json::to_string_pretty(&document).unwrap_or_default();
    let answer = text.clone();
    let respond = move || std::future::ready(([(CONTENT_TYPE, "application/json")], answer.clone()));
    (router.route("/openapi.json", get(respond)), text)
}

/// The member `key`, made if it is absent; `None` when `parent` is no object.
fn child<'v>(parent: &'v mut Value, key: &str) -> Option<&'v mut Value> {
    let members = parent.as_object_mut()?;
    Some(members.entry(key).or_insert_with(|| Value::Object(serde_json::Map::new())))
}
