// What the conformance programs share: checks that name their line, and the few calls that nearly all make.
//
// A program ends with 0 when all checks hold, with 1 and a line on stderr at the first that does not, and with REFUSED
// when a feature that a runtime may leave out is left out.

#ifndef CHECK_H
#define CHECK_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wasi/api.h>

enum { REFUSED = 77 };

#define CHECK(condition)                                                                                               \
    do {                                                                                                               \
        if (!(condition)) {                                                                                            \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);                                            \
            exit(1);                                                                                                   \
        }                                                                                                              \
    } while (0)

// The call must give one of these errno values, so that a program can say what the specification leaves open.
#define EXPECT(call, ...) EXPECT_(#call, call, __VA_ARGS__)
#define OK(call) EXPECT_(#call, call, 0)

#define EXPECT_(text, call, ...)                                                                                       \
    do {                                                                                                               \
        const __wasi_errno_t allowed_[] = {__VA_ARGS__};                                                               \
        __wasi_errno_t got_ = (call);                                                                                  \
        if (!is_one_of(got_, allowed_, sizeof allowed_ / sizeof *allowed_)) {                                          \
            fprintf(stderr, "%s:%d: %s gives errno %d\n", __FILE__, __LINE__, text, got_);                             \
            exit(1);                                                                                                   \
        }                                                                                                              \
    } while (0)

// A runtime may leave this out: then the program ends here and says so.
#define OPTIONAL(call)                                                                                                 \
    do {                                                                                                               \
        __wasi_errno_t optional_ = (call);                                                                             \
        if (optional_ == NOTSUP || optional_ == NOSYS || optional_ == PERM || optional_ == ACCES) {                    \
            fprintf(stderr, "refused with errno %d: %s\n", optional_, #call);                                          \
            exit(REFUSED);                                                                                             \
        }                                                                                                              \
        EXPECT(optional_, 0);                                                                                          \
    } while (0)

enum {
    ACCES = __WASI_ERRNO_ACCES,
    BADF = __WASI_ERRNO_BADF,
    EXIST = __WASI_ERRNO_EXIST,
    INVAL = __WASI_ERRNO_INVAL,
    ISDIR = __WASI_ERRNO_ISDIR,
    LOOP = __WASI_ERRNO_LOOP,
    NOENT = __WASI_ERRNO_NOENT,
    NOSYS = __WASI_ERRNO_NOSYS,
    NOTCAPABLE = __WASI_ERRNO_NOTCAPABLE,
    NOTDIR = __WASI_ERRNO_NOTDIR,
    NOTEMPTY = __WASI_ERRNO_NOTEMPTY,
    NOTSOCK = __WASI_ERRNO_NOTSOCK,
    NOTSUP = __WASI_ERRNO_NOTSUP,
    PERM = __WASI_ERRNO_PERM,
    SPIPE = __WASI_ERRNO_SPIPE,
};

// A right that is missing, by the specification's name or by POSIX's.
#define NO_RIGHT NOTCAPABLE, ACCES, PERM, BADF

// What the programs do with files; a runtime may give less.
#define FILE_RIGHTS                                                                                                    \
    (__WASI_RIGHTS_FD_READ | __WASI_RIGHTS_FD_WRITE | __WASI_RIGHTS_FD_SEEK | __WASI_RIGHTS_FD_TELL |                  \
     __WASI_RIGHTS_FD_ADVISE | __WASI_RIGHTS_FD_ALLOCATE | __WASI_RIGHTS_FD_FDSTAT_SET_FLAGS |                         \
     __WASI_RIGHTS_FD_FILESTAT_GET | __WASI_RIGHTS_FD_FILESTAT_SET_SIZE | __WASI_RIGHTS_FD_FILESTAT_SET_TIMES |        \
     __WASI_RIGHTS_FD_SYNC | __WASI_RIGHTS_FD_DATASYNC)
#define READ_RIGHTS                                                                                                    \
    (__WASI_RIGHTS_FD_READ | __WASI_RIGHTS_FD_SEEK | __WASI_RIGHTS_FD_TELL | __WASI_RIGHTS_FD_FILESTAT_GET)

// Each program uses some of these.
#define SHARED static inline __attribute__((unused))

SHARED int is_one_of(__wasi_errno_t got, const __wasi_errno_t *allowed, size_t count) {
    for (size_t i = 0; i < count; i++) {
        if (allowed[i] == got) {
            return 1;
        }
    }
    return 0;
}

// The first folder that the runtime gives.
SHARED __wasi_fd_t preopen(void) {
    for (__wasi_fd_t fd = 3; fd < 64; fd++) {
        __wasi_prestat_t prestat;
        if (__wasi_fd_prestat_get(fd, &prestat) == 0 && prestat.tag == __WASI_PREOPENTYPE_DIR) {
            return fd;
        }
    }
    fprintf(stderr, "the runtime gives no folder\n");
    exit(1);
}

SHARED __wasi_errno_t open_at(__wasi_fd_t dir, const char *path, __wasi_oflags_t oflags, __wasi_rights_t rights,
                              __wasi_fdflags_t fdflags, __wasi_fd_t *fd) {
    return __wasi_path_open(dir, 0, path, oflags, rights, 0, fdflags, fd);
}

SHARED __wasi_errno_t open_dir(__wasi_fd_t dir, const char *path, __wasi_fd_t *fd) {
    __wasi_fdstat_t stat;
    __wasi_errno_t error = __wasi_fd_fdstat_get(dir, &stat);
    // A folder below gets what this one may pass on.
    return error != 0 ? error
                      : __wasi_path_open(dir, 0, path, __WASI_OFLAGS_DIRECTORY, stat.fs_rights_base,
                                         stat.fs_rights_inheriting, 0, fd);
}

// A new empty file, open for everything.
SHARED __wasi_fd_t create(__wasi_fd_t dir, const char *path) {
    __wasi_fd_t fd;
    OK(open_at(dir, path, __WASI_OFLAGS_CREAT | __WASI_OFLAGS_EXCL, FILE_RIGHTS, 0, &fd));
    CHECK(fd > 2);
    return fd;
}

SHARED void create_closed(__wasi_fd_t dir, const char *path) { OK(__wasi_fd_close(create(dir, path))); }

SHARED __wasi_errno_t write_fd(__wasi_fd_t fd, const void *bytes, size_t length, __wasi_size_t *written) {
    __wasi_ciovec_t vector = {.buf = bytes, .buf_len = length};
    return __wasi_fd_write(fd, &vector, 1, written);
}

SHARED __wasi_errno_t read_fd(__wasi_fd_t fd, void *bytes, size_t length, __wasi_size_t *read) {
    __wasi_iovec_t vector = {.buf = bytes, .buf_len = length};
    return __wasi_fd_read(fd, &vector, 1, read);
}

SHARED void write_text(__wasi_fd_t fd, const char *text) {
    __wasi_size_t written;
    OK(write_fd(fd, text, strlen(text), &written));
    CHECK(written == strlen(text));
}

// Whether the file holds exactly `text`, read from its start.
SHARED int holds(__wasi_fd_t fd, const char *text) {
    char bytes[256];
    __wasi_size_t length;
    __wasi_iovec_t vector = {.buf = (uint8_t *)bytes, .buf_len = sizeof bytes};
    OK(__wasi_fd_pread(fd, &vector, 1, 0, &length));
    return length == strlen(text) && memcmp(bytes, text, length) == 0;
}

SHARED __wasi_filesize_t size_of(__wasi_fd_t fd) {
    __wasi_filestat_t stat;
    OK(__wasi_fd_filestat_get(fd, &stat));
    return stat.size;
}

SHARED __wasi_errno_t stat_at(__wasi_fd_t dir, const char *path, __wasi_filestat_t *stat) {
    return __wasi_path_filestat_get(dir, 0, path, stat);
}

SHARED void expect_missing(__wasi_fd_t dir, const char *path) {
    __wasi_filestat_t stat;
    EXPECT(stat_at(dir, path, &stat), NOENT);
}

#endif
