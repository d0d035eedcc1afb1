#ifndef CENTRAL_STORE_RIGHTS_H
#define CENTRAL_STORE_RIGHTS_H

/*
 * Coupons and who may spend what (reliability.md, "Offline single use", "Conflicts", "Credit").
 *
 * The coupon's token is the grant of epoch 0 to its home store; later epochs stand in the grant log. A move: requested
 * (the holder is asked by feed) → released (the holder's journal says so) → granted (epoch + 1 in the asker's feed). So
 * there is never more than one holder. Shares of credit move the same way. Everything is derived from journals and
 * central's own records.
 */

#include "central/store/store.h"
#include "domain/authority.h"
#include "domain/body.h"
#include "domain/ledger.h"
#include "domain/token.h"

struct coupon {
    struct coupon_id id;
    uint32_t brand;
    uint64_t member; /* 0 = printed, nobody's yet */
    uint32_t home_store;
    uint16_t store_epoch;
    uint32_t valid_from_s, expiry_s, exclusive_until_s;
    char shortcode[16]; /* 12 characters */
    bool revoked;
    int64_t issued_ms;
    /* where its right is, as central knows */
    uint32_t right_epoch;
    uint32_t right_store;   /* 0 = nobody (strict: central; else released and on its way) */
    uint32_t lease_until_s; /* of that right; 0 = until the coupon ends */
    uint32_t uses;          /* redemptions of it that stand (not voided): 0 or 1 */
    uint32_t next_use_no;   /* 1, and one more after each void */
};

/*
 * Enters a coupon into the books with its campaign's mode and publishes FEED_COUPON to its home store. id.serial 0: the
 * next serial of the campaign is given; *out_id may be NULL. Journals RECORD_COUPON_ISSUED. -EEXIST when the serial or
 * the short code is taken. The token is made afterwards by token_coupon_sign from the fields.
 */
MUST_CHECK int rights_issue_coupon(struct store_tx *tx, const struct coupon *coupon, enum campaign_mode mode,
                                   struct coupon_id *out_id);
MUST_CHECK int rights_revoke_coupon(struct store_tx *tx, struct coupon_id id, const char *who, const char *why);
MUST_CHECK int rights_find_coupon(struct store_tx *tx, struct coupon_id id, struct coupon *out_coupon);
MUST_CHECK int rights_find_shortcode(struct store_tx *tx, const char *shortcode, struct coupon *out_coupon);
typedef int (*rights_coupon_visit)(void *context, const struct coupon *coupon);
/* campaign 0 or member 0 = any; newest first; at most limit. */
struct rights_coupon_filter {
    uint32_t campaign;
    uint64_t member;
    uint32_t limit;
};
MUST_CHECK int rights_each_coupon(struct store_tx *tx, const struct rights_coupon_filter *filter,
                                  rights_coupon_visit visit, void *context);

struct redemption {
    struct record_id record;
    uint32_t store;
    struct body_redemption body;
    bool voided;
};
/* The one that stands for (coupon, use number). -ENOENT. */
MUST_CHECK int rights_find_redemption(struct store_tx *tx, struct coupon_id coupon, uint32_t use_no,
                                      struct redemption *out_redemption);
typedef int (*rights_redemption_visit)(void *context, const struct redemption *redemption);
MUST_CHECK int rights_each_redemption(struct store_tx *tx, uint32_t store, rights_redemption_visit visit,
                                      void *context);

enum conflict_kind {
    CONFLICT_DOUBLE = 1,    /* (coupon, use number) was already taken, by a rightful redemption */
    CONFLICT_NO_RIGHT = 2,  /* redeemed where the right was not */
    CONFLICT_BUDGET = 3,    /* without the right, within an offline budget */
    CONFLICT_WRITE_OFF = 4, /* after a write-off re-granted the right, or who followed a primary lacked its last acts */
};
struct conflict {
    uint64_t id;
    enum conflict_kind kind;
    struct coupon_id coupon; /* 0-0: credit that was spent twice */
    uint32_t use_no;
    struct record_id record;    /* the one that does not count */
    struct record_id canonical; /* the one that does; terminal 0 = none */
    uint32_t store;
    uint64_t member;
    uint32_t clerk;
    uint8_t mode;
    uint32_t policy_version;
    uint32_t sync_age_s;
    int64_t discount_minor;    /* credit: what was overdrawn */
    int64_t budget_used_minor; /* by that terminal offline when it happened, as central reckons */
    int64_t found_ms;
    uint64_t displaced; /* where central's record stands that made it one (rights_displace.h); 0 = it never counted */
};
typedef int (*rights_conflict_visit)(void *context, const struct conflict *conflict);
MUST_CHECK int rights_each_conflict(struct store_tx *tx, rights_conflict_visit visit, void *context);
/* A piece of a long list: after a number of it (0 = from the first), at most so many. */
struct rights_range {
    uint64_t after;
    int64_t limit;
};
MUST_CHECK int rights_list_conflicts(struct store_tx *tx, struct rights_range range, rights_conflict_visit visit,
                                     void *context);
MUST_CHECK int rights_find_conflict(struct store_tx *tx, uint64_t id, struct conflict *out_conflict);

/* A right that was given on although somebody may still use it; in order of `transfer`. */
struct write_off {
    uint64_t transfer;
    struct coupon_id coupon;
    uint32_t epoch, store;
    int64_t granted_ms;
    bool used;          /* by now, by whomever */
    uint64_t conflicts; /* that came of it */
};
typedef int (*rights_write_off_visit)(void *context, const struct write_off *write_off);
MUST_CHECK int rights_list_write_offs(struct store_tx *tx, struct rights_range range, rights_write_off_visit visit,
                                      void *context);

/* The invariant: redemption records = canonical + conflicts. unexplained must be 0. */
struct rights_totals {
    uint64_t records, canonical, conflicts, write_offs; /* of redemptions; grants at risk */
    uint64_t credit_conflicts;
    uint64_t problems;    /* redemption records that say what cannot be: kept, listed, not counted */
    uint64_t leases_over; /* rights of coupons that are still good, not back from their lease (rights_lease.h) */
    int64_t unexplained;
};
MUST_CHECK int rights_totals(struct store_tx *tx, struct rights_totals *out_totals);

/* Sanity of any amount that a record states, in minor units: above it the record is kept as a problem. */
#define RIGHTS_AMOUNT_MAX INT64_C(1000000000000)

/* ---- taking in journals: called by records.h for each new record of a terminal of `store` */
MUST_CHECK int rights_apply_redemption(struct store_tx *tx, const struct record *record, uint32_t store,
                                       const struct body_redemption *body);
MUST_CHECK int rights_apply_void(struct store_tx *tx, const struct body_void *body);
MUST_CHECK int rights_apply_right(struct store_tx *tx, const struct record *record, uint32_t store,
                                  const struct body_right *body);
MUST_CHECK int rights_apply_share(struct store_tx *tx, const struct record *record, uint32_t store,
                                  const struct body_share *body);
/* Earned, spent or voided at store: changes the share held there. Below nothing it is a question (uncovered.h). */
MUST_CHECK int rights_share_add(struct store_tx *tx, uint64_t member, struct owner owner, uint32_t store,
                                int64_t amount_minor);
MUST_CHECK int rights_share_at(struct store_tx *tx, uint64_t member, struct owner owner, uint32_t store,
                               int64_t *out_share_minor);

/* Shares are authority, not accounts: all of a member's, of one owner, are the balance of its credit account. Store 0
 * is central's hand. -EUCLEAN and the first account that differs. */
MUST_CHECK int rights_shares_verify(struct store_tx *tx, char out_account[ACCOUNT_MAX]);

/* ---- asking: POST /v1/authority. Decides, starts a move if one is needed, says what to answer now. */
struct rights_asker {
    uint32_t terminal, store, brand;
};
MUST_CHECK int rights_ask_right(struct store_tx *tx, const struct rights_asker *asker,
                                const struct authority_request *request, struct authority_answer *out_answer);
MUST_CHECK int rights_ask_credit(struct store_tx *tx, const struct rights_asker *asker,
                                 const struct authority_request *request, struct authority_answer *out_answer);
/* What other stores hold of the member's credit that the asker's store takes; nothing changes. */
MUST_CHECK int rights_look_credit(struct store_tx *tx, const struct rights_asker *asker,
                                  const struct authority_request *request, struct authority_answer *out_answer);
/* A short code: which coupon it is; the asker's store learns of it by FEED_COUPON. */
MUST_CHECK int rights_ask_code(struct store_tx *tx, const struct rights_asker *asker,
                               const struct authority_request *request, struct authority_answer *out_answer);
/* How a campaign of the brand binds its coupons. -ENOENT. */
MUST_CHECK int rights_campaign_mode(struct store_tx *tx, uint32_t brand, uint32_t campaign,
                                    enum campaign_mode *out_mode);
/* A genuine token of a coupon that is not in the books (they were restored): takes it in, or completes what a journal
 * told of it. Known ones are left alone. */
MUST_CHECK int rights_learn_token(struct store_tx *tx, const struct coupon_token *token, enum campaign_mode mode);
/* How a move stands, read only: for requests that wait. -ENOENT for an unknown request id. */
MUST_CHECK int rights_ask_again(struct store_tx *tx, const struct rights_asker *asker,
                                const struct authority_request *request, struct authority_answer *out_answer);

/* A manager writes off a holder that will not come back: the right is re-granted at risk to `store` (exposure). */
MUST_CHECK int rights_write_off(struct store_tx *tx, struct coupon_id coupon, uint32_t store, const char *who,
                                const char *why);

#endif
