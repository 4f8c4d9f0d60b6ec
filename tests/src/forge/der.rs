//! DER items (X.690) as bytes.

use time::OffsetDateTime;

/// An item with the shortest definite length.
pub fn item(tag: u8, content: &[u8]) -> Vec<u8> {
    let wide = content.len().to_be_bytes();
    let skip = wide.iter().take_while(|byte| **byte == 0).count().min(7);
    let mut item = vec![tag];
    if content.len() >= 128 {
        item.push(0x80 | (8 - skip) as u8);
    }
    item.extend(wide.iter().skip(skip));
    item.extend_from_slice(content);
    item
}

/// SEQUENCE of items.
pub fn sequence(items: &[Vec<u8>]) -> Vec<u8> {
    item(0x30, &items.concat())
}

/// OBJECT IDENTIFIER from its encoded content.
pub fn oid(content: &[u8]) -> Vec<u8> {
    item(0x06, content)
}

/// INTEGER of a small number.
pub fn small_integer(value: u8) -> Vec<u8> {
    item(0x02, &[value])
}

/// BOOLEAN.
pub fn boolean(value: bool) -> Vec<u8> {
    item(0x01, &[if value { 0xff } else { 0 }])
}

/// OCTET STRING.
pub fn octets(content: &[u8]) -> Vec<u8> {
    item(0x04, content)
}

/// BIT STRING of whole bytes.
pub fn bits(content: &[u8]) -> Vec<u8> {
    item(0x03, &[&[0], content].concat())
}

/// `Time` of X.509: UTCTime until 2049, GeneralizedTime after (RFC 5280 §4.1.2.5).
pub fn time(at: OffsetDateTime) -> Vec<u8> {
    let (year, month, day) = (at.year(), u8::from(at.month()), at.day());
    let rest = format!("{month:02}{day:02}{:02}{:02}{:02}Z", at.hour(), at.minute(), at.second());
    if year < 2050 {
        item(0x17, format!("{:02}{rest}", year % 100).as_bytes())
    } else {
        item(0x18, format!("{year:04}{rest}").as_bytes())
    }
}
