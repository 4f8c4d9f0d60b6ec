//! The data's owner puts it into S3, encrypted: the store sees nothing but noise. Files of any size pass through in parts.
//!
//! A key that opens nothing is never left behind, and one that may open something never overwritten.

mod bucket;
mod cipher;
mod sealed;
mod source;

use std::io::{self, Write as _};
use std::path::PathBuf;

use anyhow::{Context as _, ensure};
use clap::Args;
use clap::builder::NonEmptyStringValueParser;
use serde_json::json;
use veracruz_client::rest::Service;

use crate::ending::{Ending, Ends as _, Failure, unless_interrupted};
use crate::progress::Bar;
use crate::secrets::NewSecrets;
use bucket::{Access, Bucket, Patience, Place};
use cipher::Cipher;
use sealed::Sealed;
use source::Source;

#[derive(Args)]
pub(crate) struct Store {
    /// The file to store
    file: PathBuf,
    /// The bucket, which must exist
    #[arg(long, value_parser = NonEmptyStringValueParser::new())]
    bucket: String,
    /// The object's key; the video function reads an object that is called in_enc.h264, in whatever folder
    #[arg(long, value_parser = NonEmptyStringValueParser::new())]
    object: String,
    /// An S3-compatible server, http(s)://HOST:PORT; without it AWS. Credentials come from AWS_ACCESS_KEY_ID,
    /// AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN, the region from AWS_REGION
    #[arg(long, value_name = "URL")]
    endpoint: Option<String>,
    /// Where to write the fresh key, 16 bytes; the file must not exist
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// Where to write the fresh initial counter, 16 bytes; the file must not exist
    #[arg(long, value_name = "FILE")]
    iv: PathBuf,
    /// Say what was stored in JSON: bucket, object, bytes, sha256 of the encrypted object, key, iv
    #[arg(long)]
    json: bool,
}

impl Store {
    pub(crate) async fn run(self) -> Result<(), Failure> {
        let source = Source::open(&self.file).ends(Ending::WrongUse)?;
        let bucket = self.place(&source).ends(Ending::WrongUse)?;
        let mut upload = None;
        // Whoever interrupts drops the work, and with it the key of an object that is not there.
        let outcome = unless_interrupted(self.put(&bucket, source, &mut upload)).await;
        if let (Err(_), Some(upload)) = (&outcome, upload) {
            bucket.forget(&upload).await;
        }
        self.show(&outcome?);
        Ok(())
    }

    /// Where it goes, if the call makes sense.
    fn place(&self, source: &Source) -> anyhow::Result<Bucket<'_>> {
        ensure!(self.key != self.iv, "--key and --iv name the same file");
        if let Some(endpoint) = &self.endpoint {
            Service::at(endpoint).context("--endpoint")?;
        }
        let access = Access::of(&|name| std::env::var(name).ok())?;
        let place = Place { endpoint: self.endpoint.as_deref(), bucket: &self.bucket, object: &self.object };
        Ok(Bucket::at(place, access, Patience::with_parts_of(source.part_bytes())))
    }

    async fn put<'f>(
        &self,
        bucket: &Bucket<'_>,
        source: Source<'f>,
        upload: &mut Option<String>,
    ) -> Result<Sealed<'f>, Failure> {
        let (cipher, key, iv) = Cipher::fresh()?;
        let mut secrets = NewSecrets::default();
        secrets.write(&self.key, &*key).ends(Ending::WrongUse)?;
        secrets.write(&self.iv, &iv).ends(Ending::WrongUse)?;
        let bar = Bar::bytes(&self.object, Some(source.length()));
        let mut sealed = Sealed::new(source, cipher);
        let mut next = || {
            bar.at(sealed.bytes());
            sealed.next()
        };
        bar.during(bucket.put(&mut next, upload)).await?;
        drop(bar);
        secrets.keep();
        Ok(sealed)
    }

    /// Says what is there now. Standard output may be closed: the object is there all the same.
    fn show(&self, sealed: &Sealed<'_>) {
        let (bytes, sha256) = (sealed.bytes(), sealed.sha256());
        let (key, iv) = (self.key.display().to_string(), self.iv.display().to_string());
        let text = if self.json {
            let (bucket, object, sha256) = (&self.bucket, &self.object, sha256.to_string());
            json!({"bucket": bucket, "object": object, "bytes": bytes, "sha256": sha256, "key": key, "iv": iv})
                .to_string()
        } else {
            let object = format!("{}/{}", self.bucket, self.object);
            format!("{object}: {bytes} bytes, SHA-256 {sha256}; keep {key} and {iv}: nobody else can open it")
        };
        let _ = writeln!(io::stdout(), "{text}");
    }
}
