//! Members that several documents have: rights, names, paths, digests, ids, runtime hashes.

use serde::{Serialize, Serializer};

use crate::digest::{DigestError, Sha256Digest};
use crate::error::{Refusal, Report, Rule};
use crate::name::Name;
use crate::path::VfsPath;
use crate::reader::Cursor;
use crate::table::{self, RightsTable};

/// The measurement of a runtime as policies write it: 64 hexadecimal digits, or an empty text for none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RuntimeHash(pub Option<Sha256Digest>);

impl Serialize for RuntimeHash {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Some(digest) => digest.serialize(serializer),
            None => serializer.serialize_str(""),
        }
    }
}

pub(super) fn runtime_hash(item: &Cursor<'_>, report: &mut Report) -> Option<RuntimeHash> {
    match item.text()? {
        "" => Some(RuntimeHash(None)),
        _ => digest_at(item, report).map(|digest| RuntimeHash(Some(digest))),
    }
}

pub(super) fn rights_of(item: &Cursor<'_>, report: &mut Report) -> Option<RightsTable> {
    item.optional("file_rights").and_then(|list| table::read(&list, report))
}

pub(super) fn name_at(item: &Cursor<'_>, report: &mut Report) -> Option<Name> {
    item.parsed(report, |text| Name::parse(text).map_err(|error| error.refuse(text)))
}

pub(super) fn path_of(item: &Cursor<'_>, key: &str, report: &mut Report) -> Option<VfsPath> {
    item.optional(key)?.parsed(report, |text| VfsPath::parse(text).map_err(|error| error.refuse(text)))
}

pub(super) fn digest_of(item: &Cursor<'_>, key: &str, report: &mut Report) -> Option<Sha256Digest> {
    item.optional(key).and_then(|digest| digest_at(&digest, report))
}

fn digest_at(item: &Cursor<'_>, report: &mut Report) -> Option<Sha256Digest> {
    item.parsed(report, |text| {
        text.parse().map_err(|error: DigestError| {
            let rule = match error {
                DigestError::Length(_) => Rule::HashLength,
                DigestError::Digit => Rule::HashDigit,
            };
            Refusal::new(rule, "64 hexadecimal digits", error.to_string())
        })
    })
}

pub(super) fn id_of(item: &Cursor<'_>) -> Option<u64> {
    item.optional("id")?.raw_number()
}
