//! One object in a bucket, put there in parts: it appears when it is whole, or not at all. A store that says nothing is not
//! waited for without end.

use std::time::Duration;

use anyhow::Context as _;
use aws_sdk_s3::Client;
use aws_sdk_s3::config::timeout::TimeoutConfig;
use aws_sdk_s3::config::{BehaviorVersion, Credentials, Region, StalledStreamProtectionConfig};
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{CompletedMultipartUpload, CompletedPart};
use tokio::time::timeout;

/// Parts that an object may have (Amazon S3 User Guide, "Multipart upload limits").
pub(super) const MAX_PARTS: u64 = 10_000;

/// Whoever has not taken a connection by then is not there.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// How long S3 may think about a request that it has.
const ANSWER_TIME: Duration = Duration::from_secs(60);

/// Bytes a second: a line that is slower is one that stands still.
const SLOWEST_LINE: u64 = 64 << 10;

/// Nobody who wants to go waits longer for parts to be forgotten; S3 removes them by its own rules too.
const FORGET_TIME: Duration = Duration::from_secs(5);

/// What makes the parts, one after the other; the first one that is empty ends the object.
type Parts<'p> = dyn FnMut() -> anyhow::Result<Vec<u8>> + 'p;

/// Where the object goes.
pub(super) struct Place<'b> {
    /// A server, or AWS.
    pub(super) endpoint: Option<&'b str>,
    pub(super) bucket: &'b str,
    pub(super) object: &'b str,
}

/// By what right it may go there.
pub(super) struct Access {
    credentials: Credentials,
    region: Region,
}

impl Access {
    /// What the environment says.
    pub(super) fn of(variable: &dyn Fn(&str) -> Option<String>) -> anyhow::Result<Self> {
        let variable = |name: &str| variable(name).filter(|value| !value.is_empty());
        let needed = |name: &str| variable(name).with_context(|| format!("{name} is not set"));
        let (id, secret) = (needed("AWS_ACCESS_KEY_ID")?, needed("AWS_SECRET_ACCESS_KEY")?);
        let region = variable("AWS_REGION").or_else(|| variable("AWS_DEFAULT_REGION"));
        Ok(Access {
            credentials: Credentials::new(id, secret, variable("AWS_SESSION_TOKEN"), None, "environment"),
            region: Region::new(region.unwrap_or_else(|| "us-east-1".to_owned())),
        })
    }
}

/// How long S3 may be silent. There is no limit on the whole: files may be large, and lines slow.
pub(super) struct Patience {
    /// From the begin of a request to the begin of its answer.
    answer: Duration,
}

impl Patience {
    /// Time enough for a part to get there, and for its answer.
    pub(super) fn with_parts_of(bytes: u64) -> Self {
        Patience { answer: ANSWER_TIME + Duration::from_secs(bytes / SLOWEST_LINE) }
    }
}

/// An object that is going to be.
pub(super) struct Bucket<'b> {
    client: Client,
    bucket: &'b str,
    object: &'b str,
}

impl<'b> Bucket<'b> {
    pub(super) fn at(place: Place<'b>, access: Access, patience: Patience) -> Self {
        let Place { endpoint, bucket, object } = place;
        let timeouts = TimeoutConfig::builder().connect_timeout(CONNECT_TIMEOUT).read_timeout(patience.answer);
        let stalled = StalledStreamProtectionConfig::enabled().grace_period(patience.answer);
        let mut config = aws_sdk_s3::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .credentials_provider(access.credentials)
            .region(access.region)
            .timeout_config(timeouts.build())
            .stalled_stream_protection(stalled.build())
            .force_path_style(endpoint.is_some());
        config.set_endpoint_url(endpoint.map(str::to_owned));
        Bucket { client: Client::from_conf(config.build()), bucket, object }
    }

    /// Puts all parts there. What fits into one is sent at once; where there are more, `upload` is what to forget if it
    /// comes to nothing.
    pub(super) async fn put(&self, parts: &mut Parts<'_>, upload: &mut Option<String>) -> anyhow::Result<()> {
        let first = parts()?;
        let second = if first.is_empty() { Vec::new() } else { parts()? };
        if second.is_empty() {
            let put = self.client.put_object().bucket(self.bucket).key(self.object).body(ByteStream::from(first));
            put.send().await.with_context(|| self.refusal())?;
            return Ok(());
        }
        let created = self.client.create_multipart_upload().bucket(self.bucket).key(self.object).send().await;
        let created = created.with_context(|| self.refusal())?;
        let id = upload.insert(created.upload_id.context("S3 gave the upload no name")?);
        let sent = self.send_parts(id, [first, second], parts).await?;
        self.complete(id, sent).await
    }

    /// Has S3 forget the parts of what came to nothing. The reason for that is what the user has to know, and no other.
    pub(super) async fn forget(&self, upload: &str) {
        let aborted = self.client.abort_multipart_upload().bucket(self.bucket).key(self.object).upload_id(upload);
        let _ = timeout(FORGET_TIME, aborted.send()).await;
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

/// One part and some: both the request for an object and the one for an upload.
#[tokio::test]
async fn a_store_that_never_answers_is_given_up() -> anyhow::Result<()> {
    // The system takes connections for it, and nobody ever reads them.
    let silent = std::net::TcpListener::bind("127.0.0.1:0")?;
    let endpoint = format!("http://{}", silent.local_addr()?);
    for more in [0, 10] {
        let place = Place { endpoint: Some(&endpoint), bucket: "sensors", object: "points" };
        let access = Access::of(&|_| Some("anything".to_owned()))?;
        let bucket = Bucket::at(place, access, Patience { answer: Duration::from_millis(50) });
        let mut parts = vec![vec![], vec![1; more], vec![1; 10]];
        let put = bucket.put(&mut || Ok(parts.pop().unwrap_or_default()), &mut None).await;
        let told = format!("{:#}", put.err().context("it was put nowhere")?);
        assert!(told.contains("S3 does not take the object") && told.contains("timeout"), "{told}");
    }
    Ok(())
}
