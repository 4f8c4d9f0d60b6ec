//! What a run has open from the start: its streams, and a directory for each entry of its principal.
//!
//! A C library opens `/input/a.txt` through the directory with the longest name that leads there, so an entry for a file
//! needs a directory too: the one above it, if no other entry's directory leads there. That one shows what the principal
//! has entries for and nothing else.

use veracruz_policy::{Rights, RightsEntry, RightsTable, Stream, Target, VfsPath};

use super::abi::types::Fdflags;
use super::table::{Handle, OF_DIRECTORIES, Origin, Table};
use super::view::View;
use crate::vfs::{Node, Stdio, VfsError};

/// A directory to open and the rights on what is in it.
///
/// Its path is the name that the guest knows it by, and not what the policy writes: C libraries compare names as they are,
/// so with a slash at the end `/input/` would not be found by a program that opens `/input`.
struct Opening {
    path: VfsPath,
    rights: Rights,
}

/// Opens all of it.
pub(super) fn open(view: &View, table: &RightsTable, stdio: &Stdio, handles: &mut Table) -> Result<(), VfsError> {
    for stream in [Stream::Stdin, Stream::Stdout, Stream::Stderr] {
        if let Some(entry) = table.deciding(&Target::Stream(stream)) {
            handles.set_stream(stream as usize, stream_handle(stdio, stream, entry.rights()));
        }
    }
    for opening in openings(view, table) {
        let directory = view.shared.make_directories(&opening.path)?;
        let handle = Handle {
            node: Node::Directory(directory),
            rights: opening.rights & OF_DIRECTORIES,
            inheriting: opening.rights,
            flags: Fdflags::empty(),
            offset: 0,
            origin: Origin::Preopen(opening.path.as_str().into()),
        };
        handles.push_preopen(handle);
    }
    Ok(())
}

/// What a step of a pipeline prints follows what the step before it printed.
fn stream_handle(stdio: &Stdio, stream: Stream, rights: Rights) -> Handle {
    let file = stdio.of(stream);
    let offset = if stream == Stream::Stdin { 0 } else { file.len() };
    Handle {
        node: Node::File(file.clone()),
        rights,
        inheriting: Rights::empty(),
        flags: Fdflags::empty(),
        offset,
        origin: Origin::Stream,
    }
}

fn openings(view: &View, table: &RightsTable) -> Vec<Opening> {
    let paths = || table.entries().iter().filter_map(|entry| Some((entry, entry.target().as_path()?)));
    let directories: Vec<&VfsPath> =
        paths().filter(|(entry, path)| is_directory(view, entry, path)).map(|(_, path)| path).collect();
    let mut openings: Vec<Opening> = Vec::new();
    for (entry, path) in paths() {
        let rights = entry.rights();
        if directories.contains(&path) {
            openings.push(Opening { path: path.clone(), rights });
        } else if !directories.iter().any(|directory| directory.contains(path)) {
            let above = above(path);
            match openings.iter_mut().find(|opening| opening.path == above) {
                Some(opening) => opening.rights |= rights,
                None => openings.push(Opening { path: above, rights }),
            }
        }
    }
    for (entry, path) in paths().filter(|(_, path)| !directories.contains(path)) {
        let leads = openings.iter_mut().filter(|opening| opening.path.contains(path));
        if let Some(nearest) = leads.max_by_key(|opening| opening.path.as_str().len()) {
            nearest.rights |= entry.rights();
        }
    }
    openings
}

/// A slash says so; without one it is what is there.
fn is_directory(view: &View, entry: &RightsEntry, path: &VfsPath) -> bool {
    match view.shared.tree.read().look(path) {
        Ok(Some(Node::Directory(_))) => true,
        Ok(Some(Node::File(_))) | Err(_) => false,
        Ok(None) => entry.name().ends_with('/') && !view.shared.is_declared(path),
    }
}

fn above(path: &VfsPath) -> VfsPath {
    let parent = path.as_str().rsplit_once('/').map_or("/", |(parent, _)| parent);
    VfsPath::parse(if parent.is_empty() { "/" } else { parent }).unwrap_or_else(|_| path.clone())
}
