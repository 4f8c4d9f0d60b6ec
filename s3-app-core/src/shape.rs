//! Holds the body of a copy's request against the published schema, and says everything that is wrong with it at once.
//!
//! Faults name places and kinds of values, never a value: the body holds keys. What was read is wiped when it is dropped.

use jsonschema::ValidationError;
use jsonschema::error::{TypeKind, ValidationErrorKind};
use serde_json::Value;
use veracruz_policy::Rule;
use veracruz_rest::{CopyRequest, Fault};
use zeroize::Zeroize as _;

/// Faults that are told of one body. A hostile body can have one in each of its values.
const MAX_FAULTS: usize = 64;

/// Bytes of an unknown key's name that a fault shows, in its pointer.
const MAX_KEY_SHOWN: usize = 128;

/// The request, if `value` has the shape of `schema` and no key twice.
pub(crate) fn request(value: Value, repeated: &[String], schema: &str) -> Result<CopyRequest, Vec<Fault>> {
    let mut value = Wiped(value);
    let twice = "a key stands twice in its object; keep one of the two";
    let mut faults: Vec<Fault> =
        repeated.iter().take(MAX_FAULTS).map(|pointer| fault(pointer, Rule::DuplicateKey, twice)).collect();
    departures(&value.0, schema, &mut faults);
    if !faults.is_empty() {
        return Err(faults);
    }
    // The schema says all that the types say: what passed it is a request.
    let unusable = |_| vec![fault("", Rule::WrongType, "expected the object of the published schema")];
    serde_json::from_value(std::mem::take(&mut value.0)).map_err(unusable)
}

/// A fault at `pointer`.
pub(crate) fn fault(pointer: &str, rule: Rule, detail: impl ToString) -> Fault {
    Fault { pointer: pointer.to_owned(), code: rule.code().into(), detail: detail.to_string() }
}

fn departures(value: &Value, schema: &str, faults: &mut Vec<Fault>) {
    // The schema is compiled in; a test holds that it is one.
    let validator = serde_json::from_str(schema).ok().and_then(|schema| jsonschema::draft202012::new(&schema).ok());
    let Some(validator) = validator else {
        return faults.push(fault("", Rule::WrongType, "this service was built wrong: its schema cannot be used"));
    };
    for error in validator.iter_errors(value) {
        describe(&error, faults);
        if faults.len() >= MAX_FAULTS {
            return faults.truncate(MAX_FAULTS);
        }
    }
}

fn describe(error: &ValidationError<'_>, faults: &mut Vec<Fault>) {
    let pointer = error.instance_path().as_str();
    match error.kind() {
        ValidationErrorKind::Required { property } => {
            let key = property.as_str().unwrap_or_default();
            let detail = format!("the required key {key:?} is missing");
            faults.push(fault(pointer, Rule::MissingField, detail));
        }
        ValidationErrorKind::AdditionalProperties { unexpected } => {
            let detail = "the published schema knows no such key; remove it";
            faults.extend(unexpected.iter().map(|key| fault(&step(pointer, key), Rule::UnknownField, detail)));
        }
        ValidationErrorKind::Type { kind: TypeKind::Single(wanted) } => {
            let detail = format!("expected a value of the type {wanted}, found {}", kind_of(error.instance()));
            faults.push(fault(pointer, Rule::WrongType, detail));
        }
        _ => faults.push(fault(pointer, Rule::OutOfRange, "expected what the published schema says")),
    }
}

/// `pointer` and one step further in, as RFC 6901 writes it.
fn step(pointer: &str, key: &str) -> String {
    let end = key.floor_char_boundary(MAX_KEY_SHOWN);
    let key = key.get(..end).unwrap_or_default();
    format!("{pointer}/{}", key.replace('~', "~0").replace('/', "~1"))
}

fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

/// A value whose texts are overwritten when it is dropped.
struct Wiped(Value);

impl Drop for Wiped {
    fn drop(&mut self) {
        wipe(&mut self.0);
    }
}

/// The parser bounds how deep values are nested.
fn wipe(value: &mut Value) {
    match value {
        Value::String(text) => text.zeroize(),
        Value::Array(items) => items.iter_mut().for_each(wipe),
        Value::Object(members) => members.values_mut().for_each(wipe),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}
