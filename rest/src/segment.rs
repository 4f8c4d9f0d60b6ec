//! Names of files in the paths of CCFaaS.
//!
//! A file's name inside the instance (`/program/detector.wasm`) has slashes, so the i-poc writes it in standard base64
//! (RFC 4648, section 4). Base64 may itself hold a slash, so the URL-safe alphabet (section 5) is read too, with or without
//! padding; and so is the plain name, percent-encoded or not, where it is one that the function declares.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::general_purpose::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

/// Bytes of a segment, decoded from its percent-encoding. Names have at most 4,096 bytes, base64 adds a third.
const MAX_SEGMENT_BYTES: usize = 8 * 1024;

/// Standard base64 of a name, as lists show it.
pub fn encode_segment(name: &str) -> String {
    STANDARD.encode(name)
}

/// The one of `declared` that `segment` (percent-decoding done) means: literally, without its leading slash, or in
/// base64. `None` when it means none of them though it is readable.
///
/// # Errors
/// [`SegmentError`] when it is none of the forms.
pub fn decode_segment<'d>(
    segment: &str,
    declared: impl IntoIterator<Item = &'d str>,
) -> Result<Option<&'d str>, SegmentError> {
    if segment.len() > MAX_SEGMENT_BYTES {
        return Err(SegmentError::TooLong);
    }
    let declared: Vec<&str> = declared.into_iter().collect();
    let find = |name: &str| declared.iter().copied().find(|known| same(known, name));
    if let Some(known) = find(segment) {
        return Ok(Some(known));
    }
    let bytes = decode(segment).ok_or(SegmentError::NotBase64)?;
    let name = String::from_utf8(bytes).map_err(|_| SegmentError::NotText)?;
    Ok(find(&name))
}

/// `program.wasm` and `/program.wasm` are one file.
fn same(known: &str, name: &str) -> bool {
    !name.is_empty() && known.strip_prefix('/').unwrap_or(known) == name.strip_prefix('/').unwrap_or(name)
}

/// Strict: no character outside the alphabet, no stray bits at the end; only the padding may be left out.
fn decode(segment: &str) -> Option<Vec<u8>> {
    let config = GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    [&alphabet::STANDARD, &alphabet::URL_SAFE]
        .into_iter()
        .find_map(|alphabet| GeneralPurpose::new(alphabet, config).decode(segment).ok())
}

/// Why a segment names no file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SegmentError {
    /// It is longer than any name.
    TooLong,
    /// It is neither a declared name nor base64.
    NotBase64,
    /// It is base64 of what is no text.
    NotText,
}

impl std::fmt::Display for SegmentError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            SegmentError::TooLong => "it is longer than any name in base64",
            SegmentError::NotBase64 => {
                "it is neither a name that the function declares nor base64; write the name in base64, or percent-encoded"
            }
            SegmentError::NotText => "it is base64 of bytes that are no UTF-8 text",
        })
    }
}

impl std::error::Error for SegmentError {}

#[cfg(test)]
mod tests {
    use super::{SegmentError, decode_segment, encode_segment};

    const DECLARED: [&str; 3] = ["/program/detector.wasm", "/linear-regression.wasm", "/program/ÿÿ?.wasm"];

    #[test]
    fn a_name_is_read_in_each_of_its_forms() {
        let standard = encode_segment(DECLARED[2]);
        assert!(standard.contains('/') || standard.contains('+'), "{standard} shows why another alphabet is needed");
        let safe = standard.replace('+', "-").replace('/', "_");
        for (segment, name) in [
            ("L3Byb2dyYW0vZGV0ZWN0b3Iud2FzbQ==", DECLARED[0]),
            ("L3Byb2dyYW0vZGV0ZWN0b3Iud2FzbQ", DECLARED[0]),
            ("/program/detector.wasm", DECLARED[0]),
            ("program/detector.wasm", DECLARED[0]),
            ("linear-regression.wasm", DECLARED[1]),
            (standard.as_str(), DECLARED[2]),
            (safe.as_str(), DECLARED[2]),
        ] {
            assert_eq!(decode_segment(segment, DECLARED), Ok(Some(name)), "{segment}");
        }
    }

    #[test]
    fn what_means_no_declared_name_is_told_apart_from_what_means_nothing() {
        assert_eq!(decode_segment(&encode_segment("/other"), DECLARED), Ok(None));
        assert_eq!(decode_segment("", DECLARED), Ok(None));
        assert_eq!(decode_segment("L3B*yb2", DECLARED), Err(SegmentError::NotBase64));
        assert_eq!(decode_segment("//79", DECLARED), Err(SegmentError::NotText));
        assert_eq!(decode_segment(&"A".repeat(9000), DECLARED), Err(SegmentError::TooLong));
    }
}
