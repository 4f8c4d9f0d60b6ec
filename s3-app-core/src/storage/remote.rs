//! One object in S3, and the requests that a copy of it makes.

use std::time::Duration;

use aws_sdk_s3::Client;
use aws_sdk_s3::config::{Builder, IdentityCache};
use aws_sdk_s3::operation::get_object::GetObjectOutput;
use aws_sdk_s3::primitives::{ByteStream, DateTime};

use super::fault::{StorageError, fault_of};
use super::keys::Keys;
use crate::names::Region;

/// What a request names, and as whom it is read. Without keys it is read as the machine.
#[derive(Clone, Debug)]
pub(crate) struct Source {
    pub(crate) bucket: String,
    pub(crate) key: String,
    pub(crate) region: Option<Region>,
    pub(crate) keys: Option<Keys>,
}

/// An object, not yet asked for.
#[derive(Clone, Debug)]
pub(crate) struct Remote {
    client: Client,
    source: Source,
    stall: Duration,
}

/// By what an object is told apart from another one under the same name.
#[derive(Clone, Debug)]
pub(crate) struct Version {
    /// What the server calls it; every server that is worth the name gives one.
    etag: Option<String>,
    /// Counts where there is no ETag.
    modified: Option<DateTime>,
    /// Bytes of the whole object.
    pub(crate) length: u64,
}

impl Version {
    fn new(etag: Option<String>, modified: Option<DateTime>, length: u64) -> Result<Self, StorageError> {
        match etag.is_none() && modified.is_none() {
            true => Err(StorageError::Protocol("neither ETag nor date, so that a change could not be noticed")),
            false => Ok(Version { etag, modified, length }),
        }
    }

    fn confirmed_by(&self, found: &Version) -> Result<(), StorageError> {
        let same = match (&self.etag, &found.etag) {
            (None, None) => self.modified == found.modified,
            (etag, found) => etag == found,
        };
        if same && self.length == found.length { Ok(()) } else { Err(StorageError::Changed) }
    }
}

/// An object from some byte on, on its way.
#[derive(Debug)]
pub(crate) struct Part {
    pub(crate) version: Version,
    pub(crate) body: ByteStream,
}

impl Remote {
    pub(super) fn new(client: Client, source: Source, stall: Duration) -> Self {
        Remote { client, source, stall }
    }

    pub(crate) fn source(&self) -> &Source {
        &self.source
    }

    /// How long S3 may be silent.
    pub(crate) fn stall(&self) -> Duration {
        self.stall
    }

    /// The whole object. Where S3 says that the bucket is in another region, it is asked there, once.
    pub(crate) async fn open(&mut self) -> Result<Part, StorageError> {
        match self.get(None).await {
            Err(StorageError::WrongRegion { elsewhere: Some(region) })
                if self.source.region.as_ref() != Some(&region) =>
            {
                self.source.region = Some(region);
                self.get(None).await
            }
            answer => answer,
        }
    }

    /// The rest of the object, if it is still the same one.
    pub(crate) async fn resume(&self, offset: u64, version: &Version) -> Result<Part, StorageError> {
        let part = self.get(Some((offset, version))).await.map_err(vanished)?;
        version.confirmed_by(&part.version).map(|()| part)
    }

    /// Whether S3 still has the same object.
    pub(crate) async fn confirm(&self, version: &Version) -> Result<(), StorageError> {
        let call = self.client.head_object().bucket(&self.source.bucket).key(&self.source.key);
        let call = call.set_if_match(version.etag.clone()).customize().config_override(self.signed());
        let answer = self.in_time(call.send()).await?.map_err(|error| vanished(fault_of(&error)))?;
        version.confirmed_by(&Version::new(answer.e_tag, answer.last_modified, length(answer.content_length)?)?)
    }

    async fn get(&self, rest: Option<(u64, &Version)>) -> Result<Part, StorageError> {
        let mut call = self.client.get_object().bucket(&self.source.bucket).key(&self.source.key);
        if let Some((offset, version)) = rest {
            call = call.range(format!("bytes={offset}-")).set_if_match(version.etag.clone());
        }
        let answer = self.in_time(call.customize().config_override(self.signed()).send()).await?;
        part(answer.map_err(|error| fault_of(&error))?, rest.map_or(0, |(offset, _)| offset))
    }

    /// This copy's own region and credentials, over the client's.
    fn signed(&self) -> Builder {
        let mut config = Builder::new();
        if let Some(region) = &self.source.region {
            config = config.region(aws_sdk_s3::config::Region::new(region.to_string()));
        }
        if let Some(keys) = &self.source.keys {
            // Nothing may remember them beyond the request, whatever the SDK does by itself.
            config = config.credentials_provider(keys.credentials()).identity_cache(IdentityCache::no_cache());
        }
        config
    }

    async fn in_time<T>(&self, answer: impl Future<Output = T>) -> Result<T, StorageError> {
        let stalled = |_| StorageError::Stalled { seconds: self.stall.as_secs() };
        tokio::time::timeout(self.stall, answer).await.map_err(stalled)
    }
}

/// What was there before is gone: that is a change too.
fn vanished(error: StorageError) -> StorageError {
    match error {
        StorageError::NoSuchKey | StorageError::NoSuchBucket => StorageError::Changed,
        other => other,
    }
}

/// The answer, which must begin at byte `offset`.
fn part(answer: GetObjectOutput, offset: u64) -> Result<Part, StorageError> {
    let here = length(answer.content_length)?;
    let whole = match (offset, answer.content_range.as_deref()) {
        (0, None) => here,
        (_, Some(range)) => {
            total(range, offset, here).ok_or(StorageError::Protocol("another range than was asked for"))?
        }
        (_, None) => return Err(StorageError::Protocol("the whole object where a range was asked for")),
    };
    let version = Version::new(answer.e_tag, answer.last_modified, whole)?;
    Ok(Part { version, body: answer.body })
}

fn length(length: Option<i64>) -> Result<u64, StorageError> {
    length.and_then(|length| u64::try_from(length).ok()).ok_or(StorageError::Protocol("no length"))
}

/// The length of the whole object, out of `bytes 5-99/100` (RFC 9110, section 14.4).
fn total(range: &str, offset: u64, here: u64) -> Option<u64> {
    let (span, total) = range.strip_prefix("bytes ")?.split_once('/')?;
    let (first, last) = span.split_once('-')?;
    let (first, last, total): (u64, u64, u64) = (first.parse().ok()?, last.parse().ok()?, total.parse().ok()?);
    let fits = first == offset && last.checked_add(1)? == total && offset.checked_add(here)? == total;
    fits.then_some(total)
}
