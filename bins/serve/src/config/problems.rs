//! What is wrong with a configuration: collected, so that one start shows all of it.

use std::collections::BTreeMap;
use std::fmt;

/// The layer that set a setting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The command line.
    Flag,
    /// The environment variable of this name.
    Environment(String),
    /// The TOML file.
    File,
}

/// The problems of a configuration, in the order in which they were found.
#[derive(Debug, Default)]
pub struct Problems {
    origins: BTreeMap<String, Origin>,
    found: Vec<String>,
}

impl Problems {
    /// Notes that `setting` is wrong; `what` continues the sentence.
    pub fn report(&mut self, setting: &str, what: impl fmt::Display) {
        let problem = match self.origins.get(setting) {
            None => format!("`{setting}` {what}"),
            Some(Origin::Flag) => format!("`{setting}` (on the command line) {what}"),
            Some(Origin::Environment(name)) => format!("`{setting}` (from the variable {name}) {what}"),
            Some(Origin::File) => format!("`{setting}` (in the configuration file) {what}"),
        };
        self.found.push(problem);
    }

    /// Takes the value, or notes why there is none.
    pub fn take<T, E: fmt::Display>(&mut self, setting: &str, value: Result<T, E>) -> Option<T> {
        value.map_err(|error| self.report(setting, format_args!("is refused: {error}"))).ok()
    }

    /// Where `setting` was set; `None` where its default holds.
    pub fn origin(&self, setting: &str) -> Option<&Origin> {
        self.origins.get(setting)
    }

    /// The whole configuration, when nothing was noted and `build` has every part.
    pub fn finish<C>(self, build: impl FnOnce() -> Option<C>) -> Result<C, Problems> {
        if self.found.is_empty() { build().ok_or(self) } else { Err(self) }
    }

    pub(crate) fn set_origin(&mut self, setting: &str, origin: Origin) {
        self.origins.insert(setting.to_owned(), origin);
    }

    pub(crate) fn report_file(&mut self, problem: String) {
        self.found.push(problem);
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the configuration is refused:")?;
        for problem in &self.found {
            write!(f, "\n  - {problem}")?;
        }
        f.write_str("\n--help lists every setting")
    }
}

impl std::error::Error for Problems {}
