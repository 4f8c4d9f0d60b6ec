// The name of a new link has no slash at its end.
#include "../check.h"

int main(void) {
    __wasi_fd_t dir = preopen();
    OPTIONAL(__wasi_path_symlink("source", dir, "first"));
    EXPECT(__wasi_path_symlink("source", dir, "target/"), NOENT, NOTDIR);
    expect_missing(dir, "target");
    OK(__wasi_path_create_directory(dir, "target"));
    EXPECT(__wasi_path_symlink("source", dir, "target/"), EXIST);
    EXPECT(__wasi_path_symlink("source", dir, "target"), EXIST);
    create_closed(dir, "file");
    EXPECT(__wasi_path_symlink("source", dir, "file/"), NOTDIR, EXIST);
    EXPECT(__wasi_path_symlink("source", dir, "file"), EXIST);
    return 0;
}
