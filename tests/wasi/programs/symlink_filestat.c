// A link's own attributes differ from its target's.
#include "../check.h"

int main(void) {
    __wasi_fd_t dir = preopen(), fd = create(dir, "file.cleanup");
    __wasi_filestat_t stat;
    write_text(fd, "some text that is longer");
    OPTIONAL(__wasi_path_symlink("file.cleanup", dir, "symlink"));
    OK(stat_at(dir, "symlink", &stat));
    CHECK(stat.filetype == __WASI_FILETYPE_SYMBOLIC_LINK && stat.size == 12);
    OK(__wasi_path_filestat_get(dir, __WASI_LOOKUPFLAGS_SYMLINK_FOLLOW, "symlink", &stat));
    CHECK(stat.filetype == __WASI_FILETYPE_REGULAR_FILE && stat.size == 24);
    return 0;
}
