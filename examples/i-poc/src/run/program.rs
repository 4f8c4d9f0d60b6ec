//! The function's program: its run, and what it said. That is foreign text: bounded, and shown so that a terminal cannot
//! obey it.

use anyhow::anyhow;
use veracruz_client::{Compute, Error, Session};
use veracruz_policy::VfsPath;

use crate::ending::{Ending, Failure};
use crate::progress::patiently;
use crate::story::{Story, shown};

/// Bytes of a program's words that are taken into memory.
const MAX_WORDS_BYTES: u64 = 16 << 20;

/// Lines before a failed program's last one that are shown.
const LINES_BEFORE: usize = 10;

/// Runs it. Gives what it said, if that can be shown.
pub(super) async fn ran(story: &mut Story, session: &mut Session, name: &VfsPath) -> Result<Option<String>, Failure> {
    story.step("The program runs");
    let ran = patiently("the program runs", session.compute(name.as_str(), Compute::new())).await;
    let exit_code = ran.map_err(not_run)?;
    let said = words(session, "stdout", story).await;
    story.said(said.as_deref().unwrap_or_default().as_bytes());
    if exit_code != 0 {
        let said = words(session, "stderr", story).await.unwrap_or_default();
        let reason = last_words(story, &said);
        return Err(Failure::new(Ending::Program, anyhow!("the program ended with {exit_code}: {reason}")));
    }
    story.done(format!("{} ended with 0", name.as_str()));
    Ok(said)
}

/// The instance's word that a program failed is one thing, an instance that says nothing any more another.
fn not_run(error: Error) -> Failure {
    let (ending, what) = match error {
        Error::Failed { .. } => (Ending::Program, "the program did not run to its end"),
        _ => (Ending::Failed, "the instance does not say how the program ended"),
    };
    Failure::new(ending, anyhow!(error).context(what))
}

/// What the program said there. Functions need not have streams, and what cannot be shown does not make a result worse.
async fn words(session: &mut Session, stream: &str, story: &Story) -> Option<String> {
    match session.read(stream, MAX_WORDS_BYTES).await {
        Ok(said) => Some(String::from_utf8_lossy(&said).into_owned()),
        Err(Error::TooLarge { size, .. }) => {
            story.warn(format!("the program's {stream} is too long to be shown: {size} bytes"));
            None
        }
        Err(_) => None,
    }
}

/// The last line that was said: the reason why a program failed. What it said before is part of the story.
fn last_words(story: &Story, said: &str) -> String {
    let (before, reason) = parted(said);
    story.said(before.join("\n").as_bytes());
    reason
}

/// Some lines, and the last one.
fn parted(said: &str) -> (Vec<String>, String) {
    let lines: Vec<&str> = said.trim_end().lines().collect();
    let Some((reason, before)) = lines.split_last() else {
        return (Vec::new(), "it said nothing".to_owned());
    };
    let left_out = before.len().saturating_sub(LINES_BEFORE);
    let hint = (left_out > 0).then(|| format!("… {left_out} lines before"));
    let rest = before.iter().skip(left_out).map(|line| (*line).to_owned());
    (hint.into_iter().chain(rest).collect(), shown(reason))
}

#[test]
fn the_last_line_is_the_reason_and_a_table_before_it_is_not() {
    let table = |lines: std::ops::Range<u32>| lines.map(|number| format!("layer {number}")).collect::<Vec<_>>();
    for (said, before, reason) in [
        (String::new(), vec![], "it said nothing"),
        (" \n\n".to_owned(), vec![], "it said nothing"),
        ("why".to_owned(), vec![], "why"),
        ("layer 0\nwhy\u{1b}\n\n".to_owned(), table(0..1), "why\\u{1b}"),
        (table(0..10).join("\n") + "\nwhy", table(0..10), "why"),
        (table(0..12).join("\n") + "\nwhy", [vec!["… 2 lines before".to_owned()], table(2..12)].concat(), "why"),
    ] {
        assert_eq!(parted(&said), (before, reason.to_owned()), "{said:?}");
    }
}
