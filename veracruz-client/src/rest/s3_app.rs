//! The S3 app: copies of objects into instances.

use bytes::Bytes;
use reqwest::StatusCode;
use veracruz_rest::{Copied, CopyJob, CopyRequest, Secret};
use zeroize::Zeroizing;

use super::call::Call;
use super::error::Error;
use super::path::Path;
use super::service::{COPY_TIMEOUT, Service};

/// Bytes that a request has besides its texts.
const FRAME_BYTES: usize = 1024;

/// The S3 app. Requests hold a private key and perhaps credentials: they go over https or to this machine.
#[derive(Clone, Debug)]
pub struct S3AppClient {
    service: Service,
}

/// Each method fails with an [`Error`]: the service's own refusal, or why it cannot be asked.
impl S3AppClient {
    /// The S3 app there.
    pub fn new(service: Service) -> Self {
        S3AppClient { service }
    }

    /// Where it is.
    pub fn service(&self) -> &Service {
        &self.service
    }

    /// Copies an object and returns when it is in the instance.
    pub async fn copy(&self, request: &CopyRequest) -> Result<Copied, Error> {
        self.copying(request)?.within(COPY_TIMEOUT).send().await?.value()
    }

    /// Begins to copy an object in the background (`Prefer: respond-async`, RFC 7240, section 4.1).
    pub async fn start(&self, request: &CopyRequest) -> Result<CopyJob, Error> {
        let call = self.copying(request)?.header("prefer", "respond-async");
        call.send().await?.expect(StatusCode::ACCEPTED)?.value()
    }

    /// A copy in the background.
    pub async fn job(&self, job: &str) -> Result<CopyJob, Error> {
        Call::get(&self.service, &path().named(job)?).secret().send().await?.value()
    }

    /// Cancels a copy in the background; one that is done stays done.
    pub async fn cancel(&self, job: &str) -> Result<CopyJob, Error> {
        Call::delete(&self.service, &path().named(job)?).secret().send().await?.value()
    }

    fn copying(&self, request: &CopyRequest) -> Result<Call<'_>, Error> {
        Ok(Call::post(&self.service, &path()).json(text(request)?).secret())
    }
}

fn path() -> Path {
    Path::of("s3_stream_veracruz")
}

/// The request as JSON, in memory that is wiped. It has room for all of it from the start: a vector that grows leaves
/// copies behind that nobody wipes.
fn text(request: &CopyRequest) -> Result<Bytes, Error> {
    let CopyRequest { s3, veracruz } = request;
    let length = |secret: &Option<Secret>| secret.as_ref().map_or(0, |secret| secret.expose().len());
    let texts = veracruz.policy.len()
        + veracruz.certificate.len()
        + veracruz.key.expose().len()
        + veracruz.filename.len()
        + s3.bucket.len()
        + s3.filename.len()
        + length(&s3.aws_secret_access_key)
        + length(&s3.aws_session_token);
    // Twice: each line end and quotation mark is escaped.
    let mut text = Zeroizing::new(Vec::with_capacity(2 * texts + FRAME_BYTES));
    serde_json::to_writer(&mut *text, request).map_err(|error| Error::Protocol {
        url: path().as_str().to_owned(),
        detail: format!("the request cannot be written as JSON: {error}"),
    })?;
    Ok(Bytes::from_owner(text))
}
