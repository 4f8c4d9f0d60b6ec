// What one descriptor writes another reads at once.
#include "../check.h"

int main(void) {
    __wasi_fd_t dir = preopen(), writer, reader;
    writer = create(dir, "file.cleanup");
    OK(open_at(dir, "file.cleanup", 0, READ_RIGHTS, 0, &reader));
    CHECK(writer != reader);
    __wasi_size_t count;
    char byte = 0;
    OK(write_fd(writer, "1", 1, &count));
    OK(read_fd(reader, &byte, 1, &count));
    CHECK(count == 1 && byte == '1');
    OK(read_fd(reader, &byte, 1, &count));
    CHECK(count == 0);
    OK(write_fd(writer, "2", 1, &count));
    OK(read_fd(reader, &byte, 1, &count));
    CHECK(count == 1 && byte == '2');
    return 0;
}
