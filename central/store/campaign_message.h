#ifndef CENTRAL_STORE_CAMPAIGN_MESSAGE_H
#define CENTRAL_STORE_CAMPAIGN_MESSAGE_H

/*
 * A campaign's messages as plans (message_plan.h): made when it goes live, cancelled when it pauses or ends, made again
 * for whoever did not get them when it goes on. A mass message is planned for the whole audience at once; a reply is
 * planned for each member when they act. Every official account of the campaign's brand has a plan of its own; who
 * follows several gets the message on the first of them by name.
 */

#include "central/store/campaign.h"
#include "central/store/message_plan.h"

/* What the clockwork has to do with a message of a campaign. */
enum messaging_state { MESSAGING_TO_PLAN = 0, MESSAGING_PLANNED = 1, MESSAGING_TO_CANCEL = 2, MESSAGING_CANCELLED = 3 };

/* In the transaction of a campaign's step. */
MUST_CHECK int campaign_message_go_live(struct store_tx *tx, uint32_t campaign);
MUST_CHECK int campaign_message_stop(struct store_tx *tx, uint32_t campaign);

struct messaging {
    uint32_t campaign, number; /* of the message, from 1 */
    enum messaging_state state;
};
/* The next that the clockwork has work with; -ENOENT. */
MUST_CHECK int campaign_message_due(struct store_tx *tx, struct messaging *out_messaging);
/* Whether it is still what it was: a step of the campaign may have come between. */
MUST_CHECK int campaign_message_settle(struct store_tx *tx, const struct messaging *before, enum messaging_state after,
                                       bool *out_settled);

/* A plan belongs to a message from when it is begun, so that a stop in the middle leaves nothing that runs on alone. */
MUST_CHECK int campaign_message_note_plan(struct store_tx *tx, const struct messaging *messaging,
                                          const struct message_plan *plan);
/* Whether the account's plan of it is made and not cancelled. */
MUST_CHECK int campaign_message_is_planned(struct store_tx *tx, const struct messaging *messaging, const char *account,
                                           bool *out_planned);
/* Cancels its plans, at most `limit` planned messages at a time; *out_done fewer: that was all. */
MUST_CHECK int campaign_message_cancel(struct store_tx *tx, const struct messaging *messaging, unsigned limit,
                                       unsigned *out_done);
/* Likewise what still waits in those of its plans that are cancelled. */
MUST_CHECK int campaign_message_sweep(struct store_tx *tx, const struct messaging *messaging, unsigned limit,
                                      unsigned *out_done);

/* For plan_owner.sieve: context is a struct messaging_sieve. */
struct messaging_sieve {
    struct messaging messaging;
    uint32_t brand;
    uint16_t held_permille; /* who is kept out of the campaign hears nothing of it; 0: nobody is */
    const char *account;
};
MUST_CHECK int campaign_message_sieve(void *context, struct store_tx *tx, uint64_t identity, const char **out_why);

/* ---- replies to an act */

struct follower_act {
    uint64_t identity, member; /* member 0: has not joined, gets nothing */
    const char *account;
    enum window_kind kind;
    int64_t at_ms;
};
/* Whoever acts is planned the replies that live campaigns have for such an act, each once. */
MUST_CHECK int campaign_follower_acted(struct store_tx *tx, const struct follower_act *act);
/* From now on the plan's message answers such acts. */
MUST_CHECK int campaign_message_listen(struct store_tx *tx, const struct message_plan *plan,
                                       const struct campaign_message *message);

/* ---- what became of them */

struct messaging_row {
    uint32_t number; /* from 1 */
    uint64_t plan;
    char account[MESSAGE_ACCOUNT_MAX];
    enum messaging_state state; /* of the message; of a plan that was replaced: cancelled */
    uint64_t people, sent, waits, cannot;
    char why[160]; /* the commonest reasons, with counts */
};
typedef int (*messaging_visit)(void *context, const struct messaging_row *row);
MUST_CHECK int campaign_message_each(struct store_tx *tx, uint32_t campaign, messaging_visit visit, void *context);

#endif
