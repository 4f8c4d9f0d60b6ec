// A file is no terminal.
#include "../check.h"
#include <unistd.h>

int main(void) {
    __wasi_fd_t fd = create(preopen(), "file.cleanup");
    __wasi_fdstat_t stat;
    OK(__wasi_fd_fdstat_get(fd, &stat));
    CHECK(stat.fs_filetype == __WASI_FILETYPE_REGULAR_FILE);
    CHECK(!isatty(fd));
    return 0;
}
