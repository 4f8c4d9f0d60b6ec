// Many random bytes at once; not all zero, and not the same twice.
#include "../check.h"

int main(void) {
    static uint8_t first[65536], second[65536];
    OK(__wasi_random_get(first, sizeof first));
    OK(__wasi_random_get(second, sizeof second));
    CHECK(memcmp(first, second, sizeof first) != 0);
    return 0;
}
