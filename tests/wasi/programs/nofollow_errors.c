// A link that is not followed is what it is: LOOP for a file, NOTDIR for a folder.
#include "../check.h"

int main(void) {
    __wasi_fd_t dir = preopen(), fd;
    OK(__wasi_path_create_directory(dir, "target"));
    OPTIONAL(__wasi_path_symlink("target", dir, "symlink"));
    EXPECT(open_at(dir, "symlink", __WASI_OFLAGS_DIRECTORY, 0, 0, &fd), LOOP, NOTDIR);
    EXPECT(open_at(dir, "symlink", 0, READ_RIGHTS, 0, &fd), LOOP);
    OK(__wasi_path_open(dir, __WASI_LOOKUPFLAGS_SYMLINK_FOLLOW, "symlink", __WASI_OFLAGS_DIRECTORY, 0, 0, 0, &fd));
    OK(__wasi_fd_close(fd));
    EXPECT(__wasi_path_remove_directory(dir, "symlink"), NOTDIR);
    OK(__wasi_path_remove_directory(dir, "target"));
    create_closed(dir, "target");
    EXPECT(open_at(dir, "symlink", __WASI_OFLAGS_DIRECTORY, 0, 0, &fd), NOTDIR, LOOP);
    OK(__wasi_path_open(dir, __WASI_LOOKUPFLAGS_SYMLINK_FOLLOW, "symlink", 0, READ_RIGHTS, 0, 0, &fd));
    OK(__wasi_path_unlink_file(dir, "symlink"));
    return 0;
}
