// Size and times by path, for one who appends to the file.
#include "../check.h"

int main(void) {
    __wasi_fd_t dir = preopen(), fd;
    __wasi_fdstat_t fdstat;
    __wasi_filestat_t stat;
    OK(open_at(dir, "file.cleanup", __WASI_OFLAGS_CREAT, FILE_RIGHTS, __WASI_FDFLAGS_APPEND, &fd));
    OK(__wasi_fd_fdstat_get(fd, &fdstat));
    CHECK(fdstat.fs_flags & __WASI_FDFLAGS_APPEND);
    OK(stat_at(dir, "file.cleanup", &stat));
    CHECK(stat.size == 0);
    write_text(fd, "hello world");
    OK(stat_at(dir, "file.cleanup", &stat));
    CHECK(stat.size == 11);
    OK(__wasi_path_filestat_set_times(dir, 0, "file.cleanup", 0, 7000000000, __WASI_FSTFLAGS_MTIM));
    OK(stat_at(dir, "file.cleanup", &stat));
    CHECK(stat.mtim == 7000000000);
    OK(__wasi_path_filestat_set_times(dir, 0, "file.cleanup", 0, 0, __WASI_FSTFLAGS_MTIM_NOW));
    OK(stat_at(dir, "file.cleanup", &stat));
    CHECK(stat.mtim > 7000000000);
    EXPECT(__wasi_path_filestat_set_times(dir, 0, "nowhere", 0, 0, __WASI_FSTFLAGS_MTIM_NOW), NOENT);
    return 0;
}
