// The number of variables, and their length with a NUL behind each.
#include "../check.h"

int main(void) {
    __wasi_size_t count, length;
    OK(__wasi_environ_sizes_get(&count, &length));
    CHECK(count == 3);
    CHECK(length == sizeof "a=text" + sizeof "b=escap \" ing" + sizeof "c=new\nline");
    return 0;
}
