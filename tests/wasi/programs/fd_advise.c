// Each advice is taken, changes nothing, and needs a file.
#include "../check.h"

int main(void) {
    __wasi_fd_t dir = preopen(), fd = create(dir, "file.cleanup");
    write_text(fd, "advised");
    for (__wasi_advice_t advice = __WASI_ADVICE_NORMAL; advice <= __WASI_ADVICE_NOREUSE; advice++) {
        OK(__wasi_fd_advise(fd, 0, 100, advice));
    }
    CHECK(holds(fd, "advised"));
    EXPECT(__wasi_fd_advise(4711, 0, 0, __WASI_ADVICE_NORMAL), BADF);
    EXPECT(__wasi_fd_advise(dir, 0, 0, __WASI_ADVICE_NORMAL), NO_RIGHT, ISDIR, INVAL);
    return 0;
}
