#ifndef CENTRAL_STORE_RETENTION_H
#define CENTRAL_STORE_RETENTION_H

/*
 * Who stays: of the followers that a touchpoint won, how many were still there after 14 and after 21 days (mission F3),
 * and what winning them cost. Counted by the day of the follow, without a name: an unsubscribe leaves a number behind.
 */

#include "central/store/store.h"
#include "domain/feed.h"

#define RETENTION_EARLY_DAYS 14
#define RETENTION_LATE_DAYS  21

/* A follower of that touchpoint left after so long; touchpoint 0: unattributed. */
MUST_CHECK int retention_note_departure(struct store_tx *tx, uint32_t touchpoint, int64_t followed_ms,
                                        int64_t stayed_ms);

/* What a touchpoint cost (a flyer's print, a promoter's hours), added to what was entered before. -ENOENT. */
MUST_CHECK int retention_add_cost(struct store_tx *tx, uint32_t touchpoint, int64_t amount_minor, const char *what);

enum retention_group { RETENTION_BY_TOUCHPOINT = 0, RETENTION_BY_CLERK = 1, RETENTION_BY_STORE = 2 };

struct retention_row {
    uint32_t number;                     /* of the touchpoint, clerk or store; 0 = unattributed, nobody's */
    char shelf[FEED_NAME_MAX];           /* by touchpoint */
    uint64_t follows;                    /* all within the days looked at */
    uint64_t early_follows, early_stays; /* of those who followed 14 days ago or longer */
    uint64_t late_follows, late_stays;   /* 21 */
    uint64_t joins;
    int64_t cost_minor;
};
typedef int (*retention_visit)(void *context, const struct retention_row *row);
/* Follows and costs of the last `days`, in order of the number. */
MUST_CHECK int retention_each(struct store_tx *tx, enum retention_group group, int64_t days, retention_visit visit,
                              void *context);

#endif
