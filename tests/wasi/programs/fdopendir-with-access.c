// A folder opened by open and fdopendir lists its files.
#include "../check.h"
#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

int main(void) {
    int fd = open("fs-tests.dir/fdopendir.dir", O_RDONLY | O_DIRECTORY);
    CHECK(fd > 2);
    DIR *dir = fdopendir(fd);
    CHECK(dir != NULL);
    int files = 0;
    for (struct dirent *entry; (entry = readdir(dir)) != NULL;) {
        if (entry->d_name[0] != '.') {
            CHECK(strcmp(entry->d_name, "file-0") == 0 || strcmp(entry->d_name, "file-1") == 0);
            files++;
        }
    }
    CHECK(files == 2);
    CHECK(closedir(dir) == 0);
    return 0;
}
