#ifndef CENTRAL_STORE_RIGHTS_INTERNAL_H
#define CENTRAL_STORE_RIGHTS_INTERNAL_H

/* Between the files of rights.h. */

#include "central/store/feed.h"
#include "central/store/journal.h"
#include "central/store/query.h"
#include "central/store/rights.h"
#include "domain/campaign.h"

struct coupon_row {
    struct coupon coupon;
    enum campaign_mode mode;
    bool lost; /* released to an earlier epoch of this server: somebody may hold it, central does not know who */
};

MUST_CHECK int coupon_row_find(struct store_tx *tx, struct coupon_id id, struct coupon_row *out_row);
MUST_CHECK int coupon_row_insert(struct store_tx *tx, const struct coupon_row *row);
/* home_store, right_epoch, right_store, lease_until_s, lost, uses, next_use_no, revoked */
MUST_CHECK int coupon_row_update(struct store_tx *tx, const struct coupon_row *row);
/* A coupon that these books lost in a restore, known from a record of `store`: taken in. seed: its id, member if known,
 * and the mode to believe when its campaign is not known either. */
MUST_CHECK int coupon_learn(struct store_tx *tx, uint32_t store, const struct coupon_row *seed,
                            struct coupon_row *out_row);
/* Learned of by a later use or by an offline budget: only its token says where it is at home, and its right with it. */
bool coupon_home_unknown(const struct coupon_row *row);
/* The campaign as its brand's stores know it. -ENOENT. */
MUST_CHECK int coupon_rules(struct store_tx *tx, uint32_t brand, uint32_t campaign, struct campaign *out_rules);
MUST_CHECK int coupon_publish(struct store_tx *tx, const struct coupon *coupon, uint32_t store, uint64_t *out_position);

struct grant_row {
    uint32_t epoch, store, use_no;
    uint64_t transfer;
    bool risk;
    uint64_t position;
    uint32_t store_epoch; /* of the store, under which it was given */
    uint32_t lease_until_s;
};
MUST_CHECK int grant_find(struct store_tx *tx, struct coupon_id id, uint32_t epoch, struct grant_row *out_grant);
MUST_CHECK int grant_insert(struct store_tx *tx, struct coupon_id id, const struct grant_row *grant);

/* Enters a grant, and that the coupon's right is there now. */
MUST_CHECK int right_given(struct store_tx *tx, struct coupon_row *row, const struct grant_row *grant);
/* The grant that a RECORD_TRANSFER says, as far as it says it; false: it is of credit. */
bool right_fact(const struct journal_fact *fact, struct grant_row *out_grant);
/* As it was issued: its right with its home, or with central. */
void coupon_row_begin(struct coupon_row *row);

/* Whether the right of that epoch was once the store's, by the token or by the grant log. */
MUST_CHECK int right_held(struct store_tx *tx, const struct coupon_row *row, uint32_t epoch, uint32_t store,
                          bool *out_held);

/* The same of a redemption: one within an offline budget was made without the right, by its own word. */
MUST_CHECK int redemption_rightful(struct store_tx *tx, const struct coupon_row *row,
                                   const struct body_redemption *body, uint32_t store, bool *out_rightful);

enum transfer_kind {
    TRANSFER_RIGHT = 1,
    TRANSFER_SHARE = 2,
    TRANSFER_RECALL = 3, /* a share that goes on under another member's number (merge_credit.h) */
};
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
    uint32_t from_store, to_store, to_terminal; /* right, to store 0: back from its lease, nobody waits for it */
    int64_t asked_ms;
    uint64_t position;         /* of the grant, in the asker's lane */
    struct credit_parts parts; /* share: what of it ends, from the release into the grant; the feed keeps them */
};

MUST_CHECK int transfer_insert(struct store_tx *tx, struct transfer *transfer); /* gives the id */
MUST_CHECK int transfer_number(struct store_tx *tx, uint64_t *out_id); /* for a grant that nobody released before */
/* Asked for by a central that was restored since; what became of it these books may not know. */
bool transfer_is_earlier(const struct store_tx *tx, uint64_t id);
MUST_CHECK int transfer_update(struct store_tx *tx, const struct transfer *transfer);
MUST_CHECK int transfer_find(struct store_tx *tx, uint64_t id, struct transfer *out_transfer);
MUST_CHECK int transfer_find_request(struct store_tx *tx, uint32_t terminal, const uint8_t request_id[REQUEST_ID_LEN],
                                     struct transfer *out_transfer);
MUST_CHECK int transfer_find_open_right(struct store_tx *tx, struct coupon_id id, struct transfer *out_transfer);
MUST_CHECK int transfer_find_open_share(struct store_tx *tx, const struct transfer *like,
                                        struct transfer *out_transfer);
/* Ends the open move of a coupon's right, if there is one: its holder is no longer asked, its asker is woken. */
MUST_CHECK int transfer_end_right(struct store_tx *tx, const struct coupon *coupon, enum transfer_state state);

/*
 * A right that nobody holds finds its next holder by central's own decision: the store that asks for it, else its home,
 * else central keeps it until somebody asks (strict, expired, revoked, used).
 */
MUST_CHECK int right_place(struct store_tx *tx, struct coupon_row *row);
/* Opens a move: who is to have it and who asked for it stand in *transfer, the rest is filled in. The holder's lane
 * says that its right is wanted back. */
MUST_CHECK int right_ask_holder(struct store_tx *tx, const struct coupon *coupon, struct transfer *transfer);
/* Under the next epoch to a store that holds it already, in the hands of another terminal now; or away from a lost one.
 */
MUST_CHECK int right_regrant(struct store_tx *tx, struct coupon_row *row, const struct grant_row *grant,
                             const char *who, const char *why);
/* Tells a store of a share that it is asked for, or given, under the transfer's number. */
struct share_lane {
    enum feed_kind kind;
    uint32_t brand, store;
};
MUST_CHECK int share_publish(struct store_tx *tx, const struct share_lane *lane, const struct transfer *transfer,
                             uint64_t *out_position);
/* Credit out of central's own hand, whose ends nobody knows any more: it begins its term anew, at the store it goes to.
 */
MUST_CHECK int share_renew(struct store_tx *tx, struct transfer *transfer);
/* Of a RECORD_TRANSFER: what it says went from one holder to another, where books are made anew. Nothing of a right's.
 */
MUST_CHECK int share_take_fact(struct store_tx *tx, const struct journal_fact *fact, struct owner owner);
MUST_CHECK int share_brand_of(struct store_tx *tx, uint32_t store, uint32_t *out_brand);
/* The whole share of a store, told to it anew: for a terminal whose books are blank. */
MUST_CHECK int share_tell(struct store_tx *tx, uint64_t member, struct owner owner, uint32_t store);
/* The same for credit that was released to an earlier epoch of this server and never granted: back to who gave it. */
MUST_CHECK int share_place_all(struct store_tx *tx);

/*
 * Credit that a central which these books do not remember moved. What was released and is not known to be granted
 * stands as the share of store 0, so that all shares together are the balance at any moment.
 */
struct share_transit {
    uint64_t transfer;
    uint64_t member;
    struct owner owner;
    int64_t amount_minor;
    uint32_t from_store, to_store; /* 0 = not known yet */
};
MUST_CHECK int share_transit_find(struct store_tx *tx, uint64_t transfer, struct share_transit *out_transit);
MUST_CHECK int share_transit_write(struct store_tx *tx, const struct share_transit *transit);
/* Between a store and central's hand; amount > 0 to the store. */
MUST_CHECK int share_transit_book(struct store_tx *tx, const struct share_transit *transit, uint32_t store,
                                  int64_t amount_minor);

/*
 * Right after a restore, before anybody is served: grants that the books offer and nobody is known to have taken go
 * back to central's hand, because a central between the backup and now may have decided otherwise. Risk re-grants stay.
 */
MUST_CHECK int grants_recall(struct store_tx *tx);

/* Answer to the asker of a move. */
MUST_CHECK int answer_for_transfer(struct store_tx *tx, const struct transfer *transfer,
                                   struct authority_answer *out_answer);
MUST_CHECK int answer_used(struct store_tx *tx, const struct coupon *coupon, struct authority_answer *answer);

/* split: credit whose settlement stands in the record's own postings; of before uncovered.h. */
MUST_CHECK int conflict_insert(struct store_tx *tx, const struct conflict *conflict);

/* The right was given again at risk, or a store's primary was followed by one that lacked its last acts. */
MUST_CHECK int conflict_is_explained(struct store_tx *tx, const struct conflict *conflict, bool *out_explained);

/* A promotion may come up after the double that it explains, and after a restore a release or a grant at risk may:
 * doubles that nothing explained are looked at again. only: of this coupon; NULL: all of the store. */
MUST_CHECK int conflicts_explain_late(struct store_tx *tx, uint32_t store, const struct coupon_id *only);

/* A record that says what cannot be: kept, noted, passed over. */
MUST_CHECK int record_note_problem(struct store_tx *tx, struct record_id id, uint16_t kind, const char *reason);

#endif
