//! An access key: what a request, or the operator, signs with.

use std::fmt;

use aws_sdk_s3::config::Credentials;
use veracruz_rest::Secret;

use crate::names::{KeysError, check_secret};

/// What the SDK is told about where credentials come from; it goes into its own debug texts.
const PROVIDER: &str = "given";

/// An access key with its identifier, and the token of a temporary one. Wiped when dropped.
#[derive(Clone)]
pub struct Keys(Credentials);

impl Keys {
    /// An access key, as its provider wrote it.
    ///
    /// # Errors
    /// [`KeysError`] when one of the texts could be none of these.
    pub fn new(id: &str, secret: &Secret, token: Option<&Secret>) -> Result<Self, KeysError> {
        check_secret(id)?;
        check_secret(secret.expose())?;
        token.map_or(Ok(()), |token| check_secret(token.expose()))?;
        let token = token.map(|token| token.expose().to_owned());
        Ok(Keys(Credentials::new(id, secret.expose(), token, None, PROVIDER)))
    }

    /// For the SDK; a cheap copy of the same.
    pub(super) fn credentials(&self) -> Credentials {
        self.0.clone()
    }
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keys(…)")
    }
}
