#ifndef TESTS_HAL_RIG_H
#define TESTS_HAL_RIG_H

/*
 * What every contract test stands on: a context with a cancel descriptor, a simulation and a directory. The rigs of one
 * device say how each back-end is opened, played on and unplugged; the same tests run on all of them.
 */

#include "cases.h"

#include <sys/eventfd.h>

#include "hal/context.h"
#include "hal/sim.h"

struct bench {
    struct hal_context context;
    struct sim *sim;
    int cancel;
    char folder[64];
};

static inline void bench_open(struct bench *bench)
{
    memset(bench, 0, sizeof(*bench));
    make_temp_dir(bench->folder);
    bench->cancel = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    assert_true(bench->cancel >= 0);
    assert_int_equal(sim_open(&bench->sim), 0);
    bench->context.sim = bench->sim;
    bench->context.cancel_fd = bench->cancel;
}

static inline void bench_cancel(struct bench *bench)
{
    assert_int_equal(eventfd_write(bench->cancel, 1), 0);
}

static inline void bench_close(struct bench *bench)
{
    sim_close(bench->sim);
    close(bench->cancel);
    remove_tree(bench->folder);
}

/* The test on each rig, named "test/rig". */
#define ON_RIG(test, rig)                                                                                              \
    {                                                                                                                  \
#test " [" #rig "]", test, NULL, NULL, (void *)&(rig)                                                          \
    }

#endif
