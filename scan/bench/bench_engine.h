#ifndef SCAN_BENCH_BENCH_ENGINE_H
#define SCAN_BENCH_BENCH_ENGINE_H

/* What is measured: our scanner and its peers behind one small interface. */

#include "bench_set.h"

/* What one engine said about one picture. */
struct bench_outcome {
    bool right;
    int wrong; /* texts that are none of the picture's */
    double ms;
};

struct bench_engine {
    const char *name;
    /* -errno; the engine's own state in *out_state. */
    int (*open)(void **out_state);
    void (*read)(void *state, const struct scan_image *image, const struct bench_picture *truth,
                 struct bench_outcome *out);
    void (*close)(void *state);
};

/* Ours comes first; NULL ends the list. */
extern const struct bench_engine *const bench_engines[];

#endif
