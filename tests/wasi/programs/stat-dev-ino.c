// Two names of different files differ in (dev, ino); one file has the same by name and by descriptor.
#include "../check.h"
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

int main(void) {
    struct stat first, second, again;
    int fd = open("fs-tests.dir/lseek.txt", O_RDONLY);
    CHECK(fd > 2);
    CHECK(stat("fs-tests.dir/lseek.txt", &first) == 0);
    CHECK(fstat(fd, &again) == 0);
    CHECK(first.st_dev == again.st_dev && first.st_ino == again.st_ino);
    CHECK(stat("fs-tests.dir/pread.txt", &second) == 0);
    CHECK(first.st_dev != second.st_dev || first.st_ino != second.st_ino);
    CHECK(S_ISREG(first.st_mode) && first.st_size == 8);
    CHECK(stat("fs-tests.dir/fdopendir.dir", &second) == 0);
    CHECK(S_ISDIR(second.st_mode));
    return 0;
}
