//! Reference measurements: the code that the operator vouches for, by platform.
//!
//! The text is JSON, an array of `{"name": "runtime 0.1", "platform": "nitro", "pcrs": {"0": "<96 hex digits>", …}}`. It
//! is read strictly: a misspelt key or a value given twice is an error and never a measurement less or more. All errors
//! are told at once, each with its JSON pointer (RFC 6901). Files are not read here.

mod json;

use std::fmt;

use veracruz_policy::Platform;

use self::json::Json;
use crate::measurement::{Measurements, Pcr};

/// Bytes of the text: a thousand entries with every register fit.
pub const MAX_REFERENCE_BYTES: usize = 4 * 1024 * 1024;

/// Entries in the text. Each is compared with each piece of evidence; an operator has a handful.
pub const MAX_REFERENCES: usize = 1024;

/// Characters of a name: it goes into log lines.
pub const MAX_NAME_CHARS: usize = 128;

/// One measurement that certificates are issued for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    name: String,
    platform: Platform,
    measurements: Measurements,
}

impl Reference {
    /// The operator's name for the code.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The platform that the registers belong to.
    pub fn platform(&self) -> Platform {
        self.platform
    }

    /// The registers.
    pub fn measurements(&self) -> &Measurements {
        &self.measurements
    }
}

/// The accepted measurements: at least one, no name and no set of registers twice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReferenceMeasurements(Vec<Reference>);

impl ReferenceMeasurements {
    /// Reads the JSON text.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with it, in the order of the text.
    pub fn parse(text: &str) -> Result<Self, ReferenceErrors> {
        let mut faults = Faults::default();
        let references = entries(text, &mut faults).unwrap_or_default();
        if faults.0.is_empty() {
            Ok(ReferenceMeasurements(references))
        } else {
            Err(ReferenceErrors(faults.0))
        }
    }

    /// The entries, in the order of the text.
    pub fn iter(&self) -> impl Iterator<Item = &Reference> {
        self.0.iter()
    }

    pub(crate) fn of_platform(&self, platform: Platform) -> impl Iterator<Item = &Reference> {
        self.iter().filter(move |reference| reference.platform == platform)
    }
}

/// Everything that is wrong with a text of reference measurements.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReferenceErrors(Vec<ReferenceError>);

/// One fault of the text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("at `{pointer}`: {problem}")]
pub struct ReferenceError {
    /// Where: a JSON pointer, empty for the whole text.
    pub pointer: String,
    /// What is wrong and what to write instead.
    pub problem: String,
}

impl ReferenceErrors {
    /// The faults, at least one.
    pub fn iter(&self) -> impl Iterator<Item = &ReferenceError> {
        self.0.iter()
    }
}

impl fmt::Display for ReferenceErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the reference measurements are refused:")?;
        for error in &self.0 {
            write!(f, "\n  - {error}")?;
        }
        Ok(())
    }
}

impl std::error::Error for ReferenceErrors {}

#[derive(Default)]
struct Faults(Vec<ReferenceError>);

impl Faults {
    /// Notes a fault; `None`, so that a reader can end with it.
    fn note<T>(&mut self, pointer: &str, problem: impl fmt::Display) -> Option<T> {
        self.0.push(ReferenceError {
            pointer: pointer.to_owned(),
            problem: problem.to_string(),
        });
        None
    }
}

fn entries(text: &str, faults: &mut Faults) -> Option<Vec<Reference>> {
    if text.len() > MAX_REFERENCE_BYTES {
        return faults.note("", format_args!("more than {MAX_REFERENCE_BYTES} bytes"));
    }
    let json = match Json::parse(text) {
        Ok(json) => json,
        Err(error) => return faults.note("", format_args!("this is no JSON: {error}")),
    };
    let Json::Array(items) = json else {
        return faults.note("", format_args!("expected an array of entries, found {}", json.kind()));
    };
    if items.is_empty() || items.len() > MAX_REFERENCES {
        return faults.note(
            "",
            format_args!("expected 1 to {MAX_REFERENCES} entries, found {}", items.len()),
        );
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
            faults.note::<()>(
                &format!("{pointer}/pcrs"),
                format_args!("the same registers as `{}`", other.name),
            );
        }
    }
}

fn entry(item: &Json, pointer: &str, faults: &mut Faults) -> Option<Reference> {
    let members = members(item, pointer, faults)?;
    for (key, _) in members {
        if !["name", "platform", "pcrs"].contains(&key.as_str()) {
            faults.note::<()>(
                &child(pointer, key),
                "unknown key; an entry has `name`, `platform` and `pcrs`",
            );
        }
    }
    let mut member = |key: &str| {
        let found = members.iter().find(|(name, _)| name == key).map(|(_, value)| value);
        found
            .map(|value| (value, child(pointer, key)))
            .or_else(|| faults.note(pointer, format_args!("`{key}` is missing")))
    };
    let (name, platform, pcrs) = (member("name"), member("platform"), member("pcrs"));
    let name = name.and_then(|(value, at)| read_name(value, &at, faults));
    let platform = platform.and_then(|(value, at)| {
        let text = string(value, &at, faults)?;
        text.parse::<Platform>()
            .or_else(|error| faults.note(&at, error).ok_or(()))
            .ok()
    });
    let measurements = pcrs.and_then(|(value, at)| read_pcrs(value, &at, faults));
    Some(Reference {
        name: name?,
        platform: platform?,
        measurements: measurements?,
    })
}

fn read_name(value: &Json, pointer: &str, faults: &mut Faults) -> Option<String> {
    let name = string(value, pointer, faults)?;
    let fits = (1..=MAX_NAME_CHARS).contains(&name.chars().count()) && !name.chars().any(char::is_control);
    if fits {
        Some(name.to_owned())
    } else {
        faults.note(
            pointer,
            format_args!("a name has 1 to {MAX_NAME_CHARS} characters and no control characters"),
        )
    }
}

fn read_pcrs(value: &Json, pointer: &str, faults: &mut Faults) -> Option<Measurements> {
    let registers: Vec<_> = members(value, pointer, faults)?
        .iter()
        .map(|(key, value)| register(key, value, pointer, faults))
        .collect();
    let registers: Vec<(u8, Pcr)> = registers.into_iter().collect::<Option<_>>()?;
    match Measurements::new(registers) {
        Ok(measurements) => Some(measurements),
        Err(error) => faults.note(pointer, error),
    }
}

fn register(key: &str, value: &Json, pointer: &str, faults: &mut Faults) -> Option<(u8, Pcr)> {
    let at = child(pointer, key);
    let index: Option<u8> = key
        .parse()
        .ok()
        .filter(|index: &u8| *index < 32 && index.to_string() == key);
    let index = index.or_else(|| faults.note(&at, "no register: indices are 0 to 31, without leading zeros"));
    let pcr = match string(value, &at, faults)?.parse::<Pcr>() {
        Ok(pcr) if pcr.is_zero() => faults.note(
            &at,
            "all zero: that is what an enclave in debug mode shows; give the measured value",
        ),
        Ok(pcr) => Some(pcr),
        Err(error) => faults.note(&at, error),
    };
    Some((index?, pcr?))
}

/// The members of an object; a key that stands twice is a fault.
fn members<'a>(value: &'a Json, pointer: &str, faults: &mut Faults) -> Option<&'a [(String, Json)]> {
    let Json::Object(members) = value else {
        return faults.note(pointer, format_args!("expected an object, found {}", value.kind()));
    };
    for (position, (key, _)) in members.iter().enumerate() {
        if members.iter().take(position).any(|(earlier, _)| earlier == key) {
            return faults.note(&child(pointer, key), "the key stands twice");
        }
    }
    Some(members)
}

fn string<'a>(value: &'a Json, pointer: &str, faults: &mut Faults) -> Option<&'a str> {
    match value {
        Json::String(text) => Some(text),
        other => faults.note(pointer, format_args!("expected a text, found {}", other.kind())),
    }
}

/// The pointer of a member; the key is shown bounded and escaped, for it may be anything.
fn child(pointer: &str, key: &str) -> String {
    let shown: String = key.chars().take(64).flat_map(char::escape_debug).collect();
    format!("{pointer}/{}", shown.replace('~', "~0").replace('/', "~1"))
}
