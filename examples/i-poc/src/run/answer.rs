//! What standard output gets of a run: words for people, whose last lines are the results' paths, or one JSON object for
//! programs. Standard output may be closed: the files are there all the same.

use std::io::{self, Write as _};

use serde_json::{Value, json};

use super::results::Fetched;
use crate::story::is_plain;

/// A program that ended well.
pub(super) struct Answer {
    pub(super) function: String,
    pub(super) instance: String,
    pub(super) fetched: Fetched,
    /// What the program said, if it could be shown.
    pub(super) said: Option<String>,
}

impl Answer {
    /// Prints it.
    pub(super) fn show(&self, as_json: bool) {
        let text = if as_json { self.json() } else { self.words() };
        let mut out = io::stdout().lock();
        let _ = out.write_all(text.as_bytes());
        let _ = out.flush();
    }

    /// The pictures stand at the end: a table of thousands of lines must not push them out of sight.
    fn words(&self) -> String {
        let table = self.fetched.detections.as_ref().map(|detections| format!("{detections}\n"));
        let paths = self.fetched.paths.iter().map(|path| format!("{}\n", path.display()));
        table.into_iter().chain(paths).collect()
    }

    fn json(&self) -> String {
        let files: Vec<String> = self.fetched.paths.iter().map(|path| path.display().to_string()).collect();
        let answer: Value = json!({
            "instance": self.instance,
            "function": self.function,
            "files": files,
            "detections": self.fetched.detections,
            "stdout": self.said,
        });
        // Marks that a terminal obeys can only be in strings, where JSON lets them be escaped. All have four digits.
        let escaped = |c| if is_plain(c) { c.to_string() } else { format!("\\u{:04x}", u32::from(c)) };
        answer.to_string().chars().map(escaped).chain(["\n".to_owned()]).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::Answer;
    use crate::run::detections::Detections;
    use crate::run::results::Fetched;

    const FRAMES: &str = concat!(
        r#"[{"frame":0,"width":64,"height":48,"detections":["#,
        r#"{"class":"ball","probability":0.5,"box":{"x":1.0,"y":2.0,"width":3.0,"height":4.5}}]}]"#
    );

    fn answer(frames: Option<&str>, said: Option<&str>) -> anyhow::Result<Answer> {
        let list = frames.map(|frames| format!("{{\"frames\":{frames}}}"));
        let detections = list.map(|list| Detections::parse(list.as_bytes())).transpose()?;
        let fetched = Fetched { paths: vec![PathBuf::from("./first/prediction.0.jpg")], detections };
        let (function, instance) = ("vod".to_owned(), "first".to_owned());
        Ok(Answer { function, instance, fetched, said: said.map(str::to_owned) })
    }

    #[test]
    fn paths_are_the_last_lines() -> anyhow::Result<()> {
        let words = answer(Some(FRAMES), None)?.words();
        assert!(words.starts_with("frame  class") && words.ends_with("4.5\n\n./first/prediction.0.jpg\n"), "{words}");
        assert_eq!(answer(None, Some("said"))?.words(), "./first/prediction.0.jpg\n");
        Ok(())
    }

    #[test]
    fn programs_get_one_line_of_json_that_no_terminal_obeys() -> anyhow::Result<()> {
        let head = r#"{"instance":"first","function":"vod","files":["./first/prediction.0.jpg"],"detections":"#;
        let json = answer(Some(FRAMES), Some("a\n\u{202e}\u{9b}ö"))?.json();
        assert_eq!(json, format!("{head}{FRAMES},\"stdout\":\"a\\n\\u202e\\u009bö\"}}\n"));
        assert_eq!(answer(None, None)?.json(), format!("{head}null,\"stdout\":null}}\n"));
        Ok(())
    }
}
