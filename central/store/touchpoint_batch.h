#ifndef CENTRAL_STORE_TOUCHPOINT_BATCH_H
#define CENTRAL_STORE_TOUCHPOINT_BATCH_H

/*
 * Codes that are printed together: each is a touchpoint of its own with a serial number in its batch, so that a label
 * found on the floor can be told, printed again, and taken out of use. What was printed stays known for good.
 */

#include "central/store/people_touchpoint.h"

#define BATCH_CODES_MAX 500
#define BATCH_SIZE_MAX  16
#define BATCH_WHY_MAX   160

struct touchpoint_batch {
    uint32_t id, brand;
    char account[ACCOUNT_NAME_MAX]; /* "" = none: the codes carry their scene themselves */
    char size[BATCH_SIZE_MAX];      /* of the labels: a name of central/admin/label_sheet.h */
    char words[FEED_NAME_MAX];      /* what the labels say */
    int64_t made_ms;
    char made_by[48];
    uint32_t printings;
    int64_t printed_ms; /* 0: not yet */
    int64_t retired_ms; /* 0: in use */
    char why[BATCH_WHY_MAX];
    /* counted, not kept */
    uint32_t codes, without_code, gone;
};

struct printed_code {
    uint32_t batch, serial;
    struct touchpoint touchpoint;
};

/* Id, moment and counts are given. */
MUST_CHECK int touchpoint_batch_add(struct store_tx *tx, const struct touchpoint_batch *batch, uint32_t *out_id);
/* A new touchpoint of the batch, under the next serial; the journal says both. code->touchpoint: as for
 * people_add_touchpoint; serial and the touchpoint's numbers are filled in. */
MUST_CHECK int touchpoint_batch_add_code(struct store_tx *tx, struct printed_code *code, const char *who);
MUST_CHECK int touchpoint_batch_find(struct store_tx *tx, uint32_t id, struct touchpoint_batch *out_batch);
typedef int (*touchpoint_batch_visit)(void *context, const struct touchpoint_batch *batch);
MUST_CHECK int touchpoint_batch_each(struct store_tx *tx, touchpoint_batch_visit visit, void *context);
typedef int (*printed_code_visit)(void *context, const struct printed_code *code);
/* In order of serial, those out of use too. */
MUST_CHECK int touchpoint_batch_each_code(struct store_tx *tx, uint32_t id, printed_code_visit visit, void *context);
/* The first of the batch that is in use and for which the platform has given nothing yet; -ENOENT. */
MUST_CHECK int touchpoint_batch_next_without_code(struct store_tx *tx, uint32_t id, struct touchpoint *out_touchpoint);
/* Codes of this account that are promised to batches and not yet given: they count against its budget. */
MUST_CHECK int touchpoint_batch_promised(struct store_tx *tx, const char *account, uint32_t *out_count);
/* The journal says that all, or (serial != 0) this one, were printed. -ENOENT. */
MUST_CHECK int touchpoint_batch_note_print(struct store_tx *tx, uint32_t id, uint32_t serial, const char *who);

/* Takes one code (serial != 0) or all out of use: no store shows them any more. Who still scans one is booked as
 * before: the paper may hang. -ENOENT, -EALREADY. */
struct batch_end {
    uint32_t id, serial;
    const char *who, *why;
};
MUST_CHECK int touchpoint_batch_retire(struct store_tx *tx, const struct batch_end *end, uint32_t *out_count);

#endif
