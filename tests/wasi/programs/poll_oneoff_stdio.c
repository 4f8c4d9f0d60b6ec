// Clocks wake a waiting program, the earlier one first; streams are ready or not to be waited for.
#include "../check.h"

enum { MILLISECOND = 1000000 };

static __wasi_subscription_t clock_in(__wasi_userdata_t name, __wasi_timestamp_t timeout) {
    __wasi_subscription_t wanted = {.userdata = name};
    wanted.u.tag = __WASI_EVENTTYPE_CLOCK;
    wanted.u.u.clock = (__wasi_subscription_clock_t){.id = __WASI_CLOCKID_MONOTONIC, .timeout = timeout};
    return wanted;
}

int main(void) {
    __wasi_event_t events[3];
    __wasi_size_t count;
    __wasi_timestamp_t before, after;
    EXPECT(__wasi_poll_oneoff(NULL, events, 0, &count), INVAL);

    __wasi_subscription_t one = clock_in(7, 5 * MILLISECOND);
    OK(__wasi_clock_time_get(__WASI_CLOCKID_MONOTONIC, 1, &before));
    OK(__wasi_poll_oneoff(&one, events, 1, &count));
    OK(__wasi_clock_time_get(__WASI_CLOCKID_MONOTONIC, 1, &after));
    CHECK(count == 1 && events[0].userdata == 7 && events[0].error == 0);
    CHECK(events[0].type == __WASI_EVENTTYPE_CLOCK);
    CHECK(after - before >= 4 * MILLISECOND);

    __wasi_subscription_t two[] = {clock_in(1, 60000ULL * MILLISECOND), clock_in(2, MILLISECOND)};
    OK(__wasi_poll_oneoff(two, events, 2, &count));
    CHECK(count == 1 && events[0].userdata == 2);

    // A time that has passed.
    __wasi_subscription_t past = clock_in(3, before);
    past.u.u.clock.flags = __WASI_SUBCLOCKFLAGS_SUBSCRIPTION_CLOCK_ABSTIME;
    OK(__wasi_poll_oneoff(&past, events, 1, &count));
    CHECK(count == 1 && events[0].userdata == 3);

    __wasi_subscription_t stream = {.userdata = 4};
    stream.u.tag = __WASI_EVENTTYPE_FD_WRITE;
    stream.u.u.fd_write.file_descriptor = 1;
    __wasi_subscription_t either[] = {stream, clock_in(5, 100 * MILLISECOND)};
    __wasi_errno_t error = __wasi_poll_oneoff(either, events, 2, &count);
    EXPECT(error, 0, NOTSUP);
    if (error == 0) {
        CHECK(count >= 1 && (events[0].userdata == 4 || events[0].userdata == 5));
    }
    return 0;
}
