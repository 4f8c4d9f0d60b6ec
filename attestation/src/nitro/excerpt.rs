//! Strings of strangers, made fit to show: bounded and escaped.

/// Long enough for every real module id (39 characters), short enough for one log line.
const SHOWN_CHARACTERS: usize = 64;

/// The beginning of `text` with control characters and quotes escaped; `…` says that something was left out.
pub(crate) fn excerpt(text: &str) -> String {
    let mut characters = text.chars();
    let mut shown: String = characters
        .by_ref()
        .take(SHOWN_CHARACTERS)
        .flat_map(char::escape_debug)
        .collect();
    if characters.next().is_some() {
        shown.push('…');
    }
    shown
}
