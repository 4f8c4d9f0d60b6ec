//! A directory: names, each with a number that stays, so that a listing can go on where it stopped.
//!
//! The tree's lock decides who may look or change; the lock in here only lends out the inside for a moment, and no code
//! holds two of them.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::{Arc, Weak};

use parking_lot::Mutex;

use super::file::{File, Times};
use super::maker::Seat;
use crate::budget::Charge;

/// What a name costs besides its letters: two nodes of maps and the counts of a shared text.
pub(super) const NAME_BYTES: u64 = 128;

/// Numbers of `.` and `..`; names follow.
const FIRST_COOKIE: u64 = 3;

/// What a name stands for.
#[derive(Clone, Debug)]
pub(crate) enum Node {
    File(Arc<File>),
    Directory(Arc<Directory>),
}

impl Node {
    pub(crate) fn ino(&self) -> u64 {
        match self {
            Node::File(file) => file.ino(),
            Node::Directory(directory) => directory.ino(),
        }
    }

    pub(crate) fn is_same(&self, other: &Node) -> bool {
        match (self, other) {
            (Node::File(one), Node::File(two)) => Arc::ptr_eq(one, two),
            (Node::Directory(one), Node::Directory(two)) => Arc::ptr_eq(one, two),
            _ => false,
        }
    }
}

/// A directory. It lives as long as its name or an open handle does.
#[derive(Debug)]
pub(crate) struct Directory {
    seat: Seat,
    inner: Mutex<Inner>,
}

#[derive(Debug)]
struct Inner {
    names: BTreeMap<Arc<str>, Entry>,
    order: BTreeMap<u64, Arc<str>>,
    next: u64,
    /// The directory that names this one, and the name; none for the root and for what was removed.
    above: Option<(Weak<Directory>, Arc<str>)>,
    times: Times,
}

#[derive(Debug)]
struct Entry {
    node: Node,
    cookie: u64,
    _charge: Charge,
}

/// One name of a directory.
#[derive(Clone, Debug)]
pub(crate) struct Listed {
    pub(crate) name: Arc<str>,
    pub(crate) cookie: u64,
    pub(crate) node: Node,
}

impl Directory {
    pub(super) fn new(seat: Seat, now: u64) -> Self {
        let inner = Inner {
            names: BTreeMap::new(),
            order: BTreeMap::new(),
            next: FIRST_COOKIE,
            above: None,
            times: Times::all(now),
        };
        Directory { seat, inner: Mutex::new(inner) }
    }

    pub(crate) fn ino(&self) -> u64 {
        self.seat.ino()
    }

    pub(crate) fn times(&self) -> Times {
        self.inner.lock().times
    }

    pub(crate) fn set_times(&self, set: impl FnOnce(&mut Times)) {
        set(&mut self.inner.lock().times);
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.count() == 0
    }

    pub(super) fn count(&self) -> usize {
        self.inner.lock().names.len()
    }

    pub(crate) fn child(&self, name: &str) -> Option<Node> {
        self.inner.lock().names.get(name).map(|entry| entry.node.clone())
    }

    /// The directory that names this one, and how.
    pub(crate) fn above(&self) -> Option<(Arc<Directory>, Arc<str>)> {
        let inner = self.inner.lock();
        let (above, name) = inner.above.as_ref()?;
        Some((above.upgrade()?, name.clone()))
    }

    /// The first name with a number above `cookie`, in the order of numbers.
    pub(crate) fn next_after(&self, cookie: u64) -> Option<Listed> {
        let inner = self.inner.lock();
        let (cookie, name) = inner.order.range((Bound::Excluded(cookie), Bound::Unbounded)).next()?;
        let entry = inner.names.get(name)?;
        Some(Listed { name: name.clone(), cookie: *cookie, node: entry.node.clone() })
    }

    /// All names, in the order of their letters.
    pub(crate) fn list(&self) -> Vec<Listed> {
        let inner = self.inner.lock();
        let listed = |(name, entry): (&Arc<str>, &Entry)| Listed {
            name: name.clone(),
            cookie: entry.cookie,
            node: entry.node.clone(),
        };
        inner.names.iter().map(listed).collect()
    }

    /// Names `node`; what had the name before is given back. The caller holds the tree for changing.
    pub(super) fn put(self: &Arc<Self>, name: &str, node: Node, charge: Charge, now: u64) -> Option<Node> {
        let name: Arc<str> = Arc::from(name);
        match &node {
            Node::File(file) => file.named(),
            Node::Directory(directory) => directory.inner.lock().above = Some((Arc::downgrade(self), name.clone())),
        }
        let mut inner = self.inner.lock();
        let cookie = inner.next;
        inner.next += 1;
        inner.order.insert(cookie, name.clone());
        let old = inner.names.insert(name, Entry { node, cookie, _charge: charge });
        inner.changed(now);
        let old = old.map(|entry| {
            inner.order.remove(&entry.cookie);
            entry.node
        });
        drop(inner);
        old.inspect(Node::forget)
    }

    /// Takes a name away. The caller holds the tree for changing.
    pub(super) fn take(&self, name: &str, now: u64) -> Option<Node> {
        let mut inner = self.inner.lock();
        let entry = inner.names.remove(name)?;
        inner.order.remove(&entry.cookie);
        inner.changed(now);
        drop(inner);
        entry.node.forget();
        Some(entry.node)
    }
}

impl Node {
    /// One name less.
    fn forget(&self) {
        match self {
            Node::File(file) => file.unnamed(),
            Node::Directory(directory) => directory.inner.lock().above = None,
        }
    }
}

impl Inner {
    fn changed(&mut self, now: u64) {
        self.times.modified = now;
        self.times.changed = now;
    }
}
