//! What went wrong with uploads: C3 to C9, C13, C24.

use std::fs;
use std::os::unix::fs::MetadataExt as _;

use serde_json::json;

use super::files::{DATA_FILES, Files, Kind, PROGRAMS};
use crate::cases::{Case, cases};
use crate::daemons::Functions;
use crate::documents::{PROGRAM_CONTENT, Person, bare_function, base64, digest, function, read, user_policy};
use crate::world::{World, text};

pub(super) const CASES: &[Case] = cases![
    c03_an_oversized_upload_does_not_poison_the_name,
    c04_a_mismatched_upload_does_not_poison_the_name,
    c05_an_upload_may_come_in_chunks,
    c06_the_limit_counts_bytes_and_they_pass_through,
    c07_a_refused_upload_leaves_nothing_open_and_nothing_behind,
    c08_files_are_deleted_by_the_names_that_they_were_loaded_by,
    c09_a_loaded_data_file_is_found_and_called_by_its_name,
    c13_base64_is_read_strictly,
    c13_a_name_may_be_written_in_each_of_its_ways,
    c13_no_name_is_ever_a_command,
    c24_two_programs_of_one_name_are_refused,
];

/// A body in chunks, of which nobody knows the length before.
fn chunked(path: &str, pieces: usize, piece: &[u8]) -> Vec<Vec<u8>> {
    let head =
        format!("POST {path} HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n");
    let chunk = [format!("{:x}\r\n", piece.len()).as_bytes(), piece, b"\r\n"].concat();
    let mut request = vec![head.into_bytes()];
    request.extend(std::iter::repeat_n(chunk, pieces));
    request.push(b"0\r\n\r\n".to_vec());
    request
}

fn slices(request: &[Vec<u8>]) -> Vec<&[u8]> {
    request.iter().map(Vec::as_slice).collect()
}

fn c03_an_oversized_upload_does_not_poison_the_name(world: &World) {
    let files = Files::new(world, &PROGRAMS);
    let answer = world.ccfaas.post_raw(&files.path(), vec![0; 10_000_000]);
    answer.refused_saying(400, "file-too-large", "fewer than 10000000 bytes");
    files.has(&[]);
    world.ccfaas.get(&files.path()).refused(404, "file-not-loaded");
    files.loads();
}

fn c04_a_mismatched_upload_does_not_poison_the_name(world: &World) {
    for kind in [&PROGRAMS, &DATA_FILES] {
        let files = Files::new(world, kind);
        world.ccfaas.post_raw(&files.path(), "other").refused(400, "hash-mismatch");
        world.ccfaas.get(&files.path()).refused(404, "file-not-loaded");
        world.ccfaas.post_raw(&files.path(), "").refused(400, "hash-mismatch");
        files.has(&[]);
        files.loads();
    }
}

fn c05_an_upload_may_come_in_chunks(world: &World) {
    for kind in [&PROGRAMS, &DATA_FILES] {
        let files = Files::new(world, kind);
        let (status, answer) = world.ccfaas.raw(&slices(&chunked(&files.path(), 1, kind.content)));
        assert_eq!(status, 200, "{answer}");
        files.has(&[kind.file]);
    }
}

/// What is sent without a length is counted; and what is counted is not kept in memory.
fn c06_the_limit_counts_bytes_and_they_pass_through(world: &World) {
    const MIB: usize = 1 << 20;
    let functions = Functions::start(world, "127.0.0.1:9", &["--max-data-file-bytes", "67108864"]);
    assert_eq!(functions.door.post("/function", &function("function")).status, 200);
    let Kind { route, file, .. } = DATA_FILES;
    let path = format!("/function/function/{route}/{}", base64(file));
    let before = peak_memory(functions.daemon.process());
    let (status, answer) = functions.door.raw(&slices(&chunked(&path, 64, &vec![7; MIB])));
    assert!(status == 400 && answer.contains("\"file-too-large\""), "{answer}");
    // The body was read nearly to its end.
    let (status, answer) = functions.door.raw(&slices(&chunked(&path, 63, &vec![7; MIB])));
    assert!(status == 400 && answer.contains("\"hash-mismatch\""), "{answer}");
    let grown = peak_memory(functions.daemon.process()) - before;
    assert!(grown < 32 * 1024, "64 MiB took {grown} KiB of memory");
    assert_eq!(functions.contents(), Vec::<std::path::PathBuf>::new());
}

/// KiB (proc(5), `VmHWM`).
fn peak_memory(process: u32) -> usize {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

fn c07_a_refused_upload_leaves_nothing_open_and_nothing_behind(world: &World) {
    let functions = Functions::start(world, "127.0.0.1:9", &["--max-program-bytes", "1000"]);
    assert_eq!(functions.door.post("/function", &function("function")).status, 200);
    let path = format!("/function/function/program/{}", base64(PROGRAMS.file));
    for _ in 0..5 {
        functions.door.post_raw(&path, "other").refused(400, "hash-mismatch");
        functions.door.post_raw(&path, vec![0; 1000]).refused(400, "file-too-large");
        functions.door.post_raw("/function/nobody/program/eA==", "x").refused(404, "function-not-found");
        let head =
            format!("POST {path} HTTP/1.1\r\nhost: localhost\r\ncontent-length: 100\r\nconnection: close\r\n\r\n");
        let (status, answer) = functions.door.cut(&[head.as_bytes(), b"cut off"]);
        assert!(status == 400 && answer.contains("\"body-incomplete\""), "{answer}");
    }
    assert_eq!(functions.contents(), Vec::<std::path::PathBuf>::new());
    let open = fs::read_dir(format!("/proc/{}/fd", functions.daemon.process())).unwrap();
    let open = open.filter_map(|entry| fs::read_link(entry.unwrap().path()).ok());
    let contents = functions.folder.path().join("ccfaas-server-state/contents");
    assert_eq!(open.filter(|target| target.starts_with(&contents)).count(), 0);
    functions.door.post_raw(&path, PROGRAM_CONTENT).says("function loaded!");
    assert_eq!(functions.contents().len(), 1);
    let state = fs::metadata(functions.folder.path().join("ccfaas-server-state")).unwrap();
    assert_eq!(state.mode() & 0o077, 0, "others may look at what is kept");
}

fn c08_files_are_deleted_by_the_names_that_they_were_loaded_by(world: &World) {
    for kind in [&PROGRAMS, &DATA_FILES] {
        let files = Files::new(world, kind);
        files.loads();
        assert_eq!(world.ccfaas.delete(&files.path()).status, 200);
        files.has(&[]);
        world.ccfaas.delete(&files.path()).refused(404, "file-not-loaded");
    }
}

fn c09_a_loaded_data_file_is_found_and_called_by_its_name(world: &World) {
    let files = Files::new(world, &DATA_FILES);
    let not_loaded = world.ccfaas.get(&files.path()).refused(404, "file-not-loaded");
    let detail = format!("data_file {} is not loaded in function {}", DATA_FILES.file, files.function);
    assert_eq!(text(&not_loaded, "detail"), detail);
    files.loads();
    let sentence = format!("data_file {} is loaded in function {}", DATA_FILES.file, files.function);
    world.ccfaas.get(&files.path()).says(&sentence);
}

fn c13_base64_is_read_strictly(world: &World) {
    let files = Files::new(world, &PROGRAMS);
    let good = base64(PROGRAMS.file);
    let (head, tail) = good.split_at(4);
    let junk = format!("{head}%21%21{tail}");
    let space = format!("{head}%20{tail}");
    let stray = good.replace("Q==", "R==");
    assert_ne!(stray, good);
    for (name, why) in [
        (junk.as_str(), "junk was ignored"),
        (&space, "blanks were ignored"),
        (&stray, "bits behind the last byte"),
        ("L3B", "a bit too short"),
        // The name that `register-function-example.sh` sends, which this function does not declare.
        ("linear-regression.wasm", "it is no base64"),
        // Bytes that are no text were a 500.
        (&base64(b"\xff\xfe"), "no UTF-8"),
        (&"A".repeat(9000), "longer than any name"),
    ] {
        let path = format!("/function/{}/program/{name}", files.function);
        for answer in
            [world.ccfaas.get(&path), world.ccfaas.post_raw(&path, PROGRAM_CONTENT), world.ccfaas.delete(&path)]
        {
            let code = text(&serde_json::from_str(&answer.text).unwrap(), "code").to_owned();
            assert_eq!((answer.status, code.as_str()), (400, "bad-file-name"), "{why}");
        }
    }
    files.has(&[]);
}

/// Standard base64 with its slash, percent-encoded, URL-safe, without padding, and literally.
fn c13_a_name_may_be_written_in_each_of_its_ways(world: &World) {
    let program = "/program/ÿÿ?~.wasm";
    let standard = base64(program);
    assert!(standard.contains('/') && standard.contains('+'), "{standard} shows nothing");
    for written in [
        standard.clone(),
        standard.replace('/', "%2F").replace('+', "%2B"),
        standard.replace('+', "-").replace('/', "_"),
        standard.trim_end_matches('=').to_owned(),
        "%2Fprogram%2F%C3%BF%C3%BF%3F~.wasm".to_owned(),
        "program/%C3%BF%C3%BF%3F~.wasm".to_owned(),
    ] {
        let name = world.name("function");
        assert_eq!(world.ccfaas.post("/function", &bare_function(&name, program, PROGRAM_CONTENT)).status, 200);
        let path = format!("/function/{name}/program/{written}");
        world.ccfaas.post_raw(&path, PROGRAM_CONTENT).says("function loaded!");
        world.ccfaas.get(&path).says(&format!("programn {program} is loaded in function {name}"));
        let list = world.ccfaas.get(&format!("/function/{name}/program")).object(&["programs"]);
        assert_eq!(list["programs"], json!([standard]));
        assert_eq!(world.ccfaas.delete(&path).status, 200);
    }
}

/// Names went through a shell, in double quotes.
fn c13_no_name_is_ever_a_command(world: &World) {
    let hostile = "/program/$(touch pwned)`touch pwned`\";touch pwned;'.wasm";
    let name = world.name("$(touch pwned);`touch pwned`\"");
    let mut body = bare_function(&name, hostile, PROGRAM_CONTENT);
    body["data_files"] = json!([{"data_file": "/data/$(touch pwned)", "pi_hash": digest(b"data")}]);
    assert_eq!(world.ccfaas.post("/function", &body).status, 200);
    let part = name.replace('`', "%60").replace('"', "%22").replace(' ', "%20");
    let program = format!("/function/{part}/program/{}", base64(hostile));
    world.ccfaas.post_raw(&program, PROGRAM_CONTENT).says("function loaded!");
    let data = format!("/function/{part}/data_file/{}", base64("/data/$(touch pwned)"));
    world.ccfaas.post_raw(&data, "data").says("data_file /data/$(touch pwned) loaded!");

    let (app, user) = (Person::new("app"), Person::new("user"));
    let instance = world.name("$(touch pwned)");
    let mut body = user_policy(&name, &instance, &app, &user);
    body["identities"][1]["file_rights"] = json!([{"file_name": "/data/", "rights": crate::documents::READ}]);
    let made = world.ccfaas.post("/instance", &body).object(&["instance", "policy"]);
    let content =
        world.http.wait(async { read(&mut user.connect(text(&made, "policy")).await, "/data/$(touch pwned)").await });
    assert_eq!(content, Ok(b"data".to_vec()));
    let litter = crate::world::files_below(world.up.folder());
    assert!(!litter.iter().any(|path| path.ends_with("pwned")), "{litter:?}");
}

fn c24_two_programs_of_one_name_are_refused(world: &World) {
    let mut body = function(&world.name("function"));
    let mut second = body["programs"][0].clone();
    second["id"] = 1.into();
    for spelling in ["/program/detector.wasm", "program//detector.wasm"] {
        second["program_file_name"] = spelling.into();
        body["programs"] = json!([body["programs"][0], second]);
        let places = [("/programs/1/program_file_name", "duplicate-name")];
        world.ccfaas.post("/function", &body).refused_at("policy-invalid", &places);
    }
}
