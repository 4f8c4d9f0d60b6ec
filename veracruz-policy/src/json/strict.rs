//! JSON into a value, without losing what the text says twice.

use std::cell::RefCell;
use std::fmt;

use serde::de::{DeserializeSeed, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use crate::error::PolicyError;

/// Bytes of a document that are read: 10,000 identities with their certificates take 7 MiB.
pub const MAX_DOCUMENT_BYTES: usize = 16 << 20;

/// JSON values of a document that are read: 10,000 identities with four entries each take 200,000. It bounds the memory
/// of a document made of tiny values, which the number of bytes alone does not.
pub const MAX_DOCUMENT_VALUES: usize = 1 << 18;

/// Repeated keys that are remembered: one is enough to refuse a text, and a hostile text can be made of them.
const MAX_REPEATED: usize = 64;

/// A JSON text as one value, and what the value alone would not show.
#[derive(Clone, Debug)]
pub struct StrictJson {
    /// The value; of a repeated key the last one. Members are in the order of the text.
    pub value: Value,
    /// Where keys stand a second time in their object: JSON pointers (RFC 6901). Two readers of such a text can take
    /// different values, so it should be refused.
    pub repeated: Vec<String>,
}

/// Reads `text` as JSON, within the bounds of policies.
///
///
/// # Errors
/// [`PolicyError::TooLarge`], [`PolicyError::TooManyValues`], [`PolicyError::NotJson`]. Nesting beyond 128 levels is
/// refused by the JSON parser.
pub fn strict_json(text: &str) -> Result<StrictJson, PolicyError> {
    if text.len() > MAX_DOCUMENT_BYTES {
        return Err(PolicyError::TooLarge { size: text.len(), limit: MAX_DOCUMENT_BYTES });
    }
    let state = RefCell::new(State { values: 0, pointer: String::new(), repeated: Vec::new() });
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let value = ValueSeed(&state).deserialize(&mut deserializer).and_then(|value| deserializer.end().map(|()| value));
    let State { values, repeated, .. } = state.into_inner();
    if values > MAX_DOCUMENT_VALUES {
        return Err(PolicyError::TooManyValues { limit: MAX_DOCUMENT_VALUES });
    }
    match value {
        Ok(value) => Ok(StrictJson { value, repeated }),
        Err(error) => Err(not_json(&error)),
    }
}

fn not_json(error: &serde_json::Error) -> PolicyError {
    let text = error.to_string();
    let reason = text.split(" at line ").next().unwrap_or_default().to_owned();
    PolicyError::NotJson { line: error.line(), column: error.column(), reason }
}

struct State {
    values: usize,
    pointer: String,
    repeated: Vec<String>,
}

/// Reads one value at the place that the state's pointer names.
#[derive(Clone, Copy)]
struct ValueSeed<'s>(&'s RefCell<State>);

impl ValueSeed<'_> {
    /// Runs `read` with the pointer one step further in.
    fn inside<T>(self, step: &str, read: impl FnOnce(Self) -> T) -> T {
        let outer = {
            let mut state = self.0.borrow_mut();
            let outer = state.pointer.len();
            push_step(&mut state.pointer, step);
            outer
        };
        let result = read(self);
        self.0.borrow_mut().pointer.truncate(outer);
        result
    }
}

/// Appends a reference token to a JSON pointer, escaped as RFC 6901 wants.
pub(crate) fn push_step(pointer: &mut String, step: &str) {
    pointer.push('/');
    for character in step.chars() {
        match character {
            '~' => pointer.push_str("~0"),
            '/' => pointer.push_str("~1"),
            other => pointer.push(other),
        }
    }
}

impl<'de> DeserializeSeed<'de> for ValueSeed<'_> {
    type Value = Value;

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        {
            let mut state = self.0.borrow_mut();
            state.values += 1;
            if state.values > MAX_DOCUMENT_VALUES {
                return Err(D::Error::custom("too many values"));
            }
        }
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for ValueSeed<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Number::from_f64(value).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = self.inside(&list.len().to_string(), |seed| items.next_element_seed(seed))? {
            list.push(item);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some(key) = members.next_key::<String>()? {
            let value = self.inside(&key, |seed| {
                if object.contains_key(&key) {
                    let mut state = seed.0.borrow_mut();
                    if state.repeated.len() < MAX_REPEATED {
                        let pointer = state.pointer.clone();
                        state.repeated.push(pointer);
                    }
                }
                members.next_value_seed(seed)
            })?;
            object.insert(key, value);
        }
        Ok(Value::Object(object))
    }
}
