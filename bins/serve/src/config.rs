//! Configuration in layers: flags over environment over a TOML file over defaults, every problem reported at once.
//!
//! A daemon derives `clap::Parser` for a struct of *raw* flags (texts, paths, booleans; all optional), [`layer`]s it, and
//! turns the result into its own typed configuration, collecting what is wrong in [`Problems`]. The process's
//! environment is not read here: it is passed in, so that a test can pass its own. Problems name settings and where they
//! were set, and show no value but the one that a daemon's own error text shows.

mod file;
mod problems;
mod stop;

use std::ffi::OsString;
use std::path::PathBuf;

use clap::parser::ValueSource;
use clap::{Arg, ArgAction, ArgMatches, Command, Parser};

pub use problems::{Origin, Problems};
pub use stop::Stop;

/// The flag that names the TOML file, in a daemon that has one.
const FILE_FLAG: &str = "config";

/// The raw flags, each filled from the highest layer that sets it, and what is wrong so far.
#[derive(Debug)]
pub struct Layered<F> {
    /// The raw flags.
    pub flags: F,
    /// Where each setting came from, and the problems of the lower layers.
    pub problems: Problems,
}

/// Reads `argv` (the program's name first), then `environment`, then the TOML file that `--config` or
/// `<PREFIX>_CONFIG` names.
///
/// The flag `--state-dir` is the variable `<PREFIX>_STATE_DIR` and the key `state-dir`; an argument without a flag goes
/// by its value's name. An empty variable counts as unset. A list is a repeated flag or a TOML array; a variable holds
/// one value. An error is clap's: wrong use of the command line, or the help that was asked for.
pub fn layer<F: Parser>(
    prefix: &str,
    argv: impl IntoIterator<Item = OsString>,
    environment: impl Fn(&str) -> Option<OsString>,
) -> Result<Layered<F>, clap::Error> {
    let argv: Vec<_> = argv.into_iter().collect();
    let environment = |name: &str| environment(name).filter(|value| !value.is_empty());
    let mut command = F::command().mut_args(|arg| with_variable_in_help(arg, prefix));
    let given = command.clone().try_get_matches_from(&argv)?;

    let mut problems = Problems::default();
    let path = file_path(&given).or_else(|| environment(&variable(prefix, FILE_FLAG)).map(PathBuf::from));
    let mut file = path.map(|path| file::read(&path, &mut problems)).unwrap_or_default();

    for (id, setting, switch) in settings(&command) {
        let in_file = file.take(&setting);
        let (values, origin) = if given.value_source(&id) == Some(ValueSource::CommandLine) {
            problems.set_origin(&setting, Origin::Flag);
            continue;
        } else if let Some(value) = environment(&variable(prefix, &setting)) {
            (vec![value], Origin::Environment(variable(prefix, &setting)))
        } else if let Some(values) = in_file {
            (values, Origin::File)
        } else {
            continue;
        };
        problems.set_origin(&setting, origin);
        if switch && !values.iter().all(|value| value == "true" || value == "false") {
            problems.report(&setting, "is a switch: write true or false");
            continue;
        }
        command = command.mut_arg(&id, |arg| arg.default_values(values));
    }
    file.report_unknown(&mut problems);
    let flags = F::from_arg_matches(&command.try_get_matches_from(&argv)?)?;
    Ok(Layered { flags, problems })
}

fn file_path(given: &ArgMatches) -> Option<PathBuf> {
    given.try_get_one::<PathBuf>(FILE_FLAG).ok().flatten().cloned()
}

/// Identifier, setting name, and whether it is a switch, of each argument that lower layers can set.
fn settings(command: &Command) -> Vec<(String, String, bool)> {
    command
        .get_arguments()
        .filter(|arg| is_setting(arg) && arg.get_id() != FILE_FLAG)
        .map(|arg| (arg.get_id().to_string(), setting_name(arg), matches!(arg.get_action(), ArgAction::SetTrue)))
        .collect()
}

fn is_setting(arg: &Arg) -> bool {
    matches!(arg.get_action(), ArgAction::Set | ArgAction::SetTrue | ArgAction::Append)
}

fn setting_name(arg: &Arg) -> String {
    match arg.get_long() {
        Some(long) => long.to_owned(),
        None => arg.get_id().as_str().replace('_', "-"),
    }
}

fn variable(prefix: &str, setting: &str) -> String {
    format!("{prefix}_{}", setting.replace('-', "_").to_uppercase())
}

fn with_variable_in_help(arg: Arg, prefix: &str) -> Arg {
    if !is_setting(&arg) {
        return arg;
    }
    let note = format!("[env: {}]", variable(prefix, &setting_name(&arg)));
    let short = arg.get_help().map(|help| format!("{help} {note}"));
    let long = arg.get_long_help().map(|help| format!("{help}\n\n{note}"));
    let arg = match short {
        Some(help) => arg.help(help),
        None => arg,
    };
    match long {
        Some(help) => arg.long_help(help),
        None => arg,
    }
}
