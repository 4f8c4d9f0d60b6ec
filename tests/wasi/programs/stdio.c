// The three streams are open and say what they are for.
#include "../check.h"

int main(void) {
    __wasi_fdstat_t stat;
    for (__wasi_fd_t fd = 0; fd <= 2; fd++) {
        OK(__wasi_fd_fdstat_get(fd, &stat));
        CHECK(stat.fs_filetype != __WASI_FILETYPE_DIRECTORY);
    }
    OK(__wasi_fd_fdstat_get(0, &stat));
    CHECK(stat.fs_rights_base & __WASI_RIGHTS_FD_READ);
    OK(__wasi_fd_fdstat_get(1, &stat));
    CHECK(stat.fs_rights_base & __WASI_RIGHTS_FD_WRITE);
    __wasi_prestat_t prestat;
    EXPECT(__wasi_fd_prestat_get(1, &prestat), BADF, NOTSUP);
    __wasi_size_t count;
    OK(write_fd(1, "", 0, &count));
    CHECK(count == 0);
    return 0;
}
