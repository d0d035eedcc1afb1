#ifndef CENTRAL_STORE_PEOPLE_CLERK_H
#define CENTRAL_STORE_PEOPLE_CLERK_H

/* Clerks: PINs stand only as argon2id hashes (domain/clerk.h), made by the caller outside the transaction because that
 * is slow on purpose. Every change is journaled and published to the clerk's store. */

#include "central/store/store.h"
#include "domain/clerk.h"
#include "domain/feed.h"

struct clerk {
    uint32_t id;
    uint32_t brand, store;
    char name[FEED_NAME_MAX];
    uint8_t role; /* enum clerk_role */
    uint8_t pin_salt[PIN_SALT_LEN], pin_hash[PIN_HASH_LEN];
    uint32_t badge_serial; /* 0 = none; only the newest badge counts */
    uint32_t badge_expiry_s;
    bool gone;
};

MUST_CHECK int people_add_clerk(struct store_tx *tx, const struct clerk *clerk, const char *who, uint32_t *out_id);
/* Writes the row as it is now: new PIN, role, badge or departure. -ENOENT. */
MUST_CHECK int people_update_clerk(struct store_tx *tx, const struct clerk *clerk, const char *who, const char *what);
MUST_CHECK int people_find_clerk(struct store_tx *tx, uint32_t id, struct clerk *out_clerk);
typedef int (*people_clerk_visit)(void *context, const struct clerk *clerk);
MUST_CHECK int people_each_clerk(struct store_tx *tx, people_clerk_visit visit, void *context);

#endif
