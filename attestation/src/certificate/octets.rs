//! The DER OCTET STRING (X.690, section 8.7) around the bytes of an extension.

const OCTET_STRING: u8 = 0x04;

/// `content` as a DER OCTET STRING.
pub(crate) fn wrap(content: &[u8]) -> Vec<u8> {
    [&head(content.len()), content].concat()
}

/// The content, when `der` is exactly one OCTET STRING in DER.
#[cfg(feature = "verifier")]
pub(crate) fn unwrap(der: &[u8]) -> Option<&[u8]> {
    // A length has one encoding in DER. So the head follows from the content's length, and 2 to 4 bytes of head reach
    // up to 64 KiB, more than any extension that is read here.
    (2..=4).find_map(|start| {
        let (found, content) = der.split_at_checked(start)?;
        (found == head(content.len())).then_some(content)
    })
}

fn head(length: usize) -> Vec<u8> {
    let digits: Vec<u8> = length.to_be_bytes().into_iter().skip_while(|byte| *byte == 0).collect();
    match (length, digits.len() as u8) {
        (0..=0x7f, _) => vec![OCTET_STRING, length as u8],
        (_, count) => [vec![OCTET_STRING, 0x80 | count], digits].concat(),
    }
}

#[cfg(all(test, feature = "verifier"))]
mod tests {
    use super::{unwrap, wrap};

    #[test]
    fn what_is_wrapped_unwraps_and_nothing_else_does() {
        for length in [0, 1, 2, 3, 0x7f, 0x80, 0xff, 0x100, 0xffff] {
            let content = vec![4; length];
            let der = wrap(&content);
            assert_eq!(unwrap(&der), Some(content.as_slice()), "{length}");
            assert_eq!(unwrap(&der[..der.len() - 1]), None, "{length} cut");
            assert_eq!(unwrap(&[der, vec![0]].concat()), None, "{length} with a tail");
        }
        assert_eq!(unwrap(&[0x04, 0x81, 0x01, 0xaa]), None, "a length that is not in its shortest form");
        assert_eq!(unwrap(&[0x05, 0x00]), None, "another tag");
        assert_eq!(unwrap(&[]), None);
    }
}
