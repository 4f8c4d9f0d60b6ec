//! The WASI conformance programs of `tests/wasi` with their manifests.
//!
//! It only reads: whoever has a runtime runs them and compares.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::cases::Files;

/// With this code a program ends when a feature is left out that a runtime may leave out.
pub const REFUSED: u32 = 77;

/// One conformance program and what its manifest says.
#[derive(Debug)]
pub struct ConformanceCase {
    /// The program; [`super::guest`] takes it with `wasi/` before it.
    pub name: String,
    /// The folders that the runtime gives, by the name that the program uses, which is relative.
    pub dirs: BTreeMap<String, Files>,
    /// Arguments after the program's name.
    pub args: Vec<String>,
    /// Environment variables.
    pub env: BTreeMap<String, String>,
    /// How it must end.
    pub exit_code: u32,
    /// The whole stdout, where it matters.
    pub stdout: Option<String>,
}

/// All conformance programs in the order of their names.
///
/// # Panics
/// When a manifest or a folder that it names is not as the README of `tests/wasi` says.
#[must_use]
#[expect(clippy::expect_used, reason = "a fixture fails its test where it is misused")]
pub fn conformance_cases() -> Vec<ConformanceCase> {
    let entries = fs::read_dir(programs()).expect("the folder of conformance programs is readable");
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("a readable entry").path()).collect();
    paths.sort();
    paths.into_iter().filter(|path| path.extension().is_some_and(|end| end == "json")).map(|path| read(&path)).collect()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Manifest {
    #[serde(default)]
    dirs: Vec<String>,
    #[serde(default)]
    args: Vec<String>,
    #[serde(default)]
    env: BTreeMap<String, String>,
    #[serde(default)]
    exit_code: u32,
    stdout: Option<String>,
}

#[expect(clippy::expect_used, reason = "a fixture fails its test where it is misused")]
fn read(path: &Path) -> ConformanceCase {
    let text = fs::read_to_string(path).expect("a manifest is readable");
    let manifest: Manifest = serde_json::from_str(&text).expect("a manifest is as the README says");
    let name = path.file_stem().expect("a manifest has a name").to_string_lossy().into_owned();
    let dirs = manifest.dirs.into_iter().map(|dir| {
        let mut files = Files::new();
        collect(&programs().join(&dir), "", &mut files);
        (dir, files)
    });
    ConformanceCase {
        name,
        dirs: dirs.collect(),
        args: manifest.args,
        env: manifest.env,
        exit_code: manifest.exit_code,
        stdout: manifest.stdout,
    }
}

/// All files below `folder`, by their path relative to it.
#[expect(clippy::expect_used, reason = "a fixture fails its test where it is misused")]
fn collect(folder: &Path, prefix: &str, into: &mut Files) {
    for entry in fs::read_dir(folder).expect("a fixture folder is readable") {
        let entry = entry.expect("a fixture folder is readable");
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if entry.path().is_dir() {
            collect(&entry.path(), &format!("{name}/"), into);
        } else {
            into.insert(name, fs::read(entry.path()).expect("a fixture is readable"));
        }
    }
}

fn programs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("wasi/programs")
}
