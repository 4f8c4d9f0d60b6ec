//! The data's owner puts it into S3, encrypted: the store sees nothing but noise.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow};
use aws_lc_rs::cipher::{AES_128, DecryptionContext, EncryptingKey, UnboundCipherKey};
use aws_lc_rs::rand;
use aws_sdk_s3::Client;
use aws_sdk_s3::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_s3::primitives::ByteStream;
use clap::Args;
use zeroize::Zeroizing;

#[derive(Args)]
pub(crate) struct Store {
    /// The file to store
    file: PathBuf,
    /// The bucket, which must exist
    #[arg(long)]
    bucket: String,
    /// The object's key
    #[arg(long)]
    object: String,
    /// The S3 server, http(s)://HOST:PORT; credentials come from AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY
    #[arg(long)]
    endpoint: String,
    /// Where to write the fresh key, 16 bytes
    #[arg(long)]
    key: PathBuf,
    /// Where to write the fresh initial counter, 16 bytes
    #[arg(long)]
    iv: PathBuf,
}

impl Store {
    pub(crate) async fn run(self) -> anyhow::Result<()> {
        let plain = fs::read(&self.file).with_context(|| format!("cannot read {}", self.file.display()))?;
        let Sealed { key, iv, bytes } = encrypt(plain)?;
        write_secret(&self.key, &*key)?;
        write_secret(&self.iv, &iv)?;
        let put = client(&self.endpoint)?.put_object().bucket(&self.bucket).key(&self.object);
        let put = put.body(ByteStream::from(bytes)).send().await;
        put.with_context(|| format!("{} does not take the object", self.endpoint))?;
        Ok(())
    }
}

/// Encrypted bytes, and what opens them again.
struct Sealed {
    key: Zeroizing<[u8; 16]>,
    /// The first counter block.
    iv: [u8; 16],
    bytes: Vec<u8>,
}

/// AES-128 in counter mode (NIST SP 800-38A, section 6.5).
fn encrypt(mut bytes: Vec<u8>) -> anyhow::Result<Sealed> {
    let mut key = Zeroizing::new([0; 16]);
    rand::fill(&mut *key).map_err(|_| anyhow!("there is no randomness"))?;
    let failed = |_| anyhow!("AES-128-CTR failed");
    let cipher = EncryptingKey::ctr(UnboundCipherKey::new(&AES_128, &*key).map_err(failed)?).map_err(failed)?;
    let DecryptionContext::Iv128(iv) = cipher.encrypt(&mut bytes).map_err(failed)? else {
        return Err(anyhow!("AES-128-CTR gave no counter block"));
    };
    let iv: &[u8; 16] = iv.as_ref();
    Ok(Sealed { key, iv: *iv, bytes })
}

fn client(endpoint: &str) -> anyhow::Result<Client> {
    let variable = |name: &str| std::env::var(name).with_context(|| format!("{name} is not set"));
    let (id, secret) = (variable("AWS_ACCESS_KEY_ID")?, variable("AWS_SECRET_ACCESS_KEY")?);
    let config = aws_sdk_s3::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .credentials_provider(Credentials::new(id, secret, None, None, "environment"))
        .region(Region::new("us-east-1"))
        .endpoint_url(endpoint)
        .force_path_style(true)
        .build();
    Ok(Client::from_conf(config))
}

/// Only the owner may read it.
fn write_secret(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path);
    file.and_then(|mut file| file.write_all(bytes)).with_context(|| format!("cannot write {}", path.display()))
}
