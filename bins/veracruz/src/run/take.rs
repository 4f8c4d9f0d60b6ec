//! Files and folders out of the instance, after the program has ended.
//!
//! Everything is first written aside, next to where it goes, and moved into place when all of it is complete: what
//! fails before leaves nothing, and no file is ever seen in part. Files of the same name are replaced, others stay.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail, ensure};
use tempfile::TempDir;
use veracruz_runtime::offline::{Exported, Offline, OfflineError, VfsPath};

use super::mapping::Out;

/// What stands complete beside its place.
struct Staged {
    aside: TempDir,
    /// What is in it: relative paths, each before what is in it, and whether it is a folder.
    parts: Vec<(PathBuf, bool)>,
    place: PathBuf,
}

/// Copies all of `outs`, or nothing of what cannot all be written. After a failing exit code, what the program did not
/// make is not missed.
pub(super) fn take(outs: &[Out], code: u32, from: &Offline) -> anyhow::Result<()> {
    let missed = |staged: &anyhow::Result<Staged>| match staged {
        Err(error) => code == 0 || error.downcast_ref().map(OfflineError::code) != Some("not-found"),
        Ok(_) => true,
    };
    let staged = outs.iter().map(|out| stage(out, from)).filter(missed);
    let staged = staged.collect::<anyhow::Result<Vec<Staged>>>()?;
    staged.iter().try_for_each(Staged::check)?;
    staged.iter().try_for_each(Staged::move_in)
}

/// Whether `out` could be written to its place, as far as that can be said before the program runs.
pub(super) fn check_place(out: &Out) -> anyhow::Result<()> {
    let parent = parent(&out.host);
    ensure!(parent.is_dir(), "the folder {} of --out {} does not exist", parent.display(), out.host.display());
    Ok(())
}

fn parent(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn stage(out: &Out, from: &Offline) -> anyhow::Result<Staged> {
    let found = from.export(&out.guest)?;
    let failed = || format!("cannot write {}", out.host.display());
    // Where it goes, so that moving it is a rename: a folder that is there may be of another file system than its parent.
    let beside = if out.host.is_dir() { out.host.as_path() } else { parent(&out.host) };
    let aside = tempfile::Builder::new().prefix(".veracruz-").tempdir_in(beside).with_context(failed)?;
    let mut parts = Vec::new();
    for Exported { path, content, .. } in found {
        let part = relative(&out.guest, &path);
        let place = joined(&aside.path().join("copy"), &part);
        match &content {
            None => fs::create_dir(&place).with_context(failed)?,
            Some(content) => write(&place, content.chunks()).with_context(failed)?,
        }
        parts.push((part, content.is_none()));
    }
    Ok(Staged { aside, parts, place: out.host.clone() })
}

fn write<'a>(place: &Path, chunks: impl Iterator<Item = &'a [u8]>) -> io::Result<()> {
    let mut file = File::create_new(place)?;
    for chunk in chunks {
        file.write_all(chunk)?;
    }
    file.sync_all()
}

/// The path of `inner` below `outer`; empty for itself.
fn relative(outer: &VfsPath, inner: &VfsPath) -> PathBuf {
    inner.components().skip(outer.components().count()).collect()
}

/// Joining an empty path would add a slash, which a file must not have.
fn joined(root: &Path, part: &Path) -> PathBuf {
    if part.as_os_str().is_empty() { root.to_owned() } else { root.join(part) }
}

impl Staged {
    /// What is there already must be of the same kind. A link is not followed: it could lead out of the place.
    fn check(&self) -> anyhow::Result<()> {
        for (part, is_folder) in &self.parts {
            let place = joined(&self.place, part);
            match fs::symlink_metadata(&place) {
                Ok(there) if there.is_dir() && !is_folder => bail!("{} is a folder; remove it", place.display()),
                Ok(there) if !there.is_dir() && *is_folder => bail!("{} is no folder; remove it", place.display()),
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    return Err(error).with_context(|| format!("cannot write {}", place.display()));
                }
                Ok(_) | Err(_) => {}
            }
        }
        Ok(())
    }

    fn move_in(&self) -> anyhow::Result<()> {
        let copy = self.aside.path().join("copy");
        for (part, is_folder) in &self.parts {
            let (place, complete) = (joined(&self.place, part), joined(&copy, part));
            let moved = match is_folder {
                true if place.is_dir() => Ok(()),
                true => fs::create_dir(&place),
                false => fs::rename(complete, &place),
            };
            moved.with_context(|| format!("cannot write {}", place.display()))?;
        }
        Ok(())
    }
}
