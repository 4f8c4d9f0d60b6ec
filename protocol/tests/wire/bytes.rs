//! Messages as bytes that are written by hand.

/// The bytes of a message with its length in front.
pub(crate) fn framed(body: &[u8]) -> Vec<u8> {
    let mut bytes = (body.len() as u64).to_be_bytes().to_vec();
    bytes.extend_from_slice(body);
    bytes
}

/// Bytes from hexadecimal digits; blanks between them do not count.
pub(crate) fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<_> = text.chars().filter(|c| !c.is_whitespace()).map(|c| c.to_digit(16).unwrap() as u8).collect();
    assert!(digits.len().is_multiple_of(2), "half a byte in {text}");
    digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect()
}

/// A field of wire type 2: key, length, value. Numbers up to 15.
pub(crate) fn field(number: u8, value: &[u8]) -> Vec<u8> {
    assert!(number < 16);
    [&[number << 3 | 2][..], &varint(value.len() as u64), value].concat()
}

/// A number in its shortest form.
pub(crate) fn varint(mut value: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let group = (value & 0x7f) as u8;
        value >>= 7;
        if value == 0 {
            bytes.push(group);
            return bytes;
        }
        bytes.push(group | 0x80);
    }
}
