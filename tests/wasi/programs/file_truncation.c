// Opening with TRUNC empties the file; setting the size cuts it and fills it up with zeros.
#include "../check.h"

int main(void) {
    __wasi_fd_t dir = preopen(), fd = create(dir, "file.cleanup");
    write_text(fd, "this content will be truncated!");
    OK(__wasi_fd_close(fd));
    OK(open_at(dir, "file.cleanup", __WASI_OFLAGS_TRUNC, FILE_RIGHTS, 0, &fd));
    CHECK(size_of(fd) == 0);
    write_text(fd, "text");
    OK(__wasi_fd_filestat_set_size(fd, 2));
    OK(__wasi_fd_filestat_set_size(fd, 4));
    char bytes[4];
    __wasi_size_t count;
    __wasi_iovec_t in = {.buf = (uint8_t *)bytes, .buf_len = 4};
    OK(__wasi_fd_pread(fd, &in, 1, 0, &count));
    CHECK(count == 4 && memcmp(bytes, "te\0\0", 4) == 0);
    return 0;
}
