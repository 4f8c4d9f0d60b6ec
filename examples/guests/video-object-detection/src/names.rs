//! What the classes of a network are called: a name a line, in the order of the classes.
//!
//! Names are printed, drawn and written down, so a list with a name that could confuse a terminal is refused.

use crate::Error;
use crate::files::NAMES;
use crate::letters::is_plain;

/// Bytes of a list; COCO's has 626.
pub const LONGEST_LIST: u64 = 1 << 20;

/// Characters of a name.
const LONGEST_NAME: usize = 100;

/// A name for every class; more are accepted, as Darknet does.
#[derive(Debug)]
pub struct Names(Vec<String>);

impl Names {
    /// Reads a list for a network of so many classes.
    ///
    /// # Errors
    /// When there are fewer names, or one is too long or holds a character that is not seen.
    pub fn parse(text: &str, classes: usize) -> Result<Self, Error> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text).trim_end();
        let names: Vec<_> = text.lines().map(str::trim).collect();
        if let Some((line, what)) = names.iter().zip(1..).find_map(|(name, line)| Some((line, flaw(name)?))) {
            return Err(Error::Name { file: NAMES, line, what });
        }
        if names.len() < classes {
            return Err(Error::TooFewNames { file: NAMES, found: names.len(), classes });
        }
        Ok(Names(names.into_iter().map(str::to_owned).collect()))
    }

    /// The name of a class.
    #[must_use]
    pub fn of(&self, class: usize) -> &str {
        self.0.get(class).map_or("?", String::as_str)
    }
}

fn flaw(name: &str) -> Option<&'static str> {
    if name.chars().count() > LONGEST_NAME {
        Some("a name of more than 100 characters")
    } else if name.chars().any(char::is_control) {
        Some("a name with a control character")
    } else if !name.chars().all(is_plain) {
        Some("a name with an invisible character, or one that changes the direction of others")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_lines_without_blanks_around() {
        let names = Names::parse("\u{feff}ball\r\n traffic light \nkölsch\n\n", 3).unwrap();
        assert_eq!([names.of(0), names.of(1), names.of(2)], ["ball", "traffic light", "kölsch"]);
    }

    #[test]
    fn more_names_than_classes_are_fine_and_fewer_are_not() {
        assert_eq!(Names::parse("a\nb\nc\n", 2).unwrap().of(1), "b");
        for (text, classes, found) in [("a\nb\n", 3, 2), ("a\nb\n\n\n", 3, 2), ("", 1, 0)] {
            let message = Names::parse(text, classes).unwrap_err().to_string();
            let expected = format!("program_data/coco.names: has {found} names, the network has {classes} classes");
            assert_eq!(message, expected, "{text:?}");
        }
    }

    #[test]
    fn a_name_that_nobody_could_print_is_refused_with_its_line() {
        for (text, why) in [
            (format!("ball\n{}\n", "x".repeat(101)), "line 2: a name of more than 100 characters"),
            ("ball\nbox\n\u{1b}[31mred\n".to_owned(), "line 3: a name with a control character"),
            (
                "ball\n\u{202e}xob\n".to_owned(),
                "line 2: a name with an invisible character, or one that changes the direction of others",
            ),
            (
                "ball\nbo\u{feff}x\n".to_owned(),
                "line 2: a name with an invisible character, or one that changes the direction of others",
            ),
        ] {
            let message = Names::parse(&text, 2).unwrap_err().to_string();
            assert_eq!(message, format!("program_data/coco.names: {why}"));
        }
    }
}
