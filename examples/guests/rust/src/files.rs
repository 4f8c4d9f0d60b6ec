//! Reading inputs and writing results, with the path in every error.

use std::fs;
use std::path::{Path, PathBuf};

use crate::outcome::{Outcome, bad};

/// The bytes of one file.
pub fn input(path: impl AsRef<Path>) -> Outcome<Vec<u8>> {
    let path = path.as_ref();
    fs::read(path).map_err(|error| bad(path.display(), error))
}

/// The text of one file, which must be UTF-8.
pub fn text(path: impl AsRef<Path>) -> Outcome<String> {
    let path = path.as_ref();
    String::from_utf8(input(path)?).map_err(|_| bad(path.display(), "is not UTF-8 text"))
}

/// The files of a folder in the order of their names, with their bytes. Folders inside it are left out.
///
/// Write the folder with a slash at its end, as policies do: some C libraries do not find `/input` below `/input/`.
pub fn inputs(folder: &str) -> Outcome<Vec<(PathBuf, Vec<u8>)>> {
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder).map_err(|error| bad(folder, error))? {
        let entry = entry.map_err(|error| bad(folder, error))?;
        if entry.file_type().map_err(|error| bad(entry.path().display(), error))?.is_file() {
            paths.push(entry.path());
        }
    }
    paths.sort();
    paths.into_iter().map(|path| Ok((path.clone(), input(&path)?))).collect()
}

/// Writes a result: a new file, or the new content of the old one.
pub fn output(path: &str, bytes: impl AsRef<[u8]>) -> Outcome {
    fs::write(path, bytes).map_err(|error| bad(path, error))
}
