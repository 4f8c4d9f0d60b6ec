//! Where in a policy the things are that requests name, so that a decision does not search.

use std::collections::HashMap;

use crate::certificate::Certificate;
use crate::digest::Sha256Digest;
use crate::document::FullDocument;
use crate::name::Name;
use crate::path::{Target, VfsPath};

/// Positions in the document by what requests name.
#[derive(Clone, Debug)]
pub(crate) struct Index {
    pub(super) participants: HashMap<u32, usize>,
    pub(super) certificates: HashMap<Sha256Digest, usize>,
    pub(super) programs: HashMap<VfsPath, usize>,
    pub(super) pipelines: HashMap<Name, usize>,
    pub(super) hashes: HashMap<VfsPath, Sha256Digest>,
}

impl Index {
    pub(crate) fn of(document: &FullDocument) -> Self {
        let identities = || document.identities.iter().enumerate();
        let fingerprint = |certificate: &Certificate| certificate.fingerprint();
        Index {
            participants: identities().map(|(position, identity)| (identity.id, position)).collect(),
            certificates: identities().map(|(position, one)| (fingerprint(&one.certificate), position)).collect(),
            programs: positions(document.programs.iter().map(|program| program.program_file_name.clone())),
            pipelines: positions(document.pipelines().iter().map(|pipeline| pipeline.name.clone())),
            hashes: document.file_hashes.iter().map(|file| (file.file_path.clone(), file.hash)).collect(),
        }
    }

    pub(super) fn is_program(&self, target: &Target) -> bool {
        target.as_path().is_some_and(|path| self.programs.contains_key(path))
    }

    /// Whether a file with a declared hash lies below `target`.
    pub(super) fn fixes_below(&self, target: &Target) -> bool {
        target.as_path().is_some_and(|directory| self.hashes.keys().any(|file| directory.contains(file)))
    }

    pub(super) fn declared_hash(&self, target: &Target) -> Option<&Sha256Digest> {
        target.as_path().and_then(|path| self.hashes.get(path))
    }
}

fn positions<K: std::hash::Hash + Eq>(keys: impl Iterator<Item = K>) -> HashMap<K, usize> {
    keys.enumerate().map(|(position, key)| (key, position)).collect()
}
