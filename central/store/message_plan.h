#ifndef CENTRAL_STORE_MESSAGE_PLAN_H
#define CENTRAL_STORE_MESSAGE_PLAN_H

/*
 * Messages that nobody asked for, planned per follower: each with the moment it may and should arrive. A plan is made
 * in pieces (ready ends that) and put into the outbox by the clockwork piece by piece; what became of a message is read
 * from the outbox by its key.
 */

#include "central/store/message.h"

#define PLAN_TEXT_MAX 1800
#define PLAN_KEY_MAX  48

enum plan_channel { PLAN_CUSTOMER = 1, PLAN_MASS = 2, PLAN_EITHER = 3 }; /* either: the window first, then the month */
enum plan_state { PLAN_MAKING = 0, PLAN_READY = 1, PLAN_CANCELLED = 2 };
enum planned_state { PLANNED_WAITS = 0, PLANNED_ORDERED = 1, PLANNED_CANNOT = 2 };

struct message_plan {
    uint64_t id;
    char account[MESSAGE_ACCOUNT_MAX];
    enum plan_channel channel;
    enum plan_state state;
    char text[PLAN_TEXT_MAX + 1];
    char audience[96], made_by[48];
    int64_t made_ms, until_ms; /* until 0: no end */
    bool urgent;               /* a correction: replies leave in quiet hours too */
};
/* id is given by it; state PLAN_MAKING. */
MUST_CHECK int message_plan_begin(struct store_tx *tx, const struct message_plan *plan, uint64_t *out_id);
MUST_CHECK int message_plan_set_state(struct store_tx *tx, uint64_t id, enum plan_state state);
/* What has not gone to the outbox never does. */
MUST_CHECK int message_plan_cancel(struct store_tx *tx, uint64_t id);
/* At the start: what a stop in the middle left half made is cancelled. */
MUST_CHECK int message_plan_drop_half_made(struct store_tx *tx);
MUST_CHECK int message_plan_find(struct store_tx *tx, uint64_t id, struct message_plan *out_plan); /* -ENOENT */
typedef int (*message_plan_visit)(void *context, const struct message_plan *plan);
MUST_CHECK int message_plan_each(struct store_tx *tx, message_plan_visit visit, void *context); /* newest first */

/* ---- who can get what when */

struct message_wish {
    const struct message_account *account;
    enum plan_channel channel;
    int64_t from_ms, until_ms; /* until 0: no end */
    int usual_hour;            /* of the account's followers, for whom too little is known of; -1: none */
    bool at_once;              /* a correction: not at their hour but as soon as it may */
};
struct message_moment {
    enum window_answer answer;
    enum message_channel channel;
    int64_t at_ms;   /* WINDOW_OPEN: when; else 0 */
    uint32_t left;   /* WINDOW_OPEN: messages left then, this one included */
    const char *why; /* for people; "" when WINDOW_OPEN */
};
MUST_CHECK int message_moment_find(struct store_tx *tx, const struct message_wish *wish, uint64_t identity,
                                   struct message_moment *out_moment);
/* A member's follower row of an account; -ENOENT. */
MUST_CHECK int message_find_follower(struct store_tx *tx, const char *account, uint64_t member, uint64_t *out_identity);
/* Every follower who has joined. */
typedef int (*message_follower_visit)(void *context, uint64_t identity);
MUST_CHECK int message_each_follower(struct store_tx *tx, const char *account, message_follower_visit visit,
                                     void *context);

/* ---- planned messages */

struct planned_message_row {
    uint64_t plan, identity, member; /* member 0: has not joined, or left */
    enum message_channel channel;
    enum planned_state state;
    int64_t due_ms;
    uint64_t batch; /* names its order: the identity, or of a mass message its number */
    char reason[96];
};
/* A second one for the same person of the same plan changes nothing. */
MUST_CHECK int message_plan_add(struct store_tx *tx, const struct planned_message_row *row);
MUST_CHECK int message_planned_settle(struct store_tx *tx, const struct planned_message_row *row);
void message_planned_key(const struct planned_message_row *row, char out_key[PLAN_KEY_MAX]);
/* Whether something is due: a plan and a channel whose messages may go. -ENOENT. */
MUST_CHECK int message_planned_due(struct store_tx *tx, uint64_t *out_plan, enum message_channel *out_channel);
/* Those due of one plan and channel, at most limit, in order of time. */
MUST_CHECK int message_planned_take(struct store_tx *tx, const struct planned_message_row *which, size_t limit,
                                    struct planned_message_row *out_rows, size_t *out_count);
/* The next moment at which another of the same plan and channel is due; -ENOENT. */
MUST_CHECK int message_planned_next(struct store_tx *tx, const struct planned_message_row *which, int64_t *out_due_ms);

/* What became of one, for people: of the row and the outbox's word. */
enum planned_fate { FATE_WAITS, FATE_SENT, FATE_CANNOT };
enum planned_fate message_planned_fate(const struct planned_message_row *row, const char *outbox);

/* What became of a plan's messages: a row and the outbox's word ("", "waiting", "sending", "sent", "dead"). */
typedef int (*message_planned_visit)(void *context, const struct planned_message_row *row, const char *outbox,
                                     const char *reason);
MUST_CHECK int message_planned_each(struct store_tx *tx, uint64_t plan, message_planned_visit visit, void *context);

#endif
