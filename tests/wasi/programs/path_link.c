// A hard link is the same file under a second name. A runtime may leave links out.
#include "../check.h"

int main(void) {
    __wasi_fd_t dir = preopen(), fd = create(dir, "file"), other;
    __wasi_filestat_t first, second;
    write_text(fd, "shared");
    OPTIONAL(__wasi_path_link(dir, 0, "file", dir, "link"));
    OK(stat_at(dir, "file", &first));
    OK(stat_at(dir, "link", &second));
    CHECK(first.ino == second.ino && first.dev == second.dev && second.size == 6);
    CHECK(first.nlink == 2 && second.nlink == 2);
    OK(open_at(dir, "link", 0, FILE_RIGHTS, 0, &other));
    write_text(other, "S");
    CHECK(holds(fd, "Shared"));

    OK(__wasi_path_create_directory(dir, "folder"));
    OK(__wasi_path_link(dir, 0, "file", dir, "folder/link"));
    EXPECT(__wasi_path_link(dir, 0, "file", dir, "link"), EXIST);
    EXPECT(__wasi_path_link(dir, 0, "file", dir, "folder"), EXIST);
    EXPECT(__wasi_path_link(dir, 0, "nowhere", dir, "other"), NOENT);
    EXPECT(__wasi_path_link(dir, 0, "folder", dir, "other"), PERM, ACCES, ISDIR);
    EXPECT(__wasi_path_link(dir, 0, "file", dir, "../other"), PERM, NOTCAPABLE, ACCES, NOENT);
    EXPECT(__wasi_path_link(dir, 0, "file", dir, "other/"), NOENT, NOTDIR);

    OK(__wasi_path_unlink_file(dir, "file"));
    OK(stat_at(dir, "link", &second));
    CHECK(second.nlink == 2);
    OK(__wasi_path_unlink_file(dir, "link"));
    OK(open_at(dir, "folder/link", 0, FILE_RIGHTS, 0, &fd));
    CHECK(holds(fd, "Shared"));
    return 0;
}
