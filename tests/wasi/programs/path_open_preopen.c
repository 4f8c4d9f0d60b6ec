// A given folder opens itself, with no more rights than it has.
#include "../check.h"

int main(void) {
    __wasi_fd_t dir = preopen(), fd;
    __wasi_fdstat_t given, opened;
    OK(__wasi_fd_fdstat_get(dir, &given));
    CHECK(given.fs_rights_base & __WASI_RIGHTS_PATH_OPEN);
    OK(__wasi_path_open(dir, 0, ".", 0, 0, 0, 0, &fd));
    OK(__wasi_fd_close(fd));
    OK(__wasi_path_open(dir, 0, ".", 0, given.fs_rights_base, given.fs_rights_inheriting, 0, &fd));
    OK(__wasi_fd_fdstat_get(fd, &opened));
    CHECK((opened.fs_rights_base & ~given.fs_rights_inheriting & ~given.fs_rights_base) == 0);
    OK(__wasi_fd_close(fd));
    // All rights are asked for: refused, or those that there are.
    if (__wasi_path_open(dir, 0, ".", 0, ~(__wasi_rights_t)0, ~(__wasi_rights_t)0, 0, &fd) == 0) {
        OK(__wasi_fd_fdstat_get(fd, &opened));
        CHECK((opened.fs_rights_base & ~given.fs_rights_inheriting & ~given.fs_rights_base) == 0);
    }
    EXPECT(__wasi_path_open(dir, 0, "..", 0, 0, 0, 0, &fd), PERM, NOTCAPABLE, ACCES, NOENT);
    return 0;
}
