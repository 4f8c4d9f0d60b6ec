//! `veracruz function show`: a function as the service has it.

use std::fmt::Write as _;
use std::path::PathBuf;

use clap::Args;
use serde_json::{Value, json};
use veracruz_client::rest::CcfaasClient;
use veracruz_policy::{FunctionPolicy, Sha256Digest, VfsPath};
use veracruz_rest::encode_segment;

use super::registered;
use crate::files::{Access, write_new};
use crate::output::Answer;
use crate::remote::{Stop, wait};

#[derive(Args)]
pub(super) struct Show {
    /// The function's name
    name: String,
    /// Write the function policy here, letter by letter as it was registered
    #[arg(long, value_name = "FILE")]
    policy_out: Option<PathBuf>,
    /// Replace the file if it exists
    #[arg(long, requires = "policy_out")]
    force: bool,
}

impl Show {
    pub(super) fn run(self, client: &CcfaasClient) -> Result<Answer, Stop> {
        let (function, files) = wait(async {
            let function = registered(client, &self.name).await?;
            let files = declared(client, &function).await?;
            Ok((function, files))
        })?;
        if let Some(path) = &self.policy_out {
            write_new(path, function.text().as_bytes(), Access::Anyone, self.force)?;
        }
        let json: Vec<Value> = files.iter().map(Declared::json).collect();
        let json = json!({"function": function.function, "files": json, "policy": function.text()});
        Ok(Answer::accepted(words(&function, &files), json))
    }
}

/// What kind of file a function declares; the wire has two ways for them.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Program,
    DataFile,
}

impl Kind {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Kind::Program => "program",
            Kind::DataFile => "data file",
        }
    }
}

/// A file that a function declares.
pub(super) struct Declared {
    pub(super) path: VfsPath,
    pub(super) kind: Kind,
    pub(super) digest: Sha256Digest,
    pub(super) loaded: bool,
}

impl Declared {
    fn json(&self) -> Value {
        json!({"name": self.path, "kind": self.kind.name(), "sha256": self.digest, "loaded": self.loaded})
    }
}

/// All files that a function declares, programs first, and whether the service has them.
pub(super) async fn declared(client: &CcfaasClient, function: &FunctionPolicy) -> Result<Vec<Declared>, Stop> {
    let name = function.function.as_str();
    let programs = client.programs(name).await?.programs;
    let data_files = client.data_files(name).await?.data_files;
    let of = |path: &VfsPath, kind, digest, loaded: &[String]| {
        let segment = encode_segment(path.as_str());
        Declared { path: path.clone(), kind, digest, loaded: loaded.contains(&segment) }
    };
    let program_files =
        function.programs.iter().map(|one| of(&one.program_file_name, Kind::Program, one.pi_hash, &programs));
    let others = function.data_files.iter().map(|one| of(&one.data_file, Kind::DataFile, one.pi_hash, &data_files));
    Ok(program_files.chain(others).collect())
}

fn words(function: &FunctionPolicy, files: &[Declared]) -> String {
    let switch = |on: bool| if on { "on" } else { "off" };
    let mut words = format!(
        "{}\n  runs       {}, {} MiB, clock {}, debug {}\n",
        function.function,
        function.execution_strategy.name(),
        function.max_memory_mib,
        switch(function.enable_clock),
        switch(function.debug),
    );
    for file in files {
        let state = if file.loaded { "loaded" } else { "not loaded" };
        let _ = writeln!(words, "  {:<10} {}  {}  {state}", file.kind.name(), file.path.as_str(), file.digest);
    }
    words
}
