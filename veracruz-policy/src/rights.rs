//! The 30 rights of a principal on a file or directory.
//!
//! Bits 0–28 are the rights of WASI preview 1 (`wasi_snapshot_preview1.witx`, `$rights`); bit 29 is Veracruz's right to
//! execute a program. Policies carry them as one number.

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};

use crate::error::{Refusal, Rule};

bitflags::bitflags! {
    /// A set of rights. Written as a number in policies; see [`Rights::shorthand`] and [`FromStr`] for the other forms.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
    pub struct Rights: u32 {
        /// Synchronise the data of a file.
        const FD_DATASYNC = 1 << 0;
        /// Read from a file or stream.
        const FD_READ = 1 << 1;
        /// Move the offset of a file.
        const FD_SEEK = 1 << 2;
        /// Set the flags of an open file.
        const FD_FDSTAT_SET_FLAGS = 1 << 3;
        /// Synchronise a file.
        const FD_SYNC = 1 << 4;
        /// Tell the offset of a file.
        const FD_TELL = 1 << 5;
        /// Write to a file or stream.
        const FD_WRITE = 1 << 6;
        /// Advise on the use of a file.
        const FD_ADVISE = 1 << 7;
        /// Allocate space in a file.
        const FD_ALLOCATE = 1 << 8;
        /// Create a directory.
        const PATH_CREATE_DIRECTORY = 1 << 9;
        /// Create a file.
        const PATH_CREATE_FILE = 1 << 10;
        /// Be the source of a link.
        const PATH_LINK_SOURCE = 1 << 11;
        /// Be the target of a link.
        const PATH_LINK_TARGET = 1 << 12;
        /// Open a file or directory.
        const PATH_OPEN = 1 << 13;
        /// List a directory.
        const FD_READDIR = 1 << 14;
        /// Read a symbolic link.
        const PATH_READLINK = 1 << 15;
        /// Be the source of a rename.
        const PATH_RENAME_SOURCE = 1 << 16;
        /// Be the target of a rename.
        const PATH_RENAME_TARGET = 1 << 17;
        /// Ask for the attributes of a path.
        const PATH_FILESTAT_GET = 1 << 18;
        /// Set the size of a path; opening with truncation needs it.
        const PATH_FILESTAT_SET_SIZE = 1 << 19;
        /// Set the times of a path.
        const PATH_FILESTAT_SET_TIMES = 1 << 20;
        /// Ask for the attributes of an open file.
        const FD_FILESTAT_GET = 1 << 21;
        /// Set the size of an open file.
        const FD_FILESTAT_SET_SIZE = 1 << 22;
        /// Set the times of an open file.
        const FD_FILESTAT_SET_TIMES = 1 << 23;
        /// Make a symbolic link.
        const PATH_SYMLINK = 1 << 24;
        /// Remove a directory.
        const PATH_REMOVE_DIRECTORY = 1 << 25;
        /// Unlink a file.
        const PATH_UNLINK_FILE = 1 << 26;
        /// Poll for readiness.
        const POLL_FD_READWRITE = 1 << 27;
        /// Shut a socket down.
        const SOCK_SHUTDOWN = 1 << 28;
        /// Execute the file as a program (`FILE_EXECUTE` in Veracruz's WASI interface).
        const FD_EXECUTE = 1 << 29;
    }
}

impl Rights {
    /// `r`: 24582.
    pub const READ: Rights = Rights::FD_READ.union(Rights::FD_SEEK).union(Rights::PATH_OPEN).union(Rights::FD_READDIR);

    /// `w`: 534084.
    pub const WRITE: Rights = Rights::FD_WRITE
        .union(Rights::FD_SEEK)
        .union(Rights::PATH_OPEN)
        .union(Rights::PATH_CREATE_FILE)
        .union(Rights::PATH_CREATE_DIRECTORY)
        .union(Rights::PATH_FILESTAT_SET_SIZE);

    /// `x`: 536879108, as Veracruz's policy generator writes it.
    pub const EXECUTE: Rights = Rights::PATH_OPEN.union(Rights::FD_EXECUTE).union(Rights::FD_SEEK);

    /// 536879104: what policies of the i-poc give a user on `/program/`. It is enough to execute.
    pub const EXECUTE_ONLY: Rights = Rights::PATH_OPEN.union(Rights::FD_EXECUTE);

    /// The number as it stands in a policy; a bit beyond the 30 rights is an error.
    pub fn from_number(number: u32) -> Result<Self, RightsError> {
        Rights::from_bits(number).ok_or(RightsError::UnknownBits(number & !Rights::all().bits()))
    }

    /// The shorthand that stands for exactly these rights: `r`, `w`, `x` and their combinations.
    pub fn shorthand(self) -> Option<&'static str> {
        const SHORTHANDS: [(&str, Rights); 7] = [
            ("r", Rights::READ),
            ("w", Rights::WRITE),
            ("x", Rights::EXECUTE),
            ("rw", Rights::READ.union(Rights::WRITE)),
            ("rx", Rights::READ.union(Rights::EXECUTE)),
            ("wx", Rights::WRITE.union(Rights::EXECUTE)),
            ("rwx", Rights::READ.union(Rights::WRITE).union(Rights::EXECUTE)),
        ];
        SHORTHANDS.iter().find(|(_, rights)| *rights == self).map(|(text, _)| *text)
    }

    fn from_shorthand(text: &str) -> Option<Self> {
        text.chars().try_fold(Rights::empty(), |rights, letter| match letter {
            'r' => Some(rights | Rights::READ),
            'w' => Some(rights | Rights::WRITE),
            'x' => Some(rights | Rights::EXECUTE),
            _ => None,
        })
    }
}

/// The shorthand where there is one, else the names joined by `|`, else `none`.
impl fmt::Display for Rights {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(shorthand) = self.shorthand() {
            return f.write_str(shorthand);
        }
        if self.is_empty() {
            return f.write_str("none");
        }
        for (position, (name, _)) in self.iter_names().enumerate() {
            if position > 0 {
                f.write_str("|")?;
            }
            f.write_str(name)?;
        }
        Ok(())
    }
}

/// Reads a number, a shorthand of the letters `r`, `w`, `x` in any order, or names joined by `|`.
impl FromStr for Rights {
    type Err = RightsError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        if text.is_empty() {
            return Err(RightsError::UnknownName(String::new()));
        }
        if text.bytes().all(|byte| byte.is_ascii_digit()) {
            let number = text.parse().map_err(|_| RightsError::TooLarge)?;
            return Rights::from_number(number);
        }
        if let Some(rights) = Rights::from_shorthand(text) {
            return Ok(rights);
        }
        text.split('|').map(|name| right_by_name(name.trim())).collect()
    }
}

fn right_by_name(name: &str) -> Result<Rights, RightsError> {
    match name {
        "none" => Ok(Rights::empty()),
        "FILE_EXECUTE" => Ok(Rights::FD_EXECUTE),
        _ => Rights::from_name(name).ok_or_else(|| RightsError::UnknownName(name.chars().take(40).collect())),
    }
}

impl Serialize for Rights {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u32(self.bits())
    }
}

/// Why a number or a text names no rights.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RightsError {
    /// Bits beyond the 30 rights; the number is the unknown bits alone.
    #[error("the bits {0:#x} are none of the 30 rights")]
    UnknownBits(u32),
    /// A number that does not fit 32 bits.
    #[error("rights are a number of 32 bits")]
    TooLarge,
    /// A text that is no right's name.
    #[error("{0:?} is no right; use a number, letters of `rwx`, or names such as FD_READ|FD_SEEK")]
    UnknownName(String),
}

impl From<RightsError> for Refusal {
    fn from(error: RightsError) -> Self {
        Refusal::new(Rule::UnknownRight, "a sum of the 30 rights (bits 0 to 29)", error.to_string())
    }
}
