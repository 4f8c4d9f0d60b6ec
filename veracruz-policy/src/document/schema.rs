//! Holds a value against a JSON Schema and says in our words what is wrong.

use jsonschema::error::ValidationErrorKind;
use jsonschema::{ValidationError, Validator};
use serde_json::Value;

use crate::error::{Refusal, Report, Rule, shown};
use crate::json::push_step;
use crate::reader::missing;

/// Reports everything in which `value` departs from the schema `text`.
pub(crate) fn check(text: &str, value: &Value, report: &mut Report) {
    // The schemas are compiled in; a test holds that each is a valid schema.
    let Some(validator) = compile(text) else {
        report.add("", Refusal::new(Rule::WrongType, "a usable schema", "a broken build"));
        return;
    };
    for error in validator.iter_errors(value) {
        describe(&error, report);
    }
}

fn compile(text: &str) -> Option<Validator> {
    let schema: Value = serde_json::from_str(text).ok()?;
    jsonschema::draft202012::new(&schema).ok()
}

fn describe(error: &ValidationError<'_>, report: &mut Report) {
    let pointer = error.instance_path().as_str();
    let value = error.instance();
    match error.kind() {
        ValidationErrorKind::Required { property } => {
            report.add(pointer, missing(property.as_str().unwrap_or_default()));
        }
        ValidationErrorKind::AdditionalProperties { unexpected } => {
            for key in unexpected {
                let mut place = pointer.to_owned();
                push_step(&mut place, key);
                report.add(&place, Refusal::new(Rule::UnknownField, "only the keys of the schema", shown(key)));
            }
        }
        ValidationErrorKind::Type { kind } => {
            report.add(pointer, Refusal::new(Rule::WrongType, type_words(kind), found(value)));
        }
        other => {
            let expected = format!("what the schema's `{}` says", other.keyword());
            report.add(pointer, Refusal::new(Rule::OutOfRange, expected, found(value)));
        }
    }
}

fn type_words(kind: &jsonschema::error::TypeKind) -> String {
    match kind {
        jsonschema::error::TypeKind::Single(json_type) => format!("a value of the type {json_type}"),
        jsonschema::error::TypeKind::Multiple(types) => {
            let names: Vec<String> = types.iter().map(|json_type| json_type.to_string()).collect();
            format!("a value of the type {}", names.join(" or "))
        }
    }
}

fn found(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(flag) => format!("the boolean {flag}"),
        Value::Number(number) => format!("the number {number}"),
        Value::String(text) => format!("the string {}", shown(text)),
        Value::Array(items) => format!("an array of {} items", items.len()),
        Value::Object(members) => format!("an object of {} keys", members.len()),
    }
}
