//! Host folders into the instance, before the program runs.
//!
//! Symbolic links below a mapped folder are refused: the instance knows none, and following one would bring in what
//! lies outside the folder. A mapped folder itself may be named by a link.

use std::fs::{DirEntry, File};
use std::io::Read;
use std::path::Path;

use anyhow::{Context, bail};
use veracruz_runtime::offline::{Offline, VfsPath};

use super::mapping::Map;

/// Bytes read at once.
const BLOCK: usize = 256 << 10;

/// Copies a folder with all that is in it, or one file.
pub(super) fn bring(map: &Map, into: &Offline) -> anyhow::Result<()> {
    let kind = std::fs::metadata(&map.host).with_context(|| format!("cannot read {}", map.host.display()))?;
    if kind.is_file() {
        return file(&map.host, &map.guest, into);
    }
    if !kind.is_dir() {
        bail!("{} is neither a file nor a folder", map.host.display());
    }
    let mut left = vec![(map.host.clone(), map.guest.clone())];
    while let Some((host, guest)) = left.pop() {
        into.directory(&guest)?;
        for entry in entries(&host)? {
            let (path, kind) = (entry.path(), entry.file_type()?);
            let below = below(&guest, &entry)?;
            if kind.is_dir() {
                left.push((path, below));
            } else if kind.is_file() {
                file(&path, &below, into)?;
            } else if kind.is_symlink() {
                bail!("{} is a symbolic link, which an instance has not; copy what it points to", path.display());
            } else {
                bail!("{} is neither a file nor a folder", path.display());
            }
        }
    }
    Ok(())
}

/// In the order of names, so that every run sees the same.
fn entries(folder: &Path) -> anyhow::Result<Vec<DirEntry>> {
    let listed = std::fs::read_dir(folder).and_then(Iterator::collect::<Result<Vec<DirEntry>, _>>);
    let mut entries = listed.with_context(|| format!("cannot list {}", folder.display()))?;
    entries.sort_by_key(DirEntry::file_name);
    Ok(entries)
}

fn below(guest: &VfsPath, entry: &DirEntry) -> anyhow::Result<VfsPath> {
    let name = entry.file_name();
    let name = name.to_str().with_context(|| format!("the name of {} is no UTF-8", entry.path().display()))?;
    VfsPath::parse(&format!("{guest}/{name}")).with_context(|| entry.path().display().to_string())
}

fn file(host: &Path, guest: &VfsPath, into: &Offline) -> anyhow::Result<()> {
    let reading = || format!("cannot read {}", host.display());
    let bringing = || format!("cannot bring {} to {guest}", host.display());
    let mut source = File::open(host).with_context(reading)?;
    let mut target = into.file(guest).with_context(bringing)?;
    let mut block = vec![0; BLOCK];
    loop {
        let read = source.read(&mut block).with_context(reading)?;
        if read == 0 {
            return target.finish().with_context(bringing);
        }
        target.push(block.get(..read).unwrap_or_default()).with_context(bringing)?;
    }
}
