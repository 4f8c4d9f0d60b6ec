// A file below no given folder does not open.
#include "../check.h"
#include <errno.h>

int main(void) {
    errno = 0;
    CHECK(fopen("fs-tests.dir/fopen.txt", "r") == NULL);
    CHECK(errno == ENOENT || errno == ENOTCAPABLE);
    return 0;
}
