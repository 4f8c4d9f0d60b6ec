//! `veracruz attest measure`.

use std::fmt::Write as _;
use std::io::{Read as _, Seek as _};
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Args;
use serde_json::{Map, Value, json};
use veracruz_attestation::measure::{Eif, EifError, measure_program};
use veracruz_policy::Platform;

use crate::files::{Access, open, read_text, read_whole, write_new};
use crate::output::{Answer, WrongUse};

#[derive(Args)]
pub(crate) struct Measure {
    /// An enclave image (EIF), or any other file, which is measured as a runtime without isolation.
    file: PathBuf,
    /// Also put it into this file, which `proxy-attestation-server --measurements` reads, in place of the entry of the
    /// same name if there is one; made if it is not there.
    #[arg(long, value_name = "FILE")]
    add_to: Option<PathBuf>,
}

/// The first bytes of an enclave image.
const EIF_MAGIC: &[u8; 4] = b".eif";

impl Measure {
    pub(super) fn run(self) -> Result<Answer, WrongUse> {
        let answer = self.measured()?;
        if let (Some(path), Some(reference)) = (&self.add_to, answer.member("reference")) {
            add(reference, path)?;
        }
        Ok(answer)
    }

    fn measured(&self) -> Result<Answer, WrongUse> {
        let mut file = open(&self.file)?;
        let mut magic = [0; EIF_MAGIC.len()];
        let is_image = file.read_exact(&mut magic).is_ok() && magic == *EIF_MAGIC;
        if is_image {
            let image = read_whole(&self.file)?;
            return Ok(self.image(&image).unwrap_or_else(|error| refusal(&error)));
        }
        file.rewind()?;
        let program = measure_program(file).with_context(|| format!("cannot read {}", self.file.display()))?;
        let pcr = program.pcr();
        let words = format!(
            "A runtime without isolation (platform simulated), {} bytes\nSHA-256 (runtime_manager_hash_linux): {}\nPCR0: {pcr}",
            program.bytes, program.sha256,
        );
        let pcrs = json!({"0": pcr, "1": pcr, "2": pcr});
        let json = json!({
            "kind": "program", "sha256": program.sha256, "pcrs": pcrs,
            "reference": self.reference(Platform::Simulated, &pcrs),
        });
        Ok(Answer::accepted(words, json))
    }

    fn image(&self, image: &[u8]) -> Result<Answer, EifError> {
        let eif = Eif::parse(image)?;
        let measured = eif.measure()?;
        let mut registers = vec![(0, measured.pcr0), (1, measured.pcr1), (2, measured.pcr2)];
        registers.extend(measured.pcr8.map(|pcr8| (8, pcr8)));
        let mut words = format!("An enclave image of version {} with {} sections", eif.version(), eif.sections().len());
        let mut pcrs = Map::new();
        for (index, value) in registers {
            let _ = write!(words, "\nPCR{index}: {value}");
            pcrs.insert(index.to_string(), json!(value));
        }
        let pcrs = Value::Object(pcrs);
        let hash: String = measured.pcr0.to_string().chars().take(64).collect();
        let _ = write!(words, "\nruntime_manager_hash_nitro: {hash}");
        let json = json!({
            "kind": "eif", "version": eif.version(), "pcrs": pcrs, "runtime_manager_hash_nitro": hash,
            "reference": self.reference(Platform::Nitro, &pcrs),
        });
        Ok(Answer::accepted(words, json))
    }

    fn reference(&self, platform: Platform, pcrs: &Value) -> Value {
        let name = self.file.file_name().map(|name| name.to_string_lossy().into_owned());
        json!({"name": name.unwrap_or_default(), "platform": platform, "pcrs": pcrs})
    }
}

/// Puts an entry into a file of them. The reader takes neither a name nor a set of registers twice.
fn add(reference: &Value, path: &Path) -> anyhow::Result<()> {
    let mut entries: Vec<Value> = match path.try_exists() {
        Ok(false) => Vec::new(),
        _ => serde_json::from_str(&read_text(path)?)
            .with_context(|| format!("{} is no JSON array of measurements", path.display()))?,
    };
    let same = |entry: &Value, member: &str| entry.get(member) == reference.get(member);
    entries.retain(|entry| !same(entry, "name"));
    if !entries.iter().any(|entry| same(entry, "platform") && same(entry, "pcrs")) {
        entries.push(reference.clone());
    }
    let text = format!("{:#}\n", Value::Array(entries));
    write_new(path, text.as_bytes(), Access::Anyone, true)
}

fn refusal(error: &EifError) -> Answer {
    Answer::refused(error.code(), error.to_string(), json!({}))
}
