#ifndef CENTRAL_STORE_PEOPLE_PLACE_H
#define CENTRAL_STORE_PEOPLE_PLACE_H

#include "central/store/store.h"

/* Where a store is, WGS 84, in millionths of a degree. The phone reckons its distance; nobody tells us where it is. */
struct place {
    int32_t latitude_e6, longitude_e6;
};

/* "31.230416": at most six decimals; -EINVAL beyond ±90 and ±180. */
MUST_CHECK int place_read(const char *latitude, const char *longitude, struct place *out_place);
MUST_CHECK int people_put_place(struct store_tx *tx, uint32_t shop, const struct place *place, const char *who);
MUST_CHECK int people_find_place(struct store_tx *tx, uint32_t shop, struct place *out_place); /* -ENOENT */

#endif
