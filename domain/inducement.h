#ifndef DOMAIN_INDUCEMENT_SOURCE_H
#define DOMAIN_INDUCEMENT_SOURCE_H

#include "domain/base.h"

/*
 * Words that promise something for following, sharing or inviting, however they are written: spaces, zero-width
 * characters, full-width letters and traditional characters do not hide them; a denial before them ("no need to
 * follow") is none. The platform's rule is in docs/wechat.md, "Rules".
 */

/* NULL: none; else the words as they are listed, or the act that is rewarded. UTF-8; NULL text is none. */
const char *inducement_find(const char *text);

#endif
