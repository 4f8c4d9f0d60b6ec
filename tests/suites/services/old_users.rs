//! Users of the i-poc and what they have lying around.

use std::fs;
use std::os::unix::fs::symlink;
use std::process::Command;

use veracruz_tests::guests::guest_path;
use veracruz_tests::services::{Up, binary, root, search_path};

/// What the script uses, and the Debian packages that have it.
const TOOLS: &[(&str, &str)] = &[("curl", "curl"), ("wget", "wget"), ("nc", "netcat-openbsd"), ("openssl", "openssl")];

#[test]
fn a_script_of_an_i_poc_user_runs_unchanged() {
    let path = search_path(TOOLS);
    let up = Up::start(21_000, 2);
    let folder = up.folder();
    fs::copy(guest_path("decrypt-linear-regression"), folder.join("program.wasm")).unwrap();
    let hash = veracruz_policy::Sha256Digest::of(&fs::read(folder.join("program.wasm")).unwrap());
    let function = fs::read_to_string(root().join("examples/i-poc/function.json.in")).unwrap();
    fs::write(folder.join("function.json"), function.replace("@SHA256@", &hash.to_string())).unwrap();
    let stored = Command::new(binary("i-poc"))
        .args(["store".as_ref(), root().join("examples/i-poc/points.csv").as_os_str()])
        .args(["--bucket", "sensors", "--object", "points", "--key", "key", "--iv", "iv", "--endpoint", &up.url("s3")])
        .envs(up.s3_credentials())
        .current_dir(folder)
        .status();
    assert!(stored.unwrap().success());
    symlink(binary("veracruz-client"), folder.join("veracruz-client")).unwrap();

    let bare = |service| up.url(service).strip_prefix("http://").unwrap().to_owned();
    let output = Command::new("bash")
        .arg(root().join("tests/suites/services/old-user.sh"))
        .args([&bare("ccfaas"), &bare("s3_app")])
        .args(["sensors", "points", "function.json", "program.wasm", "key", "iv"])
        .envs(up.s3_credentials())
        .env("PATH", path)
        .env("VERACRUZ_ALLOW_SIMULATED", "1")
        .current_dir(folder)
        .output()
        .unwrap();
    let words = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{words:?}");
    assert_eq!(words.0, "slope 2.462378\nintercept -4.244744\nr2 0.997770\n", "{words:?}");
}
