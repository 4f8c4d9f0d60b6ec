// What OpenH264's core names and this decoder never uses: threads, and a log.
//
// To call one of the thread functions would be an error of this crate; it ends the program.
#include <stdlib.h>

#include "WelsThreadLib.h"
#include "utils.h"
#include "wels_decoder_thread.h"

void WelsLog (SLogContext*, int32_t, const char*, ...) {}

extern "C" {
int EventCreate (SWelsDecEvent*, int, int) { abort(); }
void EventPost (SWelsDecEvent*) { abort(); }
int EventWait (SWelsDecEvent*, int32_t) { abort(); }
void EventReset (SWelsDecEvent*) { abort(); }
void EventDestroy (SWelsDecEvent*) { abort(); }
}
