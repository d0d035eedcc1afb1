#ifndef PLATFORM_BUFFER_H
#define PLATFORM_BUFFER_H

/* A growing byte buffer with a hard ceiling, for answers and lines from outside. Owned by one thread at a time. */

#include "domain/base.h"

struct buffer {
    uint8_t *data; /* NULL until the first append; always followed by a NUL byte that len does not count */
    size_t len;
    size_t cap;
    size_t max; /* bytes; appending past it is refused */
};

void buffer_init(struct buffer *buffer, size_t max);
void buffer_finish(struct buffer *buffer); /* NULL-safe; the buffer may be used again after buffer_init */
void buffer_clear(struct buffer *buffer);  /* empties it, keeps its memory */

/* -E2BIG past max, -ENOMEM; the content is unchanged then. data must not point into the buffer. */
MUST_CHECK int buffer_append(struct buffer *buffer, const void *data, size_t len);
MUST_CHECK int buffer_append_text(struct buffer *buffer, const char *text);

/* The content as a C string ("" when empty); valid until the next change. */
const char *buffer_text(const struct buffer *buffer);

#endif
