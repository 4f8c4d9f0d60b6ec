//! Every rule of every schema, broken once; every published example, accepted.

use std::path::Path;

use serde_json::{Value, json};
use veracruz_policy::{DocumentKind, FullPolicy, FunctionPolicy, PolicyError, Rule, UserPolicy, VaasPolicy, Violation};

use crate::fixtures::{full, full_main, function, pem, user, vaas, with, without};

fn violations(kind: DocumentKind, value: &Value) -> Vec<Violation> {
    let text = value.to_string();
    let error = match kind {
        DocumentKind::Function => FunctionPolicy::parse(&text).err(),
        DocumentKind::User => UserPolicy::parse(&text).err(),
        DocumentKind::Vaas => VaasPolicy::parse(&text).err(),
        DocumentKind::Full => FullPolicy::parse(&text).err(),
    };
    error.map(|error| error.violations().to_vec()).unwrap_or_default()
}

fn sample(kind: DocumentKind) -> Value {
    match kind {
        DocumentKind::Function => function(),
        DocumentKind::User => user(),
        DocumentKind::Vaas => vaas(),
        DocumentKind::Full => full_main(),
    }
}

/// Walks a schema beside a valid document and gives, for each rule, a document that breaks it and where.
fn breakages(schema: &Value, document: &Value, place: &str, broken: &mut Vec<(Value, String, Rule)>) {
    let here = document.pointer(place).unwrap_or(&Value::Null);
    let swap = |replacement: Value| {
        if place.is_empty() { replacement } else { with(document.clone(), place, replacement) }
    };
    match schema["type"].as_str() {
        Some("string" | "boolean") => broken.push((swap(json!(7)), place.to_owned(), Rule::WrongType)),
        Some("integer" | "array" | "object") => broken.push((swap(json!("x")), place.to_owned(), Rule::WrongType)),
        _ => {}
    }
    if schema["type"] == "integer" {
        broken.push((swap(json!(1.5)), place.to_owned(), Rule::WrongType));
    }
    for key in schema["required"].as_array().into_iter().flatten() {
        let member = format!("{place}/{}", key.as_str().unwrap());
        broken.push((without(document.clone(), &member), place.to_owned(), Rule::MissingField));
    }
    if schema["additionalProperties"] == json!(false) && here.is_object() && schema["maxProperties"].is_null() {
        let member = format!("{place}/surplus");
        broken.push((with(document.clone(), &member, json!(1)), member, Rule::UnknownField));
    }
    for (key, inner) in schema["properties"].as_object().into_iter().flatten() {
        let member = format!("{place}/{key}");
        if document.pointer(&member).is_some() {
            breakages(inner, document, &member, broken);
        }
    }
    if schema["items"].is_object() && here.get(0).is_some() {
        breakages(&schema["items"], document, &format!("{place}/0"), broken);
    }
}

#[test]
fn every_rule_of_every_schema_is_enforced_with_its_pointer() {
    for kind in DocumentKind::ALL {
        let schema: Value = serde_json::from_str(kind.schema()).unwrap();
        let document = sample(kind);
        assert_eq!(violations(kind, &document), [], "{kind}: the sample itself");
        let mut broken = Vec::new();
        breakages(&schema, &document, "", &mut broken);
        assert!(broken.len() > 15, "{kind}: only {} rules were found to break", broken.len());
        for (bent, pointer, rule) in broken {
            let found = violations(kind, &bent);
            let hit = found.iter().any(|violation| violation.pointer == pointer && violation.rule == rule);
            assert!(hit, "{kind}: expected {rule} at {pointer:?}, got {found:#?}");
        }
    }
}

#[test]
fn the_schemas_are_the_published_ones() {
    for kind in [DocumentKind::Function, DocumentKind::User, DocumentKind::Vaas] {
        let Some(published) = shared(&format!("{}.schema.json", kind.name())) else {
            return;
        };
        let ours: Value = serde_json::from_str(kind.schema()).unwrap();
        assert_eq!(ours, serde_json::from_str::<Value>(&published).unwrap(), "{kind}");
    }
}

#[test]
fn every_schema_is_a_schema() {
    for kind in DocumentKind::ALL {
        let schema: Value = serde_json::from_str(kind.schema()).unwrap();
        assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema", "{kind}");
        jsonschema::draft202012::new(&schema).unwrap_or_else(|error| panic!("{kind}: {error}"));
    }
}

#[test]
fn every_published_example_is_accepted_once_it_has_real_certificates() {
    let examples = [
        (DocumentKind::Function, "function-vod.example.json"),
        (DocumentKind::Function, "function-vod-small.example.json"),
        (DocumentKind::Function, "function-vod-big.example.json"),
        (DocumentKind::User, "user.example.json"),
        (DocumentKind::Vaas, "vaas.example.json"),
        (DocumentKind::Full, "full.example.json"),
    ];
    for (kind, name) in examples {
        let Some(text) = shared(name) else { return };
        let mut document: Value = serde_json::from_str(&text).unwrap();
        let schema: Value = serde_json::from_str(kind.schema()).unwrap();
        assert!(jsonschema::draft202012::is_valid(&schema, &document), "{name} against its schema");
        put_certificates(&mut document);
        assert_eq!(violations(kind, &document), [], "{name}");
        assert_eq!(DocumentKind::detect(&text).unwrap(), kind, "{name}");
    }
}

fn put_certificates(document: &mut Value) {
    match document {
        Value::String(text) if text.contains("BEGIN CERTIFICATE") => *text = pem(text),
        Value::Array(items) => items.iter_mut().for_each(put_certificates),
        Value::Object(members) => members.values_mut().for_each(put_certificates),
        _ => {}
    }
}

/// A published text, from the folder that may lie beside the checkout.
fn shared(name: &str) -> Option<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/policies").join(name);
    let text = std::fs::read_to_string(&path).ok();
    if text.is_none() {
        eprintln!("skipped: the published policies are not beside this checkout");
    }
    text
}

#[test]
fn all_violations_are_reported_at_once_shape_and_meaning_together() {
    let mut bent = without(full(), "/debug");
    bent = with(bent, "/ciphersuite", json!("TLS_CHACHA20_POLY1305_SHA256"));
    bent = with(bent, "/max_memory_mib", json!("much"));
    bent = with(bent, "/identities/1/id", json!(0));
    bent = with(bent, "/enclave_cert_expiry/month", json!(13));
    let found: Vec<(String, Rule)> =
        violations(DocumentKind::Full, &bent).into_iter().map(|one| (one.pointer, one.rule)).collect();
    for expected in [
        ("", Rule::MissingField),
        ("/ciphersuite", Rule::UnknownCiphersuite),
        ("/max_memory_mib", Rule::WrongType),
        ("/identities/1/id", Rule::DuplicateId),
        ("/enclave_cert_expiry", Rule::BadDate),
    ] {
        assert!(found.contains(&(expected.0.to_owned(), expected.1)), "{expected:?} is not in {found:?}");
    }
    assert_eq!(found.len(), 5, "{found:?}");
}

#[test]
fn a_document_made_of_errors_gives_a_bounded_list() {
    let bent = with(function(), "/programs", Value::Array(vec![json!(1); 5000]));
    let error = FunctionPolicy::parse(&bent.to_string()).unwrap_err();
    assert_eq!(error.violations().len(), 256);
    assert!(error.to_string().contains("more"), "{}", error.to_string().lines().last().unwrap());
}

#[test]
fn texts_that_are_no_json_say_where() {
    for (text, code) in [
        ("", "not-json"),
        ("{", "not-json"),
        ("{} {}", "not-json"),
        ("{\"a\": NaN}", "not-json"),
        ("\u{feff}{}", "not-json"),
    ] {
        let error = FullPolicy::parse(text).unwrap_err();
        assert_eq!(error.code(), code, "{text:?}: {error}");
        assert!(error.to_string().contains("line 1"), "{error}");
    }
    let deep = "[".repeat(100_000);
    assert_eq!(FullPolicy::parse(&deep).unwrap_err().code(), "not-json");
}

#[test]
fn sizes_are_bounded() {
    let large = " ".repeat(veracruz_policy::MAX_DOCUMENT_BYTES + 1);
    assert!(matches!(FullPolicy::parse(&large), Err(PolicyError::TooLarge { .. })));
    let many = format!("[{}1]", "1,".repeat(veracruz_policy::MAX_DOCUMENT_VALUES));
    assert!(matches!(FullPolicy::parse(&many), Err(PolicyError::TooManyValues { .. })));
}

#[test]
fn a_key_that_stands_twice_is_refused_wherever_it_is() {
    let text = full().to_string();
    let twice = text.replacen("\"debug\":false", "\"debug\":false,\"debug\":false", 1);
    let error = FullPolicy::parse(&twice).unwrap_err();
    assert_eq!(error.violations()[0].pointer, "/debug");
    assert_eq!(error.violations()[0].rule, Rule::DuplicateKey);
    let inner = text.replacen("\"id\":2", "\"id\":2,\"id\":3", 1);
    let error = FullPolicy::parse(&inner).unwrap_err();
    assert_eq!(error.violations()[0].pointer, "/identities/2/id");
}
