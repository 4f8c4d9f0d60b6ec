// proc_exit(0) ends the program at once, with success.
#include "../check.h"

int main(void) {
    __wasi_proc_exit(0);
    return 1;
}
