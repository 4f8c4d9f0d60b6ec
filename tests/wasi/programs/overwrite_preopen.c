// Another folder can take the number of a given one.
#include "../check.h"

int main(void) {
    __wasi_fd_t given = preopen(), below;
    __wasi_fdstat_t stat;
    __wasi_filestat_t of_below, of_given;
    OK(__wasi_path_create_directory(given, "folder.cleanup"));
    OK(open_dir(given, "folder.cleanup", &below));
    OK(__wasi_fd_filestat_get(below, &of_below));
    OK(__wasi_fd_renumber(below, given));
    EXPECT(__wasi_fd_fdstat_get(below, &stat), BADF);
    OK(__wasi_fd_fdstat_get(given, &stat));
    OK(__wasi_fd_filestat_get(given, &of_given));
    CHECK(of_given.ino == of_below.ino);
    return 0;
}
