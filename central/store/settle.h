#ifndef CENTRAL_STORE_SETTLE_H
#define CENTRAL_STORE_SETTLE_H

/*
 * After a restore (docs/decisions/2026-11-22-a-restored-central-waits.md). Books that came from a backup know less than
 * the terminals were told: a grant may be in a journal that has not come up yet, or may never have reached anybody.
 * Until every terminal of the books has shown the end of its journal under the new server epoch, central gives nothing
 * that only it holds, and decides nothing about what was released to an earlier epoch. Then it places what nobody has.
 */

#include "central/store/store.h"

/* For epoch.c, in the transaction that raises the epoch: central waits from now on, and takes back what it offers. */
MUST_CHECK int settle_begin(struct store_tx *tx, uint32_t epoch);

/* Whether central waits. */
MUST_CHECK int settle_waits(struct store_tx *tx, bool *out_waits);

/*
 * What a terminal says with its feed request: it has taken this server's epoch, its journal ended at seq then, and all
 * of it had been sent. Remembered; counts once these books hold the journal that far. settle_is_news: only reads.
 */
MUST_CHECK int settle_is_news(struct store_tx *tx, uint32_t terminal, uint64_t seq, bool *out_news);
MUST_CHECK int settle_note_shown(struct store_tx *tx, uint32_t terminal, uint64_t seq);
/* A terminal that enrols with this epoch was told nothing by earlier ones. */
MUST_CHECK int settle_note_new(struct store_tx *tx, uint32_t terminal);

/* One that was removed is not waited for; what it may hold makes later grants risk re-grants. */
MUST_CHECK int settle_note_gone(struct store_tx *tx, uint32_t terminal);

/* Ends the wait when nobody is left to wait for. Costs one read while central does not wait. */
MUST_CHECK int settle_try(struct store_tx *tx);

/*
 * An operator ends the wait for one terminal (0: for all that have not shown their end): what is granted from then on
 * may be held by it too, so grants are risk re-grants until it has shown its end after all. -EALREADY: no wait.
 */
MUST_CHECK int settle_force(struct store_tx *tx, uint32_t terminal, const char *who, const char *why);
/* Whether grants of what only central holds may be held elsewhere too, because of a wait that was ended by force. */
MUST_CHECK int settle_at_risk(struct store_tx *tx, bool *out_risk);

/* What an operator is told, by whatever tells it: `admin restore status` and `doctor`. */
struct settle_status {
    bool waits, at_risk;
    uint32_t missing; /* terminals; 0 while it waits: the next word of any of them ends it */
};
MUST_CHECK int settle_status(struct store_tx *tx, struct settle_status *out_status);
#define SETTLE_WORDS_MAX 160
void settle_words(const struct settle_status *status, char out_words[SETTLE_WORDS_MAX]);

/* The terminals that central waits for. */
struct settle_missing {
    uint32_t terminal, store;
    uint64_t durable_through; /* what these books hold of it */
    int64_t last_contact_ms;
};
typedef int (*settle_visit)(void *context, const struct settle_missing *missing);
MUST_CHECK int settle_each_missing(struct store_tx *tx, settle_visit visit, void *context);

#endif
