//! The user policy: which function a user wants, and who may do what with the instance.

use serde::Serialize;

use super::identities::{UserIdentity, user_identities};
use super::members::name_at;
use super::{Checked, DocumentKind};
use crate::error::{PolicyError, Report};
use crate::name::Name;
use crate::reader::Cursor;

/// A user policy that is valid.
pub type UserPolicy = Checked<UserDocument>;

/// The content of a user policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct UserDocument {
    /// The function to instantiate.
    pub function: Name,
    /// The instance's name, unique at the function service.
    pub instanceid: Name,
    /// The participants, in an order that gives them their ids.
    pub identities: Vec<UserIdentity>,
}

impl UserPolicy {
    /// Reads a user policy.
    ///
    /// # Errors
    /// All rules that the text breaks.
    pub fn parse(text: &str) -> Result<Self, PolicyError> {
        super::read(DocumentKind::User, text, read)
    }
}

fn read(root: &Cursor<'_>, report: &mut Report) -> Option<UserDocument> {
    let function = root.optional("function").and_then(|name| name_at(&name, report));
    let instanceid = root.optional("instanceid").and_then(|name| name_at(&name, report));
    let identities = root.optional("identities").and_then(|list| user_identities(&list, report));
    Some(UserDocument { function: function?, instanceid: instanceid?, identities: identities? })
}
