//! `veracruz s3-copy`: an object from S3 into an instance, through the S3 app.

mod job;
mod request;

use clap::Args;
use serde_json::json;
use veracruz_client::rest::{Copied, S3AppClient};

use crate::output::{Answer, WrongUse};
use crate::remote::{S3App, Stop, settled, wait};

pub(crate) const MORE: &str = "\
The S3 app writes the file as the identity that is given, whose key it gets: make one for this with `veracruz identity \
new`, and give it the right to write there and no other. The file appears in the instance when it is complete.

Without --access-key-id the S3 app uses its own credentials. With it, the secret comes from \
--secret-access-key-file or AWS_SECRET_ACCESS_KEY, and the token of temporary credentials from --session-token-file or \
AWS_SESSION_TOKEN; arguments can be read by everybody on the machine.

Example:
  veracruz s3-copy --bucket videos --key in.h264.enc --to /s3_app_input/in.h264.enc \\
    --policy policy.json --identity s3.cert.pem --key-file s3.key.pem
  veracruz s3-copy --bucket … --background        (prints the job)
  veracruz s3-copy --job JOB --wait";

const USAGE: &str = "\
veracruz s3-copy --bucket <BUCKET> --key <KEY> --to <FILE_NAME>
         --policy <FILE> --identity <PEM_FILE> --key-file <PEM_FILE> [OPTIONS]
       veracruz s3-copy --job <JOB> [--wait | --cancel] [OPTIONS]";

/// Copy an object from S3 into an instance.
#[derive(Args)]
#[command(override_usage = USAGE)]
pub(crate) struct S3Copy {
    #[command(flatten)]
    s3_app: S3App,
    #[command(flatten)]
    request: Option<request::Request>,
    /// Do not wait: print the job that copies
    #[arg(long)]
    background: bool,
    /// Wait for the job that copies, with a progress bar
    #[arg(long)]
    wait: bool,
    /// A job of an earlier call, instead of a new copy: what it is doing
    #[arg(long, value_name = "JOB", conflicts_with_all = ["Request", "background"])]
    job: Option<String>,
    /// Cancel that job
    #[arg(long, requires = "job", conflicts_with = "wait")]
    cancel: bool,
}

impl S3Copy {
    pub(crate) fn run(self) -> Result<Answer, WrongUse> {
        let client = self.s3_app.client()?;
        settled(self.answer(&client))
    }

    fn answer(self, client: &S3AppClient) -> Result<Answer, Stop> {
        if let Some(name) = &self.job {
            return wait(async {
                let job = if self.cancel { client.cancel(name).await? } else { client.job(name).await? };
                if self.wait { job::awaited(client, job).await } else { Ok(job::answer(&job)) }
            });
        }
        let asked = self.request.ok_or_else(|| anyhow::anyhow!("say what to copy, or --job"))?;
        let request = asked.checked()?;
        wait(async {
            if self.background || self.wait {
                let job = client.start(&request).await?;
                return if self.wait { job::awaited(client, job).await } else { Ok(job::started(&job)) };
            }
            Ok(copied(&client.copy(&request).await?))
        })
    }
}

fn copied(copied: &Copied) -> Answer {
    let words = format!("copied {} bytes, SHA-256 {}", copied.bytes, crate::remote::shown(&copied.sha256));
    Answer::accepted(words, json!({"bytes": copied.bytes, "sha256": copied.sha256}))
}
