#ifndef TESTS_DOMAIN_FUZZ_H
#define TESTS_DOMAIN_FUZZ_H

#include "domain/base.h"

#include <stdlib.h>
#include <string.h>

/*
 * The entry that libFuzzer calls (clang, -DTILLSIDE_FUZZER=ON); under gcc replay.c calls it with the corpus and
 * with mutations of it. A broken promise ends the process, in release too.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MUST(condition)                                                                                                \
    do {                                                                                                               \
        if (!(condition))                                                                                              \
            abort();                                                                                                   \
    } while (0)

/* Takes bytes off the front of an input, for fuzzers whose input is more than one thing. */
static inline uint8_t fuzz_take(struct slice *input)
{
    if (input->len == 0)
        return 0;
    input->len--;
    return *input->data++;
}

/* A NUL-terminated copy, cut to cap; for parsers of text. */
static inline void fuzz_text(struct slice input, char *out, size_t cap)
{
    size_t len = input.len < cap ? input.len : cap - 1;
    if (len > 0)
        memcpy(out, input.data, len);
    out[len] = '\0';
}

/* The input up to a separator (which is taken too), or all of it. */
static inline struct slice fuzz_part(struct slice *input, uint8_t separator)
{
    const uint8_t *at = input->len > 0 ? memchr(input->data, separator, input->len) : NULL;
    struct slice part = {input->data, at ? (size_t)(at - input->data) : input->len};
    size_t taken = part.len + (at ? 1 : 0);
    if (taken > 0)
        *input = (struct slice){input->data + taken, input->len - taken};
    return part;
}

#endif
