//! The whole operation, from the user's side.
//!
//! What is believed: the function policy that the user read, the attestation authority and the measurements that the user
//! was given. Everything else is compared with these before a byte of the user's leaves this program.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail, ensure};
use clap::Args;
use veracruz_client::rest::{CcfaasClient, CopyRequest, Destination, S3AppClient, Secret, Service, Source};
use veracruz_client::{Client, Compute, Identity, Session, Transfer, Trust};
use veracruz_policy::audit::{Asked, KnownInfrastructure, Severity, audit};
use veracruz_policy::{
    Authorities, Certificate, Endpoint, FullPolicy, FunctionPolicy, Platform, Sha256Digest, UserPolicy,
};
use zeroize::Zeroizing;

use crate::identity::Temporary;
use crate::request::{DATA_FOLDER, SECRETS_FOLDER, user_policy};
use crate::story::Story;

/// Bytes of a result that are taken into memory.
const MAX_RESULT_BYTES: u64 = 64 << 20;

#[derive(Args)]
pub(crate) struct Run {
    /// The function policy, as its operator publishes it: what the user has read and agrees with
    #[arg(long, value_name = "FILE")]
    function: PathBuf,
    /// A name for the instance that nobody else uses
    #[arg(long, value_name = "NAME")]
    instance: String,
    /// The function service
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:5010")]
    ccfaas: String,
    /// The S3 app
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:5020")]
    s3_app: String,
    /// The bucket; the S3 app uses AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY of this environment, if they are set
    #[arg(long)]
    bucket: String,
    /// The object's key
    #[arg(long)]
    object: String,
    /// The key of the data, 16 bytes
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// The initial counter of the data, 16 bytes
    #[arg(long, value_name = "FILE")]
    iv: PathBuf,
    /// Whom the user trusts: authority, measurements, whether a simulated instance will do (docs/TRUST.md)
    #[arg(long, value_name = "FILE")]
    trust: PathBuf,
    /// The certificate of the attestation authority that the user knows
    #[arg(long, value_name = "FILE")]
    authority: PathBuf,
    /// The attestation server that the user knows, as policies name it
    #[arg(long, value_name = "HOST:PORT")]
    attestation_server: Option<String>,
    /// The certificate by which the function service loads programs; without it the user sees only what the loader may do
    #[arg(long, value_name = "FILE")]
    loader: Option<PathBuf>,
    /// SHA-256 of the runtime that the user accepts, on the simulated platform
    #[arg(long, value_name = "HEX")]
    simulated_runtime: Option<String>,
    /// Where the result goes
    #[arg(long, value_name = "FILE")]
    output: PathBuf,
    /// The file that the program writes
    #[arg(long, value_name = "NAME", default_value = "/output/linear-regression.dat")]
    result: String,
}

impl Run {
    pub(crate) async fn run(self) -> anyhow::Result<()> {
        let mut story = Story::default();
        let function = self.function_policy()?;
        let (ccfaas, s3_app) = (CcfaasClient::new(service(&self.ccfaas)?), S3AppClient::new(service(&self.s3_app)?));

        story.step("The user makes two temporary identities: one for itself, one that it lends to the S3 app");
        let (user, app) = (Temporary::new("user")?, Temporary::new("S3 app")?);
        let request = user_policy(&function.function.to_string(), &self.instance, &user, &app)?;
        story.done("asks for: the S3 app may write the data; the user may write key and IV, run, and read the output");

        story.step("The function service makes an instance and loads the function into it");
        let made = ccfaas.create_instance(request.text()).await.context("the function service made no instance")?;
        let outcome = self.use_instance(&mut story, &function, &request, &made.policy, (&user, &app), &s3_app).await;

        story.step("The user deletes the instance");
        let deleted = ccfaas.delete_instance(&self.instance).await.context("the instance was not deleted");
        // What went wrong first is what the user has to know.
        outcome?;
        deleted?;
        story.done(format!("{} is deleted, and its place is free", self.instance));
        Ok(())
    }

    async fn use_instance(
        &self,
        story: &mut Story,
        function: &FunctionPolicy,
        request: &UserPolicy,
        policy: &str,
        (user, app): (&Temporary, &Temporary),
        s3_app: &S3AppClient,
    ) -> anyhow::Result<()> {
        let text = policy;
        let policy = FullPolicy::parse(text).context("the function service's policy is none")?;
        story.done(format!("{} listens at {}", self.instance, policy.veracruz_server_url));
        self.audit(story, function, request, &policy)?;
        let program = function.programs.first().context("the function has no program")?.program_file_name.to_string();
        let mut session = self.connect(story, policy, user).await?;

        story.step("Key and IV go into the instance");
        for (name, path) in [("key", &self.key), ("iv", &self.iv)] {
            let secret = Zeroizing::new(read(path)?);
            put(&mut session, &format!("{SECRETS_FOLDER}{name}"), &secret).await?;
        }
        story.done("over the verified session, and nowhere else");

        story.step("The S3 app streams the encrypted object into the instance");
        let copied = s3_app.copy(&self.copy_request(text, app)).await.context("the S3 app did not copy the object")?;
        story.done(format!("{} bytes, SHA-256 {}", copied.bytes, copied.sha256));

        story.step("The program runs");
        let exit_code = session.compute(&program, Compute::new()).await.context("the program did not run")?;
        if exit_code != 0 {
            let said = session.read("stderr", MAX_RESULT_BYTES).await.unwrap_or_default();
            bail!("the program ended with {exit_code}: {}", String::from_utf8_lossy(&said).trim().escape_debug());
        }
        story.done(format!("{program} ended with 0"));

        story.step("The user reads the result, and the instance ends");
        let result = session.read(&self.result, MAX_RESULT_BYTES).await.context("there is no result")?;
        fs::write(&self.output, &result).with_context(|| format!("cannot write {}", self.output.display()))?;
        session.shutdown().await.context("the instance did not end")?;
        story.done(format!("{} bytes of {} in {}", result.len(), self.result, self.output.display()));
        Ok(())
    }

    fn function_policy(&self) -> anyhow::Result<FunctionPolicy> {
        let text = fs::read_to_string(&self.function);
        let text = text.with_context(|| format!("cannot read {}", self.function.display()))?;
        FunctionPolicy::parse(&text).with_context(|| format!("{} is no function policy", self.function.display()))
    }

    /// Is the policy what was asked for, and does nobody get more?
    fn audit(
        &self,
        story: &mut Story,
        function: &FunctionPolicy,
        request: &UserPolicy,
        policy: &FullPolicy,
    ) -> anyhow::Result<()> {
        story.step("The user audits the policy that came back");
        let trust = self.trust()?;
        let authority =
            fs::read_to_string(&self.authority).with_context(|| format!("cannot read {}", self.authority.display()))?;
        let runtimes = match &self.simulated_runtime {
            Some(hash) => vec![(Platform::Simulated, hash.parse::<Sha256Digest>()?)],
            None => Vec::new(),
        };
        let attestation_server = self.attestation_server.as_deref().map(Endpoint::parse).transpose();
        let known = KnownInfrastructure {
            attestation_server: attestation_server.context("--attestation-server")?,
            authorities: Some(Authorities::from_pem(&authority)?),
            runtimes,
            allow_simulated: trust.allows_simulated(),
        };
        let loader = self.loader.as_deref().map(certificate).transpose()?;
        let asked = Asked { function, user: request, loader: loader.as_ref(), infrastructure: &known };
        let findings = audit(policy, &asked)?;
        for finding in &findings {
            story.warn(finding.to_string());
        }
        let dangers = findings.iter().filter(|finding| finding.severity == Severity::Danger).count();
        ensure!(dangers == 0, "{dangers} findings forbid to send anything to this instance");
        story.verified("the identities are the user's two and one loader, with the rights that were asked for");
        story.verified("the programs and their SHA-256 are those of the function that the user has read");
        story.verified("nobody else can read what goes in or what comes out; the loader can only write");
        Ok(())
    }

    async fn connect(&self, story: &mut Story, policy: FullPolicy, user: &Temporary) -> anyhow::Result<Session> {
        story.step("The user's client verifies the instance before it sends a byte");
        let identity = Identity::from_pem(&user.certificate, &user.key)?;
        let hash = policy.hash();
        let client = Client::builder(policy, identity).trust(self.trust()?).build()?;
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

    fn trust(&self) -> anyhow::Result<Trust> {
        Trust::read(&self.trust).with_context(|| format!("the trust file {} is bad", self.trust.display()))
    }

    fn copy_request(&self, policy: &str, app: &Temporary) -> CopyRequest {
        let variable = |name: &str| std::env::var(name).ok();
        let id = variable("AWS_ACCESS_KEY_ID");
        let name = Path::new(&self.object).file_name().unwrap_or_default().to_string_lossy();
        CopyRequest {
            s3: Source {
                region_name: variable("AWS_REGION"),
                bucket: self.bucket.clone(),
                filename: self.object.clone(),
                aws_secret_access_key: id.as_ref().and(variable("AWS_SECRET_ACCESS_KEY")).map(Secret::new),
                aws_session_token: id.as_ref().and(variable("AWS_SESSION_TOKEN")).map(Secret::new),
                aws_access_key_id: id,
            },
            veracruz: Destination {
                filename: format!("{DATA_FOLDER}{name}"),
                policy: policy.to_owned(),
                certificate: app.certificate.clone(),
                key: Secret::new(app.key.as_str()),
            },
        }
    }
}

fn service(url: &str) -> anyhow::Result<Service> {
    Service::at(url).with_context(|| format!("{url} is no service"))
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
