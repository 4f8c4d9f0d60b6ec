// A folder has no offset.
#include "../check.h"

int main(void) {
    __wasi_fd_t dir = preopen(), fd;
    OK(__wasi_path_create_directory(dir, "folder.cleanup"));
    OK(open_dir(dir, "folder.cleanup", &fd));
    __wasi_filesize_t offset;
    EXPECT(__wasi_fd_seek(fd, 0, __WASI_WHENCE_CUR, &offset), NO_RIGHT, ISDIR, SPIPE, INVAL);
    __wasi_fdstat_t stat;
    OK(__wasi_fd_fdstat_get(fd, &stat));
    CHECK(stat.fs_filetype == __WASI_FILETYPE_DIRECTORY);
    return 0;
}
