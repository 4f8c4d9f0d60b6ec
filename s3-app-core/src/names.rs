//! Names out of requests and settings, as far as S3 gives them a form.
//!
//! They end up in host names, paths and headers. What S3's own rules leave open is left to S3.

use std::fmt;

/// Characters of a region's name: the longest are around twenty, and a label of a host name has at most 63.
const MAX_REGION_BYTES: usize = 63;

/// Bytes of a bucket's name: 63 today, 255 for the oldest ones.
const MAX_BUCKET_BYTES: usize = 255;

/// Bytes of an object's key (S3 user guide, "Naming Amazon S3 objects").
const MAX_KEY_BYTES: usize = 1024;

/// A region, such as `eu-central-1`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Region(String);

/// A text that is no region.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected a region, such as eu-central-1: letters, digits and hyphens")]
pub struct RegionError;

impl Region {
    /// Reads a region's name. Whether there is such a region is known to S3 only.
    ///
    /// # Errors
    /// [`RegionError`] when it could be none.
    pub fn parse(text: &str) -> Result<Self, RegionError> {
        let letters = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        match letters && !text.is_empty() && text.len() <= MAX_REGION_BYTES {
            true => Ok(Region(text.to_owned())),
            false => Err(RegionError),
        }
    }
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The address of an S3-compatible server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StorageEndpoint(String);

/// A text that is no address of an S3-compatible server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "expected the URL of an S3-compatible server, such as https://s3.example.com:9000, without user, query or fragment"
)]
pub struct StorageEndpointError;

impl StorageEndpoint {
    /// Reads an `http` or `https` URL. Over `http` objects travel in the clear, and so do session tokens.
    ///
    /// # Errors
    /// [`StorageEndpointError`] when it is none.
    pub fn parse(text: &str) -> Result<Self, StorageEndpointError> {
        let url: axum::http::Uri = text.parse().map_err(|_| StorageEndpointError)?;
        let scheme = matches!(url.scheme_str(), Some("http" | "https"));
        let plain = url.query().is_none() && !text.contains(['#', '@']);
        match scheme && plain && url.host().is_some_and(|host| !host.is_empty()) {
            true => Ok(StorageEndpoint(text.to_owned())),
            false => Err(StorageEndpointError),
        }
    }

    /// Whether what goes there is encrypted, or stays on this machine.
    pub fn is_private(&self) -> bool {
        let url: Option<axum::http::Uri> = self.0.parse().ok();
        url.is_some_and(|url| {
            let host = url.host().unwrap_or_default().trim_matches(['[', ']']);
            let here = host.parse().is_ok_and(|address: std::net::IpAddr| address.is_loopback());
            url.scheme_str() == Some("https") || here || host == "localhost"
        })
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for StorageEndpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A text that cannot be an access key's identifier, an access key or a session token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected letters, digits and signs of ASCII without spaces; take the credentials as the provider wrote them")]
pub struct KeysError;

/// What a bucket's name must look like, for a fault's text. The form is that of boto3: letters, digits, `.`, `-`, `_`. ARNs
/// of access points are no names: they would send the request to a host of their own.
pub(crate) fn check_bucket(name: &str) -> Result<(), &'static str> {
    let known = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
    let begins = name.bytes().next().is_some_and(|byte| byte.is_ascii_alphanumeric());
    match begins && name.len() <= MAX_BUCKET_BYTES && name.bytes().all(known) {
        true => Ok(()),
        false => Err("the name of a bucket: letters, digits, dots and hyphens, a letter or digit first"),
    }
}

/// What an object's key must look like, for a fault's text.
pub(crate) fn check_key(name: &str) -> Result<(), &'static str> {
    match (1..=MAX_KEY_BYTES).contains(&name.len()) {
        true => Ok(()),
        false => Err("the key of an object: 1 to 1024 bytes"),
    }
}

/// Bytes of an access key or a session token: tokens of AWS have one to four thousand.
const MAX_SECRET_BYTES: usize = 16 * 1024;

/// Whether a text can go into a header as it is. The text is secret, so nothing else is said about it.
pub(crate) fn check_secret(text: &str) -> Result<(), KeysError> {
    let printable = text.bytes().all(|byte| byte.is_ascii_graphic());
    match printable && (1..=MAX_SECRET_BYTES).contains(&text.len()) {
        true => Ok(()),
        false => Err(KeysError),
    }
}
