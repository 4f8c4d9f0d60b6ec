//! `veracruz s3-server`: a small S3-compatible server over a folder, for trying things out.
//!
//! The server is the crate s3s-fs: a bucket is a folder, an object a file. It is no store for data that matters.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow, ensure};
use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use clap::Args;
use prometheus_client::registry::Registry;
use s3s::access::{S3Access, S3AccessContext};
use s3s::auth::SimpleAuth;
use s3s::service::{S3Service, S3ServiceBuilder};
use s3s::{S3Result, s3_error};
use s3s_fs::FileSystem;
use veracruz_serve::logging::{self, Logging};
use veracruz_serve::{Exposure, Frame, Parts, Readiness, Shutdown};
use zeroize::Zeroizing;

use crate::up;

/// Where the S3 server listens unless told otherwise.
pub(crate) const ADDRESS: &str = "127.0.0.1:9000";

/// Serve a folder as S3 objects, for trying things out.
///
/// Each folder in DIR is a bucket, each file in it an object. The credentials are those of AWS_ACCESS_KEY_ID and
/// AWS_SECRET_ACCESS_KEY in the environment. Clients use path-style addressing and any region.
#[derive(Args)]
pub(crate) struct S3Server {
    /// The folder; made if it is not there
    folder: PathBuf,
    /// HOST:PORT to listen on, a loopback address; port 0 lets the system choose
    #[arg(long, value_name = "HOST:PORT", default_value = ADDRESS)]
    listen: String,
    /// A bucket to make if it is not there; may be repeated
    #[arg(long = "bucket", value_name = "NAME")]
    buckets: Vec<String>,
}

/// Who may use the server: the access key's identifier and the key.
pub(crate) struct Credentials {
    pub(crate) id: String,
    pub(crate) secret: Zeroizing<String>,
}

impl S3Server {
    /// Serves until a signal asks to stop.
    pub(crate) fn run(self) -> anyhow::Result<std::process::ExitCode> {
        let variable =
            |name: &str| std::env::var(name).with_context(|| format!("set {name}: clients prove by it who they are"));
        let credentials =
            Credentials { id: variable("AWS_ACCESS_KEY_ID")?, secret: variable("AWS_SECRET_ACCESS_KEY")?.into() };
        let router = router(&self.folder, &self.buckets, &credentials)?;
        logging::start(Logging::new("warn", false)?)?;
        let mut frame = Frame::plain(Exposure::plain(&self.listen, false)?);
        // Objects may be large; who stalls is cut all the same.
        frame.limits.request_timeout = up::request_time();
        let serving = async {
            let shutdown = Shutdown::on_signals()?;
            let readiness = Readiness::default();
            readiness.ready();
            let bound = frame.bind().await?;
            Ok(bound.serve(router, Parts { readiness, registry: Registry::default(), shutdown }).await.exit_code())
        };
        tokio::runtime::Runtime::new()?.block_on(serving)
    }
}

/// The server's one route, which takes every path.
pub(crate) fn router(folder: &Path, buckets: &[String], credentials: &Credentials) -> anyhow::Result<Router> {
    fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    for bucket in buckets {
        ensure!(is_bucket(bucket), "{bucket:?} is no name of a bucket: 3 to 63 of a-z, 0-9, `-` and `.`");
        let path = folder.join(bucket);
        fs::create_dir_all(&path).with_context(|| format!("cannot make {}", path.display()))?;
    }
    let files = FileSystem::new(folder).map_err(|error| anyhow!("cannot serve {}: {error:?}", folder.display()))?;
    let mut builder = S3ServiceBuilder::new(files);
    builder.set_auth(SimpleAuth::from_single(credentials.id.clone(), credentials.secret.as_str()));
    builder.set_access(Buckets(folder.to_owned()));
    let service = builder.build();
    Ok(Router::new().fallback(move |request: Request| answer(service.clone(), request)))
}

/// The folders that are there. s3s-fs makes a folder for whatever bucket an object is put into; S3 refuses.
struct Buckets(PathBuf);

#[async_trait::async_trait]
impl S3Access for Buckets {
    async fn check(&self, asked: &mut S3AccessContext<'_>) -> S3Result<()> {
        if asked.credentials().is_none() {
            return Err(s3_error!(AccessDenied, "Signature is required"));
        }
        match asked.s3_path().get_bucket_name() {
            Some(bucket) if asked.s3_op().name() != "CreateBucket" && !self.0.join(bucket).is_dir() => {
                Err(s3_error!(NoSuchBucket))
            }
            _ => Ok(()),
        }
    }
}

async fn answer(service: S3Service, request: Request) -> Response {
    match service.call(request.map(s3s::Body::http_body_unsync)).await {
        Ok(response) => response.map(Body::new),
        Err(error) => {
            tracing::error!(?error, "the S3 server failed");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// The rules for names of buckets, as far as they keep a name from being a path (Amazon S3 User Guide, "General purpose
/// bucket naming rules").
fn is_bucket(name: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'.');
    (3..=63).contains(&name.len()) && name.bytes().all(allowed) && !name.contains("..") && !name.starts_with('.')
}
