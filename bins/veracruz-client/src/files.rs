//! Files here: opened when it is their turn, read as they are, written so that they are whole or not there.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use crate::arguments::Mapping;
use crate::stop::Stop;

/// Bytes that are read of a policy, a certificate or a key; the library bounds policies to 16 MiB itself.
const MAX_INPUT_BYTES: u64 = 64 << 20;

/// A text that is not secret.
pub(crate) fn read_text(path: &Path) -> Result<String, Stop> {
    let mut text = String::new();
    let read = File::open(path).and_then(|file| file.take(MAX_INPUT_BYTES).read_to_string(&mut text));
    read.map_err(|error| Stop::local("cannot read", path, error))?;
    Ok(text)
}

/// A key. Its memory is wiped.
pub(crate) fn read_secret(path: &Path) -> Result<Zeroizing<String>, Stop> {
    let read = || {
        let file = File::open(path)?;
        // Room for all of it from the start: a text that grows leaves copies behind that nobody wipes.
        let length = usize::try_from(file.metadata()?.len().min(MAX_INPUT_BYTES)).unwrap_or(0);
        let mut text = Zeroizing::new(String::with_capacity(length + 1));
        file.take(MAX_INPUT_BYTES).read_to_string(&mut text)?;
        Ok(text)
    };
    read().map_err(|error: io::Error| Stop::local("cannot read", path, error))
}

/// Something to send, and its length where that is known before reading.
pub(crate) fn source(mapping: &Mapping) -> Result<(Box<dyn Read + Send>, Option<u64>), Stop> {
    if mapping.is_standard() {
        return Ok((Box::new(io::stdin()), None));
    }
    let cannot = |error: io::Error| Stop::local("cannot read", &mapping.path, error);
    let file = File::open(&mapping.path).map_err(cannot)?;
    let metadata = file.metadata().map_err(cannot)?;
    if metadata.is_dir() {
        return Err(Stop::local("cannot read", &mapping.path, "it is a folder; name a file"));
    }
    // Files of the kernel say 0 and have content, a FIFO has no length at all.
    let length = (metadata.is_file() && metadata.len() > 0).then_some(metadata.len());
    Ok((Box::new(file), length))
}

/// Where a result goes. A file appears with [`Sink::keep`]; dropped before, nothing is left of it.
pub(crate) enum Sink {
    /// Standard output, a device or a FIFO: what is written is gone.
    Direct(Box<dyn Write + Send>),
    /// A file, written aside.
    Aside { file: File, aside: PathBuf, path: PathBuf },
}

impl Sink {
    pub(crate) fn open(mapping: &Mapping) -> Result<Self, Stop> {
        if mapping.is_standard() {
            return Ok(Sink::Direct(Box::new(io::stdout())));
        }
        Sink::at(&mapping.path).map_err(|error| Stop::local("cannot write", &mapping.path, error))
    }

    fn at(path: &Path) -> io::Result<Self> {
        if fs::metadata(path).is_ok_and(|metadata| !metadata.is_file() && !metadata.is_dir()) {
            return Ok(Sink::Direct(Box::new(OpenOptions::new().write(true).open(path)?)));
        }
        // A link stays a link: what it points at is replaced.
        let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        let name = path.file_name().ok_or_else(|| io::Error::other("it names no file"))?;
        let mut hidden = std::ffi::OsString::from(".");
        hidden.push(name);
        hidden.push(format!(".{}.part", std::process::id()));
        let aside = path.with_file_name(hidden);
        let file = OpenOptions::new().write(true).create_new(true).open(&aside)?;
        Ok(Sink::Aside { file, aside, path })
    }

    /// The result is complete.
    pub(crate) fn keep(mut self) -> io::Result<()> {
        match &mut self {
            Sink::Direct(writer) => writer.flush(),
            Sink::Aside { aside, path, .. } => fs::rename(aside, path),
        }
    }
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Sink::Direct(writer) => writer.write(bytes),
            Sink::Aside { file, .. } => file.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Sink::Direct(writer) => writer.flush(),
            Sink::Aside { file, .. } => file.flush(),
        }
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        if let Sink::Aside { aside, .. } = self {
            // After `keep` it is no longer there.
            let _ = fs::remove_file(aside);
        }
    }
}
