//! Names and what they stand for: the tree of directories, and the four ways to change it.
//!
//! A `Tree` is held for looking or for changing by its lock in [`Shared`](super::Shared). It knows no principal: who may
//! do what is decided by its callers, while they hold it.

use std::sync::Arc;

use veracruz_policy::VfsPath;

use super::directory::{Directory, Node};
use super::error::{Place, VfsError};
use super::maker::Maker;

/// The tree of one instance.
#[derive(Debug)]
pub(crate) struct Tree {
    root: Arc<Directory>,
}

/// A name in a directory, whether or not it stands for something.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Spot<'a> {
    pub(crate) directory: &'a Arc<Directory>,
    pub(crate) name: &'a str,
}

impl Tree {
    pub(super) fn new(root: Arc<Directory>) -> Self {
        Tree { root }
    }

    /// What has this path.
    pub(crate) fn find(&self, path: &VfsPath) -> Result<Node, VfsError> {
        let mut node = Node::Directory(self.root.clone());
        for component in path.components() {
            let Node::Directory(directory) = node else { return Err(VfsError::NotDirectory(path.into())) };
            node = directory.child(component).ok_or_else(|| VfsError::NotFound(path.into()))?;
        }
        Ok(node)
    }

    /// As [`Tree::find`], with `None` for what does not exist but could be created.
    pub(crate) fn look(&self, path: &VfsPath) -> Result<Option<Node>, VfsError> {
        match self.find(path) {
            Ok(node) => Ok(Some(node)),
            Err(VfsError::NotFound(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Where a directory is now; `None` when it was removed.
    pub(crate) fn path_of(&self, directory: &Arc<Directory>) -> Option<VfsPath> {
        let mut names = Vec::new();
        let mut here = directory.clone();
        while !Arc::ptr_eq(&here, &self.root) {
            let (above, name) = here.above()?;
            names.push(name);
            here = above;
        }
        let text: String = names.iter().rev().flat_map(|name| ["/", name]).collect();
        VfsPath::parse(if text.is_empty() { "/" } else { &text }).ok()
    }

    /// Whether `inside` is `directory` or below it.
    pub(crate) fn is_inside(&self, inside: &Arc<Directory>, directory: &Arc<Directory>) -> bool {
        let mut here = Some(inside.clone());
        while let Some(this) = here {
            if Arc::ptr_eq(&this, directory) {
                return true;
            }
            here = this.above().map(|(above, _)| above);
        }
        false
    }

    /// Gives `leaf` a path that nothing has, with the directories above it that are missing: all or nothing.
    pub(super) fn attach(&mut self, path: &VfsPath, leaf: Node, maker: &Maker<'_>) -> Result<(), VfsError> {
        maker.depth(path)?;
        let components: Vec<&str> = path.components().collect();
        let mut directory = self.root.clone();
        for (position, component) in components.iter().enumerate() {
            let is_last = position + 1 == components.len();
            match directory.child(component) {
                Some(Node::Directory(next)) if !is_last => directory = next,
                Some(Node::File(_)) if !is_last => return Err(VfsError::NotDirectory(path.into())),
                Some(_) => return Err(VfsError::Exists(path.into())),
                None => {
                    let below = components.get(position + 1..).unwrap_or_default();
                    let charge = maker.name(path, &directory, component)?;
                    let top = maker.wrap(below, leaf)?;
                    directory.put(component, top, charge, maker.now());
                    return Ok(());
                }
            }
        }
        Err(VfsError::Exists(path.into()))
    }

    /// Gives `node` a name that nothing has.
    pub(crate) fn put(&mut self, spot: &Spot<'_>, node: Node, maker: &Maker<'_>) -> Result<(), VfsError> {
        let path = self.spot(spot)?;
        maker.depth(&path)?;
        let charge = maker.name(&path, spot.directory, spot.name)?;
        spot.directory.put(spot.name, node, charge, maker.now());
        Ok(())
    }

    /// Takes a name away; what it stood for lives on in its open handles.
    pub(crate) fn take(&mut self, spot: &Spot<'_>, maker: &Maker<'_>) -> Option<Node> {
        spot.directory.take(spot.name, maker.now())
    }

    /// Moves a name, by the rules of POSIX `rename`: what the new name stood for is replaced if it is of the same kind,
    /// a directory only if it is empty, and two names of one file are left alone. What was replaced is given back, to be
    /// dropped without the lock.
    pub(crate) fn rename(&mut self, spots: &[Spot<'_>; 2], maker: &Maker<'_>) -> Result<Option<Node>, VfsError> {
        let [from, to] = spots;
        let path = self.spot(to)?;
        let old = from.directory.child(from.name).ok_or_else(|| VfsError::NotFound((&path).into()))?;
        match (&old, to.directory.child(to.name)) {
            (_, Some(target)) if target.is_same(&old) => return Ok(None),
            (Node::Directory(_), Some(Node::File(_))) => return Err(VfsError::NotDirectory((&path).into())),
            (Node::File(_), Some(Node::Directory(_))) => return Err(VfsError::IsDirectory((&path).into())),
            (_, Some(Node::Directory(target))) if !target.is_empty() => {
                return Err(VfsError::NotEmpty((&path).into()));
            }
            _ => {}
        }
        if let Node::Directory(moved) = &old {
            if self.is_inside(to.directory, moved) {
                return Err(VfsError::IntoItself((&path).into()));
            }
            maker.depth_below(&path, moved)?;
        }
        maker.depth(&path)?;
        let charge = maker.name(&path, to.directory, to.name)?;
        from.directory.take(from.name, maker.now());
        Ok(to.directory.put(to.name, old, charge, maker.now()))
    }

    fn spot(&self, spot: &Spot<'_>) -> Result<VfsPath, VfsError> {
        let above = self.path_of(spot.directory).ok_or_else(|| gone(spot.directory))?;
        below(&above, spot.name)
    }

    /// Makes all directories of `path` that are missing.
    pub(crate) fn make_directories(&mut self, path: &VfsPath, maker: &Maker<'_>) -> Result<Arc<Directory>, VfsError> {
        if let Some(node) = self.look(path)? {
            return directory_or(node, path);
        }
        let made = maker.directory()?;
        self.attach(path, Node::Directory(made.clone()), maker)?;
        Ok(made)
    }
}

/// The path of `name` in the directory at `path`.
pub(crate) fn below(path: &VfsPath, name: &str) -> Result<VfsPath, VfsError> {
    let limit = veracruz_policy::MAX_PATH_BYTES;
    VfsPath::parse(&format!("{path}/{name}")).map_err(|_| VfsError::TooDeep { path: path.into(), limit })
}

pub(super) fn directory_or(node: Node, path: &VfsPath) -> Result<Arc<Directory>, VfsError> {
    match node {
        Node::Directory(directory) => Ok(directory),
        Node::File(_) => Err(VfsError::NotDirectory(path.into())),
    }
}

fn gone(directory: &Arc<Directory>) -> VfsError {
    VfsError::NotFound(Place::removed(directory.ino()))
}
