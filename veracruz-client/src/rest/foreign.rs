//! What others say, made fit for a terminal and a log: bounded, and with nothing in it that either would obey.

use std::error::Error;
use std::fmt::Write as _;

/// Characters of a short text: a URL, a name, a page of HTML.
const MAX_SHORT: usize = 300;

/// Characters of a problem's detail: a policy that breaks many rules is told all of them.
const MAX_LONG: usize = 8 * 1024;

/// A text on one line.
pub(super) fn bounded(text: &str) -> String {
    let mut shown = String::new();
    for character in text.chars().take(MAX_SHORT) {
        push(&mut shown, character);
    }
    if text.chars().nth(MAX_SHORT).is_some() {
        shown.push('…');
    }
    shown
}

/// A text of several lines. Each but the first is indented, so that none can pass for a line of somebody else.
pub(super) fn paragraphs(text: &str) -> String {
    let mut shown = String::new();
    for (position, line) in text.lines().enumerate() {
        if position > 0 {
            shown.push_str("\n  ");
        }
        for character in line.trim_start().chars() {
            push(&mut shown, character);
        }
        if shown.len() > MAX_LONG {
            shown.truncate(shown.floor_char_boundary(MAX_LONG));
            shown.push('…');
            break;
        }
    }
    shown
}

/// An error with what caused it.
pub(super) fn causes(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    for cause in std::iter::successors(error.source(), |&error| error.source()) {
        let cause = cause.to_string();
        // Some repeat their cause in their own words.
        if !text.ends_with(&cause) {
            let _ = write!(text, ": {cause}");
        }
    }
    bounded(&text)
}

/// Control characters, and those that turn the direction of a text around, in the form of a Rust literal.
fn push(shown: &mut String, character: char) {
    let turns = matches!(character, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    if character.is_control() || turns {
        shown.extend(character.escape_default());
    } else {
        shown.push(character);
    }
}
