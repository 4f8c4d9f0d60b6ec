//! Where suites find what was built, and free ports.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The checkout.
#[must_use]
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// The folder of the binaries: that of the test's own.
///
/// # Panics
/// The test does not know where it lies.
#[must_use]
pub fn binaries() -> PathBuf {
    let own = std::env::current_exe().unwrap();
    own.ancestors().nth(2).unwrap().to_owned()
}

/// A binary.
///
/// # Panics
/// It was not built.
#[must_use]
pub fn binary(name: &str) -> PathBuf {
    let path = binaries().join(name);
    assert!(path.exists(), "{} is not there: make build", path.display());
    path
}

/// `count` ports in a row that nobody listens on now. They lie below those that the system gives away by itself, and each
/// test takes another row.
///
/// # Panics
/// There is no such row.
#[must_use]
pub fn free_ports(first: u16, count: u16) -> u16 {
    let free = |port: u16| TcpListener::bind(("127.0.0.1", port)).is_ok();
    let mut rows = (0..100).map(|row| first + row * count);
    rows.find(|port| (*port..port + count).all(free)).expect("a row of free ports")
}

/// The search path with the binaries, and the folder of those of `tools` (command, Debian package) that the machine lacks.
///
/// # Panics
/// They cannot be had.
#[must_use]
pub fn search_path(tools: &[(&str, &str)]) -> String {
    let folder = binaries().with_file_name("tools");
    let wanted = tools.iter().map(|(command, package)| format!("{command}={package}"));
    let script = root().join("tests/suites/services/tools.sh");
    assert!(Command::new(script).arg(&folder).args(wanted).status().unwrap().success(), "the tools cannot be had");
    let path = std::env::var("PATH").unwrap();
    format!("{}:{path}:{}", binaries().display(), folder.join("bin").display())
}
