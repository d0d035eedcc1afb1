#ifndef DOMAIN_BASE_H
#define DOMAIN_BASE_H

/*
 * What every room of the house shares: the must-check mark and byte slices.
 * Errors everywhere are 0 or -errno; outputs are named out_* and untouched on failure.
 */

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MUST_CHECK __attribute__((warn_unused_result))

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

/* Bytes that somebody else owns, valid for as long as the owner says. */
struct slice {
    const uint8_t *data;
    size_t len;
};

#endif
