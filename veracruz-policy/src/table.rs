//! The rights of one principal: entries for directories, files and streams, of which the longest that fits decides.

use std::cmp::Ordering;
use std::collections::HashMap;

use serde::Serialize;

use crate::error::{Refusal, Report, Rule};
use crate::path::{Stream, Target, VfsPath};
use crate::reader::Cursor;
use crate::rights::Rights;

/// One line of `file_rights`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RightsEntry {
    /// The name exactly as written: programs see it as the name of their preopened directory.
    #[serde(rename = "file_name")]
    name: String,
    #[serde(skip)]
    target: Target,
    rights: Rights,
}

impl RightsEntry {
    /// An entry for `name`.
    ///
    /// # Errors
    /// When `name` is no stream and no path.
    pub fn new(name: &str, rights: Rights) -> Result<Self, crate::PathError> {
        Ok(RightsEntry { name: name.to_owned(), target: Target::parse(name)?, rights })
    }

    /// The name as the document writes it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What the name stands for.
    pub fn target(&self) -> &Target {
        &self.target
    }

    /// The rights on it.
    pub fn rights(&self) -> Rights {
        self.rights
    }
}

/// All entries of one principal.
///
/// An entry covers its own path and everything below it, whether the path is a file or a directory. Where several
/// cover a path the longest decides alone: rights are never merged, so a narrow entry can take rights away.
#[derive(Clone, Debug, Default)]
pub struct RightsTable {
    entries: Vec<RightsEntry>,
    /// One node for each distinct path, sorted by [`tree_order`], so that a subtree is contiguous.
    nodes: Vec<Node>,
    streams: [Option<usize>; 3],
}

#[derive(Clone, Debug)]
struct Node {
    entry: usize,
    /// The nearest node whose path contains this one.
    parent: Option<usize>,
}

/// Two entries of one table name one target with different rights.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{target} has rights {} and also {}", first.bits(), second.bits())]
pub struct ContradictoryEntry {
    /// Position of the second entry.
    pub position: usize,
    /// The target of both.
    pub target: String,
    /// The rights of the first entry.
    pub first: Rights,
    /// The rights of the second entry.
    pub second: Rights,
}

impl RightsTable {
    /// A table of `entries`; a repeated entry with the same rights is harmless and kept.
    ///
    /// # Errors
    /// All pairs of entries that contradict each other.
    pub fn new(entries: Vec<RightsEntry>) -> Result<Self, Vec<ContradictoryEntry>> {
        let contradictions = contradictions(&entries);
        if !contradictions.is_empty() {
            return Err(contradictions);
        }
        let mut streams = [None; 3];
        let mut paths: Vec<(&VfsPath, usize)> = Vec::new();
        for (position, entry) in entries.iter().enumerate() {
            match &entry.target {
                Target::Path(path) => paths.push((path, position)),
                Target::Stream(stream) => {
                    if let Some(slot) = streams.get_mut(*stream as usize) {
                        slot.get_or_insert(position);
                    }
                }
            }
        }
        paths.sort_by(|(left, _), (right, _)| tree_order(left, right));
        paths.dedup_by(|(left, _), (right, _)| left == right);
        let nodes = link(&paths);
        Ok(RightsTable { entries, nodes, streams })
    }

    /// The entries in the order of the document.
    pub fn entries(&self) -> &[RightsEntry] {
        &self.entries
    }

    /// The entry that decides about `target`: for a path the longest entry that is the path or contains it.
    pub fn deciding(&self, target: &Target) -> Option<&RightsEntry> {
        match target {
            Target::Path(path) => self.longest(path),
            Target::Stream(stream) => self.stream(*stream),
        }
    }

    fn stream(&self, stream: Stream) -> Option<&RightsEntry> {
        self.streams.get(stream as usize).copied().flatten().and_then(|position| self.entries.get(position))
    }

    /// The last node at or before `path` lies in the subtree of the deciding entry, because subtrees are contiguous;
    /// so the decision is the first of its ancestors that contains `path`.
    fn longest(&self, path: &VfsPath) -> Option<&RightsEntry> {
        let after = self.nodes.partition_point(|node| match self.path_of(node) {
            Some(entry) => tree_order(entry, path) != Ordering::Greater,
            None => false,
        });
        let mut candidate = after.checked_sub(1);
        while let Some(node) = candidate.and_then(|index| self.nodes.get(index)) {
            if self.path_of(node).is_some_and(|entry| entry.contains(path)) {
                return self.entries.get(node.entry);
            }
            candidate = node.parent;
        }
        None
    }

    fn path_of(&self, node: &Node) -> Option<&VfsPath> {
        self.entries.get(node.entry).and_then(|entry| entry.target.as_path())
    }
}

/// Order of paths in which everything below a path follows it directly: `/` sorts before every other character.
fn tree_order(left: &VfsPath, right: &VfsPath) -> Ordering {
    // No path contains NUL, so zero is free to stand for the separator.
    let key = |byte: u8| if byte == b'/' { 0 } else { byte };
    let (left, right) = (left.below_root().as_bytes(), right.below_root().as_bytes());
    match left.iter().zip(right).find(|(l, r)| l != r) {
        Some((l, r)) => key(*l).cmp(&key(*r)),
        None => left.len().cmp(&right.len()),
    }
}

fn link(paths: &[(&VfsPath, usize)]) -> Vec<Node> {
    let mut nodes: Vec<Node> = Vec::with_capacity(paths.len());
    let mut open: Vec<(usize, &VfsPath)> = Vec::new();
    for (index, (path, entry)) in paths.iter().enumerate() {
        while open.last().is_some_and(|(_, ancestor)| !ancestor.contains(path)) {
            open.pop();
        }
        nodes.push(Node { entry: *entry, parent: open.last().map(|(ancestor, _)| *ancestor) });
        open.push((index, path));
    }
    nodes
}

fn contradictions(entries: &[RightsEntry]) -> Vec<ContradictoryEntry> {
    let mut seen: HashMap<&Target, Rights> = HashMap::new();
    let mut found = Vec::new();
    for (position, entry) in entries.iter().enumerate() {
        let first = *seen.entry(&entry.target).or_insert(entry.rights);
        if first != entry.rights {
            let target = entry.target.to_string();
            found.push(ContradictoryEntry { position, target, first, second: entry.rights });
        }
    }
    found
}

impl Serialize for RightsTable {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.entries.serialize(serializer)
    }
}

/// Equal tables decide equally and print equally.
impl PartialEq for RightsTable {
    fn eq(&self, other: &Self) -> bool {
        self.entries == other.entries
    }
}

impl Eq for RightsTable {}

/// Reads a `file_rights` array.
pub(crate) fn read(list: &Cursor<'_>, report: &mut Report) -> Option<RightsTable> {
    let items = list.items()?;
    let entries: Option<Vec<RightsEntry>> = items.iter().map(|item| read_entry(item, report)).collect();
    match RightsTable::new(entries?) {
        Ok(table) => Some(table),
        Err(contradictions) => {
            for contradiction in contradictions {
                let refusal = Refusal::new(Rule::ContradictoryEntry, "one entry for a path", contradiction.to_string());
                list.at(contradiction.position).refuse(report, refusal);
            }
            None
        }
    }
}

/// The published schemas require neither key of an entry; an entry without either has no meaning.
fn read_entry(item: &Cursor<'_>, report: &mut Report) -> Option<RightsEntry> {
    let name = item.required("file_name", report);
    let number = item.required("rights", report);
    let target = name.as_ref().and_then(|name| {
        let text = name.text()?;
        let parsed = Target::parse(text).map_err(|error| error.refuse(text));
        name.keep(parsed, report).map(|target| (text.to_owned(), target))
    });
    let rights = number.as_ref().and_then(|number| {
        let bits = number.number(report)?;
        number.keep(Rights::from_number(bits).map_err(Refusal::from), report)
    });
    let ((name, target), rights) = target.zip(rights)?;
    Some(RightsEntry { name, target, rights })
}
