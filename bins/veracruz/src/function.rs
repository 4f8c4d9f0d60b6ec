//! `veracruz function`: what an operator offers at the function service.

mod describe;
mod local;
mod upload;

use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde_json::json;
use veracruz_client::rest::CcfaasClient;
use veracruz_policy::{FunctionPolicy, PolicyError};

use crate::files::read_text;
use crate::output::{Answer, WrongUse};
use crate::remote::{Ccfaas, Stop, settled, shown, wait};

/// Register functions, upload their programs and data files, and look at them.
#[derive(Args)]
pub(crate) struct Function {
    #[command(flatten)]
    ccfaas: Ccfaas,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Register a function: its programs, its data files, and what each may do.
    #[command(after_long_help = CREATE)]
    Create(Create),
    /// List the registered functions.
    #[command(after_long_help = "Example:\n  veracruz function list --limit 100 --after vod")]
    List(List),
    /// Show a function, and which of its files are loaded.
    #[command(after_long_help = "Example:\n  veracruz function show vod --policy-out vod.json")]
    Show(describe::Show),
    /// Remove a function with its files. Instances of it go on.
    #[command(after_long_help = "Example:\n  veracruz function delete vod")]
    Delete(Delete),
    /// Upload the programs and data files that a function declares.
    #[command(after_long_help = upload::EXAMPLE)]
    Upload(upload::Upload),
}

const CREATE: &str = "\
The file is a function policy; `veracruz policy schema function` describes it. It is checked here before it is sent.

Example:
  veracruz function create function.json --ccfaas https://ccfaas.example:5010 --token-file token
  veracruz function upload vod /program/detector.wasm=detector.wasm";

#[derive(Args)]
struct Create {
    /// The function policy; `-` for standard input
    #[arg(value_name = "FILE")]
    policy: PathBuf,
}

#[derive(Args)]
struct List {
    /// Only those behind this name, in the order of their bytes
    #[arg(long, value_name = "NAME")]
    after: Option<String>,
    /// At most so many
    #[arg(long, value_name = "NUMBER")]
    limit: Option<u32>,
}

#[derive(Args)]
struct Delete {
    /// The function's name
    name: String,
}

impl Function {
    pub(crate) fn run(self) -> Result<Answer, WrongUse> {
        let client = self.ccfaas.client()?;
        settled(match self.command {
            Command::Create(create) => create.run(&client),
            Command::List(list) => list.run(&client),
            Command::Show(show) => show.run(&client),
            Command::Delete(delete) => delete.run(&client),
            Command::Upload(upload) => upload.run(&client),
        })
    }
}

impl Create {
    fn run(self, client: &CcfaasClient) -> Result<Answer, Stop> {
        let text = read_text(&self.policy)?;
        let function = FunctionPolicy::parse(&text).map_err(|error| refusal(&error))?;
        wait(async { Ok(client.create_function(text).await?) })?;
        let (name, files) = (&function.function, function.programs.len() + function.data_files.len());
        let words =
            format!("{name}: registered\nnext: upload its {files} file(s) with `veracruz function upload {name}`");
        Ok(Answer::accepted(words, json!({"function": name, "files": files})))
    }
}

impl List {
    fn run(self, client: &CcfaasClient) -> Result<Answer, Stop> {
        let list = wait(async { Ok(client.functions(self.after.as_deref(), self.limit).await?) })?;
        let words: String = list.functions.iter().map(|name| format!("{}\n", shown(name))).collect();
        Ok(Answer::accepted(words, json!({"functions": list.functions})))
    }
}

impl Delete {
    fn run(self, client: &CcfaasClient) -> Result<Answer, Stop> {
        wait(async { Ok(client.delete_function(&self.name).await?) })?;
        Ok(Answer::accepted(format!("{}: deleted", self.name), json!({"function": self.name})))
    }
}

/// A policy that breaks rules is refused here, as the service would.
pub(crate) fn refusal(error: &PolicyError) -> Answer {
    Answer::refused(error.code(), error.to_string(), json!({"violations": error.violations()}))
}

/// The function as the service has it: its text and its meaning.
pub(crate) async fn registered(client: &CcfaasClient, name: &str) -> Result<FunctionPolicy, Stop> {
    let text = client.function(name).await?;
    FunctionPolicy::parse(&text).map_err(|error| {
        let reason = format!("the service has a function policy that is none: {error}");
        Answer::refused("protocol", reason, json!({})).into()
    })
}
