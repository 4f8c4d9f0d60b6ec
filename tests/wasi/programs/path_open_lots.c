// Opening and closing does not use anything up.
#include "../check.h"

int main(void) {
    __wasi_fd_t dir = preopen(), fd;
    create_closed(dir, "file.cleanup");
    for (int i = 0; i < 2000; i++) {
        OK(open_at(dir, "file.cleanup", 0, READ_RIGHTS, 0, &fd));
        OK(__wasi_fd_close(fd));
    }
    return 0;
}
