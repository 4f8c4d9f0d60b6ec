// Shutting down an unknown descriptor is BADF. A runtime without sockets refuses all of them.
#include "../check.h"

int main(void) {
    __wasi_errno_t error = __wasi_sock_shutdown(4711, __WASI_SDFLAGS_RD);
    if (error != BADF) {
        OPTIONAL(error);
    }
    EXPECT(error, BADF);
    return 0;
}
