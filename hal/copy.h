#ifndef HAL_COPY_H
#define HAL_COPY_H

#include <assert.h>
#include <string.h>

/* Copies a text that the caller knows to fit; one that does not is a programming mistake. */
static inline void copy_text(char *to, size_t size, const char *from)
{
    size_t length = strlen(from);

    assert(length < size);
    memcpy(to, from, length + 1);
}

#endif
