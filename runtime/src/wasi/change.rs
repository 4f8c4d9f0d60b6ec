//! The calls that change names: directories made and removed, files unlinked, renamed, linked. POSIX's rules, and two of
//! ours: what the policy declares stays where it is, and a new name wins no rights on the content.

use veracruz_policy::Rights;

use super::Wasi;
use super::abi::Stop;
use super::abi::types::{Errno, Fd};
use super::view::View;
use super::walk::Route;
use crate::vfs::{Node, Spot};

impl Wasi {
    pub(super) fn create_directory(&mut self, fd: Fd, path: &str) -> Result<(), Stop> {
        let needed = Rights::PATH_CREATE_DIRECTORY;
        let start = self.directory(fd, needed)?;
        let base = self.table.get(fd)?.rights;
        let shared = &self.view.shared;
        let maker = shared.maker();
        let mut tree = shared.tree.write();
        let route = Route::read(&tree, &start, path)?;
        self.view.decide(&route.path, needed)?;
        let end = self.walk_making_named(&mut tree, &route, base | Rights::PATH_OPEN)?;
        if end.node.is_some() {
            return Err(Errno::Exist.into());
        }
        self.view.check_undeclared(&route.path)?;
        let directory = Node::Directory(maker.directory()?);
        tree.put(&Spot { directory: &end.parent, name: end.named()? }, directory, &maker)?;
        Ok(())
    }

    pub(super) fn remove_directory(&mut self, fd: Fd, path: &str) -> Result<(), Stop> {
        let needed = Rights::PATH_REMOVE_DIRECTORY;
        let start = self.directory(fd, needed)?;
        let shared = &self.view.shared;
        let mut tree = shared.tree.write();
        let route = Route::read(&tree, &start, path)?;
        self.view.decide(&route.path, needed)?;
        let end = route.walk()?;
        let name = end.named()?;
        match end.node {
            None => Err(Errno::Noent.into()),
            Some(Node::File(_)) => Err(Errno::Notdir.into()),
            Some(Node::Directory(directory)) if !directory.is_empty() => Err(Errno::Notempty.into()),
            Some(Node::Directory(_)) => {
                tree.take(&Spot { directory: &end.parent, name }, &shared.maker());
                Ok(())
            }
        }
    }

    /// The file lives on for those who have it open.
    pub(super) fn unlink_file(&mut self, fd: Fd, path: &str) -> Result<(), Stop> {
        let needed = Rights::PATH_UNLINK_FILE;
        let start = self.directory(fd, needed)?;
        let shared = &self.view.shared;
        let mut tree = shared.tree.write();
        let route = Route::read(&tree, &start, path)?;
        self.view.decide(&route.path, needed)?;
        let end = route.walk()?;
        match (&end.node, end.name) {
            (Some(Node::Directory(_)), _) | (_, None) => Err(Errno::Isdir.into()),
            (None, _) => Err(Errno::Noent.into()),
            (Some(Node::File(_)), _) if route.wants_directory => Err(Errno::Notdir.into()),
            (Some(Node::File(_)), Some(name)) => {
                // A large file takes its time to free; `end` is dropped after the lock.
                tree.take(&Spot { directory: &end.parent, name }, &shared.maker());
                drop(tree);
                Ok(())
            }
        }
    }

    pub(super) fn rename(&mut self, from: (Fd, &str), to: (Fd, &str)) -> Result<(), Stop> {
        let old_start = self.directory(from.0, Rights::PATH_RENAME_SOURCE)?;
        let new_start = self.directory(to.0, Rights::PATH_RENAME_TARGET)?;
        let shared = &self.view.shared;
        let mut tree = shared.tree.write();
        let old_route = Route::read(&tree, &old_start, from.1)?;
        let new_route = Route::read(&tree, &new_start, to.1)?;
        let present = self.view.decide(&old_route.path, Rights::PATH_RENAME_SOURCE)?;
        let further = self.view.decide(&new_route.path, Rights::PATH_RENAME_TARGET)?;
        let (old, new) = (old_route.walk()?, new_route.walk()?);
        let (old_name, new_name) = (old.named()?, new.named()?);
        match &old.node {
            None => return Err(Errno::Noent.into()),
            Some(Node::File(_)) if old_route.wants_directory || new_route.wants_directory => {
                return Err(Errno::Notdir.into());
            }
            // Below, other entries decide: they are about places, which must not move away under them.
            Some(Node::Directory(_)) if self.view.leads_on(&old_route.path) || self.view.leads_on(&new_route.path) => {
                return Err(Errno::Acces.into());
            }
            Some(_) => View::check_no_gain(present, further)?,
        }
        let spots = [Spot { directory: &old.parent, name: old_name }, Spot { directory: &new.parent, name: new_name }];
        let replaced = tree.rename(&spots, &shared.maker())?;
        drop(tree);
        drop((replaced, old, new));
        Ok(())
    }

    pub(super) fn link(&mut self, from: (Fd, &str), to: (Fd, &str)) -> Result<(), Stop> {
        let old_start = self.directory(from.0, Rights::PATH_LINK_SOURCE)?;
        let new_start = self.directory(to.0, Rights::PATH_LINK_TARGET)?;
        let shared = &self.view.shared;
        let mut tree = shared.tree.write();
        let old_route = Route::read(&tree, &old_start, from.1)?;
        let new_route = Route::read(&tree, &new_start, to.1)?;
        let present = self.view.decide(&old_route.path, Rights::PATH_LINK_SOURCE)?;
        let further = self.view.decide(&new_route.path, Rights::PATH_LINK_TARGET)?;
        let node = old_route.find()?;
        let new = new_route.walk()?;
        match (&node, &new.node) {
            (Node::Directory(_), _) => return Err(Errno::Perm.into()),
            (_, Some(_)) => return Err(Errno::Exist.into()),
            (_, None) if new_route.wants_directory => return Err(Errno::Noent.into()),
            (Node::File(file), None) if file.is_sealed() => return Err(Errno::Acces.into()),
            (Node::File(_), None) => View::check_no_gain(present, further)?,
        }
        tree.put(&Spot { directory: &new.parent, name: new.named()? }, node, &shared.maker())?;
        Ok(())
    }

    /// Refused: a link could point out of what the guest was given, and nothing else here needs to know of links.
    pub(super) fn symlink(&mut self, fd: Fd, path: &str) -> Result<(), Stop> {
        let start = self.directory(fd, Rights::PATH_SYMLINK)?;
        let shared = &self.view.shared;
        let route = Route::read(&shared.tree.read(), &start, path)?;
        self.view.decide(&route.path, Rights::PATH_SYMLINK)?;
        Err(Errno::Notsup.into())
    }

    /// Nothing is a symbolic link.
    pub(super) fn readlink(&mut self, fd: Fd, path: &str) -> Result<(), Stop> {
        let start = self.directory(fd, Rights::PATH_READLINK)?;
        let shared = &self.view.shared;
        let route = Route::read(&shared.tree.read(), &start, path)?;
        self.view.decide(&route.path, Rights::PATH_READLINK)?;
        route.find()?;
        Err(Errno::Inval.into())
    }
}
