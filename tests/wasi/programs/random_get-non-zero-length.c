// Random bytes are not all zero.
#include "../check.h"

int main(void) {
    uint8_t bytes[32] = {0}, any = 0;
    OK(__wasi_random_get(bytes, sizeof bytes));
    for (size_t i = 0; i < sizeof bytes; i++) {
        any |= bytes[i];
    }
    CHECK(any != 0);
    return 0;
}
