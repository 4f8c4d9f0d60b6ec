// The content of a symbolic link, whole or cut.
#include "../check.h"

int main(void) {
    __wasi_fd_t dir = preopen();
    create_closed(dir, "target");
    OPTIONAL(__wasi_path_symlink("target", dir, "symlink"));
    uint8_t text[16] = {0};
    __wasi_size_t length;
    OK(__wasi_path_readlink(dir, "symlink", text, sizeof text, &length));
    CHECK(length == 6 && memcmp(text, "target", 6) == 0);
    OK(__wasi_path_readlink(dir, "symlink", text, 3, &length));
    CHECK(length == 3);
    EXPECT(__wasi_path_readlink(dir, "target", text, sizeof text, &length), INVAL);
    return 0;
}
