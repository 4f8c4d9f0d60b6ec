// Creating exclusively what is there is EXIST, file or folder.
#include "../check.h"

int main(void) {
    __wasi_fd_t dir = preopen(), fd;
    create_closed(dir, "file.cleanup");
    EXPECT(open_at(dir, "file.cleanup", __WASI_OFLAGS_CREAT | __WASI_OFLAGS_EXCL, FILE_RIGHTS, 0, &fd), EXIST);
    OK(__wasi_path_create_directory(dir, "folder.cleanup"));
    EXPECT(open_at(dir, "folder.cleanup", __WASI_OFLAGS_CREAT | __WASI_OFLAGS_EXCL, FILE_RIGHTS, 0, &fd), EXIST);
    EXPECT(__wasi_path_create_directory(dir, "folder.cleanup"), EXIST);
    EXPECT(__wasi_path_create_directory(dir, "file.cleanup"), EXIST);
    OK(open_at(dir, "file.cleanup", __WASI_OFLAGS_CREAT, FILE_RIGHTS, 0, &fd));
    return 0;
}
