// What is written to descriptor 1 is the program's stdout, and the count is said.
#include "../check.h"

int main(void) {
    __wasi_size_t written;
    OK(write_fd(1, "hello", 5, &written));
    CHECK(written == 5);
    return 0;
}
