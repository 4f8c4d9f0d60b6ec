// What is not there is not opened.
#include "../check.h"

int main(void) {
    __wasi_fd_t dir = preopen(), fd;
    EXPECT(open_at(dir, "nowhere", 0, READ_RIGHTS, 0, &fd), NOENT);
    EXPECT(open_at(dir, "nowhere", __WASI_OFLAGS_DIRECTORY, 0, 0, &fd), NOENT);
    EXPECT(open_at(dir, "nowhere/below", __WASI_OFLAGS_CREAT, FILE_RIGHTS, 0, &fd), NOENT);
    EXPECT(open_at(dir, "fopen.txt/below", __WASI_OFLAGS_CREAT, FILE_RIGHTS, 0, &fd), NOTDIR);
    EXPECT(open_at(dir, "fopen.txt", __WASI_OFLAGS_DIRECTORY, 0, 0, &fd), NOTDIR);
    return 0;
}
