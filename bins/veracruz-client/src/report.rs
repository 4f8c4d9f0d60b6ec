//! What was done, for machines, and how the command ends.

use std::io::{self, Write as _};
use std::process::ExitCode;

use serde_json::{Map, Value, json};
use veracruz_client::Attested;

use crate::stop::Stop;
use crate::voice::Voice;

/// How far the command came.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Everything that was asked for was tried.
    Done,
    /// Nothing was asked for.
    Nothing,
}

/// Collects what was done.
#[derive(Default)]
pub(crate) struct Report {
    instance: Map<String, Value>,
    steps: Vec<Value>,
    warned: bool,
}

impl Report {
    /// What the instance showed.
    pub(crate) fn instance(&mut self, attested: &Attested, address: &str) {
        let platform = attested.platform().map(|platform| platform.to_string());
        let unchecked: Vec<_> = attested.unchecked().collect();
        let shown = [
            ("address", json!(address)),
            ("policy_hash", json!(attested.policy_hash().to_string())),
            ("platform", json!(platform)),
            ("simulated", json!(attested.is_simulated())),
            ("pcr0", json!(attested.measurement().map(|pcr| pcr.to_string()))),
            ("not_compared", json!(unchecked)),
        ];
        self.instance = shown.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
    }

    /// A step that was done; `members` is an object.
    pub(crate) fn step(&mut self, step: &str, members: Value) {
        let mut entry = Map::from_iter([("step".to_owned(), json!(step))]);
        if let Value::Object(members) = members {
            entry.extend(members);
        }
        self.steps.push(Value::Object(entry));
    }

    /// A step that failed without ending the command.
    pub(crate) fn warning(&mut self, step: &str, name: &str, stop: &Stop, counts: bool) {
        self.warned |= counts;
        self.step(step, json!({"name": name, "error": stop.json()}));
    }

    /// Tells the end.
    pub(crate) fn finish(self, outcome: Result<Outcome, Stop>, voice: &Voice, as_json: bool) -> ExitCode {
        let status = match &outcome {
            Ok(Outcome::Done) if !self.warned => 0,
            Ok(Outcome::Done) => 1,
            Ok(Outcome::Nothing) => 2,
            Err(stop) if stop.is_wrong_use() => 2,
            Err(_) => 1,
        };
        if let Err(stop) = &outcome {
            voice.insist(format_args!("Error: {stop}"));
        }
        if as_json {
            let error = outcome.err().map(|stop| stop.json());
            let whole = json!({"done": status == 0, "instance": self.instance, "steps": self.steps, "error": error});
            if let Err(error) = writeln!(io::stdout().lock(), "{whole:#}") {
                voice.insist(format_args!("Error: cannot write to standard output: {error}"));
                return ExitCode::from(1);
            }
        }
        ExitCode::from(status)
    }
}
