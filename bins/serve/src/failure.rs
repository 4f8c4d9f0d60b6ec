//! How a daemon says why it ends before its time.

use std::error::Error;
use std::io::Write as _;
use std::process::ExitCode;

/// Tells the operator, in the name of `daemon`, and gives the exit code 1.
pub fn failed(daemon: &str, error: &(dyn Error + 'static)) -> ExitCode {
    // The stream may be closed; the exit code says it all the same.
    let _ = writeln!(std::io::stderr(), "{daemon}: {}", chain(error));
    ExitCode::FAILURE
}

/// An error with what caused it, in one line. Many errors name their cause themselves: nothing is said twice.
fn chain(error: &(dyn Error + 'static)) -> String {
    let mut words = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let more = error.to_string();
        if !words.contains(&more) {
            words = format!("{words}: {more}");
        }
        cause = error.source();
    }
    words
}

#[cfg(test)]
mod tests {
    use super::chain;

    #[derive(Debug, thiserror::Error)]
    enum Example {
        #[error("no light: {0}")]
        Naming(#[source] Box<Example>),
        #[error("no lamp")]
        Silent(#[source] Box<Example>),
        #[error("no wick")]
        Last,
    }

    #[test]
    fn each_cause_is_told_once() {
        let silent = || Box::new(Example::Silent(Box::new(Example::Last)));
        assert_eq!(chain(&Example::Last), "no wick");
        assert_eq!(chain(&*silent()), "no lamp: no wick");
        assert_eq!(chain(&Example::Naming(Box::new(Example::Last))), "no light: no wick");
        assert_eq!(chain(&Example::Naming(silent())), "no light: no lamp: no wick");
    }
}
