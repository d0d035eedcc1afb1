#ifndef CENTRAL_WECHAT_GUARD_H
#define CENTRAL_WECHAT_GUARD_H

/*
 * Freshness of pushes. A timestamp more than ten minutes off is refused. In plain mode the signature says nothing about
 * the body, so a signature that was seen within that time may only come again with the same message: that is WeChat's
 * own retry; anything else is somebody who copied a query. Memory is bounded: of more signatures than fit, the oldest
 * are forgotten first. Any thread.
 */

#include "domain/base.h"

#define GUARD_WINDOW_S 600

struct guard;

MUST_CHECK int guard_open(struct guard **out_guard);
void guard_close(struct guard *guard); /* NULL-safe */

/* text: seconds or milliseconds in decimal. */
bool guard_fresh(const char *text, int64_t now_s);

/* identity: what makes two pushes the same. False: the signature came with another message before. */
bool guard_admit(struct guard *guard, const char *signature, const char *identity, int64_t now_s);

#endif
