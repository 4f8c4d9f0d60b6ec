// pwrite writes at an offset and leaves the file's own offset alone.
#include "../check.h"
#include <fcntl.h>
#include <unistd.h>

int main(void) {
    int fd = open("fs-tests.dir/pwrite.cleanup", O_CREAT | O_RDWR, 0644);
    CHECK(fd > 2);
    CHECK(pwrite(fd, "abcd", 4, 0) == 4);
    CHECK(pwrite(fd, "XY", 2, 1) == 2);
    CHECK(lseek(fd, 0, SEEK_CUR) == 0);
    CHECK(holds(fd, "aXYd"));
    CHECK(close(fd) == 0);
    return 0;
}
