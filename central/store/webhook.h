#ifndef CENTRAL_STORE_WEBHOOK_H
#define CENTRAL_STORE_WEBHOOK_H

/*
 * Who is told of events: an address, what it wants to hear, and how far in the journal it has heard. The journal itself
 * is what waits to be sent, so nothing is kept twice and any of it can be sent again. Secrets stand sealed.
 */

#include "central/store/wechat_keys.h"

extern const struct store_schema store_schema_webhook;

#define WEBHOOK_URL_MAX    257
#define WEBHOOK_REASON_MAX 120
#define WEBHOOK_SECRET_CAP 56 /* "whsec_" and 32 bytes as base64url, with NUL */
#define WEBHOOKS_MAX       64

enum webhook_state {
    WEBHOOK_ON = 1,
    WEBHOOK_PAUSED = 2, /* by an operator */
    WEBHOOK_DEAD = 3,   /* it answered nobody for three days, or said that it is gone */
};

struct webhook {
    uint32_t id;
    char url[WEBHOOK_URL_MAX];
    uint64_t events; /* bit n: event number n */
    enum webhook_state state;
    uint64_t position;   /* in the journal: all before is delivered */
    uint64_t pending_to; /* the delivery under way ends there: tried again it is the same; 0: none */
    uint64_t delivered;  /* events */
    uint32_t failures;   /* in a row */
    int64_t failing_ms;  /* since then; 0: it does not fail */
    int64_t due_ms, last_ms, made_ms;
    int last_status; /* HTTP; 0: no answer */
    char reason[WEBHOOK_REASON_MAX];
    int64_t old_until_ms; /* the secret before counts until then; 0: there is none */
};

struct webhook_secrets {
    char text[2][WEBHOOK_SECRET_CAP]; /* the present one, and the one before while it counts */
    size_t count;
};

/* From the journal's end on. *out_secret is shown once. -ENOSPC: WEBHOOKS_MAX. */
MUST_CHECK int webhook_add(struct store_tx *tx, const struct channel_keys *keys, const struct webhook *webhook,
                           char out_secret[WEBHOOK_SECRET_CAP], uint32_t *out_id);
MUST_CHECK int webhook_find(struct store_tx *tx, uint32_t id, struct webhook *out_webhook);
typedef int (*webhook_visit)(void *context, const struct webhook *webhook);
MUST_CHECK int webhook_each(struct store_tx *tx, webhook_visit visit, void *context);
MUST_CHECK int webhook_remove(struct store_tx *tx, uint32_t id);
/* position, pending_to, state, failures and the like; not url, events and secrets. */
MUST_CHECK int webhook_save(struct store_tx *tx, const struct webhook *webhook);
/* A new secret; the one before counts for overlap_ms more. */
MUST_CHECK int webhook_rotate(struct store_tx *tx, const struct channel_keys *keys, uint32_t id, int64_t overlap_ms,
                              char out_secret[WEBHOOK_SECRET_CAP]);
MUST_CHECK int webhook_read_secrets(struct store_tx *tx, const struct channel_keys *keys, uint32_t id,
                                    struct webhook_secrets *out_secrets);
/* The journal's last position. */
MUST_CHECK int webhook_journal_end(struct store_tx *tx, uint64_t *out_position);

#endif
