#ifndef PLATFORM_COMPRESS_H
#define PLATFORM_COMPRESS_H

/* zstd (RFC 8878) with content checksum and reusable contexts, made when they are first used. What is unpacked never
 * exceeds the caller's buffer. One thread at a time. */

#include "domain/base.h"

struct compress;

/* level 1–19, 3 is the usual one; down to -7: fast, and little packed */
MUST_CHECK int compress_open(int level, struct compress **out_compress);
void compress_close(struct compress *compress); /* NULL-safe */

size_t compress_bound(size_t len); /* a cap with which packing len bytes cannot fail for room */

/* -ENOSPC when the result does not fit. */
MUST_CHECK int compress_pack(struct compress *compress, struct slice input, uint8_t *out_data, size_t cap,
                             size_t *out_len);

/* -E2BIG when the content is larger than cap (a bomb costs at most cap bytes of work), -EBADMSG when damaged. */
MUST_CHECK int compress_unpack(struct compress *compress, struct slice input, uint8_t *out_data, size_t cap,
                               size_t *out_len);

#endif
