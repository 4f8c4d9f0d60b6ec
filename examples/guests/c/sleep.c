// Sleeps for the milliseconds that the first argument says, or 50; then prints a line.

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

int main(int argc, char **argv) {
    long milliseconds = argc > 1 ? atol(argv[1]) : 50;
    struct timespec time = {.tv_sec = milliseconds / 1000, .tv_nsec = milliseconds % 1000 * 1000000};
    if (nanosleep(&time, NULL) != 0) {
        fprintf(stderr, "sleep: %s\n", strerror(errno));
        return 1;
    }
    puts("awake");
    return 0;
}
