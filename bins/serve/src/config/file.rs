//! The TOML layer: a flat table, one key a setting, no sections.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::Path;

use toml::{Table, Value};

use super::Problems;

/// The settings of a file that no layer has taken yet; empty where there is no file.
#[derive(Debug, Default)]
pub(super) struct Settings(BTreeMap<String, Vec<OsString>>);

impl Settings {
    pub(super) fn take(&mut self, setting: &str) -> Option<Vec<OsString>> {
        self.0.remove(setting)
    }

    /// What is left belongs to no flag: a misspelt setting must not be passed over in silence.
    pub(super) fn report_unknown(self, problems: &mut Problems) {
        for key in self.0.into_keys() {
            problems.report_file(format!("the configuration file sets `{key}`, which is no setting of this daemon"));
        }
    }
}

/// Reads the file; what cannot be read is noted and left out.
pub(super) fn read(path: &Path, problems: &mut Problems) -> Settings {
    let table = match parse(path) {
        Ok(table) => table,
        Err(problem) => {
            problems.report_file(format!("the configuration file {}: {problem}", path.display()));
            return Settings::default();
        }
    };
    let mut settings = BTreeMap::new();
    for (key, value) in table {
        match values(&value) {
            Some(values) => drop(settings.insert(key, values)),
            None => problems.report_file(format!(
                "the configuration file sets `{key}` to a {}: write a text, a number, true or false, or an array of those",
                value.type_str()
            )),
        }
    }
    Settings(settings)
}

fn parse(path: &Path) -> Result<Table, String> {
    let text = std::fs::read_to_string(path).map_err(|error| error.to_string())?;
    // Only the message and the line: the excerpt that the parser could show may hold a secret.
    text.parse().map_err(|error: toml::de::Error| {
        let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
        format!("line {}: {}", before.matches('\n').count() + 1, error.message())
    })
}

fn values(value: &Value) -> Option<Vec<OsString>> {
    match value {
        Value::Array(values) => values.iter().map(scalar).collect(),
        one => scalar(one).map(|one| vec![one]),
    }
}

fn scalar(value: &Value) -> Option<OsString> {
    match value {
        Value::String(text) => Some(text.into()),
        Value::Integer(number) => Some(number.to_string().into()),
        Value::Boolean(switch) => Some(switch.to_string().into()),
        _ => None,
    }
}
