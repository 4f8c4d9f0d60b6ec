//! The demo, whole and with each of its parts broken in turn: it must never end well by chance.

use std::process::{Command, Output};

use veracruz_tests::services::{binaries, free_ports, root};

fn demo(port: u16, broken: &str) -> Output {
    Command::new(root().join("examples/i-poc/demo.sh"))
        .env("BIN", binaries())
        .env("GUESTS", binaries().with_file_name("guests"))
        .env("PORTS", format!("{port}-{port}"))
        .env("I_POC_BREAK", broken)
        .output()
        .unwrap()
}

/// The part, and what the demo then says.
const BROKEN: &[(&str, &str)] = &[
    ("proxy-attestation-server", "made no instance: step vaas: VaaS refused"),
    ("vaas-server", "made no instance: step vaas: VaaS cannot be reached"),
    ("ccfaas-server", "made no instance: cannot reach"),
    ("s3-app", "the S3 app did not copy the object: cannot reach"),
    ("s3-server", "S3 cannot be reached"),
    ("veracruz-server", "made no instance: step vaas: VaaS refused"),
    ("program", "refused [hash-mismatch]"),
    ("object", "there is no such object"),
    ("authority", "danger [other-attestation-server]"),
];

#[test]
fn the_story_is_told_to_its_end() {
    let output = demo(free_ports(21_300, 1), "");
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{told}{}", String::from_utf8_lossy(&output.stderr));
    assert!(told.ends_with("slope 2.462378\nintercept -4.244744\nr2 0.997770\n"), "{told}");
}

#[test]
fn each_broken_part_breaks_the_story_off() {
    std::thread::scope(|scope| {
        for (port, (part, words)) in (21_400..).step_by(100).zip(BROKEN) {
            scope.spawn(move || breaks_off(port, part, words));
        }
    });
}

fn breaks_off(port: u16, part: &str, words: &str) {
    let output = demo(free_ports(port, 1), part);
    let told = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(!output.status.success(), "{part} is broken: {told}");
    assert!(told.contains(words), "{part} is broken, and {words:?} is not said: {told}");
    assert!(!told.contains("THE RESULT"), "{part} is broken: {told}");
}
