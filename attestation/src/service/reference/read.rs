//! The walk over the text of reference measurements: goes on after a fault, so that one reading finds all of them.

use std::fmt;

use serde_json::{Map, Value};
use veracruz_policy::{Platform, StrictJson, strict_json};

use super::{MAX_NAME_CHARS, MAX_REFERENCE_BYTES, MAX_REFERENCES, Reference, ReferenceError};
use crate::measurement::{Measurements, PCR_COUNT, Pcr};

/// The faults found so far.
#[derive(Default)]
pub(super) struct Faults(pub(super) Vec<ReferenceError>);

impl Faults {
    /// Notes a fault; `None`, so that a reader can end with it.
    fn note<T>(&mut self, pointer: &str, problem: impl fmt::Display) -> Option<T> {
        self.0.push(ReferenceError { pointer: pointer.to_owned(), problem: problem.to_string() });
        None
    }
}

/// Reads the whole text; what is wrong is noted, what is left is not to be used then.
pub(super) fn entries(text: &str, faults: &mut Faults) -> Option<Vec<Reference>> {
    if text.len() > MAX_REFERENCE_BYTES {
        return faults.note("", format_args!("more than {MAX_REFERENCE_BYTES} bytes"));
    }
    let StrictJson { value, repeated } = match strict_json(text) {
        Ok(json) => json,
        Err(error) => return faults.note("", error),
    };
    for pointer in &repeated {
        faults.note::<()>(&shown(pointer), "the key stands twice");
    }
    let Value::Array(items) = value else {
        return faults.note("", format_args!("expected an array of entries, found {}", kind(&value)));
    };
    if items.is_empty() || items.len() > MAX_REFERENCES {
        return faults.note("", format_args!("expected 1 to {MAX_REFERENCES} entries, found {}", items.len()));
    }
    let mut references: Vec<Reference> = Vec::new();
    for (index, item) in items.iter().enumerate() {
        let pointer = format!("/{index}");
        let Some(reference) = entry(item, &pointer, faults) else {
            continue;
        };
        note_repetition(&references, &reference, &pointer, faults);
        references.push(reference);
    }
    Some(references)
}

fn note_repetition(earlier: &[Reference], new: &Reference, pointer: &str, faults: &mut Faults) {
    for other in earlier {
        if other.name == new.name {
            faults.note::<()>(&format!("{pointer}/name"), "an earlier entry has the same name");
        }
        if other.platform == new.platform && other.measurements == new.measurements {
            faults.note::<()>(&format!("{pointer}/pcrs"), format_args!("the same registers as `{}`", other.name));
        }
    }
}

fn entry(item: &Value, pointer: &str, faults: &mut Faults) -> Option<Reference> {
    let members = members(item, pointer, faults)?;
    for key in members.keys() {
        if !["name", "platform", "pcrs"].contains(&key.as_str()) {
            faults.note::<()>(&child(pointer, key), "unknown key; an entry has `name`, `platform` and `pcrs`");
        }
    }
    let mut member = |key: &str| {
        members
            .get(key)
            .map(|value| (value, child(pointer, key)))
            .or_else(|| faults.note(pointer, format_args!("`{key}` is missing")))
    };
    let (name, platform, pcrs) = (member("name"), member("platform"), member("pcrs"));
    let name = name.and_then(|(value, at)| read_name(value, &at, faults));
    let platform = platform.and_then(|(value, at)| {
        let text = string(value, &at, faults)?;
        text.parse::<Platform>().or_else(|error| faults.note(&at, error).ok_or(())).ok()
    });
    let measurements = pcrs.and_then(|(value, at)| read_pcrs(value, &at, faults));
    Some(Reference { name: name?, platform: platform?, measurements: measurements? })
}

fn read_name(value: &Value, pointer: &str, faults: &mut Faults) -> Option<String> {
    let name = string(value, pointer, faults)?;
    let fits = (1..=MAX_NAME_CHARS).contains(&name.chars().count()) && !name.chars().any(char::is_control);
    if fits {
        Some(name.to_owned())
    } else {
        faults.note(pointer, format_args!("a name has 1 to {MAX_NAME_CHARS} characters and no control characters"))
    }
}

fn read_pcrs(value: &Value, pointer: &str, faults: &mut Faults) -> Option<Measurements> {
    let registers: Vec<_> =
        members(value, pointer, faults)?.iter().map(|(key, value)| register(key, value, pointer, faults)).collect();
    let registers: Vec<(u8, Pcr)> = registers.into_iter().collect::<Option<_>>()?;
    match Measurements::new(registers) {
        Ok(measurements) => Some(measurements),
        Err(error) => faults.note(pointer, error),
    }
}

fn register(key: &str, value: &Value, pointer: &str, faults: &mut Faults) -> Option<(u8, Pcr)> {
    let at = child(pointer, key);
    let index: Option<u8> = key.parse().ok().filter(|index: &u8| *index < PCR_COUNT && index.to_string() == key);
    let index = index.or_else(|| faults.note(&at, "no register: indices are 0 to 31, without leading zeros"));
    let pcr = match string(value, &at, faults)?.parse::<Pcr>() {
        Ok(pcr) if pcr.is_zero() => {
            faults.note(&at, "all zero: that is what an enclave in debug mode shows; give the measured value")
        }
        Ok(pcr) => Some(pcr),
        Err(error) => faults.note(&at, error),
    };
    Some((index?, pcr?))
}

fn members<'a>(value: &'a Value, pointer: &str, faults: &mut Faults) -> Option<&'a Map<String, Value>> {
    let members = value.as_object();
    members.or_else(|| faults.note(pointer, format_args!("expected an object, found {}", kind(value))))
}

fn string<'a>(value: &'a Value, pointer: &str, faults: &mut Faults) -> Option<&'a str> {
    value.as_str().or_else(|| faults.note(pointer, format_args!("expected a text, found {}", kind(value))))
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

/// The pointer of a member.
fn child(pointer: &str, key: &str) -> String {
    format!("{pointer}/{}", shown(&key.replace('~', "~0").replace('/', "~1")))
}

/// A text of the file bounded and escaped, for it may be anything.
fn shown(text: &str) -> String {
    text.chars().take(128).flat_map(char::escape_debug).collect()
}
