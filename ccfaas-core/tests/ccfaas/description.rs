//! The service's description.

use ccfaas_core::http;
use serde_json::Value;

use super::world::World;

#[tokio::test]
async fn the_description_is_the_one_that_was_reviewed() {
    let golden = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/golden/ccfaas.openapi.json");
    let text = format!("{}\n", http::openapi());
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(golden, &text).unwrap();
    }
    let reviewed = std::fs::read_to_string(golden).unwrap_or_default();
    assert!(reviewed == text, "the description changed; run this test with UPDATE_GOLDEN=1 and review the difference");
    let world = World::new().await;
    assert_eq!(world.get("/openapi.json").await.ok().text, http::openapi());
}

#[test]
fn every_reference_in_the_description_leads_somewhere() {
    let document: Value = serde_json::from_str(&http::openapi()).unwrap();
    let mut references = Vec::new();
    collect(&document, &mut references);
    assert!(references.len() > 20, "{references:?}");
    for reference in references {
        let pointer = reference.strip_prefix('#').unwrap_or_else(|| panic!("{reference} leads out of the document"));
        assert!(document.pointer(pointer).is_some(), "{reference} leads nowhere");
    }
    assert_eq!(document["openapi"], "3.1.0");
}

#[test]
fn every_operation_has_a_name_of_its_own() {
    let document: Value = serde_json::from_str(&http::openapi()).unwrap();
    let items = document["paths"].as_object().unwrap().values();
    let operations = items.flat_map(|item| item.as_object().unwrap().values());
    let mut names: Vec<_> = operations.map(|operation| operation["operationId"].as_str().unwrap()).collect();
    let count = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!((names.len(), count), (16, 16));
}

fn collect<'v>(value: &'v Value, references: &mut Vec<&'v str>) {
    match value {
        Value::Object(members) => {
            references.extend(members.get("$ref").and_then(Value::as_str));
            members.values().for_each(|member| collect(member, references));
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, references)),
        _ => {}
    }
}
