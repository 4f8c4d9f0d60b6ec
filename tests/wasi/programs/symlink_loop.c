// A link to itself is LOOP.
#include "../check.h"

int main(void) {
    __wasi_fd_t dir = preopen(), fd;
    OPTIONAL(__wasi_path_symlink("symlink", dir, "symlink"));
    EXPECT(open_at(dir, "symlink", 0, READ_RIGHTS, 0, &fd), LOOP);
    EXPECT(__wasi_path_open(dir, __WASI_LOOKUPFLAGS_SYMLINK_FOLLOW, "symlink", 0, READ_RIGHTS, 0, 0, &fd), LOOP);
    OK(__wasi_path_unlink_file(dir, "symlink"));
    return 0;
}
