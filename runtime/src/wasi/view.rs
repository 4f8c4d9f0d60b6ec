//! What a guest may do where: the policy's decision about a path, taken anew for each call that names one.
//!
//! The number of an open directory only narrows it; a guest never gets more than the entry that decides about the path.

use std::sync::Arc;

use veracruz_policy::{Action, DenialReason, Principal, Rights, Target, VfsPath};

use super::abi::Stop;
use super::abi::types::Errno;
use crate::vfs::{Shared, VfsError};

/// What everybody may do with a directory that only leads to an entry of theirs.
const ON_THE_WAY: Rights =
    Rights::PATH_OPEN.union(Rights::PATH_FILESTAT_GET).union(Rights::FD_FILESTAT_GET).union(Rights::FD_READDIR);

/// The rights on what a file holds. A second name must not win any of them.
const CONTENT: Rights = Rights::FD_READ
    .union(Rights::FD_WRITE)
    .union(Rights::FD_ALLOCATE)
    .union(Rights::FD_FILESTAT_SET_SIZE)
    .union(Rights::PATH_FILESTAT_SET_SIZE)
    .union(Rights::FD_EXECUTE);

/// One principal's view of the file system.
#[derive(Clone)]
pub(super) struct View {
    pub(super) shared: Arc<Shared>,
    pub(super) principal: Principal,
}

impl View {
    /// Whether `needed` is allowed on `path`; all rights of the entry that decides.
    pub(super) fn decide(&self, path: &VfsPath, needed: Rights) -> Result<Rights, Stop> {
        let target = Target::from(path.clone());
        match self.shared.policy.decide(&self.principal, Action::Use(needed), &target) {
            Ok(permit) => Ok(permit.granted()),
            Err(denied)
                if denied.reason == DenialReason::NoEntry && ON_THE_WAY.contains(needed) && self.leads_on(path) =>
            {
                Ok(ON_THE_WAY)
            }
            Err(denied) => Err(VfsError::Denied(denied).into()),
        }
    }

    /// Whether the principal has any right at `path`, or below it where nothing covers it.
    pub(super) fn is_visible(&self, path: VfsPath) -> bool {
        self.leads_on(&path) || self.shared.is_visible(&self.principal, path)
    }

    /// Whether an entry of the principal lies below `path`.
    pub(super) fn leads_on(&self, path: &VfsPath) -> bool {
        let below = |target: &Target| target.as_path().is_some_and(|entry| entry != path && path.contains(entry));
        let table = self.shared.policy.table(&self.principal);
        table.is_some_and(|table| table.entries().iter().any(|entry| below(entry.target())))
    }

    /// Whether `directory`, which is missing, is one that an entry of the principal speaks of: it is made when something
    /// is put into it.
    pub(super) fn is_named_directory(&self, directory: &VfsPath, inside: &VfsPath) -> bool {
        let target = Target::from(inside.clone());
        let entry = self.shared.policy.table(&self.principal).and_then(|table| table.deciding(&target));
        let named = entry.and_then(|entry| entry.target().as_path());
        named.is_some_and(|named| named != inside && directory.contains(named))
    }

    /// Refuses to make something where the policy declares a file: only its upload makes it.
    pub(super) fn check_undeclared(&self, path: &VfsPath) -> Result<(), Stop> {
        if self.shared.is_declared(path) { Err(Errno::Acces.into()) } else { Ok(()) }
    }

    /// Refuses a further name that would give rights on the content which the present name does not.
    pub(super) fn check_no_gain(present: Rights, further: Rights) -> Result<(), Stop> {
        let gained = further.intersection(CONTENT).difference(present);
        if gained.is_empty() { Ok(()) } else { Err(Errno::Acces.into()) }
    }
}
