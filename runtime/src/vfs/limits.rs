//! How much of everything a file system may hold, besides bytes: those are the [`Budget`](crate::budget::Budget)'s.

/// Files and directories of an instance: far beyond what known programs make (the largest unpacks a library of 3,000
/// files), and at about 600 bytes each a small part of any memory.
pub const MAX_INODES: u64 = 262_144;

/// Names in one directory, so that listing one stays a matter of milliseconds.
pub const MAX_ENTRIES: usize = 65_536;

/// Files and directories that one run has open: four times the usual `ulimit -n` of 256 that portable programs expect.
pub const MAX_HANDLES: usize = 1024;

/// Components of a path. Every lookup walks them; POSIX programs rarely pass 20.
pub const MAX_DEPTH: usize = 64;

/// Bytes of one file, holes included: 64 GiB. A hole costs nothing, but the list of a file's chunks is as long as its
/// last written byte is far: 2 MiB at this size.
pub const MAX_FILE_BYTES: u64 = 64 << 30;

/// Bytes of a file that can be run: it is hashed and compiled whole. The largest known guest has 26 MB.
pub const MAX_PROGRAM_BYTES: u64 = 256 << 20;

/// The limits of one file system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VfsLimits {
    /// Files and directories; [`MAX_INODES`] by default.
    pub inodes: u64,
    /// Names in one directory; [`MAX_ENTRIES`] by default.
    pub entries: usize,
    /// Open files of one run; [`MAX_HANDLES`] by default.
    pub handles: usize,
    /// Components of a path; [`MAX_DEPTH`] by default.
    pub depth: usize,
    /// Bytes of one file; [`MAX_FILE_BYTES`] by default.
    pub file_bytes: u64,
    /// Bytes of a file that can be run; [`MAX_PROGRAM_BYTES`] by default.
    pub program_bytes: u64,
}

impl Default for VfsLimits {
    fn default() -> Self {
        VfsLimits {
            inodes: MAX_INODES,
            entries: MAX_ENTRIES,
            handles: MAX_HANDLES,
            depth: MAX_DEPTH,
            file_bytes: MAX_FILE_BYTES,
            program_bytes: MAX_PROGRAM_BYTES,
        }
    }
}
