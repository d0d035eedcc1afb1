#ifndef DOMAIN_EXPORT_H
#define DOMAIN_EXPORT_H

#include "domain/record.h"

/*
 * A journal in a file, for a terminal that no network will reach again: EXPORT_MAGIC, then batches as they would have
 * been uploaded (record.h), each after its length (u32, big-endian, ≤ EXPORT_BATCH_MAX), a length of 0, and the
 * terminal's Ed25519 signature over SHA-256 of everything before it: the signed end. Batches small enough to travel as
 * one line of central's admin socket.
 */

#define EXPORT_MAGIC     "tillside-journal-1\n"
#define EXPORT_MAGIC_LEN 19
#define EXPORT_BATCH_MAX 32768

/* The length that goes before a batch, 0 before the signature. */
void export_length_put(uint32_t len, uint8_t out[4]);

struct export_reader {
    struct slice file;
    size_t pos;
};

/* -EBADMSG when it is not an export. Nothing is verified yet. */
MUST_CHECK int export_open(struct slice file, struct export_reader *out_reader);
/* 1 with the next batch (points into the file), 0 at the end, -EBADMSG when cut off or malformed. */
MUST_CHECK int export_next(struct export_reader *reader, struct slice *out_batch);
/* After export_next said 0: what the end signs, and its signature. */
void export_end(const struct export_reader *reader, uint8_t out_hash[HASH_LEN], uint8_t out_signature[SIGNATURE_LEN]);

#endif
