//! What the program wrote: out of the instance, into a folder of its own.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, ensure};
use tokio::io::AsyncWriteExt as _;
use veracruz_client::{Session, Transfer};

use super::detections::Detections;
use crate::progress::Bar;

/// The video function's list of what it saw, and of the pictures beside it.
const DETECTIONS: &str = "/output/detections.json";

/// Bytes of that list that are taken into memory: a video of an hour with ten objects a frame.
const MAX_DETECTIONS_BYTES: u64 = 256 << 20;

/// Which results, and where they go.
pub(super) struct Results {
    folder: PathBuf,
    /// The folder and those above it that were not there before, from the innermost on.
    made: Vec<PathBuf>,
    /// Names in the instance, and in the folder. None of them: the video function's.
    wanted: Vec<(String, String)>,
}

impl Results {
    /// Makes the folder. It must be empty: nobody could tell results of two runs apart.
    pub(super) fn into(folder: PathBuf, names: &[String]) -> anyhow::Result<Self> {
        let mut wanted: Vec<(String, String)> = Vec::new();
        for name in names {
            let last = name.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
            ensure!(!last.is_empty() && last != "." && last != "..", "--result {name:?} names no file");
            ensure!(wanted.iter().all(|(_, known)| known != last), "two results are called {last:?}");
            wanted.push((name.clone(), last.to_owned()));
        }
        let missing = folder.ancestors().take_while(|part| !part.as_os_str().is_empty() && !part.exists());
        let made = missing.map(Path::to_owned).collect();
        // From here on what is made is removed with it. It is made before the run: who cannot write learns it at once.
        let results = Results { folder, made, wanted };
        let folder = &results.folder;
        fs::create_dir_all(folder).with_context(|| format!("cannot make the folder {}", folder.display()))?;
        let mut entries = fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?;
        ensure!(entries.next().is_none(), "{} is not empty: say by --output where results go", folder.display());
        Ok(results)
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Fetches them.
    pub(super) async fn fetch(&self, session: &mut Session) -> anyhow::Result<Fetched> {
        let mut paths = Vec::new();
        for (name, file) in &self.wanted {
            paths.push(self.file(session, name, file).await?);
        }
        if !self.wanted.is_empty() {
            return Ok(Fetched { paths, detections: None });
        }
        let text = session.read(DETECTIONS, MAX_DETECTIONS_BYTES).await;
        let text = text.context("there is no list of detections; --result names what other functions write")?;
        let detections = Detections::parse(&text).with_context(|| DETECTIONS.to_owned())?;
        let pictures = Bar::count("pictures", detections.frames().len() as u64);
        for (done, frame) in (1..).zip(detections.frames()) {
            let picture = format!("prediction.{frame}.jpg");
            paths.push(self.file(session, &format!("/output/{picture}"), &picture).await?);
            pictures.at(done);
        }
        let path = self.folder.join("detections.json");
        fs::write(&path, &text).with_context(|| format!("cannot write {}", path.display()))?;
        paths.push(path);
        Ok(Fetched { paths, detections: Some(detections) })
    }

    /// A file of any size. It is written aside, and has its name when it is whole.
    async fn file(&self, session: &mut Session, name: &str, file: &str) -> anyhow::Result<PathBuf> {
        let (path, aside) = (self.folder.join(file), self.folder.join(format!(".{file}.part")));
        let cannot_write = || format!("cannot write {}", path.display());
        let mut writer = tokio::fs::File::create(&aside).await.with_context(cannot_write)?;
        let bar = Bar::bytes(file, None);
        let mut tell = |progress: veracruz_client::Progress| {
            bar.total(progress.total);
            bar.at(progress.done);
        };
        let read = session.download(name, &mut writer, Transfer::new().progress(&mut tell)).await;
        let outcome = match read {
            Ok(_) => writer.flush().await.and_then(|()| fs::rename(&aside, &path)).with_context(cannot_write),
            Err(error) => Err(error).with_context(|| format!("there is no result {name}")),
        };
        if outcome.is_err() {
            let _ = fs::remove_file(&aside);
        }
        outcome.map(|()| path)
    }
}

/// A run that came to nothing leaves no empty folder.
impl Drop for Results {
    fn drop(&mut self) {
        for folder in &self.made {
            // It fails, as it should, where there are results.
            let _ = fs::remove_dir(folder);
        }
    }
}

/// Results that are here.
pub(super) struct Fetched {
    pub(super) paths: Vec<PathBuf>,
    pub(super) detections: Option<Detections>,
}
