use std::ffi::OsString;
use std::io::Write as _;
use std::path::PathBuf;

use clap::Parser;
use veracruz_serve::FrameFlags;
use veracruz_serve::config::{Layered, Origin, layer};

use crate::world::DEFAULTS;

#[derive(Debug, Parser)]
struct Flags {
    /// Where to listen
    address: Option<String>,
    /// A TOML file with the same settings
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// A folder
    #[arg(long, value_name = "DIR")]
    state_dir: Option<PathBuf>,
    /// A number
    #[arg(long)]
    limit: Option<String>,
    /// A switch
    #[arg(long)]
    loud: bool,
    /// A list
    #[arg(long)]
    root: Vec<String>,
}

fn layered(argv: &[&str], environment: &[(&str, &str)]) -> Layered<Flags> {
    let argv = std::iter::once("daemon").chain(argv.iter().copied()).map(OsString::from);
    let lookup = |name: &str| environment.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).into());
    layer("DAEMON", argv, lookup).expect("a command line that clap takes")
}

fn problems(layered: Layered<Flags>) -> String {
    layered.problems.finish(|| Some(())).expect_err("problems").to_string()
}

fn toml(text: &str) -> (tempfile::NamedTempFile, String) {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(text.as_bytes()).unwrap();
    let path = file.path().to_str().unwrap().to_owned();
    (file, path)
}

#[test]
fn a_flag_beats_the_environment_and_that_beats_the_file() {
    let (_file, path) = toml("limit = 3\nstate-dir = 'from-file'\nloud = true\nroot = ['a', 'b']\naddress = 'file:1'");
    let everywhere = [("DAEMON_LIMIT", "2"), ("DAEMON_STATE_DIR", "from-env"), ("DAEMON_LOUD", "false")];

    let flag = layered(&["--config", &path, "--limit", "1", "here:1"], &everywhere);
    assert_eq!(flag.flags.limit.as_deref(), Some("1"));
    assert_eq!(flag.problems.origin("limit"), Some(&Origin::Flag));
    assert_eq!(flag.flags.address.as_deref(), Some("here:1"));
    assert_eq!(flag.flags.state_dir, Some("from-env".into()));
    assert!(!flag.flags.loud);

    let file = layered(&["--config", &path], &[("DAEMON_LIMIT", "")]);
    assert_eq!(file.flags.limit.as_deref(), Some("3"), "an empty variable counts as unset");
    assert_eq!(file.problems.origin("limit"), Some(&Origin::File));
    assert_eq!(file.flags.address.as_deref(), Some("file:1"));
    assert_eq!(file.flags.root, ["a", "b"]);
    assert!(file.flags.loud);

    let nothing = layered(&[], &[]);
    assert_eq!((nothing.flags.limit, nothing.flags.loud), (None, false));
    assert_eq!(nothing.problems.origin("limit"), None);
}

#[test]
fn the_environment_can_name_the_file() {
    let (_file, path) = toml("limit = 3");
    assert_eq!(layered(&[], &[("DAEMON_CONFIG", &path)]).flags.limit.as_deref(), Some("3"));
}

#[test]
fn every_problem_is_reported_at_once_and_says_where_it_is() {
    let (_file, path) = toml("limitt = 3\nroot = {}\nloud = 'very'");
    let mut layered = layered(&["--config", &path], &[("DAEMON_LIMIT", "many")]);
    let limit = layered.flags.limit.take().unwrap();
    assert_eq!(layered.problems.take("limit", limit.parse::<u8>()), None);
    let text = problems(layered);
    for part in ["`limitt`", "`root` to a table", "`loud` (in the configuration file)", "variable DAEMON_LIMIT"] {
        assert!(text.contains(part), "{part} is missing in: {text}");
    }
}

#[test]
fn a_file_that_cannot_be_read_is_a_problem_with_its_line_and_without_its_content() {
    let (_file, path) = toml("limit = 3\npassword = secret-without-quotes");
    let text = problems(layered(&["--config", &path], &[]));
    assert!(text.contains("line 2") && !text.contains("secret-without-quotes"), "{text}");
    let text = problems(layered(&["--config", "/does/not/exist.toml"], &[]));
    assert!(text.contains("/does/not/exist.toml"), "{text}");
}

#[test]
fn help_names_the_variable_of_each_setting() {
    let help = layer::<Flags>("DAEMON", ["daemon".into(), "--help".into()], |_| None).unwrap_err().to_string();
    for variable in ["DAEMON_ADDRESS", "DAEMON_STATE_DIR", "DAEMON_LOUD", "DAEMON_CONFIG"] {
        assert!(help.contains(variable), "{variable} is missing in: {help}");
    }
}

/// A service's own flags around those of the frame.
#[derive(Debug, Parser)]
struct Service {
    /// A folder
    #[arg(long)]
    state_dir: Option<PathBuf>,
    #[command(flatten)]
    frame: FrameFlags,
}

#[test]
fn the_flags_of_the_frame_have_all_layers_and_report_together() {
    let (_file, path) = toml("max-connections = 3\nstate-dir = 'here'\nlog = 'a=b=c'");
    let variables =
        [("SERVICE_LISTEN", "0.0.0.0:0"), ("SERVICE_TOKEN_FILE", "/does/not/exist"), ("SERVICE_TLS_KEY", "k")];
    let lookup = |name: &str| variables.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).into());
    let argv = ["service", "--config", &path, "--request-timeout", "7"].map(OsString::from);
    let Layered { flags, mut problems } = layer::<Service>("SERVICE", argv, lookup).unwrap();
    assert_eq!(flags.state_dir, Some("here".into()));
    assert_eq!(flags.frame.max_connections.map(u32::from), Some(3));
    assert_eq!(flags.frame.request_timeout.map(u32::from), Some(7));

    let frame = flags.frame.read(&DEFAULTS, &mut problems);
    let text = problems.finish(|| frame).unwrap_err().to_string();
    for part in [
        "`log` (in the configuration file)",
        "`token-file` (from the variable SERVICE_TOKEN_FILE)",
        "`tls-key` (from the variable SERVICE_TLS_KEY) goes with tls-cert",
    ] {
        assert!(text.contains(part), "{part} is missing in: {text}");
    }
    let help = layer::<Service>("SERVICE", ["service".into(), "--help".into()], |_| None).unwrap_err().to_string();
    for part in ["--tls-client-ca", "SERVICE_TLS_CLIENT_CA", "NAME:TOKEN", "SIGHUP", "512"] {
        assert!(help.contains(part), "{part} is missing in: {help}");
    }
}
