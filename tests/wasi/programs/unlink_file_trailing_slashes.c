// A file is removed by its own name; a folder never this way.
#include "../check.h"

int main(void) {
    __wasi_fd_t dir = preopen();
    OK(__wasi_path_create_directory(dir, "folder"));
    EXPECT(__wasi_path_unlink_file(dir, "folder"), ISDIR, PERM);
    EXPECT(__wasi_path_unlink_file(dir, "folder/"), ISDIR, PERM, NOTDIR);
    create_closed(dir, "file.cleanup");
    EXPECT(__wasi_path_unlink_file(dir, "file.cleanup/"), NOTDIR);
    OK(__wasi_path_unlink_file(dir, "file.cleanup"));
    EXPECT(__wasi_path_unlink_file(dir, "file.cleanup"), NOENT);
    EXPECT(__wasi_path_unlink_file(dir, "folder/nothing"), NOENT);
    return 0;
}
