//! `stdin`, `stdout`, `stderr` as participants see them.

use veracruz_runtime::vfs::{Kind, Vfs};

use crate::world::{ME, append, policy, read, target, vfs, write};

fn with_streams() -> Vfs {
    vfs(policy(&["stdin : rw, stdout : rw, stderr : rw"]))
}

#[test]
fn participants_write_stdin_and_read_stdout_and_stderr_only() {
    let vfs = with_streams();
    assert!(write(&vfs, "stdin", b"input").is_ok());
    for refused in [
        read(&vfs, "stdin").err(),
        write(&vfs, "stdout", b"").err(),
        write(&vfs, "stderr", b"").err(),
        append(&vfs, "stdin", b"").err(),
        append(&vfs, "stdout", b"").err(),
    ] {
        assert_eq!(refused.map(|error| error.code()), Some("stream-direction"));
    }
    assert_eq!(read(&vfs, "stdout").unwrap(), b"");
}

#[test]
fn writing_stdin_replaces_it_for_later_runs() {
    let vfs = with_streams();
    let stat = |name: &str| vfs.stat(&ME, &target(name)).unwrap();
    write(&vfs, "stdin", b"a long first input").unwrap();
    write(&vfs, "stdin", b"short").unwrap();
    assert_eq!((stat("stdin").kind, stat("stdin").size), (Kind::Stream, 5));
    let _run = vfs.fresh_stdio().unwrap();
    assert_eq!(stat("stdin").size, 5, "a run does not use the input up");
}

#[test]
fn streams_of_finished_runs_cost_nothing() {
    let vfs = with_streams();
    let before = vfs.budget().used();
    for _ in 0..100 {
        drop(vfs.fresh_stdio().unwrap());
        drop(write(&vfs, "stdin", b"").unwrap());
    }
    assert_eq!(vfs.budget().used(), before);
}
