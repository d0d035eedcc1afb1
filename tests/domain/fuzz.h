#ifndef TESTS_DOMAIN_FUZZ_H
#define TESTS_DOMAIN_FUZZ_H

#include "domain/base.h"

#include <stdlib.h>

/*
 * The entry that libFuzzer calls (clang, -DTILLSIDE_FUZZER=ON); under gcc fuzz_replay.c calls it with the corpus and
 * with mutations of it. A broken promise ends the process, in release too.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MUST(condition)                                                                                                \
    do {                                                                                                               \
        if (!(condition))                                                                                              \
            abort();                                                                                                   \
    } while (0)

#endif
