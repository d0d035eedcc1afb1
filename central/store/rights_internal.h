#ifndef CENTRAL_STORE_RIGHTS_INTERNAL_H
#define CENTRAL_STORE_RIGHTS_INTERNAL_H

/* Between the files of rights.h. */

#include "central/store/feed.h"
#include "central/store/journal.h"
#include "central/store/query.h"
#include "central/store/rights.h"

struct coupon_row {
    struct coupon coupon;
    enum campaign_mode mode;
    bool lost; /* released to an earlier epoch of this server: somebody may hold it, central does not know who */
};

MUST_CHECK int coupon_row_find(struct store_tx *tx, struct coupon_id id, struct coupon_row *out_row);
MUST_CHECK int coupon_row_insert(struct store_tx *tx, const struct coupon_row *row);
/* right_epoch, right_store, lost, uses, next_use_no, revoked */
MUST_CHECK int coupon_row_update(struct store_tx *tx, const struct coupon_row *row);
MUST_CHECK int coupon_publish(struct store_tx *tx, const struct coupon *coupon, uint32_t store, uint64_t *out_position);

struct grant_row {
    uint32_t epoch, store, use_no;
    uint64_t transfer;
    bool risk;
    uint64_t position;
};
MUST_CHECK int grant_find(struct store_tx *tx, struct coupon_id id, uint32_t epoch, struct grant_row *out_grant);
MUST_CHECK int grant_insert(struct store_tx *tx, struct coupon_id id, const struct grant_row *grant);

enum transfer_kind { TRANSFER_RIGHT = 1, TRANSFER_SHARE = 2 };
enum transfer_state {
    TRANSFER_OPEN = 1,
    TRANSFER_GRANTED = 2,
    TRANSFER_USED = 3,
    TRANSFER_REVOKED = 4,
    TRANSFER_REFUSED = 5
};

struct transfer {
    uint64_t id; /* server epoch in the upper half */
    enum transfer_kind kind;
    enum transfer_state state;
    uint8_t request_id[REQUEST_ID_LEN];
    struct coupon_id coupon;
    uint32_t epoch; /* right: the one to be released */
    uint64_t member;
    struct owner owner;
    int64_t amount_minor;
    uint32_t from_store, to_store, to_terminal;
    int64_t asked_ms;
    uint64_t position; /* of the grant, in the asker's lane */
};

MUST_CHECK int transfer_insert(struct store_tx *tx, struct transfer *transfer); /* gives the id */
MUST_CHECK int transfer_update(struct store_tx *tx, const struct transfer *transfer);
MUST_CHECK int transfer_find(struct store_tx *tx, uint64_t id, struct transfer *out_transfer);
MUST_CHECK int transfer_find_request(struct store_tx *tx, uint32_t terminal, const uint8_t request_id[REQUEST_ID_LEN],
                                     struct transfer *out_transfer);
MUST_CHECK int transfer_find_open_right(struct store_tx *tx, struct coupon_id id, struct transfer *out_transfer);
MUST_CHECK int transfer_find_open_share(struct store_tx *tx, const struct transfer *like,
                                        struct transfer *out_transfer);
/* Ends the open move of a coupon's right, if there is one: its holder is no longer asked, its asker is woken. */
MUST_CHECK int transfer_end_right(struct store_tx *tx, const struct coupon *coupon, enum transfer_state state);

/* Answer to the asker of a move. */
MUST_CHECK int answer_for_transfer(struct store_tx *tx, const struct transfer *transfer,
                                   struct authority_answer *out_answer);
MUST_CHECK int answer_used(struct store_tx *tx, const struct coupon *coupon, struct authority_answer *answer);

/* A record that says what cannot be: kept, noted, passed over. */
MUST_CHECK int record_note_problem(struct store_tx *tx, struct record_id id, uint16_t kind, const char *reason);

#endif
