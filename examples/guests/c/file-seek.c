// Turns a file around, last byte first, by seeking: it never holds more than one block.
//
// In: /input/forward.dat, any bytes. Out: /output/backward.dat, and on stdout the number of bytes.

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { BLOCK = 4096 };

static int fail(const char *path) {
    fprintf(stderr, "%s: %s\n", path, strerror(errno));
    return 1;
}

static void turn(uint8_t *bytes, size_t length) {
    for (size_t i = 0; i < length / 2; i++) {
        uint8_t byte = bytes[i];
        bytes[i] = bytes[length - 1 - i];
        bytes[length - 1 - i] = byte;
    }
}

// Reads exactly `length` bytes, which the caller knows to be there.
static int read_all(int file, uint8_t *bytes, size_t length) {
    for (size_t at = 0; at < length;) {
        ssize_t count = read(file, bytes + at, length - at);
        if (count <= 0) {
            return -1;
        }
        at += (size_t)count;
    }
    return 0;
}

static int write_all(int file, const uint8_t *bytes, size_t length) {
    for (size_t at = 0; at < length;) {
        ssize_t count = write(file, bytes + at, length - at);
        if (count <= 0) {
            return -1;
        }
        at += (size_t)count;
    }
    return 0;
}

int main(void) {
    const char *from = "/input/forward.dat", *to = "/output/backward.dat";
    uint8_t block[BLOCK];
    int in = open(from, O_RDONLY);
    off_t length = in < 0 ? -1 : lseek(in, 0, SEEK_END);
    if (length < 0) {
        return fail(from);
    }
    int out = open(to, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    if (out < 0) {
        return fail(to);
    }
    for (off_t end = length; end > 0;) {
        size_t size = end < BLOCK ? (size_t)end : BLOCK;
        end -= (off_t)size;
        if (lseek(in, end, SEEK_SET) != end || read_all(in, block, size) != 0) {
            return fail(from);
        }
        turn(block, size);
        if (write_all(out, block, size) != 0) {
            return fail(to);
        }
    }
    if (lseek(out, 0, SEEK_CUR) != length || close(out) != 0) {
        return fail(to);
    }
    printf("%lld\n", (long long)length);
    return 0;
}
