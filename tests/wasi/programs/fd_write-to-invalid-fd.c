// Writing to an unknown descriptor is BADF.
#include "../check.h"

int main(void) {
    __wasi_size_t written;
    EXPECT(write_fd(4711, "hello", 5, &written), BADF);
    EXPECT(write_fd(-1, "hello", 5, &written), BADF);
    return 0;
}
