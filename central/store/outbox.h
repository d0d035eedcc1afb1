#ifndef CENTRAL_STORE_OUTBOX_H
#define CENTRAL_STORE_OUTBOX_H

/*
 * Everything that leaves central for somebody else's server waits here first, in the transaction that decided it. An
 * item is known by its key, so that deciding twice sends once; items of one lane leave one after the other; what cannot
 * leave keeps its place until it is sent, dead with a reason, or out of date. An item never names a person: the
 * recipient is looked up when it leaves, and its body is sealed.
 *
 * Holds stop an account, or one of its interfaces, for a while: the platform's trouble, not the items'. So an outage
 * costs no attempt and changes no order.
 */

#include "central/store/wechat_keys.h"

extern const struct store_schema store_schema_outbox;

#define OUTBOX_KEY_MAX    96
#define OUTBOX_API_MAX    24
#define OUTBOX_REASON_MAX 120
#define OUTBOX_BODY_MAX   (32 * 1024)

enum outbox_state { OUTBOX_WAITING = 0, OUTBOX_SENDING = 1, OUTBOX_SENT = 2, OUTBOX_DEAD = 3 };

struct outbox_order {
    const char *channel;   /* who sends it, "wechat" */
    const char *account;   /* of the channel */
    const char *api;       /* which quota it counts against */
    const char *key;       /* unique within the channel */
    uint64_t lane;         /* 0: no order; else e.g. the recipient's identity */
    int64_t not_before_ms; /* 0: now */
    int64_t expires_ms;    /* 0: never; later it is dead, "out of date" */
    struct slice body;     /* what the channel needs to send it */
};
/* -EEXIST: an item of this key is there, in whatever state; -E2BIG. */
MUST_CHECK int outbox_put(struct store_tx *tx, const struct channel_keys *keys, const struct outbox_order *order,
                          uint64_t *out_id);

struct outbox_item {
    uint64_t id, lane;
    char channel[16], account[ACCOUNT_NAME_MAX], api[OUTBOX_API_MAX], key[OUTBOX_KEY_MAX];
    char reason[OUTBOX_REASON_MAX]; /* of the last failure */
    uint32_t attempts;
    int64_t made_ms, due_ms, expires_ms;
    enum outbox_state state;
};

/* What outbox_claim would take if no quota stood against it; for looking from a snapshot. -ENOENT. */
MUST_CHECK int outbox_peek(struct store_tx *tx, struct outbox_item *out_item);

/* Claims the next item that may leave: due, first of its lane, not held, within its quota of the day. It is SENDING
 * from then on. -ENOENT: none. The body is appended to *out_body. */
MUST_CHECK int outbox_claim(struct store_tx *tx, const struct channel_keys *keys, struct outbox_item *out_item,
                            struct buffer *out_body);

/* Settling what was claimed. */
MUST_CHECK int outbox_settle_sent(struct store_tx *tx, uint64_t id);
MUST_CHECK int outbox_settle_dead(struct store_tx *tx, uint64_t id, const char *reason);
/* Again at due_ms. counts: it was the item's own failure (attempts goes up). */
MUST_CHECK int outbox_settle_again(struct store_tx *tx, uint64_t id, int64_t due_ms, bool counts, const char *reason);

/* What was being sent when the process ended waits again: nobody knows whether it arrived. At start. */
MUST_CHECK int outbox_release_all(struct store_tx *tx, uint64_t *out_count);
/* Items of a lane that have not left are deleted, and the bodies of those that have: its recipient is gone. */
MUST_CHECK int outbox_forget_lane(struct store_tx *tx, uint64_t lane);
/* Items past their time are dead. Sent items older than keep_ms are deleted. */
MUST_CHECK int outbox_expire(struct store_tx *tx, int64_t keep_ms);

/* api "": the whole account. A hold only ever grows; failures counts how often in a row (outbox_clear_hold ends it). */
MUST_CHECK int outbox_hold(struct store_tx *tx, const char *account, const char *api, int64_t until_ms,
                           const char *reason);
MUST_CHECK int outbox_clear_hold(struct store_tx *tx, const char *account);
MUST_CHECK int outbox_hold_failures(struct store_tx *tx, const char *account, uint32_t *out_failures);

/* The day's quota of an account's interface (days of China Standard Time). */
MUST_CHECK int outbox_set_quota(struct store_tx *tx, const char *account, const char *api, uint32_t per_day);
MUST_CHECK int outbox_quota_used(struct store_tx *tx, const char *account, const char *api, uint32_t *out_used,
                                 uint32_t *out_limit);
/* Counts one call beside the outbox (a token, a QR at the operator's word); -EDQUOT when the day is used up. */
MUST_CHECK int outbox_count_call(struct store_tx *tx, const char *account, const char *api);
/* Takes such a count back: the call did not take place. */
MUST_CHECK int outbox_uncount_call(struct store_tx *tx, const char *account, const char *api);
/* The first millisecond of the next day of China Standard Time. */
int64_t outbox_next_day_ms(int64_t now_ms);

/* ---- for the operator */
typedef int (*outbox_visit)(void *context, const struct outbox_item *item);
/* Newest first; state < 0: all. */
MUST_CHECK int outbox_each(struct store_tx *tx, int state, uint32_t limit, outbox_visit visit, void *context);
/* A dead item waits again, with a new life of its own; -ENOENT, -EPERM (not dead). */
MUST_CHECK int outbox_retry(struct store_tx *tx, uint64_t id);
struct outbox_counts {
    uint64_t waiting, sending, sent, dead;
    int64_t oldest_ms; /* of the waiting; 0: none */
};
MUST_CHECK int outbox_count(struct store_tx *tx, struct outbox_counts *out_counts);

struct outbox_hold_row {
    char account[ACCOUNT_NAME_MAX], api[OUTBOX_API_MAX], reason[OUTBOX_REASON_MAX];
    int64_t until_ms;
};
typedef int (*outbox_hold_visit)(void *context, const struct outbox_hold_row *hold);
MUST_CHECK int outbox_each_hold(struct store_tx *tx, outbox_hold_visit visit, void *context);

#endif
