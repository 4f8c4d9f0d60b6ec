//! How the two services are known, and how they know who asks.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Args;
use veracruz_client::rest::{CcfaasClient, Error, S3AppClient, Secret, Service};

use crate::secrets::read_secret;

#[derive(Args)]
#[command(next_help_heading = "Services")]
pub(super) struct Ways {
    /// A file with the bearer token that the function service asks for
    #[arg(long, value_name = "FILE")]
    ccfaas_token_file: Option<PathBuf>,
    /// A file with the bearer token that the S3 app asks for
    #[arg(long, value_name = "FILE")]
    s3_app_token_file: Option<PathBuf>,
    /// Know the services by these certificate authorities instead of the machine's
    #[arg(long, value_name = "PEM_FILE")]
    services_ca: Option<PathBuf>,
    /// INSECURE: send tokens, the lent key and credentials over plain http:// to other machines too
    #[arg(long)]
    insecure_plain_http: bool,
}

impl Ways {
    /// The function service and the S3 app.
    pub(super) fn clients(&self, ccfaas: &str, s3_app: &str) -> anyhow::Result<(CcfaasClient, S3AppClient)> {
        let ccfaas = self.service(ccfaas, self.ccfaas_token_file.as_deref())?;
        if self.ccfaas_token_file.is_some() {
            ccfaas.keeps_secrets().map_err(told)?;
        }
        let s3_app = self.service(s3_app, self.s3_app_token_file.as_deref())?;
        // Its requests have a key in any case.
        s3_app.keeps_secrets().map_err(told)?;
        Ok((CcfaasClient::new(ccfaas), S3AppClient::new(s3_app)))
    }

    fn service(&self, url: &str, token: Option<&Path>) -> anyhow::Result<Service> {
        let mut service = Service::at(url)?;
        if let Some(file) = &self.services_ca {
            let pem = std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
            service = service.authorities_pem(&pem).with_context(|| format!("--services-ca {}", file.display()))?;
        }
        if let Some(file) = token {
            let bytes = read_secret(file)?;
            let text = std::str::from_utf8(&bytes).ok().with_context(|| format!("{} is no token", file.display()))?;
            service = service.token(&Secret::new(text)).with_context(|| file.display().to_string())?;
        }
        Ok(if self.insecure_plain_http { service.dangerous_secrets_over_plain_http() } else { service })
    }
}

fn told(error: Error) -> anyhow::Error {
    anyhow::anyhow!("{error}; {} (--insecure-plain-http)", error.next_step())
}
