#ifndef PLATFORM_ARENA_H
#define PLATFORM_ARENA_H

/* Bump allocator with a ceiling: many small allocations, one release. One thread at a time. */

#include "domain/base.h"

struct arena_block;

struct arena {
    struct arena_block *blocks; /* newest first */
    size_t used;                /* bytes taken from the system */
    size_t max;
};

void arena_init(struct arena *arena, size_t max_bytes);
void arena_finish(struct arena *arena); /* NULL-safe; releases everything the arena ever gave */

/* Zeroed memory aligned for any type; NULL when the ceiling or the system's memory is reached. len may be 0. */
void *arena_alloc(struct arena *arena, size_t len);
char *arena_strndup(struct arena *arena, const char *text, size_t len);
char *arena_printf(struct arena *arena, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
