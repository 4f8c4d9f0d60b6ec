// libc's clock_getres gives a resolution for the monotonic clock.
#include "../check.h"
#include <time.h>

int main(void) {
    struct timespec time = {0};
    CHECK(clock_getres(CLOCK_MONOTONIC, &time) == 0);
    CHECK(time.tv_sec > 0 || time.tv_nsec > 0);
    return 0;
}
