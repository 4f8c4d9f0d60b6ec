// proc_exit ends the program at once, with its code.
#include "../check.h"

int main(void) {
    __wasi_proc_exit(33);
    return 1;
}
