#ifndef TESTS_SIM_PUBLIC_H
#define TESTS_SIM_PUBLIC_H

/* Coupons that their members let lie: the store that holds one gives it to whoever comes, and members of other stores
 * claim it at central meanwhile. */

#include "shoppers.h"

/* From when on anybody may have the next coupon that is issued to a member; 0 = never. */
uint32_t public_choose_moment(struct world *world);
/* Somebody asks this counter for one out of its store's pool. */
void public_visit(struct terminal *t);
/* A member who lives near this store claims one that another store holds, and comes for it. */
void public_claim(struct terminal *t);
/* It was given away; r as the screen said it. */
void public_given(struct terminal *t, const struct till_redeemed *r);

#endif
