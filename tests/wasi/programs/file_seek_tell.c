// The offset moves with reads, writes and seeks, and never before the start.
#include "../check.h"

int main(void) {
    __wasi_fd_t fd = create(preopen(), "file.cleanup");
    __wasi_filesize_t offset;
    __wasi_size_t count;
    char bytes[100];
    OK(__wasi_fd_tell(fd, &offset));
    CHECK(offset == 0);
    memset(bytes, 'x', sizeof bytes);
    OK(write_fd(fd, bytes, sizeof bytes, &count));
    OK(__wasi_fd_tell(fd, &offset));
    CHECK(offset == 100);
    OK(__wasi_fd_seek(fd, -50, __WASI_WHENCE_CUR, &offset));
    CHECK(offset == 50);
    OK(__wasi_fd_seek(fd, 0, __WASI_WHENCE_SET, &offset));
    CHECK(offset == 0);
    OK(__wasi_fd_seek(fd, -10, __WASI_WHENCE_END, &offset));
    CHECK(offset == 90);
    OK(read_fd(fd, bytes, sizeof bytes, &count));
    CHECK(count == 10);
    OK(__wasi_fd_tell(fd, &offset));
    CHECK(offset == 100);
    EXPECT(__wasi_fd_seek(fd, -2000, __WASI_WHENCE_CUR, &offset), INVAL);
    EXPECT(__wasi_fd_seek(fd, -1, __WASI_WHENCE_SET, &offset), INVAL);
    // Past the end is allowed, and changes nothing until something is written there.
    OK(__wasi_fd_seek(fd, 1000, __WASI_WHENCE_SET, &offset));
    CHECK(offset == 1000 && size_of(fd) == 100);
    OK(read_fd(fd, bytes, sizeof bytes, &count));
    CHECK(count == 0);
    OK(write_fd(fd, "y", 1, &count));
    CHECK(size_of(fd) == 1001);
    return 0;
}
