// Emptying a file by opening it is a right of the folder's, and can be given away.
#include "../check.h"

int main(void) {
    __wasi_fd_t dir = preopen(), below, fd;
    __wasi_fdstat_t stat;
    OK(open_dir(dir, ".", &below));
    create_closed(below, "file.cleanup");
    OK(__wasi_fd_fdstat_get(below, &stat));
    OPTIONAL(stat.fs_rights_base & __WASI_RIGHTS_PATH_FILESTAT_SET_SIZE ? 0 : ACCES);
    OK(open_at(below, "file.cleanup", __WASI_OFLAGS_TRUNC, FILE_RIGHTS, 0, &fd));
    OK(__wasi_fd_close(fd));
    __wasi_rights_t without = stat.fs_rights_base & ~(__wasi_rights_t)__WASI_RIGHTS_PATH_FILESTAT_SET_SIZE;
    OPTIONAL(__wasi_fd_fdstat_set_rights(below, without, stat.fs_rights_inheriting));
    EXPECT(open_at(below, "file.cleanup", __WASI_OFLAGS_TRUNC, FILE_RIGHTS, 0, &fd), NO_RIGHT);
    OK(open_at(below, "file.cleanup", 0, READ_RIGHTS, 0, &fd));
    EXPECT(__wasi_fd_filestat_set_size(fd, 10), NO_RIGHT, INVAL);
    CHECK(size_of(fd) == 0);
    return 0;
}
