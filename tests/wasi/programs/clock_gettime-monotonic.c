// The monotonic clock does not go back.
#include "../check.h"
#include <time.h>

int main(void) {
    struct timespec last = {0};
    CHECK(clock_gettime(CLOCK_MONOTONIC, &last) == 0);
    for (int i = 0; i < 1000; i++) {
        struct timespec now;
        CHECK(clock_gettime(CLOCK_MONOTONIC, &now) == 0);
        CHECK(now.tv_sec > last.tv_sec || (now.tv_sec == last.tv_sec && now.tv_nsec >= last.tv_nsec));
        last = now;
    }
    return 0;
}
