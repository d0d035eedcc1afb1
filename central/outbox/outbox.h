#ifndef CENTRAL_OUTBOX_OUTBOX_H
#define CENTRAL_OUTBOX_OUTBOX_H

/*
 * The worker that empties the outbox: claims an item in one transaction, sends it outside of any, settles it in
 * another. A process that dies in between sends the item again after its start, so channels make their calls repeatable
 * where the other side allows it.
 *
 * With threads it has one of its own; without (simulations, admin on closed books) outbox_run does the work.
 */

#include "central/server.h"
#include "central/store/outbox.h"

struct outbox;

enum outbox_verdict {
    OUTBOX_DONE,     /* it left, or had left before */
    OUTBOX_LATER,    /* this item failed: again after a back-off */
    OUTBOX_HOLD_API, /* nothing of this interface before until_ms; the item keeps its place */
    OUTBOX_HOLD_ALL, /* the other side is in trouble: the account rests for a back-off; the item keeps its place */
    OUTBOX_NOT_YET,  /* this item not before until_ms; no failure of its own */
    OUTBOX_NEVER,    /* it cannot be sent: dead, with the reason */
};

struct outbox_outcome {
    enum outbox_verdict verdict;
    int64_t until_ms; /* OUTBOX_HOLD_API, OUTBOX_NOT_YET */
    char reason[OUTBOX_REASON_MAX];
    void *result; /* for settled; the channel's */
};

/* What a channel does. context is its own. */
struct outbox_channel {
    const char *name;
    /* NULL, or: in the transaction that claims it, may it leave now? OUTBOX_DONE: yes. Any other verdict settles it
     * there and then, and its call is not counted. */
    int (*admit)(void *context, struct store_tx *tx, const struct outbox_item *item, struct slice body,
                 struct outbox_outcome *out_outcome);
    /* NULL, or: in the transaction that settles an admitted item which did not leave after all. */
    int (*unsent)(void *context, struct store_tx *tx, const struct outbox_item *item);
    /* Blocking, the outbox's thread (or outbox_run's caller). Nothing is open meanwhile. */
    void (*send)(void *context, const struct outbox_item *item, struct slice body, struct outbox_outcome *out_outcome);
    /* NULL, or: in the transaction that settles it as done, to book what came back. Refusing (-errno) makes it LATER.
     */
    int (*settled)(void *context, struct store_tx *tx, const struct outbox_item *item, struct slice body, void *result);
    /* NULL, or: releases result. */
    void (*release)(void *context, void *result);
    void *context;
};

struct outbox_options {
    struct central *central;
    const struct outbox_channel *channels; /* live as long as the outbox */
    size_t channel_count;
    /* The keys that seal bodies. */
    int (*keys)(const struct central *central, struct channel_keys *out_keys);
};

MUST_CHECK int outbox_open(const struct outbox_options *options, struct outbox **out_outbox);
void outbox_stop(struct outbox *outbox);  /* the thread ends after the item under way; NULL-safe */
void outbox_close(struct outbox *outbox); /* after outbox_stop; NULL-safe */

void outbox_wake(struct outbox *outbox); /* something was put in; any thread; NULL-safe */

/* Sends at most limit items; *out_done says how many were settled. Storage errors end it. */
MUST_CHECK int outbox_run(struct outbox *outbox, unsigned limit, unsigned *out_done);

#endif
