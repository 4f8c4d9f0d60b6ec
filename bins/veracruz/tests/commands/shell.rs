//! Runs `veracruz` in a folder of its own, as a shell would.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;

/// A temporary folder in which commands run.
pub(crate) struct Folder(TempDir);

/// How a command ended.
pub(crate) struct Ended {
    pub(crate) status: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Ended {
    pub(crate) fn of(command: &mut Command) -> Self {
        let Output { status, stdout, stderr } = command.output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Ended { status: status.code().unwrap(), out: text(stdout), err: text(stderr) }
    }
}

impl Folder {
    pub(crate) fn new() -> Self {
        Folder(tempfile::tempdir().unwrap())
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        std::fs::write(self.path(name), content).unwrap();
    }

    pub(crate) fn text(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap()
    }

    /// `veracruz` in this folder, with the words of `line` (no quoting).
    pub(crate) fn command(&self, line: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_veracruz"));
        command.current_dir(self.0.path()).args(line.split_whitespace());
        command
    }

    /// Runs `veracruz` with the words of `line` (no quoting) and then `more`.
    pub(crate) fn run(&self, line: &str, more: &[&str]) -> Ended {
        Ended::of(self.command(line).args(more))
    }

    /// Runs a command that must succeed, and gives its standard output.
    #[track_caller]
    pub(crate) fn ok(&self, line: &str) -> String {
        let ended = self.run(line, &[]);
        assert_eq!(ended.status, 0, "{line}: {}{}", ended.out, ended.err);
        assert_eq!(ended.err, "", "{line}: nothing to complain about");
        ended.out
    }

    /// Runs a command in its JSON form, and gives its exit status and answer.
    #[track_caller]
    pub(crate) fn json(&self, line: &str) -> (i32, Value) {
        let ended = self.run(line, &["--json"]);
        assert_eq!(ended.err, "", "{line}: with --json everything is on standard output");
        let answer: Value = serde_json::from_str(&ended.out).unwrap();
        assert_eq!(answer["accepted"], ended.status == 0, "{line}: {answer}");
        (ended.status, answer)
    }

    /// Runs a command that must be refused with `code`, in both forms.
    #[track_caller]
    pub(crate) fn refused(&self, line: &str, code: &str) -> Value {
        let ended = self.run(line, &[]);
        assert_eq!(ended.status, 1, "{line}: {}{}", ended.out, ended.err);
        assert!(ended.err.contains(code), "{line}: {code} is not in {}", ended.err);
        assert_eq!(ended.out, "", "{line}: a refusal is no output");
        let (status, answer) = self.json(line);
        assert_eq!((status, answer["code"].as_str().unwrap()), (1, code), "{line}");
        assert!(!answer["reason"].as_str().unwrap().is_empty());
        answer
    }

    /// Runs a command that cannot be carried out as it is called; `word` must stand in what it says.
    #[track_caller]
    pub(crate) fn wrong_use(&self, line: &str, word: &str) {
        let ended = self.run(line, &[]);
        assert_eq!(ended.status, 2, "{line}: {}{}", ended.out, ended.err);
        assert!(ended.err.contains(word), "{line}: {word:?} is not in {}", ended.err);
        assert_eq!(ended.out, "", "{line}");
    }
}

/// A file of the folder that may lie beside the checkout.
pub(crate) fn shared(name: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data").join(name);
    if !path.exists() {
        eprintln!("skipped: {name} is not beside this checkout");
        return None;
    }
    Some(path)
}
