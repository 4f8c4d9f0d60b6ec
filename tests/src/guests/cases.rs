//! The table of what each guest does: `examples/guests/cases.toml`, read whole.
//!
//! It only reads: whoever has a runtime runs the rows and compares.

use std::collections::BTreeMap;
use std::fs;

use serde::Deserialize;

use super::guest_sources;

/// Content of files by their absolute path in the guest's file system.
pub type Files = BTreeMap<String, Vec<u8>>;

/// One run, or several on the same files, of one program, and what must come out.
#[derive(Debug)]
pub struct GuestCase {
    /// The program, as [`super::guest`] takes it.
    pub guest: String,
    /// What the row shows.
    pub says: String,
    /// Before the first run. `/input` and `/output` exist in any case.
    pub files: Files,
    /// Arguments after the program's name.
    pub args: Vec<String>,
    /// Environment variables.
    pub env: BTreeMap<String, String>,
    /// What stdin gives, in each run.
    pub stdin: String,
    /// How often it is run; at least once.
    pub runs: u32,
    /// Whether the policy lets guests see the clock.
    pub clock: bool,
    /// How the last run ends: an exit code, or a trap.
    pub ending: Ending,
    /// The whole stdout of the last run, where it matters.
    pub stdout: Option<String>,
    /// A part of stderr of the last run; `None`: nothing is there, but for a trap's own report.
    pub stderr: Option<String>,
    /// What is below `/output/` afterwards.
    pub output: Output,
}

/// How a run ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// With an exit code.
    Exit(u32),
    /// In a trap.
    Trap,
}

/// What a row says about the files in `/output`.
#[derive(Debug)]
pub enum Output {
    /// These files and no others, byte for byte.
    Files(Files),
    /// These files and no others, of that many bytes.
    Sizes(BTreeMap<String, u64>),
}

/// Every row of the table, in its order.
///
/// # Panics
/// When the table or a folder that it names is not as its head says.
#[must_use]
#[expect(clippy::expect_used, reason = "a fixture fails its test where it is misused")]
pub fn guest_cases() -> Vec<GuestCase> {
    let text = fs::read_to_string(guest_sources().join("cases.toml")).expect("the table of guests is readable");
    let table: Table = toml::from_str(&text).expect("the table of guests is as its head says");
    table.case.into_iter().map(GuestCase::from).collect()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    case: Vec<Row>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    guest: String,
    says: String,
    input: Option<String>,
    #[serde(default)]
    folders: BTreeMap<String, String>,
    #[serde(default)]
    files: BTreeMap<String, String>,
    #[serde(default)]
    args: Vec<String>,
    #[serde(default)]
    env: BTreeMap<String, String>,
    #[serde(default)]
    stdin: String,
    #[serde(default = "once")]
    runs: u32,
    #[serde(default)]
    clock: bool,
    #[serde(default)]
    exit_code: u32,
    #[serde(default)]
    traps: bool,
    stdout: Option<String>,
    stderr: Option<String>,
    output: Option<String>,
    #[serde(default)]
    output_sizes: BTreeMap<String, u64>,
}

fn once() -> u32 {
    1
}

impl From<Row> for GuestCase {
    fn from(row: Row) -> Self {
        let mut files = row.input.map(|folder| folder_as(&folder, "/input")).unwrap_or_default();
        files.extend(row.folders.iter().flat_map(|(root, folder)| folder_as(folder, root)));
        files.extend(row.files.into_iter().map(|(path, text)| (path, text.into_bytes())));
        GuestCase {
            guest: row.guest,
            says: row.says,
            files,
            args: row.args,
            env: row.env,
            stdin: row.stdin,
            runs: row.runs,
            clock: row.clock,
            ending: if row.traps { Ending::Trap } else { Ending::Exit(row.exit_code) },
            stdout: row.stdout,
            stderr: row.stderr,
            output: match row.output {
                Some(folder) => Output::Files(folder_as(&folder, "/output")),
                None => Output::Sizes(row.output_sizes),
            },
        }
    }
}

/// The files of a sample folder, as if they lay in `root`.
#[expect(clippy::expect_used, reason = "a fixture fails its test where it is misused")]
fn folder_as(folder: &str, root: &str) -> Files {
    let entries = fs::read_dir(guest_sources().join(folder)).expect("the table names a folder of samples");
    let paths = entries.map(|entry| entry.expect("a folder of samples is readable").path());
    let named = paths.map(|path| {
        let name = path.file_name().expect("a sample has a name").to_string_lossy().into_owned();
        (format!("{root}/{name}"), fs::read(&path).expect("a sample is a readable file"))
    });
    named.collect()
}
