// Without variables there are none.
#include "../check.h"

int main(void) {
    __wasi_size_t count, length;
    OK(__wasi_environ_sizes_get(&count, &length));
    CHECK(count == 0 && length == 0);
    return 0;
}
