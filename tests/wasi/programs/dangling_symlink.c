// A symbolic link without a target is neither opened nor a folder.
#include "../check.h"

int main(void) {
    __wasi_fd_t dir = preopen(), fd;
    OPTIONAL(__wasi_path_symlink("target", dir, "symlink.cleanup"));
    EXPECT(open_at(dir, "symlink.cleanup", __WASI_OFLAGS_DIRECTORY, 0, 0, &fd), NOTDIR, LOOP);
    EXPECT(open_at(dir, "symlink.cleanup", 0, READ_RIGHTS, 0, &fd), LOOP);
    OK(__wasi_path_unlink_file(dir, "symlink.cleanup"));
    return 0;
}
