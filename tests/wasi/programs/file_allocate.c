// Allocating makes a file longer and never shorter. A runtime may leave it out.
#include "../check.h"

int main(void) {
    __wasi_fd_t fd = create(preopen(), "file.cleanup");
    __wasi_errno_t error = __wasi_fd_allocate(fd, 0, 100);
    CHECK(error == 0 || size_of(fd) == 0);
    OPTIONAL(error);
    CHECK(size_of(fd) == 100);
    OK(__wasi_fd_allocate(fd, 10, 10));
    CHECK(size_of(fd) == 100);
    OK(__wasi_fd_allocate(fd, 90, 20));
    CHECK(size_of(fd) == 110);
    return 0;
}
