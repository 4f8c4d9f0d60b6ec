//! A copy in the background: what it is doing, and waiting for its end.

use std::time::Duration;

use serde_json::{Value, json};
use veracruz_client::rest::{CopyJob, CopyStatus, S3AppClient};

use crate::output::Answer;
use crate::progress::Bar;
use crate::remote::{Stop, refusal, shown};

/// How often a job is asked for: a bar that moves twice a second is alive, and the service hardly notices.
const INTERVAL: Duration = Duration::from_millis(500);

/// A job that was begun: its name, for later calls.
pub(super) fn started(job: &CopyJob) -> Answer {
    Answer::accepted(shown(&job.job), members(job))
}

/// Waits until the job has ended.
pub(super) async fn awaited(client: &S3AppClient, mut job: CopyJob) -> Result<Answer, Stop> {
    let mut bar = None;
    while job.status == CopyStatus::Running {
        let total = job.total;
        bar = bar
            .filter(|(_, known): &(Bar, Option<u64>)| *known == total)
            .or_else(|| Some((Bar::new(&job.job, total), total)));
        if let Some((bar, _)) = &bar {
            bar.at(job.bytes);
        }
        tokio::time::sleep(INTERVAL).await;
        // The job goes on without us: its name must not be lost.
        job = client.job(&job.job).await.map_err(|error| refusal(&error, json!({"job": job.job})))?;
    }
    drop(bar);
    Ok(answer(&job))
}

/// What a job is doing, or how it ended.
pub(super) fn answer(job: &CopyJob) -> Answer {
    let name = shown(&job.job);
    match (job.status, &job.problem) {
        (CopyStatus::Running, _) => {
            let of = job.total.map(|total| format!(" of {total}")).unwrap_or_default();
            Answer::accepted(format!("{name}: running, {}{of} bytes so far", job.bytes), members(job))
        }
        (CopyStatus::Done, _) => {
            let hash = shown(job.sha256.as_deref().unwrap_or("unknown"));
            Answer::accepted(format!("{name}: copied {} bytes, SHA-256 {hash}", job.bytes), members(job))
        }
        (CopyStatus::Cancelled, _) => {
            Answer::refused("copy-cancelled", format!("{name}: cancelled, nothing is in the instance"), members(job))
        }
        (CopyStatus::Failed, Some(problem)) => {
            Answer::refused(&shown(&problem.code), shown(&problem.detail), members(job))
        }
        (CopyStatus::Failed, None) => Answer::refused("copy-failed", format!("{name}: failed"), members(job)),
    }
}

fn members(job: &CopyJob) -> Value {
    let status = serde_json::to_value(job.status).unwrap_or_default();
    json!({"job": job.job, "status": status, "bytes": job.bytes, "total": job.total, "sha256": job.sha256, "problem": job.problem})
}
