// Rights can be given away and never taken back.
#include "../check.h"

int main(void) {
    __wasi_fd_t dir = preopen(), fd = create(dir, "file.cleanup");
    __wasi_fdstat_t stat;
    __wasi_size_t count;
    __wasi_filesize_t offset;
    char byte;
    write_text(fd, "text");
    OK(__wasi_fd_seek(fd, 0, __WASI_WHENCE_SET, &offset));
    OK(__wasi_fd_fdstat_get(fd, &stat));
    __wasi_rights_t without = stat.fs_rights_base & ~(__wasi_rights_t)__WASI_RIGHTS_FD_READ;
    OPTIONAL(__wasi_fd_fdstat_set_rights(fd, without, 0));
    EXPECT(read_fd(fd, &byte, 1, &count), NO_RIGHT);
    OK(write_fd(fd, "T", 1, &count));
    EXPECT(__wasi_fd_fdstat_set_rights(fd, stat.fs_rights_base, 0), NO_RIGHT);
    EXPECT(read_fd(fd, &byte, 1, &count), NO_RIGHT);
    OK(__wasi_fd_fdstat_get(fd, &stat));
    CHECK((stat.fs_rights_base & __WASI_RIGHTS_FD_READ) == 0);
    // Giving away nothing is no error.
    OK(__wasi_fd_fdstat_set_rights(fd, stat.fs_rights_base, 0));
    return 0;
}
