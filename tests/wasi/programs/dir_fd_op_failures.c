// What is for files does not work on a folder.
#include "../check.h"

#define NO_FILE BADF, ISDIR, INVAL, NOTCAPABLE

int main(void) {
    __wasi_fd_t dir = preopen(), fd;
    OK(open_dir(dir, ".", &fd));
    uint8_t byte = 0;
    __wasi_iovec_t in = {.buf = &byte, .buf_len = 1};
    __wasi_ciovec_t out = {.buf = &byte, .buf_len = 1};
    __wasi_size_t count;
    __wasi_filesize_t offset;
    EXPECT(__wasi_fd_read(fd, &in, 1, &count), NO_FILE, ACCES);
    EXPECT(__wasi_fd_pread(fd, &in, 1, 0, &count), NO_FILE, ACCES);
    EXPECT(__wasi_fd_write(fd, &out, 1, &count), NO_FILE, ACCES);
    EXPECT(__wasi_fd_pwrite(fd, &out, 1, 0, &count), NO_FILE, ACCES);
    EXPECT(__wasi_fd_seek(fd, 0, __WASI_WHENCE_CUR, &offset), NO_FILE, ACCES, SPIPE);
    EXPECT(__wasi_fd_tell(fd, &offset), NO_FILE, ACCES, SPIPE);
    EXPECT(__wasi_fd_filestat_set_size(fd, 0), NO_FILE, ACCES);
    EXPECT(__wasi_fd_allocate(fd, 0, 0), NO_FILE, ACCES, NOTSUP, NOSYS);
    EXPECT(__wasi_fd_advise(fd, 0, 0, __WASI_ADVICE_NORMAL), NO_FILE, ACCES);
    return 0;
}
