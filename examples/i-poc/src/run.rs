//! The whole operation, from the user's side: from the request to the deletion.

mod answer;
mod copy;
mod detections;
mod identity;
mod instance;
mod operation;
mod program;
mod request;
mod results;
mod s3_access;
mod services;
mod trusted;

use std::path::{Path, PathBuf};

use clap::Args;
use veracruz_client::rest::{CcfaasClient, Secret};

use crate::ending::{Ending, Ends as _, Failure, Interruption};
use crate::secrets::read_secret;
use crate::story::Story;
use identity::Temporary;
use instance::Instance;
use operation::{Data, Operation};
use results::Results;
use s3_access::{S3Access, none_is_a_credential};

/// The arguments are those of the i-poc's user application, in its order; what protects the user is options.
#[derive(Args)]
pub(crate) struct Run {
    /// The function's name
    function: String,
    /// A name for the instance that nobody else uses
    #[arg(value_name = "UNIQUE_ID")]
    instance: String,
    /// The function service
    #[arg(value_name = "CCFAAS_URL")]
    ccfaas: String,
    /// The S3 app
    #[arg(value_name = "S3_APP_URL")]
    s3_app: String,
    /// The bucket
    bucket: String,
    /// The object's key: it comes into the instance as /s3_app_input/ and the last part of its name
    #[arg(value_name = "FILE")]
    object: String,
    /// A file with the key of the data
    key: PathBuf,
    /// A file with the initial counter of the data
    iv: PathBuf,
    /// region_name=…, aws_access_key_id=…, aws_secret_access_key=…, aws_session_token=…, for the S3 app. Everybody on this
    /// machine can read arguments: better set AWS_REGION, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN
    #[arg(value_name = "NAME=VALUE", value_parser = secret)]
    s3: Vec<Secret>,
    /// Another name for the object in /s3_app_input/
    #[arg(long = "as", value_name = "NAME")]
    object_as: Option<String>,
    /// Where results go: a folder that is new or empty [default: ./UNIQUE_ID]
    #[arg(long, value_name = "DIR")]
    output: Option<PathBuf>,
    /// A file that the program writes, instead of the video function's /output/detections.json and the pictures that it
    /// names; may be repeated
    #[arg(long = "result", value_name = "NAME")]
    results: Vec<String>,
    /// Print one JSON object {instance, function, files, detections, stdout} in place of words
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    trusted: trusted::Believed,
    #[command(flatten)]
    services: services::Ways,
}

fn secret(text: &str) -> Result<Secret, std::convert::Infallible> {
    Ok(Secret::new(text))
}

impl Run {
    pub(crate) async fn run(self) -> Result<(), Failure> {
        let prepared = self.prepare().ends(Ending::WrongUse)?;
        let Prepared { operation, ccfaas, results } = &prepared;
        let mut story = Story::default();
        if operation.access.is_on_command_line() {
            story.warn(
                "everybody on this machine can read the key on the command line: better set AWS_SECRET_ACCESS_KEY",
            );
        }
        story.step("The user makes two temporary identities: one for itself, one that it lends to the S3 app");
        story.done("asks for: the S3 app may write the data; the user may write key and IV, run, and read the output");

        let mut interruption = Interruption::watch()?;
        let instance = Instance { ccfaas, operation };
        let policy = instance.create(&mut interruption, &mut story).await?;
        let outcome = interruption.ends(operation.carry_out(&mut story, &policy, results)).await;
        let deleted = instance.delete(&mut interruption, &mut story).await;
        // What went wrong first is what the user has to know, and results are here whatever became of the instance.
        outcome?.show(self.json);
        deleted
    }

    /// All that can be known to be wrong before anybody is asked for anything.
    fn prepare(&self) -> anyhow::Result<Prepared> {
        let (key, iv) = (self.key.to_string_lossy(), self.iv.to_string_lossy());
        let [function, instance, ccfaas, s3_app] = [&self.function, &self.instance, &self.ccfaas, &self.s3_app];
        none_is_a_credential([function, instance, ccfaas, s3_app, &self.bucket, &self.object, &key, &iv])?;
        let trusted = self.trusted.known(&self.function)?;
        let access = S3Access::of(&self.s3, &|name| std::env::var(name).ok())?;
        let (ccfaas, s3_app) = self.services.clients(&self.ccfaas, &self.s3_app)?;
        let data = Data {
            key: read_secret(&self.key)?,
            iv: read_secret(&self.iv)?,
            bucket: self.bucket.clone(),
            object: self.object.clone(),
            name: request::data_name(self.object_as.as_deref(), &self.object)?,
        };
        let (user, app) = (Temporary::new("user")?, Temporary::new("S3 app")?);
        let request = request::user_policy(&self.function, &self.instance, &user, &app)?;
        // A policy's names hold no slash and are no `..`.
        let folder = self.output.clone().unwrap_or_else(|| Path::new(".").join(&self.instance));
        let results = Results::into(folder, &self.results)?;
        let operation = Operation { trusted, request, user, app, data, access, s3_app };
        Ok(Prepared { operation, ccfaas, results })
    }
}

/// What is needed from the first request on.
struct Prepared {
    operation: Operation,
    ccfaas: CcfaasClient,
    results: Results,
}
