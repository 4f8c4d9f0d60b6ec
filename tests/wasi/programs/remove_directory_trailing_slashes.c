// A folder is removed by its name without a slash, and perhaps with one; a file never this way.
#include "../check.h"

int main(void) {
    __wasi_fd_t dir = preopen();
    OK(__wasi_path_create_directory(dir, "folder"));
    OK(__wasi_path_remove_directory(dir, "folder"));
    OK(__wasi_path_create_directory(dir, "folder"));
    // Systems differ in this one, and the suite leaves it open.
    __wasi_errno_t error = __wasi_path_remove_directory(dir, "folder/");
    EXPECT(error, 0, INVAL);
    if (error == 0) {
        expect_missing(dir, "folder");
    }
    create_closed(dir, "file.cleanup");
    EXPECT(__wasi_path_remove_directory(dir, "file.cleanup"), NOTDIR);
    EXPECT(__wasi_path_remove_directory(dir, "file.cleanup/"), NOTDIR);
    EXPECT(__wasi_path_remove_directory(dir, "nowhere"), NOENT);
    return 0;
}
