// A slash at the end of a folder's name does not matter; at the end of a file's it does.
#include "../check.h"

int main(void) {
    __wasi_fd_t dir = preopen();
    __wasi_filestat_t stat;
    OK(__wasi_path_create_directory(dir, "source"));
    OK(__wasi_path_rename(dir, "source/", dir, "target"));
    OK(__wasi_path_rename(dir, "target", dir, "source/"));
    OK(__wasi_path_rename(dir, "source/", dir, "target/"));
    OK(stat_at(dir, "target", &stat));
    create_closed(dir, "file.cleanup");
    EXPECT(__wasi_path_rename(dir, "file.cleanup/", dir, "other"), NOTDIR, NOENT);
    EXPECT(__wasi_path_rename(dir, "file.cleanup", dir, "other/"), NOTDIR, NOENT);
    OK(stat_at(dir, "file.cleanup", &stat));
    return 0;
}
