// Stands in for OpenH264's header of the same name: types for threads where there are none.
//
// The decoder keeps such objects in its structures, but it uses them only when it is told to decode with threads, and
// this one never is. WASI has neither pthread.h nor semaphore.h.
#ifndef _WELS_THREAD_API_H_
#define _WELS_THREAD_API_H_

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

// Macros, because some systems have the types in headers that are not about threads.
#define pthread_mutexattr_t int
#define pthread_cond_t int

typedef int WELS_MUTEX;
typedef int WELS_EVENT;
typedef int WELS_THREAD_HANDLE;
typedef void* (*LPWELS_THREAD_ROUTINE) (void*);

#endif
