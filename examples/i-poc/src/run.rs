//! The whole operation, from the user's side: from the request to the deletion.

use std::fs;
use std::path::PathBuf;
use std::str::FromStr;

use anyhow::Context as _;
use clap::Args;
use veracruz_client::Trust;
use veracruz_client::rest::{CcfaasClient, Service};
use veracruz_policy::{FunctionPolicy, Platform, Sha256Digest};

use crate::identity::Temporary;
use crate::operation::Operation;
use crate::request::user_policy;
use crate::story::Story;

#[derive(Args)]
pub(crate) struct Run {
    /// The function policy, as its operator publishes it: what the user has read and agrees with
    #[arg(long, value_name = "FILE")]
    function: PathBuf,
    /// A name for the instance that nobody else uses
    #[arg(long, value_name = "NAME")]
    pub(crate) instance: String,
    /// The function service
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:5010")]
    ccfaas: String,
    /// The S3 app
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:5020")]
    pub(crate) s3_app: String,
    /// The bucket; the S3 app uses AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY of this environment, if they are set
    #[arg(long)]
    pub(crate) bucket: String,
    /// The object's key
    #[arg(long)]
    pub(crate) object: String,
    /// The key of the data, 16 bytes
    #[arg(long, value_name = "FILE")]
    pub(crate) key: PathBuf,
    /// The initial counter of the data, 16 bytes
    #[arg(long, value_name = "FILE")]
    pub(crate) iv: PathBuf,
    /// Whom the user trusts: authority, measurements, whether a simulated instance will do (docs/TRUST.md)
    #[arg(long, value_name = "FILE")]
    trust: PathBuf,
    /// The certificate of the attestation authority that the user knows
    #[arg(long, value_name = "FILE")]
    pub(crate) authority: PathBuf,
    /// The attestation server that the user knows, as policies name it
    #[arg(long, value_name = "HOST:PORT")]
    pub(crate) attestation_server: Option<String>,
    /// The certificate by which the function service loads programs; without it the user sees only what the loader may do
    #[arg(long, value_name = "FILE")]
    pub(crate) loader: Option<PathBuf>,
    /// A runtime that the user accepts: SHA-256 of `veracruz-server` as `simulated:HEX`, or the first 64 digits of the
    /// enclave image's PCR0 as `nitro:HEX`; may be repeated
    #[arg(long = "runtime", value_name = "PLATFORM:HEX", required = true)]
    pub(crate) runtimes: Vec<AcceptedRuntime>,
    /// Where the result goes
    #[arg(long, value_name = "FILE")]
    pub(crate) output: PathBuf,
    /// The file that the program writes
    #[arg(long, value_name = "NAME", default_value = "/output/linear-regression.dat")]
    pub(crate) result: String,
}

/// Code that the user was told of by somebody it believes.
#[derive(Clone)]
pub(crate) struct AcceptedRuntime {
    pub(crate) platform: Platform,
    pub(crate) hash: Sha256Digest,
}

impl FromStr for AcceptedRuntime {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (platform, hash) = text.split_once(':').context("write PLATFORM:HEX")?;
        Ok(AcceptedRuntime { platform: platform.parse()?, hash: hash.parse()? })
    }
}

impl Run {
    pub(crate) async fn run(self) -> anyhow::Result<()> {
        let function = self.function_policy()?;
        let ccfaas = CcfaasClient::new(service(&self.ccfaas)?);
        let mut story = Story::default();

        story.step("The user makes two temporary identities: one for itself, one that it lends to the S3 app");
        let (user, app) = (Temporary::new("user")?, Temporary::new("S3 app")?);
        let request = user_policy(&function.function.to_string(), &self.instance, &user, &app)?;
        story.done("asks for: the S3 app may write the data; the user may write key and IV, run, and read the output");

        story.step("The function service makes an instance and loads the function into it");
        let made = ccfaas.create_instance(request.text()).await.context("the function service made no instance")?;
        let operation = Operation { settings: &self, function, request, user, app };
        let outcome = operation.carry_out(&mut story, &made.policy).await;

        story.step("The user deletes the instance");
        let deleted = ccfaas.delete_instance(&self.instance).await.context("the instance was not deleted");
        // What went wrong first is what the user has to know.
        outcome?;
        deleted?;
        story.done(format!("{} is deleted, and its place is free", self.instance));
        Ok(())
    }

    fn function_policy(&self) -> anyhow::Result<FunctionPolicy> {
        let text = fs::read_to_string(&self.function);
        let text = text.with_context(|| format!("cannot read {}", self.function.display()))?;
        FunctionPolicy::parse(&text).with_context(|| format!("{} is no function policy", self.function.display()))
    }

    pub(crate) fn trust(&self) -> anyhow::Result<Trust> {
        Trust::read(&self.trust).with_context(|| format!("the trust file {} is bad", self.trust.display()))
    }
}

pub(crate) fn service(url: &str) -> anyhow::Result<Service> {
    Service::at(url).with_context(|| format!("{url} is no service"))
}
