// Blurs a picture, so that a face or a number plate cannot be told any more.
//
// In: /input/image.pnm, a binary PGM (P5) or PPM (P6) with 8 bits a channel, up to 64 megapixels; optionally
// /input/radius.txt, 1 to 100 pixels (3 without it). Out: /output/image.pnm, the same format. Three box blurs one after
// the other come close to a Gaussian; beyond the edge the edge's own pixels go on.

#include <ctype.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DEFAULT_RADIUS = 3, MAX_RADIUS = 100, MAX_PIXELS = 64 * 1024 * 1024, PASSES = 3 };

static const char *const IN = "/input/image.pnm";
static const char *const OUT = "/output/image.pnm";

struct image {
    size_t width, height, channels;
    uint8_t *bytes;
};

static int fail(const char *path, const char *what) {
    fprintf(stderr, "%s: %s\n", path, what);
    return 1;
}

// A number of the header after white space and comments; 0 where there is none or it is larger than `limit`.
static size_t header_number(FILE *file, size_t limit) {
    int c = fgetc(file);
    while (isspace(c) || c == '#') {
        while (c == '#' && (c = fgetc(file)) != '\n' && c != EOF) {
            c = '#';
        }
        c = fgetc(file);
    }
    size_t number = 0;
    for (; isdigit(c); c = fgetc(file)) {
        number = number * 10 + (size_t)(c - '0');
        if (number > limit) {
            return 0;
        }
    }
    return isspace(c) ? number : 0; // one white space, which is now read, ends a number
}

static const char *read_image(FILE *file, struct image *image) {
    int p = fgetc(file), kind = fgetc(file);
    if (p != 'P' || (kind != '5' && kind != '6')) {
        return "is neither a binary PGM (P5) nor PPM (P6)";
    }
    image->channels = kind == '5' ? 1 : 3;
    image->width = header_number(file, MAX_PIXELS);
    image->height = header_number(file, MAX_PIXELS);
    size_t depth = header_number(file, 65535);
    if (image->width == 0 || image->height == 0 || image->height > MAX_PIXELS / image->width) {
        return "has no size, or more than 64 megapixels";
    }
    if (depth != 255) {
        return "does not have 8 bits a channel";
    }
    size_t length = image->width * image->height * image->channels;
    image->bytes = malloc(length);
    if (image->bytes == NULL) {
        return "is too large for the memory";
    }
    return fread(image->bytes, 1, length, file) == length ? NULL : "is cut";
}

static long read_radius(void) {
    char text[16] = "", *end = text;
    FILE *file = fopen("/input/radius.txt", "r");
    if (file == NULL) {
        return DEFAULT_RADIUS;
    }
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    long radius = strtol(text, &end, 10);
    return end != text && radius <= MAX_RADIUS && end[strspn(end, " \t\r\n")] == '\0' ? radius : 0;
}

// Averages a line of `count` pixels, `stride` bytes apart, over 2 * radius + 1 of them. `line` has room for a copy.
static void blur_line(uint8_t *bytes, size_t count, size_t stride, long radius, uint8_t *line) {
    long last = (long)count - 1, window = 2 * radius + 1;
    for (size_t i = 0; i < count; i++) {
        line[i] = bytes[i * stride];
    }
    long sum = 0;
    for (long i = -radius; i <= radius; i++) {
        sum += line[i < 0 ? 0 : i > last ? last : i];
    }
    for (long i = 0; i <= last; i++) {
        bytes[(size_t)i * stride] = (uint8_t)((sum + radius) / window); // rounded
        long enters = i + radius + 1, leaves = i - radius;
        sum += line[enters > last ? last : enters] - line[leaves < 0 ? 0 : leaves];
    }
}

static int blur(const struct image *image, long radius) {
    size_t row = image->width * image->channels;
    uint8_t *line = malloc(image->width > image->height ? image->width : image->height);
    if (line == NULL) {
        return fail(IN, "is too large for the memory");
    }
    for (int pass = 0; pass < PASSES; pass++) {
        for (size_t channel = 0; channel < image->channels; channel++) {
            for (size_t y = 0; y < image->height; y++) {
                blur_line(image->bytes + y * row + channel, image->width, image->channels, radius, line);
            }
            for (size_t x = 0; x < image->width; x++) {
                blur_line(image->bytes + x * image->channels + channel, image->height, row, radius, line);
            }
        }
    }
    free(line);
    return 0;
}

int main(void) {
    struct image image = {0};
    FILE *in = fopen(IN, "rb");
    if (in == NULL) {
        return fail(IN, strerror(errno));
    }
    const char *wrong = read_image(in, &image);
    fclose(in);
    if (wrong != NULL) {
        return fail(IN, wrong);
    }
    long radius = read_radius();
    if (radius < 1) {
        return fail("/input/radius.txt", "is not a number from 1 to 100");
    }
    if (blur(&image, radius) != 0) {
        return 1;
    }
    FILE *out = fopen(OUT, "wb");
    if (out == NULL) {
        return fail(OUT, strerror(errno));
    }
    size_t length = image.width * image.height * image.channels;
    fprintf(out, "P%c\n%zu %zu\n255\n", image.channels == 1 ? '5' : '6', image.width, image.height);
    int short_write = fwrite(image.bytes, 1, length, out) != length;
    return fclose(out) == 0 && !short_write ? 0 : fail(OUT, strerror(errno));
}
