// The attributes of what is there, and NOENT for what is not.
#include "../check.h"

int main(void) {
    __wasi_fd_t dir = preopen();
    __wasi_filestat_t stat;
    OK(__wasi_path_create_directory(dir, "folder.cleanup"));
    OK(stat_at(dir, "folder.cleanup", &stat));
    CHECK(stat.filetype == __WASI_FILETYPE_DIRECTORY);
    OK(stat_at(dir, "folder.cleanup/", &stat));
    create_closed(dir, "folder.cleanup/file");
    OK(stat_at(dir, "folder.cleanup/file", &stat));
    CHECK(stat.filetype == __WASI_FILETYPE_REGULAR_FILE && stat.size == 0 && stat.nlink == 1);
    OK(__wasi_path_filestat_get(dir, __WASI_LOOKUPFLAGS_SYMLINK_FOLLOW, "folder.cleanup/file", &stat));
    EXPECT(stat_at(dir, "folder.cleanup/file/", &stat), NOTDIR, NOENT);
    EXPECT(stat_at(dir, "folder.cleanup/file/below", &stat), NOTDIR);
    expect_missing(dir, "nowhere");
    expect_missing(dir, "nowhere/below");
    return 0;
}
