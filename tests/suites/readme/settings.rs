//! The README's section on each daemon, held against what the daemon's own help lists.

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

use anyhow::{Context as _, ensure};

use crate::{binaries, checkout};

const DAEMONS: &[&str] = &["vaas-server", "ccfaas-server", "s3-app"];

/// Flags that every command has.
const EVERYWHERE: &[&str] = &["--help", "--version"];

#[test]
fn the_readme_has_every_setting_of_every_daemon_and_no_other() -> anyhow::Result<()> {
    let readme = fs::read_to_string(checkout().join("README.md"))?;
    let common = flags_in(part(&readme, "## The daemons", "\n### ")?, "| `");
    for daemon in DAEMONS {
        let help = Command::new(binaries()?.join(daemon)).arg("--help").output()?;
        ensure!(help.status.success(), "{daemon} --help");
        let real = flags_in(&String::from_utf8(help.stdout)?, "--");
        let own = flags_in(part(&readme, &format!("### {daemon}\n"), "\n#")?, "| `");
        let told: BTreeSet<_> = common.union(&own).cloned().collect();
        let real: BTreeSet<_> = real.into_iter().filter(|flag| !EVERYWHERE.contains(&flag.as_str())).collect();
        assert_eq!(told, real, "{daemon}: README.md on the left, --help on the right");
    }
    Ok(())
}

/// What stands between the line `from` and the next `to`.
fn part<'t>(text: &'t str, from: &str, to: &str) -> anyhow::Result<&'t str> {
    let (_, rest) = text.split_once(from).with_context(|| format!("there is no {from:?}"))?;
    Ok(rest.split_once(to).map_or(rest, |(part, _)| part))
}

/// The long flags of lines that begin with `begin`; of a table's row, those of its first cell.
fn flags_in(text: &str, begin: &str) -> BTreeSet<String> {
    let lines = text.lines().map(str::trim_start).filter(|line| line.starts_with(begin));
    let cells = lines.map(|line| line.trim_start_matches("| ").split(" |").next().unwrap_or_default());
    let words =
        cells.flat_map(|cell| cell.split(|c: char| !(c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')));
    words.filter(|word| word.starts_with("--") && word.len() > 2).map(str::to_owned).collect()
}
