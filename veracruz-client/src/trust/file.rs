//! `trust.toml`: the same settings as a file, read strictly. `docs/TRUST.md` describes it.
//!
//! A misspelt key must not lower anybody's guard in silence, so whatever is not known is refused, and all that is wrong
//! is told at once.

use std::fmt;
use std::io;
use std::path::Path;
use std::time::Duration;

use toml::{Table, Value};
use veracruz_attestation::certificate::PinnedAuthorities;
use veracruz_attestation::nitro::{AnchorError, root_from_file};
use veracruz_attestation::{Measurements, PCR_COUNT, Pcr};
use veracruz_policy::Platform;

use super::{EVIDENCE_AGE, Trust};

/// Bytes of a trust file, and of each file that it names: a few measurements and certificates have a few KiB.
pub const MAX_FILE_BYTES: usize = 1 << 20;

impl Trust {
    /// Reads a trust file. `load` gets the names of other files as they stand in it and gives their content.
    ///
    /// # Errors
    ///
    /// [`TrustFileError`] with everything that is wrong.
    pub fn from_toml(text: &str, load: &mut dyn FnMut(&str) -> io::Result<Vec<u8>>) -> Result<Self, TrustFileError> {
        let mut reader = Reader { problems: Vec::new(), load };
        let trust = reader.trust(text);
        if reader.problems.is_empty() { Ok(trust) } else { Err(TrustFileError(reader.problems)) }
    }

    /// Reads the trust file at `path`; the files that it names are looked for beside it.
    ///
    /// # Errors
    ///
    /// [`TrustFileError`] with everything that is wrong.
    pub fn read(path: &Path) -> Result<Self, TrustFileError> {
        let whole = |problem: String| TrustFileError(vec![TrustProblem { at: String::new(), problem }]);
        let bytes = read_bounded(path).map_err(|error| whole(format!("it cannot be read: {error}")))?;
        let text = String::from_utf8(bytes).map_err(|_| whole("it is no UTF-8 text".to_owned()))?;
        let folder = path.parent().unwrap_or(Path::new(""));
        Trust::from_toml(&text, &mut |name| read_bounded(&folder.join(name)))
    }
}

fn read_bounded(path: &Path) -> io::Result<Vec<u8>> {
    use io::Read as _;
    let mut bytes = Vec::new();
    std::fs::File::open(path)?.take(MAX_FILE_BYTES as u64 + 1).read_to_end(&mut bytes)?;
    if bytes.len() > MAX_FILE_BYTES { Err(io::Error::other("it is larger than 1 MiB")) } else { Ok(bytes) }
}

struct Reader<'a> {
    problems: Vec<TrustProblem>,
    load: &'a mut dyn FnMut(&str) -> io::Result<Vec<u8>>,
}

impl Reader<'_> {
    fn trust(&mut self, text: &str) -> Trust {
        let mut trust = Trust::default();
        let table: Table = match text.parse() {
            Ok(table) => table,
            Err(error) => {
                self.note("", line_of(text, &error));
                return trust;
            }
        };
        for (key, value) in &table {
            match key.as_str() {
                "authorities" => trust.authorities = self.authorities(value),
                "measurement" => trust.measurements = self.measurements(value),
                "allow_simulated" => trust.allow_simulated = self.switch(key, value),
                "simulated_root" => self.simulated_root(value, &mut trust),
                "max_evidence_age_seconds" => self.age(value, &mut trust),
                "dangerous_without_session_evidence" => trust.without_session_evidence = self.switch(key, value),
                "dangerous_old_certificates" => trust.old_certificates = self.switch(key, value),
                unknown => self.note(unknown, "unknown key; docs/TRUST.md lists those that there are"),
            }
        }
        trust
    }

    fn note(&mut self, at: &str, problem: impl fmt::Display) {
        self.problems.push(TrustProblem { at: shown(at), problem: problem.to_string() });
    }

    fn switch(&mut self, key: &str, value: &Value) -> bool {
        value.as_bool().unwrap_or_else(|| {
            self.note(key, format_args!("expected true or false, found a {}", value.type_str()));
            false
        })
    }

    fn file(&mut self, key: &str, value: &Value) -> Option<Vec<u8>> {
        let Some(name) = value.as_str() else {
            self.note(key, format_args!("expected the name of a file, found a {}", value.type_str()));
            return None;
        };
        (self.load)(name)
            .map_err(|error| self.note(key, format_args!("the file {name:?} cannot be read: {error}")))
            .ok()
    }

    fn authorities(&mut self, value: &Value) -> Option<PinnedAuthorities> {
        let bytes = self.file("authorities", value)?;
        let Ok(text) = std::str::from_utf8(&bytes) else {
            self.note("authorities", "the file is no text; give the certificates in PEM");
            return None;
        };
        PinnedAuthorities::from_pem(text).map_err(|error| self.note("authorities", error)).ok()
    }

    fn simulated_root(&mut self, value: &Value, trust: &mut Trust) {
        let Some(bytes) = self.file("simulated_root", value) else { return };
        let root = match root_from_file(&bytes) {
            Ok(root) => root,
            Err(error) => return self.note("simulated_root", error),
        };
        match trust.clone().simulated_root(&root) {
            Ok(with_root) => *trust = with_root,
            Err(AnchorError::IsAws) => {
                self.note("simulated_root", "this is AWS's own root, which is trusted for Nitro anyway; leave it out");
            }
            Err(error) => self.note("simulated_root", error),
        }
    }

    fn age(&mut self, value: &Value, trust: &mut Trust) {
        let seconds = value.as_integer().and_then(|seconds| u64::try_from(seconds).ok());
        match seconds.map(Duration::from_secs).filter(|age| EVIDENCE_AGE.contains(age)) {
            Some(age) => trust.max_evidence_age = age,
            None => self.note("max_evidence_age_seconds", "expected a whole number from 1 to 3600"),
        }
    }

    fn measurements(&mut self, value: &Value) -> Vec<(Platform, Measurements)> {
        let Some(entries) = value.as_array() else {
            self.note("measurement", "expected entries, each under a head `[[measurement]]`");
            return Vec::new();
        };
        let entries = entries.iter().enumerate();
        entries.filter_map(|(index, entry)| self.measurement(&format!("measurement[{index}]"), entry)).collect()
    }

    fn measurement(&mut self, at: &str, entry: &Value) -> Option<(Platform, Measurements)> {
        let Some(table) = entry.as_table() else {
            self.note(at, "expected an entry under a head `[[measurement]]`");
            return None;
        };
        for key in table.keys().filter(|key| !["platform", "pcrs"].contains(&key.as_str())) {
            self.note(&format!("{at}.{key}"), "unknown key; an entry has `platform` and `pcrs`");
        }
        let platform = match table.get("platform").and_then(Value::as_str).map(str::parse::<Platform>) {
            Some(Ok(platform)) => Some(platform),
            _ => {
                self.note(&format!("{at}.platform"), "expected \"nitro\" or \"simulated\"");
                None
            }
        };
        let registers = match table.get("pcrs").and_then(Value::as_table) {
            Some(registers) => self.registers(&format!("{at}.pcrs"), registers),
            None => {
                self.note(
                    &format!("{at}.pcrs"),
                    "expected a table of register numbers and values of 96 hexadecimal digits",
                );
                None
            }
        };
        platform.zip(registers)
    }

    fn registers(&mut self, at: &str, table: &Table) -> Option<Measurements> {
        let before = self.problems.len();
        let mut registers = Vec::new();
        for (key, value) in table {
            let at = format!("{at}.{key}");
            let index = key.parse().ok().filter(|index: &u8| *index < PCR_COUNT && index.to_string() == *key);
            if index.is_none() {
                self.note(&at, "no register: numbers are 0 to 31, without leading zeros");
            }
            let value = match value.as_str().map(str::parse::<Pcr>) {
                Some(Ok(value)) => Some(value),
                Some(Err(error)) => {
                    self.note(&at, error);
                    None
                }
                None => {
                    self.note(&at, "expected a text of 96 hexadecimal digits");
                    None
                }
            };
            registers.extend(index.zip(value));
        }
        if self.problems.len() > before {
            return None;
        }
        Measurements::new(registers).map_err(|error| self.note(at, error)).ok()
    }
}

/// Only the message and the line: an excerpt could show what was put into the wrong file.
fn line_of(text: &str, error: &toml::de::Error) -> String {
    let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
    format!("line {}: {}", before.matches('\n').count() + 1, error.message())
}

/// Bounded and escaped: the file may hold anything.
fn shown(text: &str) -> String {
    text.chars().take(128).flat_map(char::escape_debug).collect()
}

/// One thing that is wrong with a trust file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrustProblem {
    at: String,
    problem: String,
}

impl TrustProblem {
    /// The key, as in `measurement[0].pcrs.16`; empty for the file as a whole.
    pub fn at(&self) -> &str {
        &self.at
    }

    /// What is wrong and what to write.
    pub fn problem(&self) -> &str {
        &self.problem
    }
}

/// Everything that is wrong with a trust file; at least one thing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrustFileError(Vec<TrustProblem>);

impl TrustFileError {
    /// The problems, in the order in which they were found.
    pub fn problems(&self) -> &[TrustProblem] {
        &self.0
    }

    /// `trust-file`.
    pub const fn code(&self) -> &'static str {
        "trust-file"
    }
}

impl fmt::Display for TrustFileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the trust file is refused:")?;
        for TrustProblem { at, problem } in &self.0 {
            if at.is_empty() { write!(f, "\n  - {problem}")? } else { write!(f, "\n  - `{at}`: {problem}")? }
        }
        Ok(())
    }
}

impl std::error::Error for TrustFileError {}
