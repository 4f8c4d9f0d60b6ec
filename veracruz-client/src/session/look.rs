//! Looking around, without changing anything: what is there, what runs, which policy holds.

use veracruz_policy::Sha256Digest;
use veracruz_protocol::{Content, FileStat, ListEntry, Request, RunList};

use super::{Repeats, Session, in_the_instance, unexpected};
use crate::error::{Error, shown};

/// Pages of one list: a million names, which is more than an instance keeps. A peer that never ends is no instance.
const MAX_PAGES: usize = 4096;

impl Session {
    /// The entries of a directory that this identity may see, sorted by name.
    ///
    /// # Errors
    ///
    /// [`Error::Failed`] when the instance refuses it. If the connection breaks, it is repeated once on a new one.
    pub async fn list(&mut self, path: &str) -> Result<Vec<ListEntry>, Error> {
        let directory = in_the_instance(path)?;
        let (mut entries, mut after) = (Vec::new(), None);
        for _ in 0..MAX_PAGES {
            let request = Request::List { path: directory.clone(), after };
            let Content::Listing(page) = self.ask(&request, "list", path, Repeats::Safely).await? else {
                return Err(unexpected("list"));
            };
            let (more, next) = page.into_parts();
            entries.extend(more);
            after = next;
            if after.is_none() {
                return Ok(entries);
            }
        }
        Err(Error::Protocol { operation: "list", detail: format!("the list of {:?} has no end", shown(path)) })
    }

    /// Kind, size and time of one file.
    ///
    /// # Errors
    ///
    /// As [`list`](Self::list).
    pub async fn stat(&mut self, name: &str) -> Result<FileStat, Error> {
        let request = Request::Stat { name: in_the_instance(name)? };
        match self.ask(&request, "look at", name, Repeats::Safely).await? {
            Content::Stat(stat) => Ok(stat),
            _ => Err(unexpected("look at")),
        }
    }

    /// The hash of the policy that the instance says it holds. It was compared already when the session was opened.
    ///
    /// # Errors
    ///
    /// As [`list`](Self::list).
    pub async fn policy_hash(&mut self) -> Result<Sha256Digest, Error> {
        match self.ask(&Request::PolicyHash, "ask for the policy's hash", "", Repeats::Safely).await? {
            Content::PolicyHash(hash) => Ok(hash),
            _ => Err(unexpected("ask for the policy's hash")),
        }
    }

    /// The runs of this identity that are not over, on any of its connections.
    ///
    /// # Errors
    ///
    /// As [`list`](Self::list).
    pub async fn runs(&mut self) -> Result<RunList, Error> {
        match self.ask(&Request::Runs, "list runs", "", Repeats::Safely).await? {
            Content::Runs(runs) => Ok(runs),
            _ => Err(unexpected("list runs")),
        }
    }
}
