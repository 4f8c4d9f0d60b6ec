//! `path_open`, and files without a name.

use std::sync::Arc;

use veracruz_policy::Rights;

use super::Wasi;
use super::abi::Stop;
use super::abi::types::{Errno, Fd, Fdflags, Oflags};
use super::table::{Handle, OF_DIRECTORIES, Origin};
use super::walk::{End, Route};
use crate::vfs::{Directory, File, Node, Spot, Tree};

/// What nobody may do with a file whose content the policy declares.
const CHANGING: Rights = Rights::FD_WRITE
    .union(Rights::FD_ALLOCATE)
    .union(Rights::FD_FILESTAT_SET_SIZE)
    .union(Rights::FD_FILESTAT_SET_TIMES);

/// What a guest wants opened, and how.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wish<'a> {
    pub(super) path: &'a str,
    pub(super) how: Oflags,
    pub(super) rights: Rights,
    pub(super) inheriting: Rights,
    pub(super) flags: Fdflags,
}

impl Wish<'_> {
    /// What the directory's number and the policy have to allow besides what is known only when the file is found.
    fn needs(&self) -> Rights {
        if self.how.contains(Oflags::TRUNC) {
            Rights::PATH_OPEN | Rights::PATH_FILESTAT_SET_SIZE
        } else {
            Rights::PATH_OPEN
        }
    }
}

impl Wasi {
    /// What is opened has the rights that are asked for, as far as the entry that decides and the directory's number
    /// give them.
    pub(super) fn open(&mut self, fd: Fd, wish: Wish<'_>) -> Result<Fd, Stop> {
        let start = self.directory(fd, wish.needs())?;
        let (base, ceiling) = {
            let handle = self.table.get(fd)?;
            (handle.rights, handle.inheriting)
        };
        self.table.check_room()?;
        if wish.how.contains(Oflags::CREAT | Oflags::DIRECTORY) {
            return Err(Errno::Inval.into());
        }
        let (node, granted) = if wish.how.contains(Oflags::CREAT) {
            self.create(&start, &wish, base)?
        } else {
            let shared = self.view.shared.clone();
            let tree = shared.tree.read();
            let route = Route::read(&tree, &start, wish.path)?;
            let granted = self.view.decide(&route.path, wish.needs())?;
            (route.find()?, granted)
        };
        let rights = wish.rights & granted & ceiling;
        self.open_node(node, rights, wish.inheriting & ceiling, &wish)
    }

    fn open_node(&mut self, node: Node, rights: Rights, inheriting: Rights, wish: &Wish<'_>) -> Result<Fd, Stop> {
        let rights = match &node {
            Node::Directory(_) if wish.how.contains(Oflags::TRUNC) => return Err(Errno::Isdir.into()),
            Node::Directory(_) if rights.contains(Rights::FD_WRITE) && !wish.how.contains(Oflags::DIRECTORY) => {
                return Err(Errno::Isdir.into());
            }
            Node::Directory(_) => rights & OF_DIRECTORIES,
            Node::File(_) if wish.how.contains(Oflags::DIRECTORY) => return Err(Errno::Notdir.into()),
            Node::File(file) => self.open_file(file, rights, wish)?,
        };
        self.table.push(Handle { node, rights, inheriting, flags: wish.flags, offset: 0, origin: Origin::Opened })
    }

    fn open_file(&self, file: &Arc<File>, rights: Rights, wish: &Wish<'_>) -> Result<Rights, Stop> {
        let truncates = wish.how.contains(Oflags::TRUNC);
        if file.is_sealed() {
            return if truncates { Err(Errno::Acces.into()) } else { Ok(rights - CHANGING) };
        }
        if truncates {
            let shared = &self.view.shared;
            file.set_len(0, &shared.limits, shared.clock.wall_nanos())?;
        }
        Ok(rights)
    }

    /// Opens what is there, or makes a file; nobody comes in between.
    fn create(&self, start: &Arc<Directory>, wish: &Wish<'_>, base: Rights) -> Result<(Node, Rights), Stop> {
        let shared = &self.view.shared;
        let maker = shared.maker();
        let mut tree = shared.tree.write();
        let route = Route::read(&tree, start, wish.path)?;
        let granted = self.view.decide(&route.path, wish.needs())?;
        let end = self.walk_making_named(&mut tree, &route, base)?;
        match end.node {
            Some(_) if wish.how.contains(Oflags::EXCL) => return Err(Errno::Exist.into()),
            Some(Node::Directory(_)) => return Err(Errno::Isdir.into()),
            Some(Node::File(_)) if route.wants_directory => return Err(Errno::Notdir.into()),
            Some(file) => return Ok((file, granted)),
            None if route.wants_directory => return Err(Errno::Isdir.into()),
            None => {}
        }
        check_base(base, Rights::PATH_CREATE_FILE)?;
        self.view.decide(&route.path, Rights::PATH_CREATE_FILE)?;
        self.view.check_undeclared(&route.path)?;
        let node = Node::File(maker.empty_file()?);
        tree.put(&Spot { directory: &end.parent, name: end.named()? }, node.clone(), &maker)?;
        Ok((node, granted))
    }

    /// Walks, and makes the directories on the way that an entry of the policy speaks of: such an entry is a directory
    /// as soon as something is put into it.
    pub(super) fn walk_making_named<'a>(
        &self,
        tree: &mut Tree,
        route: &Route<'a>,
        base: Rights,
    ) -> Result<End<'a>, Stop> {
        let missing = match route.walk() {
            Err(Stop::Errno(Errno::Noent)) => Errno::Noent,
            walked => return walked,
        };
        let above = route.parent().filter(|above| self.view.is_named_directory(above, &route.path));
        let above = above.ok_or(missing)?;
        check_base(base, Rights::PATH_OPEN)?;
        tree.make_directories(&above, &self.view.shared.maker())?;
        route.walk()
    }

    /// A file that has no name and is gone when it is closed, with all rights (`veracruz_si.fd_create` of Veracruz main).
    pub(super) fn create_anonymous(&mut self) -> Result<Fd, Stop> {
        self.table.check_room()?;
        let node = Node::File(self.view.shared.maker().empty_file()?);
        self.table.push(Handle {
            node,
            rights: Rights::all(),
            inheriting: Rights::empty(),
            flags: Fdflags::empty(),
            offset: 0,
            origin: Origin::Opened,
        })
    }

    /// The directory that a call with a path starts from; its number has to allow the call.
    pub(super) fn directory(&mut self, fd: Fd, needed: Rights) -> Result<Arc<Directory>, Stop> {
        let handle = self.table.get(fd)?;
        let directory = handle.directory()?.clone();
        check_base(handle.rights, needed)?;
        Ok(directory)
    }
}

fn check_base(base: Rights, needed: Rights) -> Result<(), Stop> {
    if base.contains(needed) { Ok(()) } else { Err(Errno::Acces.into()) }
}
