#include "coroutine.h"

#include <assert.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

#define STACK_BYTES ((size_t)512 * 1024)

struct coroutine {
    ucontext_t own, caller;
    void *(*run)(void *argument);
    void *argument;
    void *stack; /* a guard page below it */
    bool done;
};

static struct coroutine *current;

static void enter(void)
{
    current->run(current->argument);
    current->done = true;
    swapcontext(&current->own, &current->caller);
}

static void *make_stack(void)
{
    void *stack = mmap(NULL, STACK_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
    if (stack == MAP_FAILED)
        return NULL;
    int guarded = mprotect(stack, (size_t)sysconf(_SC_PAGESIZE), PROT_NONE);
    assert(guarded == 0);
    return stack;
}

static void prepare(struct coroutine *co)
{
    getcontext(&co->own);
    co->own.uc_stack.ss_sp = co->stack;
    co->own.uc_stack.ss_size = STACK_BYTES;
    makecontext(&co->own, enter, 0);
}

int coroutine_open(void *(*run)(void *argument), void *argument, struct coroutine **out_coroutine)
{
    struct coroutine *co = calloc(1, sizeof(*co));
    if (co)
        co->stack = make_stack();
    if (!co || !co->stack) {
        free(co);
        return -ENOMEM;
    }
    co->run = run;
    co->argument = argument;
    prepare(co);
    *out_coroutine = co;
    return 0;
}

void coroutine_close(struct coroutine *coroutine)
{
    if (!coroutine)
        return;
    munmap(coroutine->stack, STACK_BYTES);
    free(coroutine);
}

void coroutine_resume(struct coroutine *coroutine)
{
    assert(!current && !coroutine->done);
    current = coroutine;
    swapcontext(&coroutine->caller, &coroutine->own);
    current = NULL;
}

bool coroutine_done(const struct coroutine *coroutine)
{
    return coroutine->done;
}

struct coroutine *coroutine_current(void)
{
    return current;
}

void coroutine_yield(void)
{
    assert(current);
    swapcontext(&current->own, &current->caller);
}
