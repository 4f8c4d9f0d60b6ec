//! Blocks marked `shell-session`: one shell for the whole document, so that servers run beside the commands that use them.
//!
//! A line that starts with `$ ` is typed into `bash`; the lines below it are what the command prints, on both streams,
//! with `[..]` for anything in a line, `...` for any lines, and `? 1` first for an exit status other than 0. A command
//! that ends with `&` stays in the background: the next one is typed when it has printed the lines that stand below it.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

use anyhow::{Context as _, anyhow, bail};
use snapbox::{Assert, IntoData as _};

/// No command of a document takes that long; one that does hangs.
const PATIENCE: Duration = Duration::from_secs(120);

/// Stands between the output of two commands; nothing prints it by chance.
const END_OF_COMMAND: &str = "--- the command ended with status ";

/// One command of a document and what it shall print.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Step {
    command: String,
    status: i32,
    output: Vec<String>,
}

impl Step {
    fn is_background(&self) -> bool {
        self.command.ends_with('&')
    }
}

/// The steps of all `shell-session` blocks of a document, in order.
pub(crate) fn steps(document: &str) -> anyhow::Result<Vec<Step>> {
    let mut steps: Vec<Step> = Vec::new();
    let mut inside = false;
    for line in document.lines() {
        match (inside, line) {
            (false, "```shell-session") => inside = true,
            (false, _) => {}
            (true, "```") => inside = false,
            (true, line) => take(line, &mut steps)?,
        }
    }
    for step in &mut steps {
        // Empty lines between commands are for the reader.
        while step.output.last().is_some_and(String::is_empty) {
            step.output.pop();
        }
    }
    Ok(steps)
}

fn take(line: &str, steps: &mut Vec<Step>) -> anyhow::Result<()> {
    if let Some(command) = line.strip_prefix("$ ") {
        steps.push(Step { command: command.to_owned(), status: 0, output: vec![] });
        return Ok(());
    }
    let step = steps.last_mut().context("the block begins with output: a command starts with `$ `")?;
    if let Some(continued) = line.strip_prefix("> ") {
        step.command = format!("{}\n{continued}", step.command);
    } else if let (Some(status), true) = (line.strip_prefix("? "), step.output.is_empty()) {
        step.status = status.parse()?;
    } else {
        step.output.push(line.to_owned());
    }
    Ok(())
}

/// Types every step into one shell that stands in `folder`, and shows the session as it goes.
pub(crate) fn run(steps: &[Step], folder: &Path) -> anyhow::Result<()> {
    let mut shell = Shell::open(folder)?;
    for step in steps {
        println!("$ {}", step.command);
        let (printed, status) = shell.type_in(step)?;
        for line in &printed {
            println!("{line}");
        }
        compare(step, &printed, status)?;
    }
    Ok(())
}

fn compare(step: &Step, printed: &[String], status: i32) -> anyhow::Result<()> {
    let in_step = || format!("in `{}`", step.command);
    if status != step.status {
        bail!("`{}` ended with status {status}, not {}: {}", step.command, step.status, printed.join("\n"));
    }
    let (actual, expected) = (printed.join("\n"), step.output.join("\n"));
    Assert::new()
        .try_eq(None, actual.into_data(), expected.into_data())
        .map_err(|e| anyhow!("{e}"))
        .with_context(in_step)
}

/// A `bash` whose two output streams are one.
struct Shell {
    process: Child,
    input: ChildStdin,
    lines: Receiver<String>,
}

impl Shell {
    fn open(folder: &Path) -> anyhow::Result<Self> {
        let mut process = Command::new("bash")
            .args(["--noprofile", "--norc"])
            .current_dir(folder)
            .env("LC_ALL", "C.UTF-8")
            .env_remove("VERACRUZ_ALLOW_SIMULATED")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("bash")?;
        let mut input = process.stdin.take().context("a piped stream")?;
        let output = process.stdout.take().context("a piped stream")?;
        // What is still in the background at the end goes with the shell.
        writeln!(input, "exec 2>&1; trap 'kill $(jobs -p) 2> /dev/null; wait' EXIT")?;
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    return;
                }
            }
        });
        Ok(Shell { process, input, lines })
    }

    /// What the command printed, and its status.
    fn type_in(&mut self, step: &Step) -> anyhow::Result<(Vec<String>, i32)> {
        let input = if step.is_background() { "" } else { " < /dev/null" };
        writeln!(self.input, "{{ {}\n}}{input}; echo \"{END_OF_COMMAND}$?\"", step.command)?;
        let wanted = if step.is_background() { step.output.len() } else { 0 };
        let (mut printed, mut status) = (Vec::new(), None);
        while status.is_none() || printed.len() < wanted {
            let line = match self.lines.recv_timeout(PATIENCE) {
                Ok(line) => line,
                Err(RecvTimeoutError::Timeout) => bail!("`{}` hangs; so far: {printed:#?}", step.command),
                Err(RecvTimeoutError::Disconnected) => {
                    bail!("the shell is gone after `{}`: {printed:#?}", step.command)
                }
            };
            match line.strip_prefix(END_OF_COMMAND) {
                Some(number) => status = Some(number.parse()?),
                None => printed.push(line),
            }
        }
        Ok((printed, status.unwrap_or_default()))
    }
}

impl Drop for Shell {
    fn drop(&mut self) {
        // The trap ends what runs in the background before the folder goes away.
        let _gone = writeln!(self.input, "exit");
        let _gone = self.process.wait();
    }
}

#[test]
fn a_document_is_read_as_steps() -> anyhow::Result<()> {
    let document = "text\n```shell-session\n$ one &\nready\n\n$ two \\\n> more\n? 3\nout\n```\n$ not this\n";
    let step = |command: &str, status, output: &[&str]| Step {
        command: command.to_owned(),
        status,
        output: output.iter().map(|line| (*line).to_owned()).collect(),
    };
    assert_eq!(steps(document)?, [step("one &", 0, &["ready"]), step("two \\\nmore", 3, &["out"])]);
    assert!(steps("```shell-session\nno command\n```\n").is_err());
    Ok(())
}

#[test]
fn a_right_session_passes_and_a_wrong_one_fails() -> anyhow::Result<()> {
    for (session, right) in [
        ("$ echo one\none\n", true),
        ("$ echo one >&2\none\n", true),
        ("$ echo one\ntwo\n", false),
        ("$ echo one; echo two\none\n", false),
        ("$ (exit 3)\n? 3\n", true),
        ("$ (exit 3)\n", false),
        ("$ name=value\n$ echo $name\nv[..]e\n", true),
        // In the background until it is told to end: the session goes on when the line has come.
        ("$ mkfifo pipe; { echo ready; cat pipe; } &\nready\n$ echo over > pipe; wait\nover\n", true),
    ] {
        let folder = tempfile::TempDir::new()?;
        let steps = steps(&format!("```shell-session\n{session}```\n"))?;
        assert_eq!(run(&steps, folder.path()).is_ok(), right, "{session}");
    }
    Ok(())
}
