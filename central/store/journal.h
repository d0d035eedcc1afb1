#ifndef CENTRAL_STORE_JOURNAL_H
#define CENTRAL_STORE_JOURNAL_H

/*
 * The journals: every terminal's, verbatim and chained, and central's own (terminal 0, incarnation = server epoch).
 * Primary key (terminal, incarnation, seq), insert or ignore.
 */

#include "central/store/store.h"
#include "domain/body.h"
#include "domain/record.h"

struct journal_marks {
    uint64_t durable_through;
    uint64_t archived_through;
    uint8_t last_hash[HASH_LEN]; /* of durable_through; zeros at 0 */
};

/* Zeros for an incarnation nobody heard of. */
MUST_CHECK int journal_marks_read(struct store_tx *tx, uint32_t terminal, uint32_t incarnation,
                                  struct journal_marks *out_marks);

/* The last batch head that the terminal signed; its last hash vouches for the whole chain before it. -ENOENT. */
struct journal_signed {
    uint8_t head[256];
    size_t head_len;
    uint8_t signature[SIGNATURE_LEN];
};
MUST_CHECK int journal_signed_head(struct store_tx *tx, uint32_t terminal, uint32_t incarnation,
                                   struct journal_signed *out_signed);

/* Where a batch stands against what is stored. */
enum journal_fit {
    JOURNAL_FITS,   /* its first record is the next one, or records already stored come first (they are equal) */
    JOURNAL_AHEAD,  /* a gap before its first record */
    JOURNAL_FORKED, /* same (terminal, incarnation, seq), other hash; or it does not continue the stored chain */
};

/*
 * Appends the batch's new records; records already stored are compared and passed over. *each* new record is handed to
 * `applied` in order, after it was stored. Nothing is stored unless the fit is JOURNAL_FITS. -EBADMSG when the batch is
 * malformed or its chain does not meet its head.
 */
struct journal_sink {
    int (*applied)(void *context, struct store_tx *tx, const struct record *record);
    void *context;
};
struct journal_outcome {
    enum journal_fit fit;
    uint32_t stored, duplicates;
    struct journal_marks marks; /* after it */
};
MUST_CHECK int journal_append_batch(struct store_tx *tx, struct batch_reader *batch, uint32_t store,
                                    const struct journal_sink *sink, struct journal_outcome *out_outcome);

/* Keeps a forked batch as it came, at most JOURNAL_QUARANTINE_MAX a terminal (then only the count rises). */
#define JOURNAL_QUARANTINE_MAX 200
MUST_CHECK int journal_quarantine(struct store_tx *tx, const struct batch_head *head, const char *reason,
                                  struct slice batch);

/* For journal_central.c: stores one sealed record that follows the last one. */
MUST_CHECK int journal_store_record(struct store_tx *tx, const struct record *record, uint32_t store);

/* What a verified backup holds: raises archived_through, never lowers it. */
struct journal_mark {
    uint32_t terminal, incarnation;
    uint64_t through;
};
struct journal_mark_list {
    struct journal_mark *items;
    size_t count;
};
MUST_CHECK int journal_note_archived(struct store_tx *tx, const struct journal_mark_list *list);

/* One stored record. body is copied into *buffer of cap bytes. -ENOENT. */
struct journal_entry {
    struct record record; /* body points into the caller's buffer; prev_hash is filled too */
    uint32_t store;
    int64_t received_ms;
};
MUST_CHECK int journal_find(struct store_tx *tx, struct record_id id, uint8_t buffer[RECORD_BODY_MAX],
                            struct journal_entry *out_entry);

/* Stores a record of other books, at the place and with the moment that it has there. */
MUST_CHECK int journal_copy_record(struct store_tx *tx, const struct journal_entry *entry, uint64_t position);

/* Its hash alone, as evidence; zeros for seq 0. -ENOENT. */
MUST_CHECK int journal_hash(struct store_tx *tx, struct record_id id, uint8_t out_hash[HASH_LEN]);

/* Whose record came at that place. -ENOENT. */
MUST_CHECK int journal_at(struct store_tx *tx, uint64_t position, struct record_id *out_id);

/*
 * Visits records in order of arrival, from position `after` (0 = the first), until visit returns non-zero, which is
 * passed on. The entry lives during the visit only; its prev_hash is not filled.
 */
typedef int (*journal_visit)(void *context, const struct journal_entry *entry, uint64_t position);
MUST_CHECK int journal_each(struct store_tx *tx, uint64_t after, journal_visit visit, void *context);
/*
 * The position of the last record that arrived before a moment, 0 = none did. By halves, not one after the other: the
 * journal is long, and a record that a wrong clock dated hides none of the others, unless it is one that is looked at.
 */
MUST_CHECK int journal_before(struct store_tx *tx, int64_t received_ms, uint64_t *out_position);
/* The last `limit` of them, in the same order. */
MUST_CHECK int journal_each_newest(struct store_tx *tx, uint32_t limit, journal_visit visit, void *context);

/*
 * What central itself decided. Body: a deterministic CBOR map of what is not zero, keys in this order (0 key, 1 who,
 * 2 what, 3 why, 4 brand, 5 store, 6 terminal, 7 member, 8 campaign, 9 serial, 10 epoch, 11 use number, 12 transfer,
 * 13 number, 14 amount, 15 hash of the first and 16 of the second record of evidence).
 */
struct journal_fact {
    const char *key;  /* what it is about, e.g. "coupon 1001-12"; NULL = left out, as all texts */
    const char *who;  /* an operator, or NULL: central's own rules */
    const char *what; /* "issued", "price changed" */
    const char *why;
    uint32_t brand, store, terminal;
    uint64_t member;
    struct coupon_id coupon;
    uint32_t epoch, use_no;
    uint64_t transfer;
    uint64_t number; /* any other number it is about */
    int64_t amount_minor;
    const uint8_t *evidence_a, *evidence_b; /* HASH_LEN each, or NULL */
};
MUST_CHECK int journal_append_central(struct store_tx *tx, enum record_kind kind, const struct journal_fact *fact);
/* Texts are copied into texts[cap], evidence points into body. -EBADMSG, -ENOSPC. */
MUST_CHECK int journal_fact_decode(struct slice body, struct journal_fact *out_fact, char *texts, size_t cap);

/*
 * Looks at every record as it lies in the file, and at each chain's head and the signature over it. What is damaged is
 * handed to `damaged`: of a chain the first record only, because nothing after it can be vouched for, but every chain.
 */
enum journal_fault {
    JOURNAL_BAD_RECORD,    /* not as it was written, missing, or not to be read */
    JOURNAL_BAD_STORE,     /* the record is sound; the store that stands beside it is another's */
    JOURNAL_BAD_HEAD,      /* what is noted of the chain's end; `at` is its last record */
    JOURNAL_BAD_SIGNATURE, /* what the terminal signed is not this end, or it did not sign it */
};
struct journal_damage {
    enum journal_fault fault;
    struct record_id at;
};
struct journal_watch {
    void (*damaged)(void *context, const struct journal_damage *damage);
    void *context;
};
struct journal_report {
    uint64_t records, signatures; /* sound ones */
    uint64_t damages;
    bool complete;           /* every head and every record could be read */
    uint64_t not_archived;   /* in no verified backup, or not in all that are kept */
    struct record_id newest; /* that arrived last, by central's clock at the time; terminal and seq 0 = none */
    int64_t newest_ms;       /* when */
    int64_t back_ms;         /* the furthest that clock went back between two records */
    struct record_id back;   /* the one after */
};
/* -EUCLEAN with the report when something is damaged, else as db.h. watch may be NULL. */
MUST_CHECK int journal_check(struct store_tx *tx, const struct journal_watch *watch, struct journal_report *out_report);

/* The chains alone, whoever's they are: -EUCLEAN with the first that is broken. */
struct journal_finding {
    struct record_id at;
    uint64_t records; /* that are sound */
};
MUST_CHECK int journal_verify_all(struct store_tx *tx, struct journal_finding *out_finding);

#endif
