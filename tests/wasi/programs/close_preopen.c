// A given folder can be closed; a folder opened below it stays open.
#include "../check.h"

int main(void) {
    __wasi_fd_t given = preopen(), below;
    __wasi_fdstat_t stat;
    OK(open_dir(given, ".", &below));
    OK(__wasi_fd_close(given));
    EXPECT(__wasi_fd_fdstat_get(given, &stat), BADF);
    __wasi_prestat_t prestat;
    EXPECT(__wasi_fd_prestat_get(given, &prestat), BADF);
    EXPECT(__wasi_fd_close(given), BADF);
    OK(__wasi_fd_fdstat_get(below, &stat));
    CHECK(stat.fs_filetype == __WASI_FILETYPE_DIRECTORY);
    create_closed(below, "file.cleanup");
    return 0;
}
