//! Which characters people see as they stand there; all others can confuse a terminal, or whoever reads it.

/// Whether a character shows what it is: no control character, and none of Unicode that is invisible or changes the
/// direction or place of others.
#[must_use]
pub fn is_plain(character: char) -> bool {
    !character.is_control()
        && !matches!(character,
            '\u{ad}' | '\u{61c}' | '\u{180e}' // soft hyphen, direction of Arabic, vowel separator
            | '\u{200b}'..='\u{200f}' // without width, and marks of direction
            | '\u{2028}'..='\u{202e}' // other ends of lines, embeddings and overrides of direction
            | '\u{2060}'..='\u{206f}' // joiners, isolates of direction, and what is deprecated
            | '\u{feff}' | '\u{fff9}'..='\u{fffb}' // byte order mark, annotations between lines
            | '\u{e0000}'..='\u{e007f}') // tags
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_seen_is_not_plain() {
        for (hidden, why) in [
            ("\0\n\r\t\u{1b}\u{7f}\u{85}\u{9b}", "control characters"),
            ("\u{200b}\u{200c}\u{200d}\u{2060}\u{feff}\u{ad}", "no width"),
            ("\u{61c}\u{200e}\u{200f}\u{202a}\u{202b}\u{202c}\u{202d}\u{202e}", "direction"),
            ("\u{2066}\u{2067}\u{2068}\u{2069}\u{206f}", "isolates"),
            ("\u{2028}\u{2029}", "ends of lines"),
            ("\u{e0001}\u{e0041}\u{fff9}", "tags and annotations"),
        ] {
            assert!(!hidden.chars().any(is_plain), "{why}");
        }
        assert!("traffic light, Straße, 信号機, إشارة, 🚦, …".chars().all(is_plain));
    }
}
