// libc's lseek from the start, from where it stands, and from the end.
#include "../check.h"
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

int main(void) {
    int fd = open("fs-tests.dir/lseek.txt", O_RDWR);
    CHECK(fd > 2);
    off_t end = lseek(fd, 0, SEEK_END);
    CHECK(end == 8);
    CHECK(lseek(fd, 3, SEEK_SET) == 3);
    CHECK(lseek(fd, 0, SEEK_CUR) == 3);
    CHECK(lseek(fd, 2, SEEK_CUR) == 5);
    CHECK(lseek(fd, -1, SEEK_END) == 7);
    CHECK(lseek(fd, -9, SEEK_END) == -1 && errno == EINVAL);
    CHECK(lseek(fd, 0, SEEK_CUR) == 7);
    char last;
    CHECK(read(fd, &last, 1) == 1 && last == '7');
    CHECK(close(fd) == 0);
    return 0;
}
