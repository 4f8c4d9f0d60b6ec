// A descriptor opened for one of reading and writing refuses the other.
#include "../check.h"

int main(void) {
    __wasi_fd_t dir = preopen(), fd;
    __wasi_size_t count;
    char bytes[8];
    create_closed(dir, "file.cleanup");
    OK(open_at(dir, "file.cleanup", 0, READ_RIGHTS, 0, &fd));
    OK(read_fd(fd, bytes, sizeof bytes, &count));
    CHECK(count == 0);
    EXPECT(write_fd(fd, "text", 4, &count), NO_RIGHT);
    OK(__wasi_fd_close(fd));

    OK(open_at(dir, "file.cleanup", 0, __WASI_RIGHTS_FD_WRITE | __WASI_RIGHTS_FD_SEEK, 0, &fd));
    EXPECT(read_fd(fd, bytes, sizeof bytes, &count), NO_RIGHT);
    OK(write_fd(fd, "text", 4, &count));
    CHECK(count == 4);
    OK(__wasi_fd_close(fd));

    OK(open_at(dir, "file.cleanup", 0, FILE_RIGHTS, 0, &fd));
    OK(write_fd(fd, "T", 1, &count));
    OK(read_fd(fd, bytes, sizeof bytes, &count));
    CHECK(count == 3 && memcmp(bytes, "ext", 3) == 0);
    return 0;
}
