//! The list of instances that are gone, one JSON object a line, the oldest first. A line counts once its end is written.

use std::collections::VecDeque;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use veracruz_policy::Name;

use crate::driver::Ended;

/// Lines that are kept, and that the service keeps in memory.
const MOST: usize = crate::service::MOST_REMEMBERED;

/// Lines after which the file is written anew without the oldest.
const REWRITE_AT: usize = 2 * MOST;

/// The list.
pub(super) struct Graves {
    path: PathBuf,
    open: Mutex<Open>,
}

struct Open {
    file: File,
    lines: usize,
}

#[derive(Serialize, Deserialize)]
struct Line {
    port: u16,
    hash: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    instance_id: Option<String>,
}

impl Graves {
    /// Opens the list, and writes it anew without what a crash left half-written.
    pub(super) fn open(path: PathBuf) -> io::Result<Self> {
        let open = Mutex::new(rewrite(&path)?);
        Ok(Graves { path, open })
    }

    /// All of it.
    pub(super) fn read(&self) -> io::Result<Vec<Ended>> {
        Ok(read(&self.path)?.into())
    }

    /// Adds one; durable when this returns.
    pub(super) fn add(&self, ended: &Ended) -> io::Result<()> {
        let mut open = self.open.lock();
        if open.lines >= REWRITE_AT {
            *open = rewrite(&self.path)?;
        }
        let lines = open.lines + 1;
        // Until it is known that all of the line is there, it counts as torn.
        open.lines = REWRITE_AT;
        // One write, so that a crash leaves all of the line or a part that does not end.
        open.file.write_all(&line(ended)?)?;
        open.file.sync_data()?;
        open.lines = lines;
        Ok(())
    }
}

fn rewrite(path: &Path) -> io::Result<Open> {
    let kept = read(path)?;
    let aside = path.with_added_extension("new");
    let mut file = OpenOptions::new().create(true).write(true).truncate(true).mode(0o600).open(&aside)?;
    let mut text = Vec::new();
    for ended in &kept {
        text.extend(line(ended)?);
    }
    file.write_all(&text)?;
    file.sync_all()?;
    fs::rename(&aside, path)?;
    if let Some(folder) = path.parent() {
        File::open(folder)?.sync_all()?;
    }
    Ok(Open { file: OpenOptions::new().append(true).open(path)?, lines: kept.len() })
}

fn line(ended: &Ended) -> io::Result<Vec<u8>> {
    let instance_id = ended.instance_id.as_ref().map(|id| id.as_str().to_owned());
    let mut line = serde_json::to_vec(&Line { port: ended.port, hash: ended.hash.to_string(), instance_id })?;
    line.push(b'\n');
    Ok(line)
}

fn read(path: &Path) -> io::Result<VecDeque<Ended>> {
    let text = match fs::read_to_string(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
        text => text?,
    };
    let mut kept = VecDeque::new();
    // What stands behind the last line's end is half-written.
    let whole = text.rsplit_once('\n').map_or("", |(whole, _)| whole);
    for ended in whole.lines().filter_map(parse) {
        if kept.len() == MOST {
            kept.pop_front();
        }
        kept.push_back(ended);
    }
    Ok(kept)
}

/// A line that cannot be read costs a caller the answer to a repeated deletion, and the service nothing.
fn parse(line: &str) -> Option<Ended> {
    let Line { port, hash, instance_id } = serde_json::from_str(line).ok()?;
    let instance_id = match instance_id {
        Some(id) => Some(Name::parse(&id).ok()?),
        None => None,
    };
    Some(Ended { port, hash: hash.parse().ok()?, instance_id })
}
