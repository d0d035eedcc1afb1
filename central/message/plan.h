#ifndef CENTRAL_MESSAGE_PLAN_H
#define CENTRAL_MESSAGE_PLAN_H

/* Planning messages for many, and the clockwork that hands them to the outbox when their moment has come. */

#include "central/server.h"
#include "central/store/message_plan.h"

/* Something that has plans of its own. */
struct plan_owner {
    void *context;
    /* In the transaction that begins the plan, whose number is known then. */
    int (*begun)(void *context, struct store_tx *tx, const struct message_plan *plan);
    /* Who is left out: *out_why stays NULL: not this follower; "": passed over; else: cannot, and why. */
    int (*sieve)(void *context, struct store_tx *tx, uint64_t identity, const char **out_why);
};

/* Whom: exactly one of the ways. Members whom the account does not know are counted and passed over. */
struct plan_audience {
    const char *account;
    uint32_t segment;        /* of store/segment.h */
    const uint64_t *members; /* or these */
    size_t member_count;
    const uint64_t *identities; /* or these followers */
    size_t identity_count;
    bool all;                       /* or everybody who has joined */
    const struct plan_owner *owner; /* NULL: an operator */
};

struct plan_figures {
    uint64_t people, unknown; /* unknown: no follower of the account */
    uint64_t now, later;      /* within the hour; later */
    uint64_t shut, used_up, month_full, left;
    int64_t first_ms, last_ms; /* of those who can be reached; 0: none */
};

/* Visits everybody with their moment, in order of number. Reads only. -ENOENT: no such segment. */
typedef int (*plan_visit)(void *context, uint64_t identity, const struct message_moment *moment);
MUST_CHECK int plan_walk(struct store_tx *tx, const struct plan_audience *audience, const struct message_wish *wish,
                         plan_visit visit, void *context);
void plan_figures_add(struct plan_figures *figures, const struct message_moment *moment, int64_t now_ms);

/* Makes a plan of it, in pieces, each a transaction of its own. Not on the writer's thread. plan: its account, channel,
 * text, audience (words) and made_by. */
MUST_CHECK int plan_make(struct central *central, const struct message_plan *plan, const struct plan_audience *audience,
                         const struct message_wish *wish, struct plan_figures *out_figures, uint64_t *out_id);

/* Fills in account and usual hour; from_ms now when 0. */
MUST_CHECK int plan_wish_complete(struct store_tx *tx, struct message_account *account, struct message_wish *wish);

/* The clockwork: what is due goes to the outbox. */
void plan_tick(struct central *central);

#endif
