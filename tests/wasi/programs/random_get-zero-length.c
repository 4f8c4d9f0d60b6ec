// No random bytes are no error, and nothing is written.
#include "../check.h"

int main(void) {
    uint8_t byte = 42;
    OK(__wasi_random_get(&byte, 0));
    CHECK(byte == 42);
    return 0;
}
