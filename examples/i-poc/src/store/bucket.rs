//! One object in a bucket, put there in parts: it appears when it is whole, or not at all.

use anyhow::Context as _;
use aws_sdk_s3::Client;
use aws_sdk_s3::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{CompletedMultipartUpload, CompletedPart};

use crate::ending::{Failure, unless_interrupted};

/// Parts that an object may have (Amazon S3 User Guide, "Multipart upload limits").
pub(super) const MAX_PARTS: u64 = 10_000;

/// What makes the parts, one after the other; the first one that is empty ends the object.
type Parts<'p> = dyn FnMut() -> anyhow::Result<Vec<u8>> + 'p;

/// Where the object goes.
pub(super) struct Bucket<'b> {
    client: Client,
    bucket: &'b str,
    object: &'b str,
}

impl<'b> Bucket<'b> {
    /// At this server, or at AWS.
    pub(super) fn of(endpoint: Option<&str>, bucket: &'b str, object: &'b str) -> anyhow::Result<Self> {
        let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        let needed = |name: &str| variable(name).with_context(|| format!("{name} is not set"));
        let (id, secret) = (needed("AWS_ACCESS_KEY_ID")?, needed("AWS_SECRET_ACCESS_KEY")?);
        let region = variable("AWS_REGION").or_else(|| variable("AWS_DEFAULT_REGION"));
        let mut config = aws_sdk_s3::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .credentials_provider(Credentials::new(id, secret, variable("AWS_SESSION_TOKEN"), None, "environment"))
            .region(Region::new(region.unwrap_or_else(|| "us-east-1".to_owned())))
            .force_path_style(endpoint.is_some());
        config.set_endpoint_url(endpoint.map(str::to_owned));
        Ok(Bucket { client: Client::from_conf(config.build()), bucket, object })
    }

    /// Puts all parts there. What fits into one is sent at once.
    pub(super) async fn put(&self, parts: &mut Parts<'_>) -> Result<(), Failure> {
        let first = parts()?;
        let second = if first.is_empty() { Vec::new() } else { parts()? };
        if second.is_empty() {
            let put = self.client.put_object().bucket(self.bucket).key(self.object).body(ByteStream::from(first));
            put.send().await.with_context(|| self.refusal())?;
            return Ok(());
        }
        let created = self.client.create_multipart_upload().bucket(self.bucket).key(self.object).send().await;
        let created = created.with_context(|| self.refusal())?;
        let upload = created.upload_id().context("S3 gave the upload no name")?;
        let outcome = unless_interrupted(async {
            let sent = self.send_parts(upload, [first, second], parts).await?;
            Ok(self.complete(upload, sent).await?)
        });
        let outcome = outcome.await;
        if outcome.is_err() {
            let aborted = self.client.abort_multipart_upload().bucket(self.bucket).key(self.object).upload_id(upload);
            // The first reason is what the user has to know. S3 removes parts of no object by its own rules.
            let _ = aborted.send().await;
        }
        outcome
    }

    async fn send_parts(
        &self,
        upload: &str,
        begin: [Vec<u8>; 2],
        parts: &mut Parts<'_>,
    ) -> anyhow::Result<Vec<CompletedPart>> {
        let mut sent = Vec::new();
        let mut waiting = begin.into_iter();
        for number in 1.. {
            let part = match waiting.next() {
                Some(part) => part,
                None => parts()?,
            };
            if part.is_empty() {
                break;
            }
            let put = self.client.upload_part().bucket(self.bucket).key(self.object).upload_id(upload);
            let put = put.part_number(number).body(ByteStream::from(part)).send().await;
            let put = put.with_context(|| self.refusal())?;
            sent.push(CompletedPart::builder().part_number(number).set_e_tag(put.e_tag).build());
        }
        Ok(sent)
    }

    async fn complete(&self, upload: &str, sent: Vec<CompletedPart>) -> anyhow::Result<()> {
        let whole = CompletedMultipartUpload::builder().set_parts(Some(sent)).build();
        let complete = self.client.complete_multipart_upload().bucket(self.bucket).key(self.object).upload_id(upload);
        complete.multipart_upload(whole).send().await.with_context(|| self.refusal())?;
        Ok(())
    }

    fn refusal(&self) -> String {
        format!("S3 does not take the object {:?} in the bucket {:?}", self.object, self.bucket)
    }
}
