// Paths that are odd, and paths that lead out of the given folder.
#include "../check.h"

// The header's function stops at a NUL byte; this one takes the length.
__attribute__((import_module("wasi_snapshot_preview1"), import_name("path_open"))) int32_t
raw_path_open(int32_t fd, int32_t dirflags, const char *path, int32_t length, int32_t oflags, int64_t rights,
              int64_t inheriting, int32_t fdflags, __wasi_fd_t *opened);

int main(void) {
    __wasi_fd_t dir = preopen(), fd;
    OK(__wasi_path_create_directory(dir, "dir"));
    OK(__wasi_path_create_directory(dir, "dir/nested"));
    create_closed(dir, "dir/nested/file");

    EXPECT(open_at(dir, "/dir/nested/file", 0, READ_RIGHTS, 0, &fd), PERM, NOTCAPABLE, ACCES, NOENT);
    OK(open_at(dir, "dir/.//nested/../../dir/nested/../nested///./file", 0, READ_RIGHTS, 0, &fd));
    OK(__wasi_fd_close(fd));
    // A NUL byte is in no name.
    EXPECT((__wasi_errno_t)raw_path_open(dir, 0, "dir/nested/file\0", 16, 0, READ_RIGHTS, 0, 0, &fd), INVAL,
           __WASI_ERRNO_ILSEQ, NOENT);
    // Neither is what is not UTF-8.
    EXPECT((__wasi_errno_t)raw_path_open(dir, 0, "dir/\xff\xfe", 6, 0, READ_RIGHTS, 0, 0, &fd), INVAL,
           __WASI_ERRNO_ILSEQ, NOENT);
    EXPECT(open_at(dir, "dir/nested/file/", 0, READ_RIGHTS, 0, &fd), NOTDIR, NOENT);
    EXPECT(open_at(dir, "dir/nested/file///", 0, READ_RIGHTS, 0, &fd), NOTDIR, NOENT);
    OK(open_dir(dir, "dir/nested/", &fd));
    OK(__wasi_fd_close(fd));
    OK(open_dir(dir, "dir/nested///", &fd));
    OK(__wasi_fd_close(fd));
    EXPECT(open_at(dir, "", 0, READ_RIGHTS, 0, &fd), NOENT, INVAL);

    const char *const out[] = {"..", "../", "dir/nested/../../..", "dir/../../fs-tests.dir/fopen.txt", "dir/nested/../../../x"};
    for (size_t i = 0; i < sizeof out / sizeof *out; i++) {
        EXPECT(open_at(dir, out[i], 0, READ_RIGHTS, 0, &fd), PERM, NOTCAPABLE, ACCES, NOENT);
        __wasi_filestat_t stat;
        EXPECT(stat_at(dir, out[i], &stat), PERM, NOTCAPABLE, ACCES, NOENT);
    }
    // A path of this length names nothing, and harms nobody.
    static char longest[65537];
    memset(longest, 'a', sizeof longest - 1);
    EXPECT(open_at(dir, longest, 0, READ_RIGHTS, 0, &fd), __WASI_ERRNO_NAMETOOLONG, NOENT, INVAL);
    return 0;
}
