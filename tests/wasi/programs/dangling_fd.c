// What was removed while it was open can be made anew under the same name.
#include "../check.h"

int main(void) {
    __wasi_fd_t dir = preopen(), fd, again;
    fd = create(dir, "file.cleanup");
    write_text(fd, "old");
    OK(__wasi_path_unlink_file(dir, "file.cleanup"));
    again = create(dir, "file.cleanup");
    CHECK(size_of(again) == 0);
    CHECK(holds(fd, "old"));
    OK(__wasi_fd_close(fd));
    OK(__wasi_fd_close(again));

    OK(__wasi_path_create_directory(dir, "folder.cleanup"));
    OK(open_dir(dir, "folder.cleanup", &fd));
    OK(__wasi_path_remove_directory(dir, "folder.cleanup"));
    OK(__wasi_path_create_directory(dir, "folder.cleanup"));
    // What is made in the removed folder must not appear in the new one.
    if (open_at(fd, "lost", __WASI_OFLAGS_CREAT, FILE_RIGHTS, 0, &again) == 0) {
        expect_missing(dir, "folder.cleanup/lost");
    }
    OK(__wasi_fd_close(fd));
    return 0;
}
