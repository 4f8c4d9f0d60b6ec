//! Participants: whoever holds the key of a certificate.

use serde::Serialize;

use super::members::{id_of, rights_of};
use crate::certificate::Certificate;
use crate::error::{Refusal, Report, Rule};
use crate::pem::pem_certificates;
use crate::reader::{Cursor, each, refuse_repeats};
use crate::table::RightsTable;

/// A participant: whoever holds the key of the certificate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Identity {
    /// Matched byte for byte against the peer's.
    pub certificate: Certificate,
    /// What the participant may do.
    pub file_rights: RightsTable,
    /// Unique among the identities.
    pub id: u32,
}

/// A participant as a user asks for it: the id is given when the policies are composed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct UserIdentity {
    /// Matched byte for byte against the peer's.
    pub certificate: Certificate,
    /// What the participant may do.
    pub file_rights: RightsTable,
}

pub(super) fn identities(list: &Cursor<'_>, report: &mut Report) -> Option<Vec<Identity>> {
    refuse_repeats(list, report, "id", Rule::DuplicateId, id_of);
    let identities = each(list, report, |item, report| {
        let asked = user_identity(item, report);
        let id = item.optional("id").and_then(|id| id.number(report));
        let (UserIdentity { certificate, file_rights }, id) = asked.zip(id)?;
        Some(Identity { certificate, file_rights, id })
    });
    refuse_repeated_certificates(list, report);
    identities
}

pub(super) fn user_identities(list: &Cursor<'_>, report: &mut Report) -> Option<Vec<UserIdentity>> {
    let identities = each(list, report, user_identity);
    refuse_repeated_certificates(list, report);
    identities
}

fn user_identity(item: &Cursor<'_>, report: &mut Report) -> Option<UserIdentity> {
    let certificate = item
        .optional("certificate")
        .and_then(|text| text.parsed(report, |text| Certificate::from_pem(text).map_err(Refusal::from)));
    let rights = rights_of(item, report);
    let (certificate, file_rights) = certificate.zip(rights)?;
    Some(UserIdentity { certificate, file_rights })
}

/// By the bytes that are compared at the door, not by the text: line breaks make no other person.
fn refuse_repeated_certificates(list: &Cursor<'_>, report: &mut Report) {
    let der = |item: &Cursor<'_>| {
        let text = item.optional("certificate")?.text()?;
        pem_certificates(text, 1).ok()?.pop()
    };
    refuse_repeats(list, report, "certificate", Rule::DuplicateCertificate, der);
}
