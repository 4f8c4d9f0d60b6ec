// The append flag can be set and taken back; with it each write goes to the end.
#include "../check.h"

int main(void) {
    __wasi_fd_t dir = preopen(), fd;
    __wasi_filesize_t offset;
    __wasi_fdstat_t stat;
    OK(open_at(dir, "file.cleanup", __WASI_OFLAGS_CREAT, FILE_RIGHTS, __WASI_FDFLAGS_APPEND, &fd));
    OK(__wasi_fd_fdstat_get(fd, &stat));
    CHECK(stat.fs_flags & __WASI_FDFLAGS_APPEND);
    write_text(fd, "aaaa");
    OK(__wasi_fd_seek(fd, 0, __WASI_WHENCE_SET, &offset));
    write_text(fd, "bb");
    CHECK(holds(fd, "aaaabb"));
    OK(__wasi_fd_fdstat_set_flags(fd, 0));
    OK(__wasi_fd_fdstat_get(fd, &stat));
    CHECK((stat.fs_flags & __WASI_FDFLAGS_APPEND) == 0);
    OK(__wasi_fd_seek(fd, 0, __WASI_WHENCE_SET, &offset));
    write_text(fd, "c");
    CHECK(holds(fd, "caaabb"));
    OK(__wasi_fd_fdstat_set_flags(fd, __WASI_FDFLAGS_APPEND));
    write_text(fd, "d");
    CHECK(holds(fd, "caaabbd"));
    return 0;
}
