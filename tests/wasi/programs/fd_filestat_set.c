// Size and times of an open file.
#include "../check.h"

int main(void) {
    __wasi_fd_t fd = create(preopen(), "file.cleanup");
    __wasi_filestat_t stat;
    CHECK(size_of(fd) == 0);
    OK(__wasi_fd_filestat_set_size(fd, 100));
    CHECK(size_of(fd) == 100);
    OK(__wasi_fd_filestat_get(fd, &stat));
    CHECK(stat.filetype == __WASI_FILETYPE_REGULAR_FILE);
    __wasi_timestamp_t atim = stat.atim;
    // Whole seconds, and long ago, so that no clock can have set it.
    OK(__wasi_fd_filestat_set_times(fd, 5, 1000000000000, __WASI_FSTFLAGS_MTIM));
    OK(__wasi_fd_filestat_get(fd, &stat));
    CHECK(stat.size == 100);
    CHECK(stat.mtim == 1000000000000);
    CHECK(stat.atim == atim);
    OK(__wasi_fd_filestat_set_times(fd, 3000000000000, 2000000000000, __WASI_FSTFLAGS_ATIM | __WASI_FSTFLAGS_MTIM));
    OK(__wasi_fd_filestat_get(fd, &stat));
    CHECK(stat.mtim == 2000000000000 && stat.atim == 3000000000000);
    OK(__wasi_fd_filestat_set_times(fd, 0, 0, __WASI_FSTFLAGS_MTIM_NOW));
    OK(__wasi_fd_filestat_get(fd, &stat));
    CHECK(stat.mtim > 2000000000000 && stat.atim == 3000000000000);
    return 0;
}
