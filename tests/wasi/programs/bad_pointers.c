// A pointer beyond the memory is FAULT, in every kind of place, and the program goes on.
#include "../check.h"

// Pointers and lengths as numbers, so that no compiler reasons about them.
#define RAW(name) __attribute__((import_module("wasi_snapshot_preview1"), import_name(#name))) int32_t raw_##name
RAW(fd_write)(int32_t fd, uint32_t vectors, uint32_t count, uint32_t written);
RAW(fd_read)(int32_t fd, uint32_t vectors, uint32_t count, uint32_t read);
RAW(random_get)(uint32_t bytes, uint32_t length);
RAW(args_sizes_get)(uint32_t count, uint32_t length);
RAW(path_filestat_get)(int32_t fd, int32_t flags, uint32_t path, uint32_t length, uint32_t stat);
RAW(fd_readdir)(int32_t fd, uint32_t bytes, uint32_t length, int64_t cookie, uint32_t used);
RAW(clock_time_get)(int32_t id, int64_t precision, uint32_t time);

#define FAULTS __WASI_ERRNO_FAULT, __WASI_ERRNO_OVERFLOW, __WASI_ERRNO_NOBUFS, INVAL

int main(void) {
    __wasi_fd_t dir = preopen(), fd = create(dir, "file.cleanup");
    const uint32_t beyond = 0xfffffff0;
    uint8_t result[64];
    uint32_t there = (uint32_t)(uintptr_t)result;
    // A vector that is there, for bytes that are not.
    uint32_t vector[2] = {beyond, 8}, whole[2] = {0, 0xffffffff};
    uint32_t vector_at = (uint32_t)(uintptr_t)vector, whole_at = (uint32_t)(uintptr_t)whole;
    EXPECT((__wasi_errno_t)raw_fd_write(fd, beyond, 1, there), FAULTS);
    EXPECT((__wasi_errno_t)raw_fd_write(fd, vector_at, 1, there), FAULTS);
    EXPECT((__wasi_errno_t)raw_fd_write(fd, whole_at, 1, there), FAULTS);
    EXPECT((__wasi_errno_t)raw_fd_write(fd, vector_at, 0xffffffff, there), FAULTS);
    EXPECT((__wasi_errno_t)raw_fd_read(fd, beyond, 1, there), FAULTS);
    EXPECT((__wasi_errno_t)raw_random_get(beyond, 64), FAULTS);
    EXPECT((__wasi_errno_t)raw_random_get(0, 0xffffffff), FAULTS);
    EXPECT((__wasi_errno_t)raw_args_sizes_get(beyond, there), FAULTS);
    EXPECT((__wasi_errno_t)raw_path_filestat_get(dir, 0, beyond, 64, there), FAULTS);
    EXPECT((__wasi_errno_t)raw_path_filestat_get(dir, 0, there, 0xffffffff, there), FAULTS, __WASI_ERRNO_NAMETOOLONG);
    EXPECT((__wasi_errno_t)raw_fd_readdir(dir, beyond, 64, 0, there), FAULTS);
    EXPECT((__wasi_errno_t)raw_clock_time_get(1, 0, beyond), FAULTS);
    CHECK(size_of(fd) == 0);
    return 0;
}
