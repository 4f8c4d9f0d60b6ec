//! What is to be copied, as whom, and with whose credentials.

use std::path::PathBuf;

use anyhow::bail;
use clap::Args;
use serde_json::json;
use veracruz_client::rest::{CopyRequest, Destination, Secret, Source};
use veracruz_client::{Identity, IdentityError};
use veracruz_policy::{FullPolicy, VfsPath};
use zeroize::Zeroizing;

use crate::files::read_text;
use crate::output::Answer;
use crate::remote::{Stop, read_secret};

#[derive(Args)]
#[group(requires_all = ["bucket", "key", "policy", "identity", "key_file", "to"])]
pub(super) struct Request {
    /// The bucket
    #[arg(long, required = false)]
    bucket: String,
    /// The object's key
    #[arg(long, required = false)]
    key: String,
    /// The instance's full policy, exactly as the function service answered it
    #[arg(long, required = false, value_name = "FILE")]
    policy: PathBuf,
    /// The certificate of the participant that may write the file
    #[arg(long, required = false, value_name = "PEM_FILE")]
    identity: PathBuf,
    /// Its private key
    #[arg(long, required = false, value_name = "PEM_FILE")]
    key_file: PathBuf,
    /// The file's name inside the instance
    #[arg(long, required = false, value_name = "FILE_NAME", value_parser = file_name)]
    to: VfsPath,
    /// The bucket's region
    #[arg(long)]
    region: Option<String>,
    /// The identifier of the access key
    #[arg(long, value_name = "ID")]
    access_key_id: Option<String>,
    /// A file with the access key, instead of AWS_SECRET_ACCESS_KEY
    #[arg(long, value_name = "FILE", requires = "access_key_id")]
    secret_access_key_file: Option<PathBuf>,
    /// A file with the session token, instead of AWS_SESSION_TOKEN
    #[arg(long, value_name = "FILE", requires = "access_key_id")]
    session_token_file: Option<PathBuf>,
}

fn file_name(text: &str) -> Result<VfsPath, String> {
    VfsPath::parse(text).map_err(|error| error.to_string())
}

impl Request {
    /// The request, if it can succeed: a key that the instance would refuse is sent nowhere.
    pub(super) fn checked(self) -> Result<CopyRequest, Stop> {
        let text = read_text(&self.policy)?;
        let policy = FullPolicy::parse(&text).map_err(|error| crate::function::refusal(&error))?;
        let (certificate, key) = (read_text(&self.identity)?, read_secret(&self.key_file)?);
        let identity = Identity::from_pem(&certificate, &key).map_err(|error| refused(&error))?;
        if policy.participant(identity.certificate().der()).is_none() {
            return Err(refused(&IdentityError::NotInPolicy(identity.certificate().fingerprint())));
        }
        let veracruz = Destination {
            filename: self.to.as_str().to_owned(),
            policy: text,
            certificate,
            key: Secret::new(key.as_str()),
        };
        Ok(CopyRequest { s3: self.source()?, veracruz })
    }

    fn source(self) -> anyhow::Result<Source> {
        let (secret, token) = match &self.access_key_id {
            Some(_) => self.secrets()?,
            None => (None, None),
        };
        Ok(Source {
            region_name: self.region,
            bucket: self.bucket,
            filename: self.key,
            aws_access_key_id: self.access_key_id,
            aws_secret_access_key: secret,
            aws_session_token: token,
        })
    }

    /// The access key and the session token. The token of the environment belongs to the key of the environment.
    fn secrets(&self) -> anyhow::Result<(Option<Secret>, Option<Secret>)> {
        let from_file = |path: &PathBuf| anyhow::Ok(Secret::new(read_secret(path)?.trim()));
        let token = self.session_token_file.as_ref().map(from_file).transpose()?;
        if let Some(path) = &self.secret_access_key_file {
            return Ok((Some(from_file(path)?), token));
        }
        let Some(secret) = variable("AWS_SECRET_ACCESS_KEY")? else {
            bail!("--access-key-id takes the access key from AWS_SECRET_ACCESS_KEY or --secret-access-key-file");
        };
        let token = match token {
            Some(token) => Some(token),
            None => variable("AWS_SESSION_TOKEN")?,
        };
        Ok((Some(secret), token))
    }
}

fn variable(name: &str) -> anyhow::Result<Option<Secret>> {
    match std::env::var(name).map(Zeroizing::new) {
        Ok(value) if value.is_empty() => Ok(None),
        Ok(value) => Ok(Some(Secret::new(value.as_str()))),
        Err(std::env::VarError::NotPresent) => Ok(None),
        // The error would repeat what stands there.
        Err(std::env::VarError::NotUnicode(_)) => bail!("{name} is no text"),
    }
}

fn refused(error: &IdentityError) -> Stop {
    Answer::refused(error.code(), error.to_string(), json!({})).into()
}
