//! What callers may take, from the flags.

use std::num::{NonZeroU32, NonZeroU64};
use std::time::Duration;

use s3_app_core::Limits;

/// Raw settings; those that nobody sets stay as the core has them.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(next_help_heading = "Limits")]
pub(crate) struct LimitFlags {
    /// Copies at once whose callers wait [default: 32]
    #[arg(long, value_name = "NUMBER")]
    max_copies: Option<NonZeroU32>,

    /// Jobs that run at once [default: 32]
    #[arg(long, value_name = "NUMBER")]
    max_jobs: Option<NonZeroU32>,

    /// Jobs that are known at once; beyond, the one that ended first is forgotten [default: 1024]
    #[arg(long, value_name = "NUMBER")]
    remembered_jobs: Option<NonZeroU32>,

    /// How long a job is known after its end [default: 3600]
    #[arg(long, value_name = "SECONDS")]
    remember_jobs: Option<NonZeroU32>,

    /// How long S3 or an instance may be silent in the middle of a copy [default: 30]
    #[arg(long, value_name = "SECONDS")]
    stall_timeout: Option<NonZeroU32>,

    /// How long a whole copy may take [default: 86400]
    #[arg(long, value_name = "SECONDS")]
    copy_timeout: Option<NonZeroU32>,

    /// Bytes of the largest object that is copied [default: 68719476736]
    #[arg(long, value_name = "BYTES")]
    max_object_bytes: Option<NonZeroU64>,
}

impl LimitFlags {
    pub(crate) fn limits(&self) -> Limits {
        let mut limits = Limits::default();
        for (given, limit) in [
            (self.max_copies, &mut limits.copies),
            (self.max_jobs, &mut limits.jobs),
            (self.remembered_jobs, &mut limits.remembered),
        ] {
            *limit = given.and_then(|given| usize::try_from(given.get()).ok()).unwrap_or(*limit);
        }
        for (given, limit) in [
            (self.remember_jobs, &mut limits.remember),
            (self.stall_timeout, &mut limits.stall),
            (self.copy_timeout, &mut limits.copy_time),
        ] {
            *limit = given.map_or(*limit, |seconds| Duration::from_secs(seconds.get().into()));
        }
        limits.object_bytes = self.max_object_bytes.map_or(limits.object_bytes, NonZeroU64::get);
        limits
    }
}
