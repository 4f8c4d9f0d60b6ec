//! The flags, by the names and aliases that scripts of Veracruz use, and ours beside them.

mod help;

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use clap::Parser;
use veracruz_policy::Endpoint;

/// Put programs and data into an attested instance, run them, and get the results.
///
/// Before anything is sent, the instance has to prove which code it runs, under which policy, and that it is this very
/// connection's other end.
#[derive(Debug, Parser)]
#[command(name = "veracruz-client", version, after_long_help = help::EXAMPLES, arg_required_else_help = true)]
pub(crate) struct Arguments {
    /// The policy (JSON): who may do what, and where the instance is.
    pub(crate) policy: PathBuf,

    /// Your certificate (PEM), one that the policy names.
    #[arg(short, long, value_name = "FILE")]
    pub(crate) identity: PathBuf,

    /// Your private key (PEM, unencrypted: PKCS#8, SEC1 or PKCS#1).
    #[arg(short, long, value_name = "FILE")]
    pub(crate) key: PathBuf,

    /// Print only what went wrong: not even that an instance is simulated, where that was allowed.
    #[arg(short, long)]
    pub(crate) quiet: bool,

    /// Send a program: NAME, or NAME_IN_THE_INSTANCE=PATH, or several with commas between; `-` is standard input.
    #[arg(short, long, alias = "programs", value_name = "X", value_delimiter = ',')]
    pub(crate) program: Vec<Mapping>,

    /// Send data; as --program.
    #[arg(short, long, alias = "datas", value_name = "X", value_delimiter = ',')]
    pub(crate) data: Vec<Mapping>,

    /// Append data to a file of the instance; as --program.
    #[arg(long, value_name = "X", value_delimiter = ',')]
    pub(crate) append: Vec<Mapping>,

    /// Run a program of the instance.
    #[arg(short, long, alias = "computes", value_name = "NAME", value_delimiter = ',', value_parser = name)]
    pub(crate) compute: Vec<String>,

    /// Run a pipeline of the policy, by its name or its number.
    #[arg(long, value_name = "NAME")]
    pub(crate) pipeline: Vec<String>,

    /// End each run after this time.
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    pub(crate) timeout: Option<Duration>,

    /// List a directory of the instance, on standard output.
    #[arg(long, value_name = "PATH")]
    pub(crate) list: Vec<String>,

    /// Get a result: NAME, or NAME_IN_THE_INSTANCE=PATH, or several with commas between; `-` is standard output. Shuts
    /// the instance down afterwards, unless -n says not to.
    #[arg(short, long, visible_alias = "result", aliases = ["outputs", "results"], value_name = "X", value_delimiter = ',')]
    pub(crate) output: Vec<Mapping>,

    /// Leave the instance running after results were got.
    #[arg(short, long)]
    pub(crate) no_shutdown: bool,

    /// Shut the instance down at the end in any case.
    #[arg(short, long)]
    pub(crate) shutdown: bool,

    /// What to trust in place of what the policy says (TOML, see docs/TRUST.md) [env: VERACRUZ_TRUST]
    #[arg(long, value_name = "FILE")]
    pub(crate) trust: Option<PathBuf>,

    /// Accept a simulated instance, which protects nobody from the machine's owner [env: VERACRUZ_ALLOW_SIMULATED=1]
    #[arg(long)]
    pub(crate) allow_simulated: bool,

    /// Connect to this address in place of the policy's; whoever listens there has to prove the same.
    #[arg(long, value_name = "HOST:PORT", value_parser = endpoint)]
    pub(crate) address: Option<Endpoint>,

    /// Print one JSON object on standard output at the end; results then go to files only.
    #[arg(long)]
    pub(crate) json: bool,
}

impl Arguments {
    /// Whether the instance is to be shut down at the end.
    pub(crate) fn shuts_down(&self) -> bool {
        self.shutdown || (!self.output.is_empty() && !self.no_shutdown)
    }
}

/// A file of the instance and a file here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mapping {
    /// As typed.
    pub(crate) name: String,
    /// `-` is standard input or output.
    pub(crate) path: PathBuf,
}

impl Mapping {
    pub(crate) fn is_standard(&self) -> bool {
        self.path.as_os_str() == "-"
    }
}

/// The path for people; Veracruz's client prints `<stdout>` for standard input too.
impl fmt::Display for Mapping {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_standard() { f.write_str("<stdout>") } else { self.path.display().fmt(f) }
    }
}

impl FromStr for Mapping {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, path) = text.split_once('=').unwrap_or((text, text));
        if path.is_empty() {
            return Err("after `=` a path must follow, or `-`".to_owned());
        }
        Ok(Mapping { name: self::name(name)?, path: path.into() })
    }
}

fn name(text: &str) -> Result<String, String> {
    if text.is_empty() { Err("a name is missing".to_owned()) } else { Ok(text.to_owned()) }
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds = text.parse::<f64>().ok().filter(|seconds| *seconds > 0.0);
    let duration = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    duration.ok_or_else(|| "write a number of seconds above 0, such as 30 or 0.5".to_owned())
}

fn endpoint(text: &str) -> Result<Endpoint, String> {
    Endpoint::parse(text).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mapping_is_split_at_its_first_equals_sign() {
        for (text, name, path, shown) in [
            ("a", "a", "a", "a"),
            ("/input/a=b", "/input/a", "b", "b"),
            ("a=b=c", "a", "b=c", "b=c"),
            ("stdout=-", "stdout", "-", "<stdout>"),
            ("-", "-", "-", "<stdout>"),
        ] {
            let mapping: Mapping = text.parse().unwrap();
            assert_eq!((mapping.name.as_str(), mapping.path.to_str().unwrap()), (name, path), "{text}");
            assert_eq!(mapping.to_string(), shown);
        }
        for text in ["", "=b", "a="] {
            assert!(text.parse::<Mapping>().is_err(), "{text}");
        }
    }

    #[test]
    fn seconds_are_positive() {
        assert_eq!(seconds("0.5"), Ok(Duration::from_millis(500)));
        for text in ["0", "-1", "x", "inf", "1e30", "NaN"] {
            assert!(seconds(text).is_err(), "{text}");
        }
    }
}
