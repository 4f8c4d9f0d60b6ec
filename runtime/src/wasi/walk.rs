//! From a path that a guest gives to a place in the tree, never out of the directory that it starts from.
//!
//! There are no symbolic links, so `..` is what stands before it; still every directory on the way has to exist, as
//! POSIX wants.

use std::sync::Arc;

use veracruz_policy::{MAX_COMPONENT_BYTES, MAX_PATH_BYTES, VfsPath};

use super::abi::Stop;
use super::abi::types::Errno;
use crate::vfs::{Directory, Node, Tree};

/// A guest's path, read and normalised; nothing has been looked up yet.
#[derive(Debug)]
pub(super) struct Route<'a> {
    start: Arc<Directory>,
    steps: Vec<&'a str>,
    /// What the path means now.
    pub(super) path: VfsPath,
    /// A slash or dot at the end: only a directory will do.
    pub(super) wants_directory: bool,
    ends_inside: bool,
}

/// Where a route ends.
#[derive(Debug)]
pub(super) struct End<'a> {
    /// The directory that the last name is looked up in.
    pub(super) parent: Arc<Directory>,
    /// The last name; none when the route ends at the directory itself, as `.` and `a/..` do.
    pub(super) name: Option<&'a str>,
    /// What is there.
    pub(super) node: Option<Node>,
}

impl<'a> Route<'a> {
    /// Reads `text` as a path that starts from `start`.
    pub(super) fn read(tree: &Tree, start: &Arc<Directory>, text: &'a str) -> Result<Self, Stop> {
        check_text(text)?;
        let from = tree.path_of(start).ok_or(Errno::Noent)?;
        let steps: Vec<&str> = text.split('/').filter(|step| !step.is_empty() && *step != ".").collect();
        let mut names: Vec<&str> = Vec::new();
        for step in &steps {
            match *step {
                ".." => names.pop().map(drop).ok_or(Errno::Perm)?,
                name => names.push(name),
            }
        }
        let path = names.iter().fold(from.to_string(), |path, name| path + "/" + name);
        let path = VfsPath::parse(&path).map_err(|_| Errno::Nametoolong)?;
        let last = text.rsplit('/').next().unwrap_or_default();
        let wants_directory = matches!(last, "" | "." | "..");
        Ok(Route { start: start.clone(), steps, path, wants_directory, ends_inside: last == "." })
    }

    /// Walks it.
    pub(super) fn walk(&self) -> Result<End<'a>, Stop> {
        let mut above: Vec<Arc<Directory>> = Vec::new();
        let mut here = self.start.clone();
        for (position, step) in self.steps.iter().enumerate() {
            let is_last = position + 1 == self.steps.len();
            match *step {
                ".." => here = above.pop().ok_or(Errno::Perm)?,
                name if is_last && !self.ends_inside => {
                    let node = here.child(name);
                    return Ok(End { parent: here, name: Some(name), node });
                }
                name => match here.child(name) {
                    Some(Node::Directory(next)) => above.push(std::mem::replace(&mut here, next)),
                    Some(Node::File(_)) => return Err(Errno::Notdir.into()),
                    None => return Err(Errno::Noent.into()),
                },
            }
        }
        Ok(End { node: Some(Node::Directory(here.clone())), parent: here, name: None })
    }

    /// The path above the end.
    pub(super) fn parent(&self) -> Option<VfsPath> {
        let (parent, _) = self.path.as_str().rsplit_once('/')?;
        VfsPath::parse(if parent.is_empty() { "/" } else { parent }).ok()
    }

    /// What is at the end, which must exist.
    pub(super) fn find(&self) -> Result<Node, Stop> {
        match self.walk()?.node {
            Some(Node::File(_)) if self.wants_directory => Err(Errno::Notdir.into()),
            Some(node) => Ok(node),
            None => Err(Errno::Noent.into()),
        }
    }
}

impl<'a> End<'a> {
    /// The name, for what cannot be done to a directory that the guest stands in.
    pub(super) fn named(&self) -> Result<&'a str, Stop> {
        self.name.ok_or(Stop::Errno(Errno::Inval))
    }
}

fn check_text(text: &str) -> Result<(), Stop> {
    let errno = match text {
        "" => Errno::Noent,
        text if text.len() > MAX_PATH_BYTES => Errno::Nametoolong,
        text if text.contains('\0') => Errno::Inval,
        text if text.starts_with('/') => Errno::Perm,
        text if text.split('/').any(|step| step.len() > MAX_COMPONENT_BYTES) => Errno::Nametoolong,
        _ => return Ok(()),
    };
    Err(errno.into())
}
