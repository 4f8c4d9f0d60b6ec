//! `veracruz instance`: what a user gets from the function service.

mod create;

use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde_json::json;
use veracruz_client::rest::{CcfaasClient, InstanceDescription};
use veracruz_policy::FullPolicy;

use crate::files::{Access, write_new};
use crate::output::{Answer, WrongUse};
use crate::remote::{Ccfaas, Stop, settled, shown, wait};

/// Create instances of functions, look at them, and end them.
#[derive(Args)]
pub(crate) struct Instance {
    #[command(flatten)]
    ccfaas: Ccfaas,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Create an instance of a function, and compare its policy with what was asked for.
    #[command(after_long_help = create::MORE)]
    Create(create::Create),
    /// List the instances.
    #[command(after_long_help = "Example:\n  veracruz instance list")]
    List,
    /// Show what an instance is doing, where it is, and its policy's hash.
    #[command(after_long_help = "Example:\n  veracruz instance show uniqueID --policy-out policy.json")]
    Show(Show),
    /// End an instance and free its slot. One that has ended already is removed too.
    #[command(after_long_help = "Example:\n  veracruz instance delete uniqueID")]
    Delete(Delete),
}

#[derive(Args)]
struct Show {
    /// The instance's name
    name: String,
    #[command(flatten)]
    out: PolicyOut,
}

#[derive(Args)]
struct Delete {
    /// The instance's name
    name: String,
}

/// Where the full policy goes, which clients need.
#[derive(Args)]
struct PolicyOut {
    /// Write the full policy here, letter by letter: its hash is of this text
    #[arg(long, value_name = "FILE")]
    policy_out: Option<PathBuf>,
    /// Replace the file if it exists
    #[arg(long, requires = "policy_out")]
    force: bool,
}

impl Instance {
    pub(crate) fn run(self) -> Result<Answer, WrongUse> {
        let client = self.ccfaas.client()?;
        settled(match self.command {
            Command::Create(create) => create.run(&client),
            Command::List => list(&client),
            Command::Show(show) => show.run(&client),
            Command::Delete(delete) => delete.run(&client),
        })
    }
}

fn list(client: &CcfaasClient) -> Result<Answer, Stop> {
    let list = wait(async { Ok(client.instances().await?) })?;
    let words: String = list.instances.iter().map(|name| format!("{}\n", shown(name))).collect();
    Ok(Answer::accepted(words, json!({"instances": list.instances})))
}

impl Show {
    fn run(self, client: &CcfaasClient) -> Result<Answer, Stop> {
        let instance = wait(async { Ok(client.instance(&self.name).await?) })?;
        let policy = full_policy(&instance)?;
        self.out.write(&instance.policy)?;
        let (status, address, hash) = (instance.status.name(), &policy.veracruz_server_url, policy.hash());
        let words = format!("{}\n  status     {status}\n  address    {address}\n  policy     {hash}", self.name);
        let json = json!({
            "instance": instance.instance, "status": status, "address": address, "policy_hash": hash,
            "policy": instance.policy,
        });
        Ok(Answer::accepted(words, json))
    }
}

impl Delete {
    fn run(self, client: &CcfaasClient) -> Result<Answer, Stop> {
        wait(async { Ok(client.delete_instance(&self.name).await?) })?;
        Ok(Answer::accepted(format!("{}: deleted", self.name), json!({"instance": self.name})))
    }
}

impl PolicyOut {
    /// That the policy can be written, before something is made that one has to know the policy of.
    fn check(&self) -> anyhow::Result<()> {
        match &self.policy_out {
            Some(path) if !self.force && path.exists() => {
                anyhow::bail!("{} exists; remove it, choose another name, or say --force", path.display())
            }
            _ => Ok(()),
        }
    }

    fn write(&self, policy: &str) -> anyhow::Result<()> {
        match &self.policy_out {
            Some(path) => write_new(path, policy.as_bytes(), Access::Anyone, self.force),
            None => Ok(()),
        }
    }
}

/// The policy of an instance, if the service's text is one.
fn full_policy(instance: &InstanceDescription) -> Result<FullPolicy, Stop> {
    FullPolicy::parse(&instance.policy).map_err(|error| {
        let reason = format!("the policy that the service answered is none: {error}");
        let json = json!({"instance": instance.instance, "violations": error.violations()});
        Answer::refused("policy-not-as-asked", reason, json).into()
    })
}
