// The wall clock stands after 2020.
#include "../check.h"
#include <time.h>

int main(void) {
    struct timespec now;
    CHECK(clock_gettime(CLOCK_REALTIME, &now) == 0);
    CHECK(now.tv_sec > 1577836800);
    CHECK(now.tv_nsec >= 0 && now.tv_nsec < 1000000000);
    return 0;
}
