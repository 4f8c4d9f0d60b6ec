// pread reads at an offset and leaves the file's own offset alone.
#include "../check.h"
#include <fcntl.h>
#include <unistd.h>

int main(void) {
    int fd = open("fs-tests.dir/pread.txt", O_RDONLY);
    CHECK(fd > 2);
    char bytes[5] = "";
    CHECK(pread(fd, bytes, 4, 2) == 4);
    CHECK(memcmp(bytes, "2345", 4) == 0);
    CHECK(lseek(fd, 0, SEEK_CUR) == 0);
    CHECK(pread(fd, bytes, 4, 100) == 0);
    CHECK(close(fd) == 0);
    return 0;
}
