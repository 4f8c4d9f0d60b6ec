//! Users of the i-poc and what they have lying around.

use std::fs;
use std::os::unix::fs::symlink;
use std::process::Command;

use veracruz_tests::services::{Up, binary, root, search_path};

use crate::functions::Function;

/// What the script uses, and the Debian packages that have it.
const TOOLS: &[(&str, &str)] = &[("curl", "curl"), ("wget", "wget"), ("nc", "netcat-openbsd"), ("openssl", "openssl")];

/// What the program printed for as long as there was an i-poc, in this order.
const LINES: &[&str] =
    &["Decrypting video...", "Initializing detector...", "Arguments loaded and network parsed: ", "Image 0 ====", "%"];

#[test]
fn a_script_of_an_i_poc_user_runs_unchanged() {
    let path = search_path(TOOLS);
    let up = Up::start(21_000, 2);
    let folder = up.folder();
    let names = ["detector.wasm", "input/coco.names", "input/yolov3.cfg", "input/yolov3.weights"];
    Function::video().unpack(folder, &names);
    let stored = Command::new(binary("i-poc"))
        .args(["store".as_ref(), root().join("examples/shapes/video.h264").as_os_str()])
        .args(["--bucket", "sensors", "--object", "video", "--key", "key", "--iv", "iv", "--endpoint", &up.url("s3")])
        .envs(up.s3_credentials())
        .current_dir(folder)
        .status();
    assert!(stored.unwrap().success());
    symlink(binary("veracruz-client"), folder.join("veracruz-client")).unwrap();

    let bare = |service| up.url(service).strip_prefix("http://").unwrap().to_owned();
    let output = Command::new("bash")
        .arg(root().join("tests/suites/services/old-user.sh"))
        .args([&bare("ccfaas"), &bare("s3_app")])
        .args(["sensors", "video", "function.json", "key", "iv"])
        .envs(up.s3_credentials())
        .env("PATH", path)
        .env("VERACRUZ_ALLOW_SIMULATED", "1")
        .current_dir(folder)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    let mut rest = &*said;
    for line in LINES {
        rest = rest.split_once(line).unwrap_or_else(|| panic!("{line:?} is not said in its place: {said}")).1;
    }
    let picture = fs::read(folder.join("prediction.0.jpg")).unwrap();
    assert!(picture.starts_with(&[0xff, 0xd8, 0xff]), "prediction.0.jpg is no JPEG");
}
