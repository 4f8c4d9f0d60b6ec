// Environment variables come as NAME=value.
#include "../check.h"

int main(void) {
    __wasi_size_t count, length;
    OK(__wasi_environ_sizes_get(&count, &length));
    CHECK(count == 3);
    char *variables[3], text[256];
    CHECK(length <= sizeof text);
    OK(__wasi_environ_get((uint8_t **)variables, (uint8_t *)text));
    CHECK(strcmp(getenv("a"), "text") == 0);
    CHECK(strcmp(getenv("b"), "escap \" ing") == 0);
    CHECK(strcmp(getenv("c"), "new\nline") == 0);
    for (size_t i = 0; i < count; i++) {
        CHECK(strchr(variables[i], '=') == variables[i] + 1);
    }
    return 0;
}
