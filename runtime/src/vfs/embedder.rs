//! What the program that embeds the runtime does itself, outside any session: it asks no rights. Sessions and guests must
//! never reach this.

use veracruz_policy::VfsPath;

use super::Vfs;
use super::directory::Node;
use super::error::VfsError;
use super::report::Exported;
use super::tree::below;

impl Vfs {
    /// The file at `path`, or the directory with all that is in it, each before what it holds, in the order of names.
    ///
    /// # Errors
    /// [`VfsError::NotFound`], [`VfsError::NotDirectory`].
    pub fn export(&self, path: &VfsPath) -> Result<Vec<Exported>, VfsError> {
        let tree = self.0.tree.read();
        let mut found = Vec::new();
        let mut left = vec![(path.clone(), tree.find(path)?)];
        while let Some((path, node)) = left.pop() {
            match node {
                Node::File(file) => found.push(Exported { path, content: Some(file.snapshot()) }),
                Node::Directory(directory) => {
                    for listed in directory.list().into_iter().rev() {
                        left.push((below(&path, &listed.name)?, listed.node));
                    }
                    found.push(Exported { path, content: None });
                }
            }
        }
        Ok(found)
    }

    /// Makes a directory, with those above it that are missing; one that exists is left alone.
    ///
    /// # Errors
    /// [`VfsError::NotDirectory`], and the quotas.
    pub fn provision_directory(&self, path: &VfsPath) -> Result<(), VfsError> {
        self.0.make_directories(path).map(drop)
    }
}
