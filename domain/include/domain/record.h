#ifndef DOMAIN_RECORD_H
#define DOMAIN_RECORD_H

#include "domain/crypto.h"
#include "domain/ids.h"

/*
 * A journal record: what happened, once, for good. hash = SHA-256(prev_hash ‖ header ‖ body); header is version u8,
 * terminal u32, incarnation u32, seq u64, hlc u64, kind u16, body length u32, big-endian. Bodies are deterministic CBOR
 * (body.h), kept and sent verbatim; unknown kinds too.
 */

#define RECORD_VERSION  1
#define RECORD_BODY_MAX 4096

struct record {
    uint8_t version;
    struct record_id id;
    uint64_t hlc;
    uint16_t kind; /* enum record_kind of body.h */
    struct slice body;
    uint8_t prev_hash[HASH_LEN]; /* zeros for seq 1 of an incarnation; else the hash before it */
    uint8_t hash[HASH_LEN];
};

/* Computes hash from everything else. */
void record_seal(struct record *record);
bool record_check(const struct record *record);

/*
 * An upload: a signed head and records without what the receiver can compute. CBOR
 * [head, signature, [[hlc, kind, body]…]], head = [version, terminal, incarnation, first seq, count, prev_hash,
 * last_hash].
 */
#define BATCH_RECORDS_MAX 500
#define BATCH_BYTES_MAX   262144 /* 256 KiB */

struct batch_head {
    uint32_t terminal, incarnation;
    uint64_t first_seq;
    uint32_t count;
    uint8_t prev_hash[HASH_LEN];
    uint8_t last_hash[HASH_LEN];
};

struct batch_writer {
    struct batch_head head;
    uint8_t *buffer; /* BATCH_BYTES_MAX bytes, the caller's */
    size_t cap;
    size_t len;
};

void batch_writer_init(struct batch_writer *w, uint8_t *buffer, size_t cap);
/* Records in order, one chain; -ENOSPC when this one no longer fits (send what there is), -EINVAL when it does not
 * follow. */
MUST_CHECK int batch_add(struct batch_writer *w, const struct record *record);
/* Signs the head and writes the whole batch. */
MUST_CHECK int batch_finish(struct batch_writer *w, const uint8_t secret[SECRET_KEY_LEN], uint8_t *out, size_t cap,
                            size_t *out_len);

/* The same for a batch that another terminal signed: written as it came, head and signature verbatim. */
MUST_CHECK int batch_finish_signed(struct batch_writer *w, struct slice head_encoded,
                                   const uint8_t signature[SIGNATURE_LEN], struct slice out, size_t *out_len);

struct batch_reader {
    struct batch_head head;
    uint8_t signature[SIGNATURE_LEN];
    struct slice head_encoded;
    struct slice records; /* the rest, still encoded */
    size_t pos;
    uint32_t read;
    uint8_t chain[HASH_LEN];
};

/* Structure only; -EBADMSG when malformed. The signature is checked by batch_verify with the terminal's key. */
MUST_CHECK int batch_open(const void *data, size_t len, struct batch_reader *out_reader);
bool batch_verify(const struct batch_reader *r, const uint8_t key[PUBLIC_KEY_LEN]);
/* A head alone, as it was kept with its signature. -EBADMSG. */
MUST_CHECK int batch_head_decode(struct slice head_encoded, struct batch_head *out_head);
/* 1 and *out_record (body points into the batch, hashes computed), 0 at the end when the chain meets last_hash,
 * -EBADMSG. */
MUST_CHECK int batch_next(struct batch_reader *r, struct record *out_record);

/* The answer to POST /v1/journal. */
enum journal_status { JOURNAL_STORED = 1, JOURNAL_GAP = 2, JOURNAL_FORK = 3, JOURNAL_REFUSED = 4 };

struct journal_answer {
    uint8_t status;            /* enum journal_status */
    uint64_t expected_seq;     /* the next one central wants */
    uint64_t durable_through;  /* committed at central */
    uint64_t archived_through; /* in a verified backup: prune only below */
    uint32_t server_epoch;     /* a new one: upload again from archived_through + 1 */
    uint64_t server_ms;
};

MUST_CHECK int journal_answer_encode(const struct journal_answer *answer, uint8_t *out, size_t cap, size_t *out_len);
MUST_CHECK int journal_answer_decode(const void *data, size_t len, struct journal_answer *out_answer);

#endif
