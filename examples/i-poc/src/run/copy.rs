//! The S3 app's part: the object goes into the instance without passing by here.

use std::time::Duration;

use anyhow::{Context as _, bail};
use tokio::time::sleep;
use veracruz_client::rest::{CopyJob, CopyRequest, CopyStatus, S3AppClient};

use crate::progress::Bar;
use crate::story::shown;

/// How long the first wait between two looks at a copy is, and the longest.
const WAITS: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(1));

/// Has the object copied and waits for it. Gives the number of bytes and their SHA-256.
pub(super) async fn copied(s3_app: &S3AppClient, request: &CopyRequest) -> anyhow::Result<(u64, String)> {
    let mut job = s3_app.start(request).await.context("the S3 app did not copy the object")?;
    let bar = Bar::bytes("the object", None);
    let (mut wait, longest) = WAITS;
    while job.status == CopyStatus::Running {
        bar.total(job.total);
        bar.at(job.bytes);
        sleep(wait).await;
        wait = longest.min(wait * 2);
        job = s3_app.job(&job.job).await.context("the S3 app does not say how its copy goes on")?;
    }
    match job {
        CopyJob { status: CopyStatus::Done, bytes, sha256, .. } => {
            Ok((bytes, shown(sha256.as_deref().unwrap_or("unknown"))))
        }
        CopyJob { problem: Some(problem), .. } => {
            bail!("the S3 app did not copy the object: {} [{}]", shown(&problem.detail), shown(&problem.code))
        }
        CopyJob { .. } => bail!("the S3 app did not copy the object, and does not say why"),
    }
}
