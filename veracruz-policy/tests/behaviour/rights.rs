//! The 30 rights: names, numbers, shorthands, both ways.

use proptest::prelude::*;
use veracruz_policy::{Rights, RightsError};

#[test]
fn published_names_have_their_published_numbers() {
    let names = [
        "FD_DATASYNC",
        "FD_READ",
        "FD_SEEK",
        "FD_FDSTAT_SET_FLAGS",
        "FD_SYNC",
        "FD_TELL",
        "FD_WRITE",
        "FD_ADVISE",
        "FD_ALLOCATE",
        "PATH_CREATE_DIRECTORY",
        "PATH_CREATE_FILE",
        "PATH_LINK_SOURCE",
        "PATH_LINK_TARGET",
        "PATH_OPEN",
        "FD_READDIR",
        "PATH_READLINK",
        "PATH_RENAME_SOURCE",
        "PATH_RENAME_TARGET",
        "PATH_FILESTAT_GET",
        "PATH_FILESTAT_SET_SIZE",
        "PATH_FILESTAT_SET_TIMES",
        "FD_FILESTAT_GET",
        "FD_FILESTAT_SET_SIZE",
        "FD_FILESTAT_SET_TIMES",
        "PATH_SYMLINK",
        "PATH_REMOVE_DIRECTORY",
        "PATH_UNLINK_FILE",
        "POLL_FD_READWRITE",
        "SOCK_SHUTDOWN",
        "FD_EXECUTE",
    ];
    assert_eq!(names.len(), 30);
    for (bit, name) in names.iter().enumerate() {
        let right: Rights = name.parse().unwrap();
        assert_eq!(right.bits(), 1 << bit, "{name}");
        assert_eq!(right.to_string(), *name);
        assert_eq!(Rights::from_number(1 << bit).unwrap(), right);
    }
    assert_eq!("FILE_EXECUTE".parse::<Rights>().unwrap(), Rights::FD_EXECUTE);
}

#[test]
fn shorthands_have_the_numbers_that_veracruz_gives_them() {
    for (text, number) in [
        ("r", 24582),
        ("w", 534084),
        ("rw", 550470),
        ("x", 536879108),
        ("wx", 537404996),
        ("rwx", 537421382),
        ("rx", 536895494),
    ] {
        let rights: Rights = text.parse().unwrap();
        assert_eq!(rights.bits(), number, "{text}");
        assert_eq!(rights.shorthand(), Some(text));
        assert_eq!(rights.to_string(), text);
        assert_eq!(number.to_string().parse::<Rights>().unwrap(), rights);
    }
    assert_eq!("xwr".parse::<Rights>().unwrap(), "rwx".parse().unwrap());
    assert_eq!(Rights::EXECUTE_ONLY.bits(), 536879104);
    assert_eq!(Rights::EXECUTE_ONLY.shorthand(), None);
}

#[test]
fn what_is_no_right_is_an_error() {
    assert_eq!(Rights::from_number(1 << 30), Err(RightsError::UnknownBits(1 << 30)));
    assert_eq!(Rights::from_number(u32::MAX), Err(RightsError::UnknownBits(0xc000_0000)));
    for text in ["", " ", "q", "rq", "FD_REED", "FD_READ|", "-1", "99999999999", "1073741824", "fd_read"] {
        assert!(text.parse::<Rights>().is_err(), "{text:?}");
    }
}

proptest! {
    #[test]
    fn every_set_survives_its_text_and_its_number(bits in 0u32..(1 << 30)) {
        let rights = Rights::from_number(bits).unwrap();
        prop_assert_eq!(rights.to_string().parse::<Rights>().unwrap(), rights);
        prop_assert_eq!(bits.to_string().parse::<Rights>().unwrap(), rights);
        prop_assert_eq!(serde_json::to_value(rights).unwrap(), serde_json::json!(bits));
    }

    #[test]
    fn sets_are_sets(a in 0u32..(1 << 30), b in 0u32..(1 << 30)) {
        let (left, right) = (Rights::from_number(a).unwrap(), Rights::from_number(b).unwrap());
        prop_assert_eq!((left | right).bits(), a | b);
        prop_assert_eq!((left & right).bits(), a & b);
        prop_assert_eq!(left.difference(right).bits(), a & !b);
        prop_assert_eq!(left.contains(right), a & b == b);
    }

    #[test]
    fn numbers_beyond_the_rights_are_refused(bits in (1u32 << 30)..) {
        prop_assert!(Rights::from_number(bits).is_err());
    }
}
