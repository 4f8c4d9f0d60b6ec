// A link to a file and one to a folder lead there when they are followed.
#include "../check.h"

int main(void) {
    __wasi_fd_t dir = preopen(), fd;
    create_closed(dir, "file.cleanup");
    OPTIONAL(__wasi_path_symlink("file.cleanup", dir, "to-file"));
    OK(__wasi_path_open(dir, __WASI_LOOKUPFLAGS_SYMLINK_FOLLOW, "to-file", 0, READ_RIGHTS, 0, 0, &fd));
    OK(__wasi_fd_close(fd));
    OK(__wasi_path_create_directory(dir, "folder.cleanup"));
    OK(__wasi_path_symlink("folder.cleanup", dir, "to-folder"));
    OK(__wasi_path_open(dir, __WASI_LOOKUPFLAGS_SYMLINK_FOLLOW, "to-folder", __WASI_OFLAGS_DIRECTORY, 0, 0, 0, &fd));
    EXPECT(__wasi_path_symlink("/etc", dir, "absolute"), NOTCAPABLE, PERM, ACCES, NOENT);
    return 0;
}
