// pwrite at the end makes the file longer.
#include "../check.h"
#include <fcntl.h>
#include <unistd.h>

int main(void) {
    int fd = open("fs-tests.dir/pwrite.cleanup", O_CREAT | O_RDWR, 0644);
    CHECK(fd > 2);
    CHECK(pwrite(fd, "abcd", 4, 0) == 4);
    CHECK(pwrite(fd, "efgh", 4, 4) == 4);
    CHECK(size_of(fd) == 8);
    CHECK(holds(fd, "abcdefgh"));
    CHECK(close(fd) == 0);
    return 0;
}
