//! CBOR items (RFC 8949) as bytes, in the right spelling and in others.

/// An item's head in its shortest form.
pub fn head(major: u8, argument: u64) -> Vec<u8> {
    let width = match argument {
        0..=23 => 0,
        24..=0xff => 1,
        0x100..=0xffff => 2,
        0x1_0000..=0xffff_ffff => 4,
        _ => 8,
    };
    head_of_width(major, argument, width)
}

/// An item's head with its argument in `width` bytes (0, 1, 2, 4 or 8), needed or not.
pub fn head_of_width(major: u8, argument: u64, width: usize) -> Vec<u8> {
    let wide = argument.to_be_bytes();
    let code = match width {
        0 => wide[7],
        1 => 24,
        2 => 25,
        4 => 26,
        _ => 27,
    };
    let mut item = vec![major << 5 | code];
    item.extend(wide.iter().skip(8 - width));
    item
}

/// An unsigned integer.
pub fn unsigned(value: u64) -> Vec<u8> {
    head(0, value)
}

/// The negative integer `-1 - value`.
pub fn negative(value: u64) -> Vec<u8> {
    head(1, value)
}

/// A byte string.
pub fn bytes(content: &[u8]) -> Vec<u8> {
    [head(2, content.len() as u64), content.to_vec()].concat()
}

/// A text string.
pub fn text(content: &str) -> Vec<u8> {
    [head(3, content.len() as u64), content.as_bytes().to_vec()].concat()
}

/// An array of items.
pub fn array(items: &[Vec<u8>]) -> Vec<u8> {
    [head(4, items.len() as u64), items.concat()].concat()
}

/// A map of key and value items, in the order given.
pub fn map(entries: &[(Vec<u8>, Vec<u8>)]) -> Vec<u8> {
    [head(5, entries.len() as u64), pairs(entries)].concat()
}

/// The same map with indefinite length.
pub fn indefinite_map(entries: &[(Vec<u8>, Vec<u8>)]) -> Vec<u8> {
    [vec![0xbf], pairs(entries), vec![0xff]].concat()
}

/// An array of indefinite length.
pub fn indefinite_array(items: &[Vec<u8>]) -> Vec<u8> {
    [vec![0x9f], items.concat(), vec![0xff]].concat()
}

/// A byte string of indefinite length in one chunk.
pub fn indefinite_bytes(content: &[u8]) -> Vec<u8> {
    [vec![0x5f], bytes(content), vec![0xff]].concat()
}

/// A text string of indefinite length in one chunk.
pub fn indefinite_text(content: &str) -> Vec<u8> {
    [vec![0x7f], text(content), vec![0xff]].concat()
}

/// `null`.
pub fn null() -> Vec<u8> {
    vec![0xf6]
}

/// A double-precision number.
pub fn float(value: f64) -> Vec<u8> {
    [vec![0xfb], value.to_be_bytes().to_vec()].concat()
}

/// A tagged item.
pub fn tagged(tag: u64, item: &[u8]) -> Vec<u8> {
    [head(6, tag), item.to_vec()].concat()
}

fn pairs(entries: &[(Vec<u8>, Vec<u8>)]) -> Vec<u8> {
    entries.iter().flat_map(|(key, value)| [key.clone(), value.clone()]).flatten().collect()
}
