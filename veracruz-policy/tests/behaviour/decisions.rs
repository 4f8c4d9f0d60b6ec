//! Who may do what.

use serde_json::json;
use veracruz_policy::{Action, DenialReason, FullPolicy, Principal, Rights, Target, VfsPath};

use crate::fixtures::{R, W, X, certificate, full, full_main, hash, parse_full, rights, with};

const READ: Action = Action::Read;
const WRITE: Action = Action::Write { creates: true };
const APPEND: Action = Action::Append { creates: true };

fn principal(name: &str) -> Principal {
    match name {
        "s3" => Principal::Participant(0),
        "user" => Principal::Participant(1),
        "loader" => Principal::Participant(2),
        "nobody" => Principal::Participant(3),
        path => Principal::Program(VfsPath::parse(path).unwrap()),
    }
}

fn code(policy: &FullPolicy, who: &str, action: Action, target: &str) -> &'static str {
    let target = Target::parse(target).unwrap();
    let decision = policy.decide(&principal(who), action, &target);
    match decision {
        Ok(permit) => {
            assert_eq!((permit.action(), permit.target()), (action, &target));
            assert!(permit.granted().contains(action.needs(&target)));
            "permit"
        }
        Err(denial) => denial.reason.code(),
    }
}

#[test]
fn the_published_policy_decides_as_its_users_expect() {
    let policy = parse_full(&full()).unwrap();
    let program = "/program/detector.wasm";
    let table = [
        ("s3", WRITE, "/s3_app_input/video", "permit"),
        ("s3", APPEND, "/s3_app_input/video", "permit"),
        ("s3", READ, "/s3_app_input/video", "missing-rights"),
        ("s3", WRITE, "/user_input/key", "no-entry"),
        ("s3", WRITE, "/s3_app_input_2/video", "no-entry"),
        ("s3", WRITE, "stdin", "no-entry"),
        ("user", WRITE, "/user_input/key", "permit"),
        ("user", READ, "/user_input/key", "missing-rights"),
        ("user", READ, "/output/prediction.0.jpg", "permit"),
        ("user", Action::List, "/output", "permit"),
        ("user", Action::Stat, "/output", "permit"),
        ("user", Action::List, "/user_input", "missing-rights"),
        ("user", WRITE, "/output/prediction.0.jpg", "missing-rights"),
        ("user", READ, "stdout", "permit"),
        ("user", READ, "stdin", "stream-direction"),
        ("user", WRITE, "stdout", "stream-direction"),
        ("user", APPEND, "stdin", "stream-direction"),
        ("user", Action::Execute, program, "permit"),
        ("user", Action::Execute, "/program/other.wasm", "not-a-program"),
        ("user", Action::Execute, "/output/x", "missing-rights"),
        ("user", READ, program, "missing-rights"),
        ("loader", WRITE, program, "permit"),
        ("loader", Action::Write { creates: false }, program, "permit"),
        ("loader", APPEND, program, "content-is-fixed"),
        ("loader", Action::Use(Rights::FD_FILESTAT_SET_SIZE), program, "missing-rights"),
        ("loader", Action::Execute, program, "missing-rights"),
        ("nobody", READ, "/output/x", "unknown-principal"),
        (program, READ, "/program_data/coco.names", "permit"),
        (program, WRITE, "/output/x", "permit"),
        (program, WRITE, "/program_data/coco.names", "missing-rights"),
        (program, WRITE, "stdout", "permit"),
        (program, READ, "stdin", "no-entry"),
        (program, Action::Use(Rights::FD_READ | Rights::PATH_OPEN), "/user_input/key", "permit"),
        ("/program/other.wasm", READ, "/user_input/key", "unknown-principal"),
    ];
    for (who, action, target, expected) in table {
        assert_eq!(code(&policy, who, action, target), expected, "{who} {action} {target}");
    }
}

#[test]
fn a_permit_to_write_a_declared_file_carries_its_hash() {
    let policy = parse_full(&full()).unwrap();
    let target = Target::parse("/program/detector.wasm").unwrap();
    let permit = policy.decide(&principal("loader"), WRITE, &target).unwrap();
    assert_eq!(permit.declared_hash().unwrap().to_string(), hash('a'));
    let other = Target::parse("/program/readme").unwrap();
    assert!(policy.decide(&principal("loader"), WRITE, &other).unwrap().declared_hash().is_none());
}

#[test]
fn no_program_can_change_a_declared_file() {
    let strong = rights(&[("/", (1 << 30) - 1)]);
    let policy = parse_full(&with(full(), "/programs/0/file_rights", strong)).unwrap();
    let program = "/program/detector.wasm";
    for action in [
        WRITE,
        Action::Write { creates: false },
        APPEND,
        Action::Use(Rights::FD_WRITE),
        Action::Use(Rights::PATH_UNLINK_FILE),
        Action::Use(Rights::PATH_RENAME_SOURCE),
        Action::Use(Rights::PATH_RENAME_TARGET),
        Action::Use(Rights::FD_FILESTAT_SET_SIZE),
        Action::Use(Rights::FD_ALLOCATE | Rights::FD_READ),
    ] {
        assert_eq!(code(&policy, program, action, "/program_data/coco.names"), "content-is-fixed", "{action}");
    }
    for directory in ["/program_data", "/"] {
        let renamed = Action::Use(Rights::PATH_RENAME_SOURCE);
        assert_eq!(code(&policy, program, renamed, directory), "content-is-fixed", "{directory}");
    }
    assert_eq!(code(&policy, program, Action::Use(Rights::PATH_RENAME_SOURCE), "/output"), "permit");
    assert_eq!(code(&policy, program, READ, "/program_data/coco.names"), "permit");
    assert_eq!(code(&policy, program, WRITE, "/program_data/other"), "permit");
}

#[test]
fn the_right_of_old_user_applications_is_enough_to_execute() {
    let only = rights(&[("/program/", X)]);
    let policy = parse_full(&with(full(), "/identities/1/file_rights", only)).unwrap();
    assert_eq!(code(&policy, "user", Action::Execute, "/program/detector.wasm"), "permit");
    let reading = rights(&[("/program/", R)]);
    let policy = parse_full(&with(full(), "/identities/1/file_rights", reading)).unwrap();
    assert_eq!(code(&policy, "user", Action::Execute, "/program/detector.wasm"), "missing-rights");
}

#[test]
fn entries_for_files_decide_about_files() {
    let entries = rights(&[("input-0", W), ("output", R)]);
    let policy = parse_full(&with(full(), "/identities/1/file_rights", entries)).unwrap();
    assert_eq!(code(&policy, "user", WRITE, "/input-0"), "permit");
    assert_eq!(code(&policy, "user", READ, "/output"), "permit");
    assert_eq!(code(&policy, "user", WRITE, "/input-1"), "no-entry");
}

#[test]
fn a_denial_says_who_what_where_and_which_right() {
    let policy = parse_full(&full()).unwrap();
    let target = Target::parse("/output/x").unwrap();
    let denial = policy.decide(&principal("user"), WRITE, &target).unwrap_err();
    assert_eq!(
        denial.to_string(),
        "participant 1 may not write \"/output/x\": the entry \"/output/\" gives r and lacks \
         FD_WRITE|PATH_CREATE_FILE|PATH_FILESTAT_SET_SIZE"
    );
    let DenialReason::MissingRights { missing, granted, .. } = &denial.reason else { panic!("{denial}") };
    assert_eq!(*granted, Rights::READ);
    assert_eq!(*missing, Rights::FD_WRITE | Rights::PATH_CREATE_FILE | Rights::PATH_FILESTAT_SET_SIZE);
    let escaped = Target::parse("/a\u{1b}[31m").unwrap();
    let denial = policy.decide(&principal("user"), WRITE, &escaped).unwrap_err();
    assert!(!denial.to_string().contains('\u{1b}'), "terminal control characters are escaped");
}

#[test]
fn participants_are_known_by_the_bytes_of_their_certificate() {
    let policy = parse_full(&full()).unwrap();
    assert_eq!(policy.participant(certificate("user").der()), Some(Principal::Participant(1)));
    assert_eq!(policy.participant(certificate("stranger").der()), None);
    assert_eq!(policy.participant(&[]), None);
}

#[test]
fn pipelines_are_asked_for_by_name_or_index() {
    let second =
        json!({"name": "clean", "pipeline": "/program/clean.wasm", "id": 7, "file_rights": rights(&[("/output/", W)])});
    let policy = parse_full(&with(full_main(), "/pipelines/-", second)).unwrap();
    for (request, name) in
        [("0", "0"), ("/0", "0"), ("1", "clean"), ("/1", "clean"), ("clean", "clean"), ("/clean", "clean")]
    {
        let (principal, entry) = policy.pipeline(request).unwrap();
        assert_eq!(entry.name.as_str(), name, "{request}");
        assert!(policy.table(&principal).is_some());
    }
    for request in ["2", "", "/", "no", "-1", "99999999999999999999"] {
        assert!(policy.pipeline(request).is_none(), "{request}");
    }
    let target = Target::parse("/output/x").unwrap();
    let (principal, _) = policy.pipeline("clean").unwrap();
    assert!(policy.decide(&principal, WRITE, &target).is_ok());
    assert!(policy.decide(&principal, READ, &target).is_err());
    assert!(policy.program(&VfsPath::parse("program/detector.wasm").unwrap()).is_some());
    assert!(policy.program(&VfsPath::parse("/program/clean.wasm").unwrap()).is_none());
}
