//! What the user sees: numbered steps, and below each what was done and what was verified.

use std::io::{self, Write as _};

/// The teller. Standard error may be closed at any time: the work goes on, and its end is told by the exit status.
#[derive(Default)]
pub(crate) struct Story {
    steps: u32,
}

impl Story {
    /// The next step begins.
    pub(crate) fn step(&mut self, title: &str) {
        self.steps += 1;
        line(&format!("{}. {title}", self.steps));
    }

    /// Something was done.
    pub(crate) fn done(&self, what: impl AsRef<str>) {
        line(&format!("   - {}", what.as_ref()));
    }

    /// Something was checked and found right.
    pub(crate) fn verified(&self, what: impl AsRef<str>) {
        line(&format!("   ✓ {}", what.as_ref()));
    }

    /// Something is not as it should be in earnest.
    pub(crate) fn warn(&self, what: impl AsRef<str>) {
        line(&format!("   ! {}", what.as_ref()));
    }

    /// What a program said, line by line, in a form that a terminal cannot obey.
    pub(crate) fn said(&self, text: &[u8]) {
        for said in String::from_utf8_lossy(text).lines() {
            line(&format!("   | {}", shown(said)));
        }
    }
}

/// Foreign text in one line: tabs stay; every other control character and every mark that is invisible or turns the order
/// of what is around it is escaped.
pub(crate) fn shown(text: &str) -> String {
    text.chars().flat_map(|c| if is_plain(c) { vec![c] } else { c.escape_default().collect() }).collect()
}

/// Whether a terminal shows it as it is, and nothing else in another way because of it.
pub(crate) fn is_plain(c: char) -> bool {
    let mark = matches!(c, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}');
    c == '\t' || !(c.is_control() || mark)
}

fn line(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}

#[test]
fn what_a_terminal_would_obey_or_hide_is_escaped() {
    let marks = [0x61c, 0x200b, 0x200f, 0x2028, 0x202e, 0x2060, 0x2066, 0x206f, 0xfeff, 0x1b, 0x7f, 0x9b, 0x0a];
    for mark in marks.into_iter().filter_map(char::from_u32) {
        assert_eq!(shown(&format!("a{mark}b")), format!("a{}b", mark.escape_default()));
    }
    let plain = "a\tö → 視 \u{200a}\u{2010}\u{2027}\u{202f}\u{205f}\u{2070} “quoted”";
    assert_eq!(shown(plain), plain);
}
