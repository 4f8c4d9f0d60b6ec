//! Where VaaS is and how to speak to it, from the settings.

use std::ffi::OsString;
use std::fs;
use std::path::Path;

use veracruz_client::rest::{Error, Secret, Service};
use veracruz_serve::config::Problems;
use veracruz_serve::{guarded_file, kept};

use crate::config::Flags;

/// Where VaaS listens unless told otherwise.
const URL: &str = "http://127.0.0.1:5000";

/// The i-poc's name of the setting.
const OLD_URL: &str = "VAAS_ACCESS_URL";

/// From the flags, or else from the i-poc's variable. What is wrong goes to `problems`.
pub(crate) fn service(
    flags: &Flags,
    environment: impl Fn(&str) -> Option<OsString>,
    problems: &mut Problems,
) -> Option<Service> {
    let old = || environment(OLD_URL)?.into_string().ok().filter(|url| !url.is_empty());
    let url = flags.vaas.clone().or_else(old).unwrap_or_else(|| URL.to_owned());
    let mut service = problems.take("vaas", Service::at(&url).map_err(told))?;
    if service.url().starts_with("http://") {
        without_tls(flags, problems)?;
    }
    if flags.vaas_insecure_plain_http {
        service = service.dangerous_secrets_over_plain_http();
    } else if flags.vaas_token_file.is_some() && service.keeps_secrets().is_err() {
        let what = "goes over plain http to another machine, and everybody on the way can read it: give an https URL as \
                    --vaas, or say --vaas-insecure-plain-http if the network between is closed by other means";
        problems.report("vaas-token-file", what);
        return None;
    }
    if let Some(path) = &flags.vaas_token_file {
        service =
            problems.take("vaas-token-file", token(path).and_then(|token| service.token(&token).map_err(told)))?;
    }
    if let Some(path) = &flags.vaas_ca {
        let authorities = read(path).and_then(|pem| service.authorities_pem(&pem).map_err(told));
        service = problems.take("vaas-ca", authorities)?;
    }
    match (&flags.vaas_cert, &flags.vaas_key) {
        (Some(certificate), Some(key)) => problems.take("vaas-cert", identified(service, certificate, key)),
        (None, None) => Some(service),
        _ => {
            problems.report("vaas-cert", "and `vaas-key` are the two files of one identity; give both or none");
            None
        }
    }
}

/// Over plain HTTP nobody shows a certificate: who gives one means https.
fn without_tls(flags: &Flags, problems: &mut Problems) -> Option<()> {
    let given = [("vaas-ca", flags.vaas_ca.is_some()), ("vaas-cert", flags.vaas_cert.is_some())];
    let mut fine = Some(());
    for (setting, _) in given.into_iter().filter(|(_, given)| *given) {
        problems.report(setting, "needs an https URL as --vaas: over plain http nobody shows a certificate");
        fine = None;
    }
    fine
}

fn identified(service: Service, certificate: &Path, key: &Path) -> Result<Service, String> {
    let pair = kept::read(certificate, key).map_err(|error| error.to_string())?;
    service.identity_pem(&pair.certificate, &pair.key).map_err(told)
}

fn token(path: &Path) -> Result<Secret, String> {
    let bytes = guarded_file::read_secret(path).map_err(|error| error.to_string())?;
    let text = str::from_utf8(&bytes).map_err(|_| format!("{} is no UTF-8 text", path.display()))?;
    Ok(Secret::new(text.trim()))
}

fn read(path: &Path) -> Result<String, String> {
    fs::read_to_string(path).map_err(|error| format!("cannot read {}: {error}", path.display()))
}

fn told(error: Error) -> String {
    match error.next_step() {
        "" => error.to_string(),
        next_step => format!("{error}; {next_step}"),
    }
}
