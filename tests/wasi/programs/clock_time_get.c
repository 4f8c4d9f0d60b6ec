// Both clocks answer whatever precision is asked for; an unknown clock is INVAL.
#include "../check.h"

int main(void) {
    __wasi_timestamp_t first, second;
    OK(__wasi_clock_time_get(__WASI_CLOCKID_REALTIME, 1, &first));
    OK(__wasi_clock_time_get(__WASI_CLOCKID_REALTIME, 0, &first));
    OK(__wasi_clock_time_get(__WASI_CLOCKID_MONOTONIC, 1, &first));
    OK(__wasi_clock_time_get(__WASI_CLOCKID_MONOTONIC, 0, &second));
    CHECK(first <= second);
    EXPECT(__wasi_clock_time_get(99, 0, &first), INVAL, BADF);
    return 0;
}
