//! The demo, whole and with each of its parts broken in turn: it must never end well by chance.

use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;
use veracruz_tests::services::{binaries, free_ports, root};

fn demo(port: u16, broken: &str, pictures: &Path) -> Output {
    demo_with(&format!("{port}-{port}"), broken, pictures)
}

fn demo_with(ports: &str, broken: &str, pictures: &Path) -> Output {
    Command::new(root().join("examples/i-poc/demo.sh"))
        .env("BIN", binaries())
        .env("GUESTS", binaries().with_file_name("guests"))
        .env("PORTS", ports)
        .env("I_POC_BREAK", broken)
        .env("OUT_DIR", pictures)
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
    ("key", "the program ended with 1: detector: s3_app_input/in_enc.h264: "),
    ("authority", "danger [other-attestation-server]"),
];

#[test]
fn the_story_is_told_to_its_end() {
    let folder = TempDir::new().unwrap();
    // A name that a careless shell would take apart.
    let pictures = folder.path().join("a & b|c");
    let output = demo(free_ports(21_300, 1), "", &pictures);
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{told}{}", String::from_utf8_lossy(&output.stderr));
    let (_, result) = told.split_once("THE RESULT").unwrap();
    for frame in 0..30 {
        let picture = pictures.join(format!("prediction.{frame}.jpg"));
        assert!(fs::read(&picture).unwrap().starts_with(&[0xff, 0xd8, 0xff]), "{} is no JPEG", picture.display());
        assert!(result.contains(picture.to_str().unwrap()), "{} is not named: {told}", picture.display());
        assert!(result.contains(&format!("\n{frame:>5}  ")), "frame {frame} is not in the list: {told}");
    }
    assert!(pictures.join("detections.json").exists() && result.contains('%'), "{told}");
    let paths = told.lines().rev().take_while(|line| line.starts_with(pictures.to_str().unwrap())).count();
    assert_eq!(paths, 31, "the paths are not the last lines: {told}");
}

#[test]
fn every_port_of_instances_must_be_free_again() {
    let first = free_ports(21_350, 2);
    let taken = TcpListener::bind(("127.0.0.1", first + 1)).unwrap();
    let pictures = TempDir::new().unwrap();
    let output = demo_with(&format!("{first}-{}", first + 1), "", pictures.path());
    let told = String::from_utf8_lossy(&output.stderr);
    let says = format!("something still listens on port {}", taken.local_addr().unwrap().port());
    assert!(!output.status.success() && told.contains(&says), "{told}");
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
    let pictures = TempDir::new().unwrap();
    let output = demo(free_ports(port, 1), part, pictures.path());
    let told = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(!output.status.success(), "{part} is broken: {told}");
    assert!(told.contains(words), "{part} is broken, and {words:?} is not said: {told}");
    assert!(!told.contains("THE RESULT"), "{part} is broken: {told}");
    assert!(fs::read_dir(&pictures).unwrap().next().is_none(), "{part} is broken, and there are results: {told}");
}
