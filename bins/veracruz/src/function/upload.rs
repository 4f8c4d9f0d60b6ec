//! `veracruz function upload`: the bytes that a function declares. What does not have the declared hash is not sent.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Args;
use serde_json::{Value, json};
use tokio_util::io::InspectReader;
use veracruz_client::rest::{self, CcfaasClient};
use veracruz_policy::{Sha256Digest, VfsPath};

use super::describe::{Declared, Kind, declared};
use super::local::Local;
use super::registered;
use crate::output::Answer;
use crate::progress::Bar;
use crate::remote::{Stop, refusal, wait};

pub(super) const EXAMPLE: &str = "\
Without FILE_NAME=PATH, each file that is not loaded yet is looked for in the folder of --from by the last part of its \
name. All files are compared with their declared SHA-256 before the first one is sent.

Example:
  veracruz function upload vod /program/detector.wasm=detector.wasm \\
    /program_data/coco.names=input/coco.names
  veracruz function upload vod --from build";

#[derive(Args)]
pub(super) struct Upload {
    /// The function's name
    name: String,
    /// A file's name inside the instance, and where it is here
    #[arg(value_name = "FILE_NAME=PATH", value_parser = mapping)]
    files: Vec<(VfsPath, PathBuf)>,
    /// The folder with all files that are not loaded yet
    #[arg(long, value_name = "DIR", default_value = ".", conflicts_with = "files")]
    from: PathBuf,
}

fn mapping(text: &str) -> Result<(VfsPath, PathBuf), String> {
    let (name, path) = text.split_once('=').ok_or("write FILE_NAME=PATH, for example /program/sum.wasm=sum.wasm")?;
    if path.is_empty() {
        return Err("there is no path behind `=`".to_owned());
    }
    let name = VfsPath::parse(name).map_err(|error| format!("{name:?} is no name inside an instance: {error}"))?;
    Ok((name, path.into()))
}

/// A file on its way.
struct Order<'d> {
    declared: &'d Declared,
    path: PathBuf,
    local: Local,
}

impl Upload {
    pub(super) fn run(self, client: &CcfaasClient) -> Result<Answer, Stop> {
        wait(async {
            let function = registered(client, &self.name).await?;
            let files = declared(client, &function).await?;
            let chosen = self.chosen(&files)?;
            let (there, missing): (Vec<_>, Vec<_>) = chosen.into_iter().partition(|(file, _)| file.loaded);
            let orders = missing.into_iter().map(|(file, path)| order(file, path)).collect::<Result<Vec<_>, Stop>>()?;
            let mut done: Vec<Value> = there.iter().map(|(file, path)| entry(file, path, None)).collect();
            let mut words: Vec<String> =
                there.iter().map(|(file, _)| format!("{}: loaded already", file.path.as_str())).collect();
            let sent = orders.len();
            for Order { declared, path, local } in orders {
                let length = local.length;
                if let Err(error) = send(client, &self.name, declared, local).await {
                    return Err(refusal(&error, json!({"file": declared.path, "files": done})).into());
                }
                words.push(format!("{}: {length} bytes from {}", declared.path.as_str(), path.display()));
                done.push(entry(declared, &path, Some(length)));
            }
            let left = files.iter().filter(|file| !file.loaded).count() - sent;
            words.push(match left {
                0 => format!("{}: all its files are loaded", self.name),
                left => format!("{}: {left} file(s) are not loaded yet", self.name),
            });
            Ok(Answer::accepted(words.join("\n"), json!({"function": self.name, "files": done, "not_loaded": left})))
        })
    }

    /// The declared files that are meant, and where each is here.
    fn chosen<'d>(&self, files: &'d [Declared]) -> Result<Vec<(&'d Declared, PathBuf)>, Stop> {
        if self.files.is_empty() {
            let missing = files.iter().filter(|file| !file.loaded);
            let here = |file: &Declared| self.from.join(file.path.components().last().unwrap_or_default());
            return Ok(missing.map(|file| (file, here(file))).collect());
        }
        let find = |name: &VfsPath| files.iter().find(|file| file.path == *name).ok_or_else(|| undeclared(name, files));
        self.files.iter().map(|(name, path)| Ok((find(name)?, path.clone()))).collect()
    }
}

fn undeclared(name: &VfsPath, files: &[Declared]) -> Stop {
    let known: Vec<&str> = files.iter().map(|file| file.path.as_str()).collect();
    let reason = format!("the function declares no file {}; it declares {}", name.as_str(), known.join(", "));
    Answer::refused("file-not-declared", reason, json!({"file": name, "declared": known})).into()
}

/// Opens a file and compares its hash.
fn order(declared: &Declared, path: PathBuf) -> Result<Order<'_>, Stop> {
    let name = declared.path.as_str();
    let local = Local::read(&path).with_context(|| format!("for {name}; name it with {name}=PATH"))?;
    if local.digest == declared.digest {
        return Ok(Order { declared, path, local });
    }
    Err(mismatch(declared, &path, local.digest).into())
}

fn mismatch(declared: &Declared, path: &Path, found: Sha256Digest) -> Answer {
    let reason = format!(
        "{} is not the file that the function declares as {}: its SHA-256 is {found}, declared is {}; give the right \
         file, or have the function registered anew (nothing was sent)",
        path.display(),
        declared.path.as_str(),
        declared.digest
    );
    let json = json!({"file": declared.path, "path": path, "sha256": found, "declared_sha256": declared.digest});
    Answer::refused("hash-mismatch", reason, json)
}

async fn send(client: &CcfaasClient, function: &str, declared: &Declared, local: Local) -> Result<(), rest::Error> {
    let (name, length) = (declared.path.as_str(), local.length);
    let bar = Bar::new(name, Some(length));
    let count = bar.counter();
    let reader = InspectReader::new(tokio::fs::File::from_std(local.file), move |bytes: &[u8]| count(bytes.len()));
    match declared.kind {
        Kind::Program => client.upload_program(function, name, length, reader).await,
        Kind::DataFile => client.upload_data_file(function, name, length, reader).await,
    }
}

fn entry(file: &Declared, path: &Path, bytes: Option<u64>) -> Value {
    let mut entry =
        json!({"name": file.path, "kind": file.kind.name(), "sha256": file.digest, "sent": bytes.is_some()});
    if let (Value::Object(members), Some(bytes)) = (&mut entry, bytes) {
        members.insert("path".to_owned(), json!(path));
        members.insert("bytes".to_owned(), json!(bytes));
    }
    entry
}
