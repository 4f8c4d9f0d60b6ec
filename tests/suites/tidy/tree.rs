//! The checkout as the rules see it: every text file of the project, read once.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context as _;

/// The folders of the house. Anything else beside them (build output, editors' folders) is not the project's.
pub(crate) const ROOMS: &[&str] = &[
    ".ci",
    "attestation",
    "bins",
    "ccfaas-core",
    "deploy",
    "docs",
    "examples",
    "fuzz",
    "protocol",
    "rest",
    "runtime",
    "s3-app-core",
    "tests",
    "vaas-core",
    "veracruz-client",
    "veracruz-policy",
];

/// Folders of generated things, inside a room.
const GENERATED: &[&str] = &["target", "corpus", "artifacts", "coverage"];

/// A text file, with its path relative to the checkout and `/` between the parts.
pub(crate) struct Source {
    pub(crate) path: String,
    pub(crate) text: String,
}

impl Source {
    #[cfg(test)]
    pub(crate) fn new(path: &str, text: &str) -> Self {
        Source { path: path.to_owned(), text: text.to_owned() }
    }

    pub(crate) fn is_rust(&self) -> bool {
        self.path.ends_with(".rs")
    }

    /// The last part of the path.
    pub(crate) fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or(&self.path)
    }

    /// Whether the whole file is test code: an integration test, a bench, a fuzz target, or a fixture of `tests/`.
    pub(crate) fn is_test(&self) -> bool {
        self.path.split('/').any(|part| matches!(part, "tests" | "benches" | "fuzz"))
            || self.path.ends_with("/tests.rs")
    }
}

/// Every text file of the rooms and of the root folder.
pub(crate) struct Tree {
    pub(crate) files: Vec<Source>,
}

impl Tree {
    pub(crate) fn read() -> anyhow::Result<Self> {
        let root = root();
        let mut paths = Vec::new();
        for entry in fs::read_dir(&root)? {
            let entry = entry?;
            let name = entry.file_name();
            if entry.file_type()?.is_file() {
                paths.push(entry.path());
            } else if ROOMS.iter().any(|room| name == *room) {
                collect(&entry.path(), &mut paths)?;
            }
        }
        paths.sort();
        let mut files = Vec::new();
        for path in paths {
            // What is not UTF-8 is a binary fixture: no rule here can judge it.
            if let Ok(text) = String::from_utf8(fs::read(&path)?) {
                let path = path.strip_prefix(&root)?.to_string_lossy().replace('\\', "/");
                files.push(Source { path, text });
            }
        }
        Ok(Tree { files })
    }

    pub(crate) fn text_of(&self, path: &str) -> anyhow::Result<&str> {
        let file = self.files.iter().find(|f| f.path == path);
        file.map(|f| f.text.as_str()).with_context(|| format!("{path} is missing"))
    }
}

/// The checkout's folder.
pub(crate) fn root() -> PathBuf {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    tests.parent().unwrap_or(tests).to_owned()
}

fn collect(folder: &Path, into: &mut Vec<PathBuf>) -> anyhow::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let kind = entry.file_type()?;
        if kind.is_dir() && !GENERATED.iter().any(|name| entry.file_name() == *name) {
            collect(&entry.path(), into)?;
        } else if kind.is_file() {
            into.push(entry.path());
        }
    }
    Ok(())
}
