#include "platform/random.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

void random_fill(struct random *random, void *out, size_t len)
{
    assert(random->ops->fill);
    if (len > 0)
        random->ops->fill(random, out, len);
}

uint64_t random_u64(struct random *random)
{
    uint64_t value;
    random_fill(random, &value, sizeof(value));
    return value;
}

uint64_t random_below(struct random *random, uint64_t bound)
{
    assert(bound > 0);
    /* Values below 2^64 mod bound would favour the small results. */
    uint64_t reject_below = -bound % bound;
    uint64_t value;
    do
        value = random_u64(random);
    while (value < reject_below);
    return value % bound;
}

static void real_fill(struct random *random, void *out, size_t len)
{
    (void)random;
    int error = sodium_init(); /* 1 when done before; safe from any thread */
    assert(error >= 0);
    randombytes_buf(out, len);
}

static const struct random_ops real_ops = {.fill = real_fill};

struct random *random_real(void)
{
    static struct random real = {.ops = &real_ops};
    return &real;
}

/* Each call is its own ChaCha20 stream: the seed is the key, the number of the call the nonce. */
static void sim_fill(struct random *random, void *out, size_t len)
{
    struct sim_random *self = (struct sim_random *)random;
    uint8_t key[crypto_stream_chacha20_KEYBYTES] = {0};
    uint8_t nonce[crypto_stream_chacha20_NONCEBYTES];
    memcpy(key, &self->seed, sizeof(self->seed));
    static_assert(sizeof(nonce) == sizeof(self->calls), "the nonce is the call's number");
    memcpy(nonce, &self->calls, sizeof(self->calls));
    self->calls++;
    int error = crypto_stream_chacha20(out, len, nonce, key);
    assert(!error);
}

static const struct random_ops sim_ops = {.fill = sim_fill};

void sim_random_init(struct sim_random *random, uint64_t seed)
{
    *random = (struct sim_random){.base = {.ops = &sim_ops}, .seed = seed};
}
