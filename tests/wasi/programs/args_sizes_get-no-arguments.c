// Without arguments there is the program's name.
#include "../check.h"

int main(void) {
    __wasi_size_t count, length;
    OK(__wasi_args_sizes_get(&count, &length));
    CHECK(count == 1);
    CHECK(length > 1);
    return 0;
}
