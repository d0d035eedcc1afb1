#ifndef PLATFORM_RANDOM_H
#define PLATFORM_RANDOM_H

/* Randomness as a back-end: the kernel's for devices, a seeded stream for simulations that must replay. */

#include "domain/base.h"

struct random;

struct random_ops {
    void (*fill)(struct random *random, void *out, size_t len); /* mandatory, never fails */
};

struct random {
    const struct random_ops *ops;
};

void random_fill(struct random *random, void *out, size_t len);
uint64_t random_u64(struct random *random);

/* Uniform in [0, bound), without modulo bias; bound > 0. */
uint64_t random_below(struct random *random, uint64_t bound);

/* Cryptographically strong; static, never freed; safe from any thread. */
struct random *random_real(void);

/* The same seed and the same calls give the same bytes. Not secret; one thread at a time. */
struct sim_random {
    struct random base;
    uint64_t seed;
    uint64_t calls;
};

void sim_random_init(struct sim_random *random, uint64_t seed);

#endif
