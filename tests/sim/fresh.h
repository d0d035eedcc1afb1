#ifndef TESTS_SIM_FRESH_H
#define TESTS_SIM_FRESH_H

/* The coupons that nobody has shown yet, by their home store. A coupon is named by its place among all of them. */

#include "domain/base.h"

#include <stddef.h>

struct world;
struct fresh_pool;

struct fresh {
    struct fresh_pool *pools; /* one for each home store */
    size_t pool_count;
};

void fresh_close(struct fresh *fresh);
/* places rise within a store */
void fresh_add(struct fresh *fresh, uint32_t store, size_t place);
/* Those from this place on never came to be. */
void fresh_cut(struct fresh *fresh, size_t place);
/* One of this store's; false: it has none. It stays until it is taken. */
bool fresh_of(const struct fresh *fresh, struct world *world, uint32_t store, size_t *out_place);
/* One of any other store's. */
bool fresh_elsewhere(const struct fresh *fresh, struct world *world, uint32_t store, size_t *out_place);
void fresh_take(struct fresh *fresh, uint32_t store, size_t place);

#endif
