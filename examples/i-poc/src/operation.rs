//! What the user does with an instance: audits its policy, verifies it, brings key and data in, runs, reads.
//!
//! What is believed: the function policy that the user read, the attestation authority and the measurements that the user
//! was given. Everything else is compared with these before a byte of the user's leaves this program.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, bail, ensure};
use veracruz_client::rest::{CopyRequest, Destination, S3AppClient, Secret, Source};
use veracruz_client::{Client, Compute, Identity, Session, Transfer};
use veracruz_policy::audit::{Asked, Finding, FindingCode, KnownInfrastructure, Severity, audit};
use veracruz_policy::{Authorities, Certificate, Endpoint, FullPolicy, FunctionPolicy, UserPolicy};
use zeroize::Zeroizing;

use crate::identity::Temporary;
use crate::request::{DATA_FOLDER, SECRETS_FOLDER};
use crate::run::{Run, service};
use crate::story::Story;

/// Bytes of a result that are taken into memory.
const MAX_RESULT_BYTES: u64 = 64 << 20;

/// What the user asked for and does with the instance.
pub(crate) struct Operation<'r> {
    pub(crate) settings: &'r Run,
    pub(crate) function: FunctionPolicy,
    pub(crate) request: UserPolicy,
    pub(crate) user: Temporary,
    pub(crate) app: Temporary,
}

impl Operation<'_> {
    /// From the policy that came back to the result.
    pub(crate) async fn carry_out(&self, story: &mut Story, text: &str) -> anyhow::Result<()> {
        let settings = self.settings;
        let policy = FullPolicy::parse(text).context("the function service's policy is none")?;
        story.done(format!("{} listens at {}", settings.instance, policy.veracruz_server_url));
        self.audit(story, &policy)?;
        let program =
            self.function.programs.first().context("the function has no program")?.program_file_name.to_string();
        let mut session = self.connect(story, policy).await?;

        story.step("Key and IV go into the instance");
        for (name, path) in [("key", &settings.key), ("iv", &settings.iv)] {
            let secret = Zeroizing::new(read(path)?);
            put(&mut session, &format!("{SECRETS_FOLDER}{name}"), &secret).await?;
        }
        story.done("over the verified session, and nowhere else");

        story.step("The S3 app streams the encrypted object into the instance");
        let s3_app = S3AppClient::new(service(&settings.s3_app)?);
        let copied = s3_app.copy(&self.copy_request(text)).await.context("the S3 app did not copy the object")?;
        story.done(format!("{} bytes, SHA-256 {}", copied.bytes, copied.sha256));

        story.step("The program runs");
        let exit_code = session.compute(&program, Compute::new()).await.context("the program did not run")?;
        if exit_code != 0 {
            let said = session.read("stderr", MAX_RESULT_BYTES).await.unwrap_or_default();
            bail!("the program ended with {exit_code}: {}", String::from_utf8_lossy(&said).trim().escape_debug());
        }
        story.done(format!("{program} ended with 0"));

        story.step("The user reads the result, and the instance ends");
        let result = session.read(&settings.result, MAX_RESULT_BYTES).await.context("there is no result")?;
        fs::write(&settings.output, &result).with_context(|| format!("cannot write {}", settings.output.display()))?;
        session.shutdown().await.context("the instance did not end")?;
        story.done(format!("{} bytes of {} in {}", result.len(), settings.result, settings.output.display()));
        Ok(())
    }

    /// Is the policy what was asked for, and does nobody get more? Whatever is not as it should be ends the operation.
    fn audit(&self, story: &mut Story, policy: &FullPolicy) -> anyhow::Result<()> {
        story.step("The user audits the policy that came back");
        let settings = self.settings;
        let server = settings.attestation_server.as_deref().map(Endpoint::parse).transpose();
        let known = KnownInfrastructure {
            attestation_server: server.context("--attestation-server")?,
            authorities: Some(Authorities::from_pem(&String::from_utf8(read(&settings.authority)?)?)?),
            runtimes: settings.runtimes.iter().map(|runtime| (runtime.platform, runtime.hash)).collect(),
            allow_simulated: settings.trust()?.allows_simulated(),
        };
        let loader = settings.loader.as_deref().map(certificate).transpose()?;
        let asked =
            Asked { function: &self.function, user: &self.request, loader: loader.as_ref(), infrastructure: &known };
        let findings = audit(policy, &asked)?;
        for finding in &findings {
            story.warn(finding.to_string());
        }
        // A loader that may only write need not be known by name.
        let grave =
            |finding: &&Finding| finding.severity != Severity::Notice && finding.code != FindingCode::UnknownLoader;
        let grave = findings.iter().filter(grave).count();
        ensure!(grave == 0, "{grave} of these findings forbid to send anything to this instance");
        story.verified("the identities are the user's two and one loader, with the rights that were asked for");
        story.verified("the programs and their SHA-256 are those of the function that the user has read");
        story.verified("nobody else can read what goes in or what comes out; the loader can only write");
        story.verified("the attestation authority and the runtime's measurement are those that the user knows");
        Ok(())
    }

    async fn connect(&self, story: &mut Story, policy: FullPolicy) -> anyhow::Result<Session> {
        story.step("The user's client verifies the instance before it sends a byte");
        let identity = Identity::from_pem(&self.user.certificate, &self.user.key)?;
        let hash = policy.hash();
        let client = Client::builder(policy, identity).trust(self.settings.trust()?).build()?;
        let session = client.connect().await.context("the instance is not what it has to be")?;
        let attested = session.attested();
        ensure!(attested.policy_hash() == hash, "the instance enforces another policy");
        story.verified(format!("it enforces the policy {hash}"));
        if let Some(measurement) = attested.measurement() {
            story.verified(format!("it runs the accepted code, PCR0 {measurement}"));
        }
        story.verified("its evidence is fresh and bound to this very connection");
        if attested.is_simulated() {
            story.warn("INSECURE: it is simulated, which protects nobody from the owner of the machine");
        }
        Ok(session)
    }

    fn copy_request(&self, policy: &str) -> CopyRequest {
        let variable = |name: &str| std::env::var(name).ok();
        let id = variable("AWS_ACCESS_KEY_ID");
        let name = Path::new(&self.settings.object).file_name().unwrap_or_default().to_string_lossy();
        CopyRequest {
            s3: Source {
                region_name: variable("AWS_REGION"),
                bucket: self.settings.bucket.clone(),
                filename: self.settings.object.clone(),
                aws_secret_access_key: id.as_ref().and(variable("AWS_SECRET_ACCESS_KEY")).map(Secret::new),
                aws_session_token: id.as_ref().and(variable("AWS_SESSION_TOKEN")).map(Secret::new),
                aws_access_key_id: id,
            },
            veracruz: Destination {
                filename: format!("{DATA_FOLDER}{name}"),
                policy: policy.to_owned(),
                certificate: self.app.certificate.clone(),
                key: Secret::new(self.app.key.as_str()),
            },
        }
    }
}

fn read(path: &Path) -> anyhow::Result<Vec<u8>> {
    fs::read(path).with_context(|| format!("cannot read {}", path.display()))
}

fn certificate(path: &Path) -> anyhow::Result<Certificate> {
    let text = String::from_utf8(read(path)?)?;
    Certificate::from_pem(text.trim_end()).with_context(|| format!("{} is no certificate", path.display()))
}

async fn put(session: &mut Session, name: &str, bytes: &[u8]) -> anyhow::Result<()> {
    let transfer = Transfer::new().length(bytes.len() as u64);
    session.upload(name, bytes, transfer).await.with_context(|| format!("the instance did not take {name}"))?;
    Ok(())
}
