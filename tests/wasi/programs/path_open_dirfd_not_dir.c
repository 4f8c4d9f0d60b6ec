// Nothing is opened below a file.
#include "../check.h"

int main(void) {
    __wasi_fd_t fd = create(preopen(), "file.cleanup"), below;
    EXPECT(open_at(fd, "foo", 0, READ_RIGHTS, 0, &below), NOTDIR, NO_RIGHT);
    EXPECT(open_at(4711, "foo", 0, READ_RIGHTS, 0, &below), BADF);
    return 0;
}
