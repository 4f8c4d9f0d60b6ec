//! The detector's files: where they lie, and how they are opened and read.
//!
//! All of it is foreign, so nothing is read without a bound. It never changes an input.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::PathBuf;

use zeroize::Zeroizing;

use crate::Error;

/// The video, encrypted.
pub const VIDEO: &str = "s3_app_input/in_enc.h264";
/// The key of AES-128.
pub const KEY: &str = "user_input/key";
/// The first block of the counter.
pub const IV: &str = "user_input/iv";
/// What the classes of the network are called.
pub const NAMES: &str = "program_data/coco.names";
/// The network's layers.
pub const CONFIG: &str = "program_data/yolov3.cfg";
/// The network's numbers.
pub const WEIGHTS: &str = "program_data/yolov3.weights";
/// The clear video, written only where the policy grants it.
pub const CLEAR_VIDEO: &str = "program_internal/in.h264";
/// All detections.
pub const DETECTIONS: &str = "output/detections.json";

/// The picture of a frame, counted from 0.
#[must_use]
pub fn prediction(frame: u64) -> String {
    format!("output/prediction.{frame}.jpg")
}

/// Bytes of a block of AES, and of a key of AES-128.
pub const BLOCK: usize = 16;

/// Bytes that most texts fit in.
const USUAL_TEXT: usize = 16 << 10;

/// The errno of WASI preview 1 for what a program has no right to; the standard library has no word for it.
const NOT_CAPABLE: i32 = 76;

/// The folder that all paths are relative to: `/` in an instance.
#[derive(Debug, Clone)]
pub struct Folder(PathBuf);

impl Folder {
    /// Files are looked for below this folder; an empty path is the current one.
    #[must_use]
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Folder(root.into())
    }

    /// Opens an input.
    ///
    /// # Errors
    /// When it is missing or may not be read.
    pub fn open(&self, file: &'static str) -> Result<File, Error> {
        File::open(self.0.join(file)).map_err(|source| Error::io(file, source))
    }

    /// Makes a result, or empties the one that is there. A missing folder is made: a policy's entry does not make it
    /// everywhere.
    ///
    /// # Errors
    /// When it may not be written.
    pub fn create(&self, file: &str) -> Result<File, Error> {
        let path = self.0.join(file);
        let made = File::create(&path).or_else(|error| match (error.kind(), path.parent()) {
            (io::ErrorKind::NotFound, Some(folder)) => fs::create_dir_all(folder).and_then(|()| File::create(&path)),
            _ => Err(error),
        });
        made.map_err(|source| Error::io(file, source))
    }

    /// Makes a file where that is granted; `None` where it is not, or where its folder is missing.
    ///
    /// # Errors
    /// When it fails for another reason.
    pub fn create_if_granted(&self, file: &str) -> Result<Option<File>, Error> {
        match File::create(self.0.join(file)) {
            Ok(made) => Ok(Some(made)),
            Err(error) if is_refusal(&error) => Ok(None),
            Err(source) => Err(Error::io(file, source)),
        }
    }

    /// The 16 bytes of a key or of a first counter.
    ///
    /// # Errors
    /// When the file has another length, or cannot be read.
    pub fn block(&self, file: &'static str) -> Result<Zeroizing<[u8; BLOCK]>, Error> {
        let mut opened = self.open(file)?;
        let mut block = Zeroizing::new([0; BLOCK]);
        let mut found = 0;
        while let Some(rest) = block.get_mut(found..).filter(|rest| !rest.is_empty()) {
            match opened.read(rest).map_err(|source| Error::io(file, source))? {
                0 => return Err(Error::BlockLength { file, found: found as u64 }),
                count => found += count,
            }
        }
        let more = io::copy(&mut opened, &mut io::sink()).map_err(|source| Error::io(file, source))?;
        if more == 0 { Ok(block) } else { Err(Error::BlockLength { file, found: BLOCK as u64 + more }) }
    }

    /// A text of at most `limit` bytes.
    ///
    /// # Errors
    /// When it is longer, is no UTF-8, or cannot be read.
    pub fn text(&self, file: &'static str, limit: u64) -> Result<String, Error> {
        let mut bytes = Vec::with_capacity(USUAL_TEXT);
        self.open(file)?.take(limit + 1).read_to_end(&mut bytes).map_err(|source| Error::io(file, source))?;
        if bytes.len() as u64 > limit {
            return Err(Error::TooLong { file, limit });
        }
        String::from_utf8(bytes).map_err(|error| Error::NotText { file, at: error.utf8_error().valid_up_to() })
    }
}

/// Whether the policy does not grant it: by name, or by not having the folder at all.
fn is_refusal(error: &io::Error) -> bool {
    use io::ErrorKind::{NotFound, PermissionDenied, ReadOnlyFilesystem};
    matches!(error.kind(), NotFound | PermissionDenied | ReadOnlyFilesystem)
        || cfg!(target_os = "wasi") && error.raw_os_error() == Some(NOT_CAPABLE)
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    fn folder(file: &str, content: &[u8]) -> (tempfile::TempDir, Folder) {
        let temporary = tempfile::tempdir().unwrap();
        let path = temporary.path().join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
        let folder = Folder::new(temporary.path());
        (temporary, folder)
    }

    #[test]
    fn a_key_has_sixteen_bytes_and_an_error_says_how_many_there_are() {
        for (length, message) in [
            (16, None),
            (0, Some("user_input/key: has 0 bytes instead of 16 bytes")),
            (15, Some("user_input/key: has 15 bytes instead of 16 bytes")),
            (100_000, Some("user_input/key: has 100000 bytes instead of 16 bytes")),
        ] {
            let (_kept, folder) = folder(KEY, &vec![7; length]);
            let found = folder.block(KEY).map(|block| assert_eq!(*block, [7; 16]));
            assert_eq!(found.err().map(|error| error.to_string()).as_deref(), message, "{length} bytes");
        }
    }

    #[test]
    fn a_text_is_bounded_and_utf_8() {
        let (_kept, long) = folder(NAMES, b"ball\nbox\n");
        assert_eq!(long.text(NAMES, 9).unwrap(), "ball\nbox\n");
        assert_eq!(long.text(NAMES, 8).unwrap_err().to_string(), "program_data/coco.names: is longer than 8 bytes");
        let (_kept, foreign) = folder(NAMES, b"ball\n\xff\n");
        assert_eq!(
            foreign.text(NAMES, 100).unwrap_err().to_string(),
            "program_data/coco.names: is no text in UTF-8, from byte 5 on"
        );
    }

    #[test]
    fn a_missing_file_is_named() {
        let (_kept, folder) = folder(KEY, b"");
        let message = folder.open(VIDEO).unwrap_err().to_string();
        assert!(message.starts_with("s3_app_input/in_enc.h264: "), "{message}");
    }

    #[test]
    fn a_result_gets_its_folder_and_replaces_the_one_before() {
        let (kept, folder) = folder(KEY, b"");
        for content in ["long content", "short"] {
            folder.create(DETECTIONS).unwrap().write_all(content.as_bytes()).unwrap();
            assert_eq!(fs::read_to_string(kept.path().join(DETECTIONS)).unwrap(), content);
        }
        let message = folder.create("user_input/key/picture.jpg").unwrap_err().to_string();
        assert!(message.starts_with("user_input/key/picture.jpg: "), "{message}");
    }

    #[test]
    fn a_clear_video_needs_its_folder_and_nothing_fails_without() {
        let (kept, folder) = folder(KEY, b"");
        assert!(folder.create_if_granted(CLEAR_VIDEO).unwrap().is_none());
        fs::create_dir(kept.path().join("program_internal")).unwrap();
        assert!(folder.create_if_granted(CLEAR_VIDEO).unwrap().is_some());
        fs::remove_file(kept.path().join(CLEAR_VIDEO)).unwrap();
        fs::create_dir(kept.path().join(CLEAR_VIDEO)).unwrap();
        assert!(folder.create_if_granted(CLEAR_VIDEO).is_err(), "a folder in its place is no refusal");
    }
}
