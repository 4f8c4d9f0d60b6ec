// The number of arguments, and their length with a NUL behind each.
#include "../check.h"

int main(void) {
    __wasi_size_t count, length;
    OK(__wasi_args_sizes_get(&count, &length));
    CHECK(count == 4);
    char *arguments[4], text[256];
    CHECK(length <= sizeof text);
    OK(__wasi_args_get((uint8_t **)arguments, (uint8_t *)text));
    size_t sum = 0;
    for (size_t i = 0; i < count; i++) {
        sum += strlen(arguments[i]) + 1;
    }
    CHECK(sum == length);
    return 0;
}
