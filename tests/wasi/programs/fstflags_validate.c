// A time cannot be set to a value and to now at once.
#include "../check.h"

int main(void) {
    __wasi_fd_t dir = preopen(), fd = create(dir, "file.cleanup");
    const __wasi_fstflags_t both[] = {__WASI_FSTFLAGS_ATIM | __WASI_FSTFLAGS_ATIM_NOW,
                                      __WASI_FSTFLAGS_MTIM | __WASI_FSTFLAGS_MTIM_NOW};
    for (size_t i = 0; i < 2; i++) {
        EXPECT(__wasi_fd_filestat_set_times(fd, 100, 200, both[i]), INVAL);
        EXPECT(__wasi_path_filestat_set_times(dir, 0, "file.cleanup", 100, 200, both[i]), INVAL);
    }
    OK(__wasi_path_filestat_set_times(dir, 0, "file.cleanup", 1000000000, 2000000000,
                                      __WASI_FSTFLAGS_ATIM | __WASI_FSTFLAGS_MTIM));
    __wasi_filestat_t stat;
    OK(stat_at(dir, "file.cleanup", &stat));
    CHECK(stat.atim == 1000000000 && stat.mtim == 2000000000);
    return 0;
}
