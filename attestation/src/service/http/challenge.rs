//! A challenge on the wire: the session object of Veraison's challenge-response interface
//! (<https://github.com/veraison/docs/blob/main/api/challenge-response/README.md>), as far as it applies here.

use serde::Serialize;
use time::format_description::well_known::Rfc3339;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::service::Challenge;

/// The media type that Veracruz's hosts expect.
pub(super) const MEDIA_TYPE: &str = "application/vnd.veraison.challenge-response-session+json";

#[derive(Serialize)]
struct Session {
    /// Standard base64 of the 32 bytes.
    nonce: String,
    /// RFC 3339.
    expiry: String,
    /// The media type that the session's next request must have.
    accept: [&'static str; 1],
    status: &'static str,
}

/// The JSON text.
pub(super) fn body(challenge: &Challenge) -> Result<Vec<u8>, Box<dyn std::error::Error>> {
    let session = Session {
        nonce: STANDARD.encode(challenge.nonce),
        expiry: challenge.expires_at.format(&Rfc3339)?,
        accept: ["multipart/form-data"],
        status: "waiting",
    };
    Ok(serde_json::to_vec(&session)?)
}
