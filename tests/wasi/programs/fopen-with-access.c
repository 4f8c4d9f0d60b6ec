// A file below a given folder opens for reading, and for reading and writing.
#include "../check.h"

int main(void) {
    FILE *file = fopen("fs-tests.dir/fopen.txt", "r");
    CHECK(file != NULL);
    CHECK(fgetc(file) == 'f');
    CHECK(fclose(file) == 0);
    file = fopen("fs-tests.dir/fopen.txt", "r+");
    CHECK(file != NULL);
    CHECK(fclose(file) == 0);
    return 0;
}
