//! System calls as lines of text: name, arguments, errno, results. Contents of buffers are never shown.

use super::Trace;
use crate::wasi::{Call, Host, Wasi};

/// Characters of a path that a line shows.
const SHOWN_CHARACTERS: usize = 160;

/// The parameters of each call, in the order of `wasi_snapshot_preview1.witx`. Behind a name: nothing for a number, `#`
/// for bits, `&` for an address, `"` for a text (an address and a length), `~` for a text that the call writes, `*N` for
/// the address of a result of N bytes.
const SHAPES: &[(&str, &str)] = &[
    ("args_get", "argv& argv_buf&"),
    ("args_sizes_get", "argc*4 argv_buf_size*4"),
    ("environ_get", "environ& environ_buf&"),
    ("environ_sizes_get", "environc*4 environ_buf_size*4"),
    ("clock_res_get", "id resolution*8"),
    ("clock_time_get", "id precision time*8"),
    ("fd_advise", "fd offset len advice"),
    ("fd_allocate", "fd offset len"),
    ("fd_close", "fd"),
    ("fd_datasync", "fd"),
    ("fd_fdstat_get", "fd stat&"),
    ("fd_fdstat_set_flags", "fd flags#"),
    ("fd_fdstat_set_rights", "fd rights_base# rights_inheriting#"),
    ("fd_filestat_get", "fd stat&"),
    ("fd_filestat_set_size", "fd size"),
    ("fd_filestat_set_times", "fd atim mtim fst_flags#"),
    ("fd_pread", "fd iovs& iovs_len offset nread*4"),
    ("fd_prestat_get", "fd prestat&"),
    ("fd_prestat_dir_name", "fd path~"),
    ("fd_pwrite", "fd iovs& iovs_len offset nwritten*4"),
    ("fd_read", "fd iovs& iovs_len nread*4"),
    ("fd_readdir", "fd buf& buf_len cookie bufused*4"),
    ("fd_renumber", "fd to"),
    ("fd_seek", "fd offset whence newoffset*8"),
    ("fd_sync", "fd"),
    ("fd_tell", "fd offset*8"),
    ("fd_write", "fd iovs& iovs_len nwritten*4"),
    ("path_create_directory", "fd path\""),
    ("path_filestat_get", "fd flags# path\" stat&"),
    ("path_filestat_set_times", "fd flags# path\" atim mtim fst_flags#"),
    ("path_link", "old_fd old_flags# old_path\" new_fd new_path\""),
    ("path_open", "fd dirflags# path\" oflags# rights_base# rights_inheriting# fdflags# opened_fd*4"),
    ("path_readlink", "fd path\" buf& buf_len bufused*4"),
    ("path_remove_directory", "fd path\""),
    ("path_rename", "fd old_path\" new_fd new_path\""),
    ("path_symlink", "old_path\" fd new_path\""),
    ("path_unlink_file", "fd path\""),
    ("poll_oneoff", "in& out& nsubscriptions nevents*4"),
    ("proc_exit", "rval"),
    ("proc_raise", "sig"),
    ("sched_yield", ""),
    ("random_get", "buf& buf_len"),
    ("sock_accept", "fd flags# opened_fd*4"),
    ("sock_recv", "fd iovs& iovs_len ri_flags# nread*4 ro_flags*2"),
    ("sock_send", "fd iovs& iovs_len si_flags# nwritten*4"),
    ("sock_shutdown", "fd how#"),
    ("fd_create", "opened_fd*4"),
];

/// WASI preview 1's `errno` by its numbers.
const ERRNO: &[&str] = &[
    "SUCCESS",
    "2BIG",
    "ACCES",
    "ADDRINUSE",
    "ADDRNOTAVAIL",
    "AFNOSUPPORT",
    "AGAIN",
    "ALREADY",
    "BADF",
    "BADMSG",
    "BUSY",
    "CANCELED",
    "CHILD",
    "CONNABORTED",
    "CONNREFUSED",
    "CONNRESET",
    "DEADLK",
    "DESTADDRREQ",
    "DOM",
    "DQUOT",
    "EXIST",
    "FAULT",
    "FBIG",
    "HOSTUNREACH",
    "IDRM",
    "ILSEQ",
    "INPROGRESS",
    "INTR",
    "INVAL",
    "IO",
    "ISCONN",
    "ISDIR",
    "LOOP",
    "MFILE",
    "MLINK",
    "MSGSIZE",
    "MULTIHOP",
    "NAMETOOLONG",
    "NETDOWN",
    "NETRESET",
    "NETUNREACH",
    "NFILE",
    "NOBUFS",
    "NODEV",
    "NOENT",
    "NOEXEC",
    "NOLCK",
    "NOLINK",
    "NOMEM",
    "NOMSG",
    "NOPROTOOPT",
    "NOSPC",
    "NOSYS",
    "NOTCONN",
    "NOTDIR",
    "NOTEMPTY",
    "NOTRECOVERABLE",
    "NOTSOCK",
    "NOTSUP",
    "NOTTY",
    "NXIO",
    "OVERFLOW",
    "OWNERDEAD",
    "PERM",
    "PIPE",
    "PROTO",
    "PROTONOSUPPORT",
    "PROTOTYPE",
    "RANGE",
    "ROFS",
    "SPIPE",
    "SRCH",
    "STALE",
    "TIMEDOUT",
    "TXTBSY",
    "XDEV",
    "NOTCAPABLE",
];

/// The system calls of an offline run, and who is told of them.
pub(super) struct Traced {
    pub(super) wasi: Wasi,
    pub(super) trace: Option<Trace>,
}

impl Host for Traced {
    fn wasi(&mut self) -> &mut Wasi {
        &mut self.wasi
    }

    fn done(&mut self, call: &Call<'_>, memory: &[u8]) {
        if let Some(trace) = &mut self.trace {
            trace(&line(call.function, call.arguments, call.outcome, memory));
        }
    }
}

/// A call as a line: `path_open(fd=3, …, path="a") = SUCCESS opened_fd=4`.
fn line(function: &str, arguments: &[i64], outcome: Option<i32>, memory: &[u8]) -> String {
    let shape = SHAPES.iter().find(|(name, _)| *name == function).map_or("", |(_, shape)| shape);
    let mut values = arguments.iter().copied();
    let (mut given, mut results) = (Vec::new(), String::new());
    for parameter in shape.split_whitespace() {
        let Some(value) = values.next() else { break };
        let name = parameter.trim_end_matches(|c: char| !c.is_alphabetic() && c != '_');
        let kind = parameter.strip_prefix(name).unwrap_or_default();
        match kind {
            "" => given.push(format!("{name}={value}")),
            "\"" | "~" => {
                let length = values.next().unwrap_or_default();
                let is_there = kind == "\"" || outcome == Some(0);
                let text = if is_there { text(memory, value, length) } else { format!("{:#x}", bits(value)) };
                given.push(format!("{name}={text}"));
            }
            _ if kind.starts_with('*') => {
                if outcome == Some(0) {
                    results.push_str(&format!(" {name}={}", result(memory, value, kind)));
                }
            }
            _ => given.push(format!("{name}={:#x}", bits(value))),
        }
    }
    let errno = outcome.map(|number| usize::try_from(number).ok().and_then(|number| ERRNO.get(number)).copied());
    let errno = errno.map_or("(ends the program)", |name| name.unwrap_or("(no errno)"));
    format!("{function}({}) = {errno}{results}", given.join(", "))
}

/// An i32 comes with its sign extended, which bits and addresses have not.
fn bits(value: i64) -> u64 {
    i32::try_from(value).map_or_else(|_| value.cast_unsigned(), |value| value.cast_unsigned().into())
}

fn bytes(memory: &[u8], address: i64, length: u64) -> Option<&[u8]> {
    let start = usize::try_from(bits(address)).ok()?;
    memory.get(start..start.checked_add(usize::try_from(length).ok()?)?)
}

fn text(memory: &[u8], address: i64, length: i64) -> String {
    let Some(bytes) = bytes(memory, address, bits(length)) else {
        return format!("({} bytes at {:#x}, outside of memory)", bits(length), bits(address));
    };
    let start = bytes.get(..4 * SHOWN_CHARACTERS).unwrap_or(bytes);
    let text: String = String::from_utf8_lossy(start).chars().take(SHOWN_CHARACTERS).collect();
    format!("{text:?}{}", if text.len() < bytes.len() { "…" } else { "" })
}

fn result(memory: &[u8], address: i64, kind: &str) -> String {
    let size = kind.trim_start_matches('*').parse().unwrap_or_default();
    match bytes(memory, address, size) {
        Some(bytes) => bytes.iter().rev().fold(0_u64, |number, byte| number << 8 | u64::from(*byte)).to_string(),
        None => "?".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_are_shown_with_what_they_got_and_gave() {
        let mut memory = vec![0; 4096];
        memory[100..107].copy_from_slice(b"in/a\x1bb!");
        memory[200..204].copy_from_slice(&4_u32.to_le_bytes());
        memory[208..216].copy_from_slice(&(1_u64 << 40).to_le_bytes());
        for (function, arguments, outcome, expected) in [
            ("sched_yield", &[][..], Some(0), "sched_yield() = SUCCESS"),
            ("fd_close", &[-1], Some(8), "fd_close(fd=-1) = BADF"),
            (
                "path_open",
                &[3, 1, 100, 4, 0, -1, 1 << 28, 0, 200],
                Some(0),
                "path_open(fd=3, dirflags=0x1, path=\"in/a\", oflags=0x0, rights_base=0xffffffff, \
                 rights_inheriting=0x10000000, fdflags=0x0) = SUCCESS opened_fd=4",
            ),
            (
                "fd_seek",
                &[4, -2, 1, 208],
                Some(0),
                "fd_seek(fd=4, offset=-2, whence=1) = SUCCESS newoffset=1099511627776",
            ),
            ("fd_seek", &[4, -2, 1, 208], Some(28), "fd_seek(fd=4, offset=-2, whence=1) = INVAL"),
            ("path_unlink_file", &[3, 100, 6], Some(44), r#"path_unlink_file(fd=3, path="in/a\u{1b}b") = NOENT"#),
            (
                "path_unlink_file",
                &[3, -8, 20],
                Some(21),
                "path_unlink_file(fd=3, path=(20 bytes at 0xfffffff8, outside of memory)) = FAULT",
            ),
            ("fd_prestat_dir_name", &[3, 100, 4], Some(0), r#"fd_prestat_dir_name(fd=3, path="in/a") = SUCCESS"#),
            ("fd_prestat_dir_name", &[3, 100, 4], Some(8), "fd_prestat_dir_name(fd=3, path=0x64) = BADF"),
            ("proc_exit", &[7], None, "proc_exit(rval=7) = (ends the program)"),
        ] {
            assert_eq!(line(function, arguments, outcome, &memory), expected);
        }
        let long = line("path_unlink_file", &[3, 0, 4000], Some(44), &memory);
        assert!(long.contains('…') && long.len() < 1200, "{long}");
    }

    #[test]
    fn every_function_has_its_shape() {
        for (_, name, signature) in crate::engine::provided() {
            let shape = SHAPES.iter().find(|(function, _)| *function == name).map(|(_, shape)| *shape);
            let shape = shape.unwrap_or_else(|| panic!("{name} has no shape"));
            let texts = shape.matches(['"', '~']).count();
            let expected = signature.split_once(" -> ").map_or(0, |(parameters, _)| parameters.matches('i').count());
            assert_eq!(shape.split_whitespace().count() + texts, expected, "{name}");
        }
        assert_eq!((ERRNO.len(), ERRNO[44], ERRNO[76]), (77, "NOENT", "NOTCAPABLE"));
    }
}
