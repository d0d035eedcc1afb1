#ifndef TESTS_FUZZ_FUZZ_KINDS_H
#define TESTS_FUZZ_FUZZ_KINDS_H

/* Every kind of record that the domain has a name for, asked from it once: a new one is fuzzed without being listed. */

#include "fuzz.h"

#include "domain/body.h"

#define FUZZ_KINDS_MAX 200

struct fuzz_kinds {
    size_t count;
    uint16_t kinds[FUZZ_KINDS_MAX];
    uint16_t unknown; /* the lowest number without a name */
};

static inline const struct fuzz_kinds *fuzz_kinds(void)
{
    static struct fuzz_kinds known;
    if (known.count > 0)
        return &known;
    for (uint32_t kind = 1; kind <= UINT16_MAX; kind++) {
        if (strcmp(record_kind_name((uint16_t)kind), "unknown") != 0) {
            MUST(known.count < FUZZ_KINDS_MAX);
            known.kinds[known.count++] = (uint16_t)kind;
        } else if (known.unknown == 0) {
            known.unknown = (uint16_t)kind;
        }
    }
    MUST(known.count > 0 && known.unknown > 0);
    return &known;
}

#endif
