#ifndef CENTRAL_PHONE_FORM_H
#define CENTRAL_PHONE_FORM_H

#include "domain/base.h"

/* One field of an application/x-www-form-urlencoded body (WHATWG URL), decoded and NUL-terminated. -ENOENT: not there;
 * -EINVAL: broken escape or a NUL; -ENOSPC. The first of several counts. */
MUST_CHECK int form_field(struct slice form, const char *name, char *out_value, size_t cap);

#endif
