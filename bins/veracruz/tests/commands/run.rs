//! `veracruz run`.

use std::io::{Read as _, Write as _};
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::programs::{command, copy, exit};
use crate::shell::{Ended, Folder};

/// Runs and gives what came, whatever the status.
fn run(folder: &Folder, line: &str) -> Ended {
    folder.run(&format!("run {line}"), &[])
}

#[track_caller]
fn ends(folder: &Folder, line: &str, status: i32, words: &[&str]) {
    let ended = run(folder, line);
    assert_eq!(ended.status, status, "{line}: {}{}", ended.out, ended.err);
    for word in words {
        assert!(ended.err.contains(word), "{line}: {word:?} is not in {}", ended.err);
    }
}

/// The names in a folder, sorted.
fn names(folder: &Folder, path: &str) -> Vec<String> {
    let entries = std::fs::read_dir(folder.path(path)).unwrap();
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn the_programs_exit_code_is_the_commands() {
    let folder = Folder::new();
    for (code, status) in [(0, 0), (3, 3), (255, 255), (256, 255), (u32::MAX, 255)] {
        exit(&folder, "exit.wasm", code);
        for strategy in ["", "--strategy JIT", "--strategy Interpretation"] {
            let ended = run(&folder, &format!("{strategy} exit.wasm"));
            assert_eq!((ended.status, ended.out.as_str(), ended.err.as_str()), (status, "", ""), "{code} {strategy}");
        }
    }
}

#[test]
fn streams_go_through() {
    let folder = Folder::new();
    let copy_stdin = "(local $n i32) (loop (local.set $n (call $read (i32.const 0) (i32.const 4000) (i32.const 3)))
        (if (local.get $n) (then (drop (call $write (i32.const 1) (i32.const 4000) (local.get $n))) (br 1))))
        (drop (call $write (i32.const 2) (i32.const 1000) (i32.const 5)))";
    command(&folder, "cat.wasm", "done\\n", copy_stdin);
    let mut child = Command::new(env!("CARGO_BIN_EXE_veracruz"))
        .args(["run", "cat.wasm"])
        .current_dir(folder.path(""))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(b"one\ntwo\xff\n").unwrap();
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    assert_eq!(
        (output.status.code(), &output.stdout[..], &output.stderr[..]),
        (Some(0), &b"one\ntwo\xff\n"[..], &b"done\n"[..])
    );
}

#[test]
fn output_comes_while_the_program_runs_which_ends_when_nobody_reads_it() {
    let folder = Folder::new();
    command(
        &folder,
        "yes.wasm",
        "yes\\n",
        "(loop (drop (call $write (i32.const 1) (i32.const 1000) (i32.const 4))) (br 0))",
    );
    let mut child = Command::new(env!("CARGO_BIN_EXE_veracruz"))
        .args(["run", "yes.wasm"])
        .current_dir(folder.path(""))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = [0; 4];
    child.stdout.take().unwrap().read_exact(&mut line).unwrap();
    assert_eq!((&line, child.wait().unwrap().code()), (b"yes\n", Some(141)));
}

#[test]
fn arguments_environment_and_clock_are_given() {
    let folder = Folder::new();
    let print = |what: &str| {
        format!(
            "(drop (call ${what}_sizes (i32.const 100) (i32.const 104))) (drop (call ${what} (i32.const 200) (i32.const 4000)))
             (drop (call $write (i32.const 1) (i32.const 4000) (i32.load (i32.const 104))))"
        )
    };
    command(&folder, "args.wasm", "", &print("args"));
    assert_eq!(folder.ok("run args.wasm -- a --map -1"), "args.wasm\0a\0--map\0-1\0");
    command(&folder, "env.wasm", "", &print("env"));
    assert_eq!(folder.ok("run --env A=1 --env B=x=y env.wasm"), "A=1\0B=x=y\0");
    assert_eq!(folder.ok("run env.wasm"), "", "nothing of our own environment");
    command(&folder, "clock.wasm", "", "(call $exit (call $clock (i32.const 0) (i64.const 1) (i32.const 104)))");
    assert_eq!(run(&folder, "clock.wasm").status, 2, "ACCES");
    folder.ok("run --clock clock.wasm");
}

#[test]
fn folders_and_files_go_in_and_come_out() {
    let folder = Folder::new();
    copy(&folder, "copy.wasm", (3, "in/deep/a.txt"), (3, "out/b.txt"));
    std::fs::create_dir_all(folder.path("data/deep/empty")).unwrap();
    folder.write("data/deep/a.txt", "content");
    let map = "--map data=/in --map copy.wasm=/out/other";
    folder.ok(&format!("run {map} --out /out=results --out /out/b.txt=one --out /in=back copy.wasm"));
    assert_eq!((folder.text("results/b.txt"), folder.text("one")), ("content".to_owned(), "content".to_owned()));
    assert_eq!(names(&folder, "results"), ["b.txt", "other"]);
    assert_eq!(names(&folder, "back/deep"), ["a.txt", "empty"]);
    assert!(names(&folder, "back/deep/empty").is_empty());

    folder.write("data/deep/a.txt", "newer");
    folder.write("results/kept", "mine");
    folder.ok(&format!("run {map} --out /out=results --out /out/b.txt=one copy.wasm"));
    assert_eq!((folder.text("results/b.txt"), folder.text("one")), ("newer".to_owned(), "newer".to_owned()));
    assert_eq!(names(&folder, "results"), ["b.txt", "kept", "other"], "what has no successor stays");
    assert!(names(&folder, "").iter().all(|name| !name.starts_with('.')), "nothing is left aside");
}

#[test]
fn output_is_copied_whatever_the_exit_code_but_not_after_a_failure() {
    let folder = Folder::new();
    folder.write("a", "x");
    exit(&folder, "three.wasm", 3);
    ends(&folder, "--map a=/in/a --out /in/a=b --out /missing=d three.wasm", 3, &[]);
    assert_eq!(folder.text("b"), "x");
    command(&folder, "trap.wasm", "", "unreachable");
    ends(&folder, "--map a=/in/a --out /in/a=c trap.wasm", 134, &["failed [guest-unreachable]"]);
    assert!(!folder.path("c").exists());
}

#[test]
fn what_cannot_be_copied_out_leaves_nothing() {
    let folder = Folder::new();
    folder.write("a", "x");
    std::fs::create_dir_all(folder.path("there/deep")).unwrap();
    exit(&folder, "ok.wasm", 0);
    let before = names(&folder, "");
    for (outs, words) in [
        ("--out /in=new --out /missing=other", ["refused [not-found]", "/missing"]),
        ("--out /in/a=there", ["is a folder", "there"]),
        ("--out /in=new --out /in=a", ["is no folder", "a"]),
    ] {
        ends(&folder, &format!("--map a=/in/a {outs} ok.wasm"), 126, &words);
        assert_eq!(names(&folder, ""), before, "{outs}");
    }
    ends(&folder, "--out /in=no/such/folder ok.wasm", 125, &["no/such"]);
}

#[cfg(unix)]
#[test]
fn links_below_a_mapped_folder_are_refused_and_none_is_followed_on_the_way_out() {
    use std::os::unix::fs::symlink;

    let folder = Folder::new();
    exit(&folder, "ok.wasm", 0);
    std::fs::create_dir_all(folder.path("data")).unwrap();
    folder.write("data/a", "x");
    symlink(folder.path("data"), folder.path("link")).unwrap();
    folder.ok("run --map link=/in --out /in=out ok.wasm");
    assert_eq!(names(&folder, "out"), ["a"], "the mapped folder itself may be named by a link");

    symlink("/etc/passwd", folder.path("data/secret")).unwrap();
    ends(&folder, "--map data=/in ok.wasm", 125, &["data/secret", "symbolic link"]);
    std::fs::remove_file(folder.path("data/secret")).unwrap();

    folder.write("victim", "untouched");
    std::fs::remove_file(folder.path("out/a")).unwrap();
    symlink(folder.path("victim"), folder.path("out/a")).unwrap();
    folder.ok("run --map data=/in --out /in=out ok.wasm");
    assert_eq!((folder.text("victim"), folder.text("out/a")), ("untouched".to_owned(), "x".to_owned()));
    symlink(folder.path("data"), folder.path("elsewhere")).unwrap();
    ends(&folder, "--map data=/in/elsewhere --map a=/x --out /in=. ok.wasm", 125, &["a"]);
    ends(&folder, "--map data=/in/elsewhere --out /in=. ok.wasm", 126, &["elsewhere is no folder"]);
}

#[test]
fn what_does_not_start_is_told_with_125() {
    let folder = Folder::new();
    exit(&folder, "ok.wasm", 0);
    folder.write("text.wasm", "(module)");
    std::fs::create_dir(folder.path("data")).unwrap();
    for (line, word) in [
        ("missing.wasm", "missing.wasm"),
        ("text.wasm", "refused [not-a-module]"),
        ("--map nothing=/in ok.wasm", "nothing"),
        ("--map ok.wasm=/in/a --map data=/in/a ok.wasm", "refused [not-a-directory]"),
        ("--policy missing.json --as /p ok.wasm", "missing.json"),
        ("--policy ok.wasm --as /p ok.wasm", "ok.wasm"),
    ] {
        ends(&folder, line, 125, &[word]);
    }
    for (line, word) in [
        ("", "PROG.wasm"),
        ("--map data ok.wasm", "HOST_DIR=/guest"),
        ("--out data ok.wasm", "/guest=HOST_PATH"),
        ("--env A ok.wasm", "NAME=VALUE"),
        ("--policy p.json ok.wasm", "--as"),
        ("--as /p ok.wasm", "--policy"),
        ("--policy p.json --as /p --clock ok.wasm", "--clock"),
        ("--strategy jit ok.wasm", "Interpretation"),
    ] {
        ends(&folder, line, 2, &[word]);
    }
}

/// `policy.json`: the program reads `/input/`, writes `/output/`, and prints; so does the pipeline, without printing.
fn under_policy() -> Folder {
    let folder = Folder::new();
    copy(&folder, "copy.wasm", (3, "a"), (4, "b"));
    folder.ok("identity new alice");
    folder.ok("identity new service --authority");
    folder.write("runtime", "a runtime");
    folder.write("a", "content");
    let line = "policy new -s 127.0.0.1:3017 -t 127.0.0.1:3010 --proxy-attestation-server-cert service.cert.pem -b runtime \
                -m 8 -o policy.json --pipeline";
    let more = [
        "both=/p/copy.wasm => /input/:r,/output/:w",
        "-c",
        "alice.cert.pem => /input/:w",
        "-w",
        "/p/copy.wasm=copy.wasm => /input/:r,/output/:w",
    ];
    let ended = folder.run(line, &more);
    assert_eq!(ended.status, 0, "{}", ended.err);
    folder
}

#[test]
fn under_a_policy_a_program_has_its_rights_and_no_more() {
    let folder = under_policy();
    let line = |principal: &str, program: &str| {
        format!("--policy policy.json --as {principal} --map a=/input/a --out /output/b=b {program}")
    };
    for principal in ["/p/copy.wasm", "p/copy.wasm", "both"] {
        folder.ok(&format!("run {}", line(principal, "copy.wasm")));
        assert_eq!(folder.text("b"), "content", "as {principal}");
        std::fs::remove_file(folder.path("b")).unwrap();
    }
    ends(&folder, &line("/p/other.wasm", "copy.wasm"), 125, &["refused [unknown-principal]", "/p/copy.wasm, both"]);
    copy(&folder, "other.wasm", (4, "a"), (3, "b"));
    ends(&folder, &line("/p/copy.wasm", "other.wasm"), 125, &["refused [wrong-hash]"]);
    let denied = run(&folder, &line("both", "other.wasm"));
    assert_eq!((denied.status, denied.err.as_str()), (2, ""), "ACCES, as in an instance");
}

#[test]
fn a_policy_bounds_the_memory() {
    let folder = under_policy();
    command(
        &folder,
        "bomb.wasm",
        "",
        "(loop (br_if 0 (i32.ne (memory.grow (i32.const 1)) (i32.const -1)))) unreachable",
    );
    ends(&folder, "--policy policy.json --as both bomb.wasm", 134, &["failed [out-of-memory]", "max_memory_mib"]);
    folder.write("large", vec![0; 9 << 20]);
    ends(&folder, "--policy policy.json --as both --map large=/input/a copy.wasm", 125, &["max_memory_mib"]);
}

#[test]
fn strace_prints_the_calls_with_their_errno() {
    let folder = Folder::new();
    folder.write("a", "content");
    copy(&folder, "copy.wasm", (3, "in/a"), (3, "in/b"));
    let ended = run(&folder, "--strace --map a=/in/a copy.wasm");
    assert_eq!(ended.status, 0, "{}", ended.err);
    let lines: Vec<_> = ended.err.lines().collect();
    assert_eq!(lines.len(), 4, "{lines:?}");
    assert!(lines[0].starts_with("path_open(3, -, \"in/b\", creat|trunc, "), "{}", lines[0]);
    assert!(lines[2].starts_with("fd_read(") && lines[2].ends_with("= success, 7"), "{}", lines[2]);
    let missing = run(&folder, "--strace copy.wasm");
    assert_eq!(missing.status, 44);
    let last_two: Vec<_> = missing.err.lines().rev().take(2).collect();
    assert_eq!(last_two[0], "proc_exit(44) ends the program");
    assert!(last_two[1].ends_with(" = noent"), "{}", last_two[1]);
}

#[test]
fn one_json_object_tells_all() {
    let folder = Folder::new();
    command(
        &folder,
        "hello.wasm",
        "hello\\ff",
        "(drop (call $write (i32.const 1) (i32.const 1000) (i32.const 5)))
        (drop (call $write (i32.const 2) (i32.const 1000) (i32.const 6)))",
    );
    assert_eq!(
        folder.json("run hello.wasm"),
        (0, json!({"accepted": true, "exit_code": 0, "stdout": "hello", "stderr_base64": "aGVsbG//"}))
    );
    exit(&folder, "three.wasm", 3);
    assert_eq!(folder.json("run three.wasm").1["exit_code"], 3);
    command(&folder, "trap.wasm", "", "unreachable");
    let (status, answer) = folder.json("run trap.wasm");
    assert_eq!((status, &answer["code"]), (134, &json!("guest-unreachable")));
    let (status, answer) = folder.json("run --out /missing=x hello.wasm");
    assert_eq!((status, &answer["code"], &answer["exit_code"]), (126, &json!("not-found"), &json!(0)));
    let (status, answer) = folder.json("run missing.wasm");
    assert_eq!((status, &answer["code"], answer["stdout"].is_null()), (125, &json!("wrong-use"), false));
    assert_ne!(answer["reason"], Value::Null);
}

#[test]
fn a_failure_names_the_functions_on_the_way() {
    let folder = Folder::new();
    command(&folder, "trap.wasm", "", "(call $check (i32.const 0)) (drop (i32.load (i32.const -4)))");
    ends(&folder, "trap.wasm", 134, &["failed [guest-memory-out-of-bounds]", "0: "]);
}
