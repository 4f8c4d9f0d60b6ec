//! Which service a command speaks to, how, and what becomes of a refusal.
//!
//! Tokens, keys and credentials come from files and the environment: arguments can be read by everybody on the machine.

use std::fs::File;
use std::future::Future;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use clap::Args;
use serde_json::{Value, json};
use veracruz_client::rest::{self, CcfaasClient, S3AppClient, Secret, Service};
use zeroize::Zeroizing;

use crate::files::read_text;
use crate::output::{Answer, WrongUse};

/// Bytes of a key, a token or a credential in a file.
const MAX_SECRET_BYTES: u64 = 64 * 1024;

/// How the service is known, and how it knows who asks.
#[derive(Args)]
struct Way {
    /// A file with the bearer token that the service asks for
    #[arg(long, global = true, value_name = "FILE", help_heading = "Service")]
    token_file: Option<PathBuf>,
    /// Know the service by these certificate authorities instead of the machine's
    #[arg(long, global = true, value_name = "PEM_FILE", help_heading = "Service")]
    ca: Option<PathBuf>,
    /// The certificate that the service asks for
    #[arg(long, global = true, value_name = "PEM_FILE", help_heading = "Service")]
    client_cert: Option<PathBuf>,
    /// Its private key
    #[arg(long, global = true, value_name = "PEM_FILE", help_heading = "Service")]
    client_key: Option<PathBuf>,
    /// INSECURE: send tokens, keys and credentials over plain http:// to other machines too
    #[arg(long, global = true, help_heading = "Service")]
    insecure_plain_http: bool,
}

/// The function service.
#[derive(Args)]
pub(crate) struct Ccfaas {
    /// Where the function service is [env: VERACRUZ_CCFAAS] [default: http://127.0.0.1:5010]
    #[arg(long, global = true, value_name = "URL", help_heading = "Service")]
    ccfaas: Option<String>,
    #[command(flatten)]
    way: Way,
}

/// The S3 app.
#[derive(Args)]
pub(crate) struct S3App {
    /// Where the S3 app is [env: VERACRUZ_S3_APP] [default: http://127.0.0.1:5020]
    #[arg(long, global = true, value_name = "URL", help_heading = "Service")]
    s3_app: Option<String>,
    #[command(flatten)]
    way: Way,
}

impl Ccfaas {
    pub(crate) fn client(&self) -> anyhow::Result<CcfaasClient> {
        let service = self.way.to(self.ccfaas.as_deref(), "VERACRUZ_CCFAAS", "http://127.0.0.1:5010")?;
        Ok(CcfaasClient::new(service))
    }
}

impl S3App {
    pub(crate) fn client(&self) -> anyhow::Result<S3AppClient> {
        let service = self.way.to(self.s3_app.as_deref(), "VERACRUZ_S3_APP", "http://127.0.0.1:5020")?;
        Ok(S3AppClient::new(service))
    }
}

impl Way {
    /// Flags over variables over the default.
    fn to(&self, flag: Option<&str>, variable: &str, default: &str) -> anyhow::Result<Service> {
        let set = std::env::var(variable).ok().filter(|url| !url.is_empty());
        let mut service = Service::at(flag.or(set.as_deref()).unwrap_or(default))?;
        if let Some(file) = &self.ca {
            service = service.authorities_pem(&read_text(file)?).with_context(|| format!("--ca {}", file.display()))?;
        }
        match (&self.client_cert, &self.client_key) {
            (Some(cert), Some(key)) => {
                let read = service.identity_pem(&read_text(cert)?, &read_secret(key)?);
                service = read.with_context(|| format!("--client-cert {}", cert.display()))?;
            }
            (None, None) => {}
            _ => bail!("--client-cert and --client-key go together"),
        }
        if let Some(file) = &self.token_file {
            let token = Secret::new(read_secret(file)?.as_str());
            service = service.token(&token).with_context(|| format!("--token-file {}", file.display()))?;
        }
        Ok(if self.insecure_plain_http { service.dangerous_secrets_over_plain_http() } else { service })
    }
}

/// A secret text from a file. Its memory is wiped.
pub(crate) fn read_secret(path: &Path) -> anyhow::Result<Zeroizing<String>> {
    let read = || {
        // Room for all of it from the start: a text that grows leaves copies behind that nobody wipes.
        let mut text = Zeroizing::new(String::with_capacity(MAX_SECRET_BYTES as usize + 1));
        File::open(path)?.take(MAX_SECRET_BYTES + 1).read_to_string(&mut text)?;
        Ok::<_, std::io::Error>(text)
    };
    let text = read().with_context(|| format!("cannot read {}", path.display()))?;
    if text.len() as u64 > MAX_SECRET_BYTES {
        bail!("{} has more than {MAX_SECRET_BYTES} bytes; is it the right file?", path.display());
    }
    Ok(text)
}

/// Waits for what a service answers.
pub(crate) fn wait<T>(asking: impl Future<Output = Result<T, Stop>>) -> Result<T, Stop> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.context("cannot start a runtime").map_err(Stop::WrongUse)?.block_on(asking)
}

/// Why a command ends before its end.
pub(crate) enum Stop {
    /// It was refused, or it failed.
    Refused(Box<Answer>),
    /// It was called wrongly.
    WrongUse(WrongUse),
}

impl From<WrongUse> for Stop {
    fn from(error: WrongUse) -> Self {
        Stop::WrongUse(error)
    }
}

impl From<Answer> for Stop {
    fn from(answer: Answer) -> Self {
        Stop::Refused(Box::new(answer))
    }
}

impl From<rest::Error> for Stop {
    fn from(error: rest::Error) -> Self {
        match error {
            rest::Error::Name { .. } | rest::Error::PlainHttp { .. } => {
                let next = error.next_step();
                Stop::WrongUse(if next.is_empty() { error.into() } else { anyhow::anyhow!("{error}; {next}") })
            }
            error => refusal(&error, json!({})).into(),
        }
    }
}

/// How the command ends.
pub(crate) fn settled(outcome: Result<Answer, Stop>) -> Result<Answer, WrongUse> {
    match outcome {
        Ok(answer) => Ok(answer),
        Err(Stop::Refused(answer)) => Ok(*answer),
        Err(Stop::WrongUse(error)) => Err(error),
    }
}

/// What a service refused, or why it could not be asked; `more` is what else a machine may want.
pub(crate) fn refusal(error: &rest::Error, more: Value) -> Answer {
    let reason = error.to_string();
    let verb = if error.status().is_some() { "refused" } else { "failed" };
    let mut words = format!("{verb} [{}]: {reason}", error.code());
    let faults = error.problem().map(|problem| problem.errors.as_slice()).unwrap_or_default();
    // A detail of several lines has told them.
    if !reason.contains('\n') {
        words.extend(faults.iter().map(|fault| format!("\n  {}: {} [{}]", fault.pointer, fault.detail, fault.code)));
    }
    if !error.next_step().is_empty() {
        words.push_str(&format!("\nnext: {}", error.next_step()));
    }
    let mut json = json!({"status": error.status(), "next_step": error.next_step(), "errors": faults});
    if let (Value::Object(members), Value::Object(more)) = (&mut json, more) {
        members.extend(more);
    }
    Answer::refused(error.code(), reason, json).with_words(words)
}

/// A service's text in one line that a terminal cannot obey.
pub(crate) fn shown(text: &str) -> String {
    text.chars().flat_map(|c| if c.is_control() { c.escape_default().collect() } else { vec![c] }).collect()
}
