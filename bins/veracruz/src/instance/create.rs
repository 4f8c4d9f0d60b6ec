//! `veracruz instance create`: an instance, and whether its policy is what was asked for.
//!
//! The service is not trusted: it could have given somebody else rights. Until the policy is audited nothing goes to the
//! instance, and this command sends nothing there at all.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;
use serde_json::{Map, Value, json};
use veracruz_client::rest::{CcfaasClient, InstanceDescription};
use veracruz_policy::audit::{Finding, Severity};
use veracruz_policy::{FullPolicy, FunctionPolicy, UserPolicy};

use super::{PolicyOut, full_policy};
use crate::files::read_text;
use crate::function::{refusal, registered};
use crate::output::Answer;
use crate::policy::Known;
use crate::remote::{Stop, shown, wait};

pub(super) const MORE: &str = "\
The file is a user policy; `veracruz policy schema user` describes it. The instance's policy is compared with it, with the \
function, and with what you say you know. Exit status 1 with `policy-not-as-asked` when somebody has more than you asked \
for: the instance then runs, send nothing to it, and delete it. Warnings, such as a loader that you did not name, are \
printed. Development without isolation takes --allow-simulated, or VERACRUZ_ALLOW_SIMULATED=1.

Example:
  veracruz instance create user.json --policy-out policy.json \\
    --function vod.json --loader ccfaas.cert.pem --runtime nitro=f2ae0de7… \\
    --attestation-server veracruz-nitro-proxy:3010 --authority proxy.cert.pem";

#[derive(Args)]
pub(super) struct Create {
    /// The user policy; `-` for standard input
    #[arg(value_name = "USER_POLICY.json")]
    user: PathBuf,
    /// The function policy as its operator publishes it; without it, the one that the service has is taken at its word
    #[arg(long, value_name = "FILE")]
    function: Option<PathBuf>,
    #[command(flatten)]
    out: PolicyOut,
    #[command(flatten)]
    known: Known,
    /// Do not compare the policy with anything
    #[arg(long)]
    no_audit: bool,
}

impl Create {
    pub(super) fn run(mut self, client: &CcfaasClient) -> Result<Answer, Stop> {
        let user = UserPolicy::parse(&read_text(&self.user)?).map_err(|error| refusal(&error))?;
        let given = self.function()?;
        self.known.allow_simulated |= std::env::var_os("VERACRUZ_ALLOW_SIMULATED").is_some_and(|value| value == "1");
        self.known.check()?;
        self.out.check()?;
        let (function, instance) = wait(async {
            let function = match given {
                Some(function) => function,
                None => registered(client, user.function.as_str()).await?,
            };
            Ok((function, client.create_instance(user.text()).await?))
        })?;
        self.out.write(&instance.policy).with_context(|| format!("the instance {} was created", user.instanceid))?;
        let policy = full_policy(&instance)?;
        if self.no_audit {
            return Ok(self.answer(&instance, &policy, None));
        }
        let findings = self.known.compare(&policy, &function, &user);
        let findings = findings.with_context(|| format!("the instance {} was created", user.instanceid))?;
        Ok(self.answer(&instance, &policy, Some(&findings)))
    }

    fn function(&self) -> Result<Option<FunctionPolicy>, Stop> {
        let Some(path) = &self.function else {
            return Ok(None);
        };
        let function = FunctionPolicy::parse(&read_text(path)?);
        Ok(Some(function.with_context(|| format!("{} is no function policy", path.display()))?))
    }

    fn answer(&self, instance: &InstanceDescription, policy: &FullPolicy, findings: Option<&[Finding]>) -> Answer {
        let (name, address, hash) = (shown(&instance.instance), &policy.veracruz_server_url, policy.hash());
        let mut json = Map::new();
        json.insert("instance".to_owned(), json!(instance.instance));
        json.insert("address".to_owned(), json!(address));
        json.insert("policy_hash".to_owned(), json!(hash));
        json.insert("findings".to_owned(), json!(findings));
        json.insert("function_from_service".to_owned(), json!(self.function.is_none()));
        json.insert("policy".to_owned(), json!(instance.policy));
        let json = Value::Object(json);
        let mut words = format!("{name}: ready at {address}\npolicy hash {hash}");
        match &self.out.policy_out {
            Some(path) => words.push_str(&format!("\npolicy in {}", path.display())),
            None => words.push_str(&format!("\nget its policy with `veracruz instance show {name} --policy-out FILE`")),
        }
        let Some(findings) = findings else {
            words.push_str("\nthe policy was not compared with anything");
            return Answer::accepted(words, json);
        };
        words.extend(findings.iter().map(|finding| format!("\n{finding}")));
        if self.function.is_none() {
            words.push_str(
                "\nthe function was taken from the service itself; --function compares with its operator's own",
            );
        }
        let grave = findings.iter().filter(|finding| finding.severity == Severity::Danger).count();
        if grave == 0 {
            words.push_str("\nnobody was found to have more than you asked for");
            return Answer::accepted(words, json);
        }
        let reason = format!("{grave} finding(s) speak against the policy of the instance {name}, which runs");
        words.push_str(&format!("\nrefused [policy-not-as-asked]: {reason}"));
        words.push_str(&format!("\nnext: send nothing to it, and end it with `veracruz instance delete {name}`"));
        Answer::refused("policy-not-as-asked", reason, json).with_words(words)
    }
}
