// Renaming moves, replaces what may be replaced, and refuses the rest.
#include "../check.h"

int main(void) {
    __wasi_fd_t dir = preopen(), fd;
    // A folder to a new name, and over an empty one.
    OK(__wasi_path_create_directory(dir, "source"));
    create_closed(dir, "source/file");
    OK(__wasi_path_rename(dir, "source", dir, "target"));
    expect_missing(dir, "source");
    OK(open_at(dir, "target/file", 0, READ_RIGHTS, 0, &fd));
    OK(__wasi_fd_close(fd));
    OK(__wasi_path_create_directory(dir, "empty"));
    OK(__wasi_path_rename(dir, "target", dir, "empty"));
    OK(open_at(dir, "empty/file", 0, READ_RIGHTS, 0, &fd));
    OK(__wasi_fd_close(fd));

    // Not over one with files, not over a file, not below itself.
    OK(__wasi_path_create_directory(dir, "source"));
    EXPECT(__wasi_path_rename(dir, "source", dir, "empty"), NOTEMPTY, EXIST);
    create_closed(dir, "plain");
    EXPECT(__wasi_path_rename(dir, "source", dir, "plain"), NOTDIR);
    EXPECT(__wasi_path_rename(dir, "source", dir, "source/below"), INVAL);

    // A file to a new name, over itself, over another file, not over a folder.
    fd = create(dir, "written");
    write_text(fd, "text");
    OK(__wasi_fd_close(fd));
    OK(__wasi_path_rename(dir, "written", dir, "moved"));
    expect_missing(dir, "written");
    OK(__wasi_path_rename(dir, "moved", dir, "moved"));
    OK(__wasi_path_rename(dir, "moved", dir, "plain"));
    expect_missing(dir, "moved");
    OK(open_at(dir, "plain", 0, READ_RIGHTS, 0, &fd));
    CHECK(holds(fd, "text"));
    EXPECT(__wasi_path_rename(dir, "plain", dir, "source"), ISDIR, EXIST);

    EXPECT(__wasi_path_rename(dir, "nowhere", dir, "other"), NOENT);
    EXPECT(__wasi_path_rename(dir, "plain", dir, "nowhere/other"), NOENT);
    EXPECT(__wasi_path_rename(dir, "plain", dir, "../other"), PERM, NOTCAPABLE, ACCES, NOENT);
    return 0;
}
