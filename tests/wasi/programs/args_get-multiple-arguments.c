// Arguments come as they were given, in their order.
#include "../check.h"

int main(int argc, char **argv) {
    CHECK(argc == 4);
    CHECK(strcmp(argv[1], "first") == 0);
    CHECK(strcmp(argv[2], "the \"second\" arg") == 0);
    CHECK(strcmp(argv[3], "3") == 0);
    CHECK(argv[4] == NULL);
    return 0;
}
