#ifndef APP_TILL_FEED_ITEMS_H
#define APP_TILL_FEED_ITEMS_H

#include "books.h"

/*
 * One item into the open transaction. -EBADMSG or -EKEYREJECTED: the item itself is bad and changed nothing; -ENOTSUP:
 * a kind that this version does not know.
 */
MUST_CHECK int feed_item_apply(struct books *b, const struct feed_item *item);

#endif
