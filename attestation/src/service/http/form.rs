//! The multipart form of evidence: `token`, `csr` and `policy_hash`, each once and nothing else.

use axum::extract::multipart::{Field, Multipart, MultipartError, MultipartRejection};
use axum::extract::{FromRequest as _, Request};
use axum::http::StatusCode;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use veracruz_policy::Sha256Digest;
use veracruz_rest::Problem;

/// Bytes of the whole form. The largest attestation document (16 KiB) has 22 KiB in base64, a request for a P-256
/// certificate under 1 KiB; the rest is for boundaries and headers of the parts.
pub const MAX_FORM_BYTES: usize = 64 * 1024;

/// What an attester sends.
pub(super) struct Form {
    pub(super) token: Vec<u8>,
    pub(super) csr_der: Vec<u8>,
    pub(super) policy_hash: Sha256Digest,
}

/// Reads the form; the router bounds the body.
pub(super) async fn read(request: Request) -> Result<Form, Problem> {
    let mut parts = Multipart::from_request(request, &()).await.map_err(not_a_form)?;
    let (mut token, mut csr, mut policy_hash) = (None, None, None);
    while let Some(part) = parts.next_field().await.map_err(|error| broken(&error))? {
        let slot = match part.name() {
            Some("token") => &mut token,
            Some("csr") => &mut csr,
            Some("policy_hash") => &mut policy_hash,
            _ => {
                return Err(malformed("unknown-field", "the form has a part other than token, csr and policy_hash"));
            }
        };
        if slot.is_some() {
            return Err(malformed("duplicate-field", "a part of the form stands twice; send each once"));
        }
        *slot = Some(text(part).await?);
    }
    Ok(Form { token: base64(token, "token")?, csr_der: base64(csr, "csr")?, policy_hash: digest(policy_hash)? })
}

async fn text(part: Field<'_>) -> Result<String, Problem> {
    let bytes = part.bytes().await.map_err(|error| broken(&error))?;
    String::from_utf8(bytes.into()).map_err(|_| malformed("malformed-field", "a part of the form is no UTF-8 text"))
}

fn base64(text: Option<String>, name: &str) -> Result<Vec<u8>, Problem> {
    let text = text.ok_or_else(|| missing(name))?;
    STANDARD.decode(text).map_err(|error| {
        malformed(
            "malformed-field",
            format!("`{name}` is no standard base64 with padding (RFC 4648, section 4): {error}"),
        )
    })
}

fn digest(text: Option<String>) -> Result<Sha256Digest, Problem> {
    let text = text.ok_or_else(|| missing("policy_hash"))?;
    text.parse().map_err(|error| malformed("malformed-field", format!("`policy_hash`: {error}")))
}

fn missing(name: &str) -> Problem {
    let detail = match name {
        // Veracruz's own runtimes send none: their evidence is bound to a key only, so any policy could be put under it.
        "policy_hash" => {
            "`policy_hash` is missing: send the SHA-256 of the policy's text that the evidence is bound to".to_owned()
        }
        _ => format!("`{name}` is missing; send it as a part of the form, in standard base64"),
    };
    malformed("missing-field", detail)
}

fn not_a_form(_: MultipartRejection) -> Problem {
    malformed("malformed-form", "the body is no multipart form; send multipart/form-data with a boundary")
}

fn broken(error: &MultipartError) -> Problem {
    match error.status() {
        StatusCode::PAYLOAD_TOO_LARGE => Problem::new(
            413,
            "form-too-large",
            format!(
                "the form has more than {MAX_FORM_BYTES} bytes; start a new session and send only token, csr and policy_hash"
            ),
        ),
        _ => malformed(
            "malformed-form",
            "the multipart form is broken or ends early; start a new session and send it whole",
        ),
    }
}

fn malformed(code: &'static str, detail: impl ToString) -> Problem {
    Problem::new(400, code, detail)
}
