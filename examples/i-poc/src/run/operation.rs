//! What the user does with an instance: audits its policy, verifies it, brings key and data in, runs, reads.
//!
//! What is believed: the function policy that the user read, the attestation authority and the measurements that the user
//! was given. Everything else is compared with these before a byte of the user's leaves this program.

use anyhow::{Context as _, anyhow, ensure};
use veracruz_client::rest::{CopyRequest, Destination, S3AppClient, Secret, Source};
use veracruz_client::{Client, Error, Identity, Session, Transfer};
use veracruz_policy::audit::{Asked, Finding, FindingCode, Severity, audit};
use veracruz_policy::{FullPolicy, Name, UserPolicy, VfsPath};
use zeroize::Zeroizing;

use super::answer::Answer;
use super::copy::copied;
use super::identity::Temporary;
use super::program;
use super::request::SECRETS_FOLDER;
use super::results::Results;
use super::s3_access::S3Access;
use super::trusted::Trusted;
use crate::ending::{Ending, Ends as _, Failure};
use crate::story::Story;

/// What the user asked for and does with the instance.
pub(super) struct Operation {
    pub(super) trusted: Trusted,
    pub(super) request: UserPolicy,
    pub(super) user: Temporary,
    pub(super) app: Temporary,
    pub(super) data: Data,
    pub(super) access: S3Access,
    pub(super) s3_app: S3AppClient,
}

/// What is computed on.
pub(super) struct Data {
    pub(super) key: Zeroizing<Vec<u8>>,
    pub(super) iv: Zeroizing<Vec<u8>>,
    pub(super) bucket: String,
    pub(super) object: String,
    /// In the instance.
    pub(super) name: VfsPath,
}

impl Operation {
    /// From the policy that came back to the results.
    pub(super) async fn carry_out(&self, story: &mut Story, text: &str, results: &Results) -> Result<Answer, Failure> {
        let policy = FullPolicy::parse(text).context("the function service's policy is none")?;
        story.done(format!("{} listens at {}", self.request.instanceid, policy.veracruz_server_url));
        self.audit(story, &policy).ends(Ending::NotTrusted)?;
        let mut session = self.connect(story, policy).await?;

        story.step("Key and IV go into the instance");
        for (name, secret) in [("key", &self.data.key), ("iv", &self.data.iv)] {
            put(&mut session, &format!("{SECRETS_FOLDER}{name}"), secret).await?;
        }
        story.done("over the verified session, and nowhere else");

        story.step("The S3 app streams the encrypted object into the instance");
        let (bytes, sha256) = copied(&self.s3_app, &self.copy_request(text)).await?;
        story.done(format!("{bytes} bytes in {}, SHA-256 {sha256}", self.data.name.as_str()));

        let first = self.trusted.function.programs.first().context("the function has no program")?;
        let said = program::ran(story, &mut session, &first.program_file_name).await?;

        story.step("The user reads the results, and the instance ends");
        let fetched = results.fetch(&mut session).await?;
        session.shutdown().await.context("the instance did not end")?;
        story.done(format!("{} files in {}", fetched.paths.len(), results.folder().display()));
        let name = |name: &Name| name.as_str().to_owned();
        let (function, instance) = (name(&self.request.function), name(&self.request.instanceid));
        Ok(Answer { function, instance, fetched, said })
    }

    /// Is the policy what was asked for, and does nobody get more? Whatever is not as it should be ends the operation.
    fn audit(&self, story: &mut Story, policy: &FullPolicy) -> anyhow::Result<()> {
        story.step("The user audits the policy that came back");
        let Trusted { function, infrastructure, loader, platforms, .. } = &self.trusted;
        let asked = Asked { function, user: &self.request, loader: loader.as_ref(), infrastructure };
        let findings = audit(policy, &asked)?;
        for finding in &findings {
            story.warn(finding.to_string());
        }
        // A loader that may only write need not be known by name.
        let grave =
            |finding: &&Finding| finding.severity != Severity::Notice && finding.code != FindingCode::UnknownLoader;
        let grave = findings.iter().filter(grave).count();
        ensure!(grave == 0, "{grave} of these findings forbid to send anything to this instance");
        let unknown = policy.platforms().find(|platform| !platforms.contains(platform));
        if let Some(platform) = unknown {
            let next = "say by --runtime or in the trust file which may";
            return Err(anyhow!("the policy accepts code on the platform {platform}, and you did not: {next}"));
        }
        story.verified("the identities are the user's two and one loader, with the rights that were asked for");
        story.verified("the programs and their SHA-256 are those of the function that the user has read");
        story.verified("nobody else can read what goes in or what comes out; the loader can only write");
        story.verified("the attestation authority and the runtime's measurement are those that the user knows");
        Ok(())
    }

    async fn connect(&self, story: &mut Story, policy: FullPolicy) -> Result<Session, Failure> {
        story.step("The user's client verifies the instance before it sends a byte");
        let identity = Identity::from_pem(&self.user.certificate, &self.user.key).context("the user's identity")?;
        let hash = policy.hash();
        let client = Client::builder(policy, identity).trust(self.trusted.trust.clone()).build();
        let session = match client {
            Ok(client) => client.connect().await,
            Err(error) => Err(error),
        };
        let session = session.map_err(not_connected)?;
        let attested = session.attested();
        if attested.policy_hash() != hash {
            return Err(anyhow!("the instance enforces another policy")).ends(Ending::NotTrusted);
        }
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
        let key = self.access.key.as_ref();
        CopyRequest {
            s3: Source {
                region_name: self.access.region.clone(),
                bucket: self.data.bucket.clone(),
                filename: self.data.object.clone(),
                aws_access_key_id: key.map(|key| key.id.clone()),
                aws_secret_access_key: key.map(|key| key.secret.clone()),
                aws_session_token: key.and_then(|key| key.token.clone()),
            },
            veracruz: Destination {
                filename: self.data.name.as_str().to_owned(),
                policy: policy.to_owned(),
                certificate: self.app.certificate.clone(),
                key: Secret::new(self.app.key.as_str()),
            },
        }
    }
}

/// Only what was found out about the instance speaks against it; nobody there, or a lost connection, does not.
fn not_connected(error: Error) -> Failure {
    let (ending, what) = match error {
        Error::Refused(_) | Error::Trust(_) | Error::Identity(_) => {
            (Ending::NotTrusted, "the instance is not what it has to be")
        }
        _ => (Ending::Failed, "the instance cannot be verified"),
    };
    Failure::new(ending, anyhow!(error).context(what))
}

async fn put(session: &mut Session, name: &str, bytes: &[u8]) -> anyhow::Result<()> {
    let transfer = Transfer::new().length(bytes.len() as u64);
    session.upload(name, bytes, transfer).await.with_context(|| format!("the instance did not take {name}"))?;
    Ok(())
}
