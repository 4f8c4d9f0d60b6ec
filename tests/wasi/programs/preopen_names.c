// A given folder is found with a slash at the end and without; the longest name leads on.
#include "../check.h"
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <wasi/libc-find-relpath.h>

// The number of the folder that the C library takes for a path.
static int folder_of(const char *path) {
    const char *prefix, *relative;
    int fd = __wasilibc_find_abspath(path, &prefix, &relative);
    CHECK(fd >= 3);
    return fd;
}

static void opens_as_folder(const char *path) {
    struct stat stat_of;
    DIR *dir = opendir(path);
    CHECK(dir != NULL);
    CHECK(readdir(dir) != NULL);
    CHECK(closedir(dir) == 0);
    CHECK(stat(path, &stat_of) == 0);
    CHECK(S_ISDIR(stat_of.st_mode));
    int fd = open(path, O_RDONLY | O_DIRECTORY);
    CHECK(fd >= 0);
    CHECK(close(fd) == 0);
}

static void opens_as_file(const char *path) {
    int fd = open(path, O_RDONLY);
    CHECK(fd >= 0);
    CHECK(close(fd) == 0);
}

int main(void) {
    opens_as_folder("/fs-tests.dir");
    opens_as_folder("/fs-tests.dir/");
    opens_as_folder("fs-tests.dir");
    opens_as_folder("/fs-tests.dir/fdopendir.dir");
    opens_as_folder("/fs-tests.dir/fdopendir.dir/");
    opens_as_file("/fs-tests.dir/lseek.txt");
    CHECK(opendir("/fs-tests.di") == NULL);
    CHECK(opendir("/fs-tests.dirs") == NULL);
    int outer = folder_of("/fs-tests.dir"), inner = folder_of("/fs-tests.dir/fdopendir.dir");
    CHECK(outer != inner);
    CHECK(folder_of("/fs-tests.dir/lseek.txt") == outer);
    CHECK(folder_of("/fs-tests.dir/fdopendir.dirs") == outer);
    CHECK(folder_of("/fs-tests.dir/fdopendir.dir/") == inner);
    CHECK(folder_of("/fs-tests.dir/fdopendir.dir/file") == inner);
    return 0;
}
