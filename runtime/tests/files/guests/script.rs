//! Bytes as a script of file calls, made by a guest and by a model: a map from paths to plain vectors. They must agree on
//! what succeeds and on what is read.

use std::collections::BTreeMap;

use super::guest::{ALL, APPEND, CREAT, DIR, DIRECTORY, EXCL, Guest, TRUNC};
use crate::world::{CHUNK, pattern};

/// What a script can do; each name stands for a call that succeeded.
pub(crate) const KINDS: [&str; 16] = [
    "open", "close", "read", "write", "pread", "pwrite", "seek", "set-size", "allocate", "unlink", "mkdir", "rmdir",
    "rename", "link", "list", "stat",
];

const PATHS: [&str; 16] = [
    "a",
    "b",
    "d",
    "e",
    "d/x",
    "d/y",
    "e/z",
    "d/sub",
    "d/sub/deep",
    "d/../a",
    "./b",
    "a/",
    "d/",
    "../a",
    "d/..",
    "e/.",
];
const SIZES: [usize; 8] = [0, 1, 5, 100, 5000, CHUNK - 1, CHUNK, CHUNK + 1];

/// Files that are open at once.
const MAX_OPEN: usize = 6;

#[derive(Clone, Copy, Debug, PartialEq)]
enum Node {
    Directory,
    File(usize),
}

struct Open {
    fd: u32,
    file: usize,
    offset: usize,
    appends: bool,
}

#[derive(Default)]
struct Model {
    nodes: BTreeMap<String, Node>,
    files: Vec<Vec<u8>>,
    open: Vec<Open>,
}

/// Where a path leads in the model.
struct Place {
    path: String,
    named: bool,
    wants_directory: bool,
    node: Option<Node>,
}

struct Bytes<'a>(std::slice::Iter<'a, u8>);

impl Bytes<'_> {
    fn pick<T: Copy>(&mut self, from: &[T]) -> Option<T> {
        let byte = self.0.next()?;
        Some(from[usize::from(*byte) % from.len()])
    }

    fn byte(&mut self) -> Option<u8> {
        self.0.next().copied()
    }
}

/// Runs the script; which kinds of calls succeeded.
///
/// # Panics
/// When guest and model disagree, or memory is not given back at the end.
pub(crate) fn drive(script: &[u8]) -> Vec<&'static str> {
    let mut guest = Guest::new("/t/ : 536870911");
    let empty = guest.vfs.budget().used();
    let mut model = Model::default();
    model.nodes.insert(String::new(), Node::Directory);
    let mut bytes = Bytes(script.iter());
    let mut succeeded = Vec::new();
    while let Some(kind) = bytes.pick(&KINDS) {
        match step(kind, &mut bytes, &mut guest, &mut model) {
            Some(true) => succeeded.push(kind),
            Some(false) => {}
            None => break,
        }
    }
    for open in model.open.drain(..) {
        guest.close(open.fd).unwrap();
    }
    for (path, node) in model.nodes.iter().rev().filter(|(path, _)| !path.is_empty()) {
        let call = if *node == Node::Directory { "path_remove_directory" } else { "path_unlink_file" };
        guest.on_path(call, DIR, path).unwrap();
    }
    assert_eq!(guest.vfs.budget().used(), empty, "memory is not given back");
    succeeded
}

/// One call on both; whether it succeeded. `None` when the script ends.
fn step(kind: &str, bytes: &mut Bytes<'_>, guest: &mut Guest, model: &mut Model) -> Option<bool> {
    let same = |what: &str, guest: bool, model: bool| {
        assert_eq!(guest, model, "{what}: the guest (left) and the model (right) disagree on whether it succeeds");
        Some(guest)
    };
    match kind {
        "open" => {
            let (path, flags) = (bytes.pick(&PATHS)?, i64::from(bytes.byte()?));
            let how = flags & (CREAT | EXCL | TRUNC);
            let appends = flags & 128 != 0;
            if model.open.len() >= MAX_OPEN {
                return Some(false);
            }
            let opened = guest.open_with(DIR, path, how, ALL, if appends { APPEND } else { 0 });
            let expected = model.open(path, how);
            if let (Ok(fd), Some(file)) = (opened, expected) {
                model.open.push(Open { fd, file, offset: 0, appends });
            }
            same(&format!("open {path} {how:b}"), opened.is_ok(), expected.is_some())
        }
        "unlink" | "mkdir" | "rmdir" => {
            let path = bytes.pick(&PATHS)?;
            let (call, expected) = match kind {
                "unlink" => ("path_unlink_file", model.unlink(path)),
                "mkdir" => ("path_create_directory", model.mkdir(path)),
                _ => ("path_remove_directory", model.rmdir(path)),
            };
            same(&format!("{call} {path}"), guest.on_path(call, DIR, path).is_ok(), expected.is_some())
        }
        "rename" | "link" => {
            let (from, to) = (bytes.pick(&PATHS)?, bytes.pick(&PATHS)?);
            let (done, expected) = match kind {
                "rename" => (guest.rename((DIR, from), (DIR, to)), model.rename(from, to)),
                _ => (guest.link((DIR, from), (DIR, to)), model.link(from, to)),
            };
            same(&format!("{kind} {from} {to}"), done.is_ok(), expected.is_some())
        }
        "list" => list(bytes.pick(&PATHS)?, guest, model),
        "stat" => {
            let path = bytes.pick(&PATHS)?;
            let size = model.existing(path).map(|node| match node {
                Node::Directory => 0,
                Node::File(file) => model.files[file].len() as u64,
            });
            assert_eq!(guest.stat(DIR, path).ok().map(|stat| stat.size), size, "the size of {path}");
            Some(size.is_some())
        }
        _ => on_file(kind, bytes, guest, model),
    }
}

fn list(path: &str, guest: &mut Guest, model: &Model) -> Option<bool> {
    let opened = guest.open(DIR, path, DIRECTORY);
    let expected = match model.place(path) {
        Some(Place { node: Some(Node::Directory), path, .. }) => Some(path),
        _ => None,
    };
    assert_eq!(opened.is_ok(), expected.is_some(), "listing {path}");
    let (Ok(fd), Some(directory)) = (opened, expected) else { return Some(false) };
    let names: Vec<&str> = model.children(&directory).collect();
    assert_eq!(guest.names(fd).unwrap(), names, "the names in {path}");
    guest.close(fd).unwrap();
    Some(true)
}

fn on_file(kind: &str, bytes: &mut Bytes<'_>, guest: &mut Guest, model: &mut Model) -> Option<bool> {
    let (which, size, seed) = (bytes.byte()?, bytes.pick(&SIZES)?, bytes.byte()?);
    let at = bytes.pick(&SIZES)?;
    if model.open.is_empty() {
        return Some(false);
    }
    let which = usize::from(which) % model.open.len();
    if kind == "close" {
        guest.close(model.open.swap_remove(which).fd).unwrap();
        return Some(true);
    }
    let open = &mut model.open[which];
    let content = &mut model.files[open.file];
    let data = pattern(seed, size);
    match kind {
        "read" | "pread" => {
            let from = if kind == "read" { open.offset } else { at };
            let end = content.len().min(from + size);
            let expected = content.get(from..end).unwrap_or_default();
            let read = if kind == "read" { guest.read(open.fd, size) } else { guest.pread(open.fd, size, at as i64) };
            assert!(read.unwrap() == expected, "{kind} of {size} at {from}");
            if kind == "read" {
                open.offset += expected.len();
            }
        }
        "write" | "pwrite" => {
            let start = match kind {
                "pwrite" => at,
                _ if open.appends => content.len(),
                _ => open.offset,
            };
            if size > 0 {
                content.resize(content.len().max(start + size), 0);
                content[start..start + size].copy_from_slice(&data);
            }
            let wrote = match kind {
                "write" => guest.write(open.fd, &data),
                _ => guest.pwrite(open.fd, &data, at as i64),
            };
            assert_eq!(wrote, Ok(size), "{kind} of {size} at {start}");
            if kind == "write" && size > 0 {
                open.offset = start + size;
            }
        }
        "seek" => {
            let (delta, whence) = (at as i64 * if seed % 2 == 0 { 1 } else { -1 }, i64::from(seed / 2 % 3));
            let base = [0, open.offset, content.len()][whence as usize] as i64;
            let expected = u64::try_from(base + delta).ok();
            assert_eq!(guest.seek(open.fd, delta, whence).ok(), expected, "seek by {delta} from {whence}");
            let Some(offset) = expected else { return Some(false) };
            open.offset = offset as usize;
        }
        "set-size" => {
            content.resize(at, 0);
            guest.set_size(open.fd, at as i64).unwrap();
        }
        "allocate" => {
            let errno = guest.call("fd_allocate", &[i64::from(open.fd), at as i64, size as i64]);
            assert_eq!(errno == 0, size > 0);
            if size > 0 {
                content.resize(content.len().max(at + size), 0);
            }
            return Some(size > 0);
        }
        other => panic!("no kind {other}"),
    }
    Some(true)
}

impl Model {
    /// Walks as POSIX does, without links.
    fn place(&self, text: &str) -> Option<Place> {
        let steps: Vec<&str> = text.split('/').filter(|step| !step.is_empty() && *step != ".").collect();
        let last = text.rsplit('/').next().unwrap_or_default();
        let mut here: Vec<&str> = Vec::new();
        for (position, step) in steps.iter().enumerate() {
            match *step {
                ".." => {
                    here.pop()?;
                }
                name => here.push(name),
            }
            if position + 1 < steps.len() && self.nodes.get(&here.join("/")) != Some(&Node::Directory) {
                return None;
            }
        }
        let path = here.join("/");
        let node = self.nodes.get(&path).copied();
        if last == "." && node != Some(Node::Directory) {
            return None;
        }
        let named = !path.is_empty() && last != "." && last != "..";
        Some(Place { path, named, wants_directory: matches!(last, "" | "." | ".."), node })
    }

    fn existing(&self, path: &str) -> Option<Node> {
        let place = self.place(path)?;
        place.node.filter(|node| *node == Node::Directory || !place.wants_directory)
    }

    fn children(&self, directory: &str) -> impl Iterator<Item = &str> {
        let prefix = if directory.is_empty() { String::new() } else { format!("{directory}/") };
        let below = move |path: &'_ str| path.strip_prefix(&prefix).map(str::len);
        self.nodes.keys().filter_map(move |path| {
            let rest = &path[path.len() - below(path)?..];
            (!rest.is_empty() && !rest.contains('/')).then_some(rest)
        })
    }

    fn open(&mut self, path: &str, how: i64) -> Option<usize> {
        let place = self.place(path)?;
        let file = match place.node {
            Some(_) if how & CREAT != 0 && how & EXCL != 0 => return None,
            Some(Node::File(file)) if !place.wants_directory => file,
            None if how & CREAT != 0 && !place.wants_directory => {
                self.files.push(Vec::new());
                self.nodes.insert(place.path, Node::File(self.files.len() - 1));
                self.files.len() - 1
            }
            _ => return None,
        };
        if how & TRUNC != 0 {
            self.files[file].clear();
        }
        Some(file)
    }

    fn unlink(&mut self, path: &str) -> Option<()> {
        let place = self.place(path)?;
        matches!(place.node, Some(Node::File(_)) if !place.wants_directory).then(|| self.nodes.remove(&place.path))?;
        Some(())
    }

    fn mkdir(&mut self, path: &str) -> Option<()> {
        let place = self.place(path)?;
        (place.node.is_none() && place.named).then(|| self.nodes.insert(place.path, Node::Directory))?;
        Some(())
    }

    fn rmdir(&mut self, path: &str) -> Option<()> {
        let place = self.place(path)?;
        let empty = place.node == Some(Node::Directory) && self.children(&place.path).next().is_none();
        (empty && place.named).then(|| self.nodes.remove(&place.path))?;
        Some(())
    }

    fn rename(&mut self, from: &str, to: &str) -> Option<()> {
        let (old, new) = (self.place(from)?, self.place(to)?);
        let node = old.node.filter(|_| old.named && new.named)?;
        let is_file = matches!(node, Node::File(_));
        if is_file && (old.wants_directory || new.wants_directory) {
            return None;
        }
        let same = old.path == new.path || (is_file && new.node == Some(node));
        if same {
            return Some(());
        }
        match new.node {
            Some(Node::Directory) if is_file || self.children(&new.path).next().is_some() => return None,
            Some(Node::File(_)) if !is_file => return None,
            _ if new.path.starts_with(&format!("{}/", old.path)) => return None,
            _ => {}
        }
        let inside = format!("{}/", old.path);
        let moved: Vec<String> =
            self.nodes.keys().filter(|path| **path == old.path || path.starts_with(&inside)).cloned().collect();
        for path in moved {
            let node = self.nodes.remove(&path)?;
            self.nodes.insert(format!("{}{}", new.path, &path[old.path.len()..]), node);
        }
        Some(())
    }

    fn link(&mut self, from: &str, to: &str) -> Option<()> {
        let (old, new) = (self.place(from)?, self.place(to)?);
        let node = old.node.filter(|node| matches!(node, Node::File(_)) && !old.wants_directory)?;
        (new.node.is_none() && new.named && !new.wants_directory).then(|| self.nodes.insert(new.path, node))?;
        Some(())
    }
}
