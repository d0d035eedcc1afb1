#ifndef APP_TILL_FEED_ITEMS_H
#define APP_TILL_FEED_ITEMS_H

#include "books.h"

/*
 * One item into the open transaction. -EBADMSG or -EKEYREJECTED: the item itself is bad and changed nothing; -ENOTSUP:
 * a kind that this version does not know.
 */
MUST_CHECK int feed_item_apply(struct books *b, const struct feed_item *item);

/* feed_authority.c: rights and shares that central moves; each change is a journal record. */
MUST_CHECK int feed_apply_right_grant(struct books *b, struct slice body);
MUST_CHECK int feed_apply_right_request(struct books *b, struct slice body);
MUST_CHECK int feed_apply_share_grant(struct books *b, struct slice body);
MUST_CHECK int feed_apply_share_request(struct books *b, struct slice body);

#endif
