// Random bytes from the instance.
//
// In: optionally /input/length.txt, how many bytes (32 without it, at most 1 MiB). Out: /output/random.dat.

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    DEFAULT_LENGTH = 32,
    MAX_LENGTH = 1024 * 1024,
    AT_ONCE = 256, // POSIX lets getentropy give no more
};

static int fail(const char *path, const char *what) {
    fprintf(stderr, "%s: %s\n", path, what);
    return 1;
}

// The wanted length, or -1 where the file says something else.
static long wanted_length(void) {
    char text[32] = "", *end = text;
    FILE *file = fopen("/input/length.txt", "r");
    if (file == NULL) {
        return DEFAULT_LENGTH;
    }
    size_t size = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    text[size] = '\0';
    long length = strtol(text, &end, 10);
    int valid = end != text && end[strspn(end, " \t\r\n")] == '\0';
    return valid && length >= 0 && length <= MAX_LENGTH ? length : -1;
}

int main(void) {
    static uint8_t bytes[MAX_LENGTH];
    long length = wanted_length();
    if (length < 0) {
        return fail("/input/length.txt", "is not a number from 0 to 1048576");
    }
    for (long at = 0; at < length; at += AT_ONCE) {
        if (getentropy(bytes + at, (size_t)(length - at < AT_ONCE ? length - at : AT_ONCE)) != 0) {
            return fail("random", strerror(errno));
        }
    }
    FILE *out = fopen("/output/random.dat", "wb");
    if (out == NULL) {
        return fail("/output/random.dat", strerror(errno));
    }
    int short_write = fwrite(bytes, 1, (size_t)length, out) != (size_t)length;
    return fclose(out) == 0 && !short_write ? 0 : fail("/output/random.dat", strerror(errno));
}
