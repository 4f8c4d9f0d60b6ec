// Shutting down a file is NOTSOCK. A runtime without sockets refuses all of them.
#include "../check.h"

int main(void) {
    __wasi_fd_t fd = create(preopen(), "file.cleanup");
    __wasi_errno_t error = __wasi_sock_shutdown(fd, __WASI_SDFLAGS_RD | __WASI_SDFLAGS_WR);
    if (error != NOTSOCK) {
        OPTIONAL(error);
    }
    EXPECT(error, NOTSOCK);
    return 0;
}
