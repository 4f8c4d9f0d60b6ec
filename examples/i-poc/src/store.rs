//! The data's owner puts it into S3, encrypted: the store sees nothing but noise. Files of any size pass through in parts.

mod bucket;
mod cipher;

use std::fs::File;
use std::io::Read as _;
use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;

use crate::ending::Failure;
use crate::progress::Bar;
use crate::secrets::NewSecrets;
use bucket::{Bucket, MAX_PARTS};
use cipher::Cipher;

/// Bytes of a part, unless the file needs larger ones. S3 takes 5 MiB or more.
const PART_BYTES: u64 = 8 << 20;

#[derive(Args)]
pub(crate) struct Store {
    /// The file to store
    file: PathBuf,
    /// The bucket, which must exist
    #[arg(long)]
    bucket: String,
    /// The object's key; the video function reads an object that is called in_enc.h264, in whatever folder
    #[arg(long)]
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
}

impl Store {
    pub(crate) async fn run(self) -> Result<(), Failure> {
        let cannot_read = || format!("cannot read {}", self.file.display());
        let file = File::open(&self.file).with_context(cannot_read)?;
        let length = file.metadata().with_context(cannot_read)?.len();
        let bucket = Bucket::of(self.endpoint.as_deref(), &self.bucket, &self.object)?;

        let (mut cipher, key, iv) = Cipher::fresh()?;
        let mut secrets = NewSecrets::default();
        secrets.write(&self.key, &*key)?;
        secrets.write(&self.iv, &iv)?;
        let bar = Bar::bytes(&self.object, Some(length));
        let mut sent = 0;
        // The file may grow meanwhile: what is read is what counts.
        let mut plain = file.take(u64::MAX);
        let mut next = || {
            let part = part(&mut plain, part_bytes(length)).with_context(cannot_read)?;
            bar.at(sent);
            sent += part.len() as u64;
            cipher.encrypt(&part)
        };
        bucket.put(&mut next).await?;
        secrets.keep();
        Ok(())
    }
}

/// So many bytes a part that there are not too many parts.
fn part_bytes(length: u64) -> u64 {
    PART_BYTES.max(length.div_ceil(MAX_PARTS - 1))
}

/// The next bytes; fewer, or none, at the end of the file.
fn part(file: &mut impl std::io::Read, bytes: u64) -> std::io::Result<Vec<u8>> {
    let mut part = Vec::new();
    file.take(bytes).read_to_end(&mut part)?;
    Ok(part)
}

#[test]
fn parts_are_never_too_many() {
    for length in [0, 1, PART_BYTES, PART_BYTES * MAX_PARTS, 5 << 40] {
        let bytes = part_bytes(length);
        assert!(bytes >= PART_BYTES && length.div_ceil(bytes) < MAX_PARTS, "{length}: {bytes} a part");
    }
}
