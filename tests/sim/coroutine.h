#ifndef TESTS_SIM_COROUTINE_H
#define TESTS_SIM_COROUTINE_H

/* A function with a stack of its own that stops and goes on where it stopped. One thread. */

#include "domain/base.h"

struct coroutine;

MUST_CHECK int coroutine_open(void *(*run)(void *argument), void *argument, struct coroutine **out_coroutine);
/* Only when it is done, or when what it holds may be forgotten. NULL-safe. */
void coroutine_close(struct coroutine *coroutine);
/* Runs it until it yields or returns. Not from within another coroutine. */
void coroutine_resume(struct coroutine *coroutine);
bool coroutine_done(const struct coroutine *coroutine);
/* The one that runs; NULL: none does. */
struct coroutine *coroutine_current(void);
void coroutine_yield(void); /* of the one that runs */

#endif
