//! `veracruz s3-copy`, with a real S3-compatible server, the real S3 app and a real, if simulated, instance.

use serde_json::json;
use veracruz_policy::Sha256Digest;

use crate::services::{Services, write_function, write_user};
use crate::shell::{Ended, Folder};

const OBJECT: &[u8] = b"an encrypted video";
const COPY: &str = "s3-copy --bucket videos --policy policy.json --identity s3.cert.pem --key-file s3.key.pem";

/// Services with an instance whose policy is in `policy.json`, and an object `in.enc`.
fn ready() -> (Folder, Services) {
    let folder = Folder::new();
    let services = Services::start(&folder);
    let to = services.ccfaas();
    write_function(&folder, "vod");
    write_user(&folder, "vod", "i");
    folder.ok(&format!("function create function.json {to}"));
    folder.ok(&format!("function upload vod --from build {to}"));
    folder.ok(&format!("instance create user.json --allow-simulated --policy-out policy.json {to}"));
    folder.write("state/objects/videos/in.enc", OBJECT);
    (folder, services)
}

#[test]
fn an_object_is_copied_at_once_or_in_the_background() {
    let (folder, services) = ready();
    let to = services.s3_app();
    let hash = Sha256Digest::of(OBJECT).to_string();
    let (_, copied) = folder.json(&format!("{COPY} --key in.enc --to /s3_app_input/a {to}"));
    assert_eq!((&copied["bytes"], &copied["sha256"]), (&json!(OBJECT.len()), &json!(hash)));
    let said = folder.ok(&format!("{COPY} --key in.enc --to /s3_app_input/b --wait {to}"));
    assert!(said.contains(&hash), "{said}");
    let job = folder.ok(&format!("{COPY} --key in.enc --to /s3_app_input/c --background {to}"));
    let job = job.trim();
    assert!(!job.contains(char::is_whitespace), "the job and nothing else: {job:?}");
    let (_, done) = folder.json(&format!("s3-copy --job {job} --wait {to}"));
    assert_eq!((&done["status"], &done["sha256"]), (&json!("done"), &json!(hash)));
    let (_, late) = folder.json(&format!("s3-copy --job {job} --cancel {to}"));
    assert_eq!(late["status"], "done", "what is done stays done");
    folder.refused(&format!("s3-copy --job nobody-has-this-name {to}"), "no-such-job");
}

#[test]
fn what_s3_the_app_or_the_instance_refuses_is_told_with_its_code() {
    let (folder, services) = ready();
    let to = services.s3_app();
    folder.refused(&format!("{COPY} --key no-such-object --to /s3_app_input/a {to}"), "s3-no-such-key");
    folder.refused(&format!("{COPY} --key in.enc --to /output/a {to}"), "no-entry");
    let failed =
        folder.refused(&format!("{COPY} --key no-such-object --to /s3_app_input/a --wait {to}"), "s3-no-such-key");
    assert_eq!(failed["status"], "failed");
    folder.write("secret", "wr0ng-secret\n");
    let wrong =
        format!("{COPY} --key in.enc --to /s3_app_input/a --access-key-id veracruz --secret-access-key-file secret");
    let refused = folder.refused(&format!("{wrong} {to}"), "s3-bad-credentials");
    assert!(!refused.to_string().contains("wr0ng-secret"));
}

#[test]
fn credentials_come_from_the_environment_or_files_and_never_from_arguments() {
    let (folder, services) = ready();
    let to = services.s3_app();
    let environment = folder.text("state/s3.env");
    let secret = environment.lines().find_map(|line| line.strip_prefix("export AWS_SECRET_ACCESS_KEY=")).unwrap();
    let line = format!("{COPY} --key in.enc --to /s3_app_input/a --access-key-id veracruz --region us-east-1 {to}");
    let without = Ended::of(folder.command(&line).env_remove("AWS_SECRET_ACCESS_KEY"));
    assert_eq!(without.status, 2);
    assert!(without.err.contains("AWS_SECRET_ACCESS_KEY or --secret-access-key-file"), "{}", without.err);
    let with = Ended::of(folder.command(&line).env("AWS_SECRET_ACCESS_KEY", secret).env_remove("AWS_SESSION_TOKEN"));
    assert_eq!((with.status, with.err.as_str()), (0, ""));
    folder.wrong_use(&format!("{line} --secret-access-key x"), "unexpected argument");
    folder.wrong_use(&format!("{line} --session-token x"), "unexpected argument");
}

#[test]
fn a_key_that_the_instance_would_refuse_is_sent_nowhere() {
    let (folder, _services) = ready();
    // Nobody listens there: only what is found out here can be the reason.
    let to = "--key in.enc --to /s3_app_input/a --s3-app http://127.0.0.1:1";
    folder.ok("identity new stranger");
    let copy = |cert: &str, key: &str| {
        format!("s3-copy --bucket videos --policy policy.json --identity {cert}.cert.pem --key-file {key}.key.pem {to}")
    };
    folder.refused(&copy("stranger", "stranger"), "identity-not-in-policy");
    folder.refused(&copy("s3", "stranger"), "identity-key-mismatch");
    folder.refused(&copy("s3", "s3"), "unreachable");
    folder.write("policy.json", "{}");
    folder.refused(&copy("s3", "s3"), "policy-invalid");
}

#[test]
fn what_is_to_be_copied_is_said_whole() {
    let folder = Folder::new();
    folder.wrong_use("s3-copy", "--job");
    folder.wrong_use("s3-copy --bucket b", "--key");
    folder.wrong_use("s3-copy --bucket b --key k --policy p --identity i --key-file k", "--to");
    folder.wrong_use("s3-copy --job j --bucket b", "cannot be used");
    folder.wrong_use("s3-copy --cancel", "--job");
}
