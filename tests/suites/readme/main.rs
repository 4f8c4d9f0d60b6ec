//! Every `console` and `shell-session` block of the README and of `docs/`, run against the binaries of this checkout.
//!
//! `console` blocks stand alone; [`session`] tells what `shell-session` blocks are. Of the former, each document gets an
//! empty temporary folder in which its commands run one after the other, so a later command may use a file of an earlier
//! one. `[..]` in the expected output stands for anything in a line, `...` for any lines, and `? 1` after a command for
//! its exit code. Nothing here reaches the network but loopback.

mod session;
mod settings;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, ensure};
use tempfile::TempDir;

/// What a `console` example may call besides `veracruz`.
const TOOLS: &[&str] = &["cat", "ls", "sha256sum"];

#[test]
fn the_examples_of_the_documents_do_what_they_say() -> anyhow::Result<()> {
    let stage = Stage::new()?;
    for document in documents()? {
        stage.add(&document)?;
    }
    stage.run(&veracruz()?);
    Ok(())
}

#[test]
fn a_right_example_passes_and_a_wrong_one_fails() -> anyhow::Result<()> {
    for (example, right) in [
        ("$ ls\n", true),
        ("$ ls missing\n? 2\n...\n", true),
        ("$ ls\nsome file\n", false),
        ("$ ls missing\n...\n", false),
    ] {
        let stage = Stage::new()?;
        let document = stage.folder.path().join("example.md");
        fs::write(&document, format!("```console\n{example}\n```\n"))?;
        stage.add(&document)?;
        let outcome = std::panic::catch_unwind(|| stage.run(Path::new("never-called")));
        assert_eq!(outcome.is_ok(), right, "{example}");
    }
    Ok(())
}

#[test]
fn the_sessions_of_the_documents_do_what_they_say() -> anyhow::Result<()> {
    let mut sessions = 0;
    for document in documents()? {
        let steps = session::steps(&fs::read_to_string(&document)?)?;
        if steps.is_empty() {
            continue;
        }
        sessions += 1;
        let folder = TempDir::new()?;
        // As in the checkout, but nothing that a session writes stays.
        let target = binaries()?.parent().context("the binaries' folder lies in another")?.to_owned();
        std::os::unix::fs::symlink(target, folder.path().join("target"))?;
        std::os::unix::fs::symlink(checkout().join("examples"), folder.path().join("examples"))?;
        session::run(&steps, folder.path()).with_context(|| document.display().to_string())?;
    }
    ensure!(sessions > 0, "no document has a session: nothing was held against anything");
    Ok(())
}

#[test]
fn every_block_of_a_document_names_its_language() -> anyhow::Result<()> {
    for document in documents()? {
        let text = fs::read_to_string(&document)?;
        for (number, line) in text.lines().enumerate().filter(|(_, l)| l.starts_with("```")).step_by(2) {
            // trycmd would take a block without a language for an example.
            assert_ne!(line, "```", "{}:{}: name the block's language", document.display(), number + 1);
        }
    }
    Ok(())
}

/// A temporary folder in which every document has an empty working folder of its own.
struct Stage {
    folder: TempDir,
}

impl Stage {
    fn new() -> anyhow::Result<Self> {
        Ok(Stage { folder: TempDir::new()? })
    }

    fn add(&self, document: &Path) -> anyhow::Result<()> {
        let name = document.file_stem().context("a document has a name")?.to_string_lossy();
        let copy = self.folder.path().join(format!("{name}.case.md"));
        ensure!(!copy.exists(), "two documents are called {name}");
        // trycmd copies `.in` into a fresh folder when there is an `.out`, and runs the document's commands there.
        fs::create_dir(copy.with_extension("in"))?;
        fs::create_dir(copy.with_extension("out"))?;
        fs::copy(document, copy)?;
        Ok(())
    }

    /// Panics with the differences when an example does not do what its document says.
    fn run(&self, veracruz: &Path) {
        let cases = trycmd::TestCases::new();
        cases.register_bin("veracruz", veracruz);
        for tool in TOOLS {
            if let Some(path) = on_the_path(tool) {
                cases.register_bin(*tool, path.as_path());
            }
        }
        cases.case(self.folder.path().join("*.case.md")).run();
    }
}

fn documents() -> anyhow::Result<Vec<PathBuf>> {
    let root = checkout();
    let mut found = vec![root.join("README.md")];
    for entry in fs::read_dir(root.join("docs"))? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "md") {
            found.push(path);
        }
    }
    Ok(found)
}

/// Where the shell would find `tool`.
fn on_the_path(tool: &str) -> Option<PathBuf> {
    let folders = std::env::var_os("PATH")?;
    std::env::split_paths(&folders).map(|folder| folder.join(tool)).find(|path| path.is_file())
}

/// The binary of the user's commands.
fn veracruz() -> anyhow::Result<PathBuf> {
    Ok(binaries()?.join("veracruz"))
}

/// Builds the binaries, or finds them built, as `make build` does. Gives their folder.
fn binaries() -> anyhow::Result<PathBuf> {
    let build = Command::new(env!("CARGO"))
        .args(["build", "--locked", "--workspace", "--message-format", "json-render-diagnostics"])
        .current_dir(checkout())
        .output()?;
    ensure!(build.status.success(), "cargo build: {}", String::from_utf8_lossy(&build.stderr));
    for message in cargo_metadata::Message::parse_stream(build.stdout.as_slice()) {
        match message? {
            cargo_metadata::Message::CompilerArtifact(artifact) if artifact.target.name == "veracruz" => {
                let binary = artifact.executable.context("veracruz is a binary")?;
                return Ok(binary.parent().context("a binary lies in a folder")?.into());
            }
            _ => {}
        }
    }
    anyhow::bail!("cargo built no binary called veracruz")
}

fn checkout() -> PathBuf {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    tests.parent().unwrap_or(tests).to_owned()
}
