// Yielding works.
#include "../check.h"

int main(void) {
    OK(__wasi_sched_yield());
    return 0;
}
