// A folder with something in it stays.
#include "../check.h"

int main(void) {
    __wasi_fd_t dir = preopen();
    OK(__wasi_path_create_directory(dir, "folder"));
    OK(__wasi_path_create_directory(dir, "folder/nested"));
    EXPECT(__wasi_path_remove_directory(dir, "folder"), NOTEMPTY);
    OK(__wasi_path_remove_directory(dir, "folder/nested"));
    OK(__wasi_path_remove_directory(dir, "folder"));
    return 0;
}
