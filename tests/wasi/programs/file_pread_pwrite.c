// Reading and writing at offsets, through several buffers, past the end, and with gaps.
#include "../check.h"

int main(void) {
    __wasi_fd_t fd = create(preopen(), "file.cleanup");
    __wasi_size_t count;
    __wasi_ciovec_t out[] = {{.buf = (const uint8_t *)"01", .buf_len = 2}, {.buf = (const uint8_t *)"23", .buf_len = 2}};
    OK(__wasi_fd_pwrite(fd, out, 2, 0, &count));
    CHECK(count == 4 || count == 2); // a runtime may stop after one buffer
    OK(__wasi_fd_pwrite(fd, out + 1, 1, 2, &count));
    CHECK(count == 2);
    uint8_t first[3] = {0}, second[3] = {0};
    __wasi_iovec_t in[] = {{.buf = first, .buf_len = 3}, {.buf = second, .buf_len = 3}};
    OK(__wasi_fd_pread(fd, in, 2, 0, &count));
    CHECK((count == 4 && second[0] == '3') || count == 3);
    CHECK(memcmp(first, "012", 3) == 0);
    OK(__wasi_fd_pread(fd, in, 1, 2, &count));
    CHECK(count == 2 && memcmp(first, "23", 2) == 0);
    OK(__wasi_fd_pread(fd, in, 1, 4, &count));
    CHECK(count == 0);
    OK(__wasi_fd_pread(fd, in, 1, 1000, &count));
    CHECK(count == 0);
    OK(__wasi_fd_pread(fd, in, 0, 0, &count));
    CHECK(count == 0);
    // A gap is zeros.
    OK(__wasi_fd_pwrite(fd, out, 1, 6, &count));
    CHECK(count == 2 && size_of(fd) == 8);
    OK(__wasi_fd_pread(fd, in, 1, 4, &count));
    CHECK(count == 3 && first[0] == 0 && first[1] == 0 && first[2] == '0');
    __wasi_filesize_t offset;
    OK(__wasi_fd_tell(fd, &offset));
    CHECK(offset == 0);
    return 0;
}
