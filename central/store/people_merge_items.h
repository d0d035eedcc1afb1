#ifndef CENTRAL_STORE_PEOPLE_MERGE_ITEMS_H
#define CENTRAL_STORE_PEOPLE_MERGE_ITEMS_H

/* Between people_merge.c and people_merge_items.c: the rows of the books that go from one number to another, and back.
 */

#include "central/store/store.h"

struct merge_items {
    struct store_tx *tx;
    uint64_t merge, survivor, absorbed;
};

/* While the absorbed one is still a member of its own; notes what went over. */
MUST_CHECK int merge_items_move(const struct merge_items *items);
/* When it is one again: what went over and is there still goes back. */
MUST_CHECK int merge_items_return(const struct merge_items *items);

#endif
