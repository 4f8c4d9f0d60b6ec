// A descriptor moves to another's number, which must be taken.
#include "../check.h"

int main(void) {
    __wasi_fd_t dir = preopen(), from = create(dir, "first"), to = create(dir, "second");
    __wasi_fdstat_t stat;
    write_text(from, "first");
    OK(__wasi_fd_renumber(from, to));
    EXPECT(__wasi_fd_fdstat_get(from, &stat), BADF);
    OK(__wasi_fd_fdstat_get(to, &stat));
    CHECK(holds(to, "first"));
    EXPECT(__wasi_fd_close(from), BADF);
    EXPECT(__wasi_fd_renumber(from, to), BADF);
    EXPECT(__wasi_fd_renumber(to, 4711), BADF);
    CHECK(holds(to, "first"));
    OK(__wasi_fd_renumber(to, to));
    OK(__wasi_fd_close(to));
    return 0;
}
