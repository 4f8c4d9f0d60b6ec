// Shamir's secret sharing in C: the same inputs, output and field as shamir-secret-sharing.rs.
//
// In: every file in /input, one share each: the point x in the first byte, then a value for each byte of the secret, raw
// or as hexadecimal text. Out: /output/shamir.dat.

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum {
    MAX_SHARES = 255,     // there are no more points in the field
    MAX_FILE = 64 * 1024, // a secret of 32 KiB in hex; longer ones are encrypted, and their key is shared
};

static uint8_t shares[MAX_SHARES][MAX_FILE];
static size_t lengths[MAX_SHARES];
static size_t count;

static int fail(const char *path, const char *what) {
    fprintf(stderr, "%s: %s\n", path, what);
    return 1;
}

static int digit(uint8_t c) {
    return isdigit(c) ? c - '0' : tolower(c) - 'a' + 10;
}

// Replaces hex text by the bytes that it stands for; leaves anything else alone. Returns the new length.
static size_t decode_hex(uint8_t *bytes, size_t length) {
    size_t digits = 0;
    for (size_t i = 0; i < length; i++) {
        if (isxdigit(bytes[i])) {
            digits++;
        } else if (!isspace(bytes[i])) {
            return length;
        }
    }
    if (digits == 0 || digits % 2 != 0) {
        return length;
    }
    size_t at = 0;
    for (size_t i = 0; i < length; i++) {
        if (isxdigit(bytes[i])) {
            int value = digit(bytes[i]);
            bytes[at / 2] = (uint8_t)(at % 2 == 0 ? value << 4 : bytes[at / 2] | value);
            at++;
        }
    }
    return digits / 2;
}

static int read_share(const char *path) {
    if (count == MAX_SHARES) {
        return fail(path, "there are only 255 shares");
    }
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        return fail(path, strerror(errno));
    }
    uint8_t *share = shares[count];
    size_t length = fread(share, 1, MAX_FILE, file);
    int broken = ferror(file), too_long = fgetc(file) != EOF;
    fclose(file);
    if (broken || too_long) {
        return fail(path, broken ? "cannot be read" : "is longer than 64 KiB");
    }
    length = decode_hex(share, length);
    if (length < 2 || share[0] == 0) {
        return fail(path, length < 2 ? "a share has at least two bytes" : "the point 0 is the secret itself, not a share");
    }
    for (size_t i = 0; i < count; i++) {
        if (shares[i][0] == share[0]) {
            return fail(path, "a second share for the same point");
        }
        if (lengths[i] != length) {
            return fail(path, "its length differs from the other shares'");
        }
    }
    lengths[count++] = length;
    return 0;
}

static uint8_t multiply(uint8_t a, uint8_t b) {
    uint8_t product = 0;
    for (; b != 0; b >>= 1) {
        product ^= b & 1 ? a : 0;
        a = (uint8_t)(a << 1 ^ (a & 0x80 ? 0x1b : 0)); // modulo x^8 + x^4 + x^3 + x + 1
    }
    return product;
}

static uint8_t divide(uint8_t a, uint8_t b) {
    for (int i = 0; i < 254; i++) { // b^254 is the inverse of b
        a = multiply(a, b);
    }
    return a;
}

// Lagrange's interpolation at 0 of the polynomial behind one byte of the secret.
static uint8_t at_zero(size_t at) {
    uint8_t sum = 0;
    for (size_t i = 0; i < count; i++) {
        uint8_t weight = 1;
        for (size_t j = 0; j < count; j++) {
            if (j != i) {
                weight = multiply(weight, divide(shares[j][0], shares[j][0] ^ shares[i][0]));
            }
        }
        sum ^= multiply(shares[i][at], weight);
    }
    return sum;
}

int main(void) {
    DIR *folder = opendir("/input/"); // with the slash of the policy's entry, which this C library takes literally
    if (folder == NULL) {
        return fail("/input", strerror(errno));
    }
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        char path[512];
        if (entry->d_type == DT_DIR) {
            continue;
        }
        snprintf(path, sizeof path, "/input/%s", entry->d_name);
        if (read_share(path) != 0) {
            return 1;
        }
    }
    closedir(folder);
    if (count == 0) {
        return fail("/input", "holds no share");
    }
    FILE *out = fopen("/output/shamir.dat", "wb");
    if (out == NULL) {
        return fail("/output/shamir.dat", strerror(errno));
    }
    for (size_t at = 1; at < lengths[0]; at++) {
        fputc(at_zero(at), out);
    }
    return fclose(out) == 0 ? 0 : fail("/output/shamir.dat", strerror(errno));
}
