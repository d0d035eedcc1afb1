#ifndef CENTRAL_PHONE_CONSENT_H
#define CENTRAL_PHONE_CONSENT_H

#include "domain/base.h"

/*
 * What a shopper agrees to, versioned: the consent log keeps the version, so a text that was shown once never changes
 * here; a new one gets a new version (PIPL art. 14 and 17: who, why, what, how long, which rights).
 */

struct consent_point {
    const char *head, *text;
};

struct consent_text {
    const char *version;
    const struct consent_point *points;
    size_t point_count;
};

const struct consent_text *consent_current(void);

/* One that was current once may still be agreed to by a page that was opened earlier. NULL: there never was one. */
const struct consent_text *consent_find(const char *version);

#endif
