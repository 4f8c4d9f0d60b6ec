// Not to block is a flag that a folder may have, or a runtime may not know.
#include "../check.h"

int main(void) {
    __wasi_fd_t fd;
    EXPECT(open_at(preopen(), ".", 0, 0, __WASI_FDFLAGS_NONBLOCK, &fd), 0, NOTSUP, INVAL);
    return 0;
}
