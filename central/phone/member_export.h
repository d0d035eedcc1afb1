#ifndef CENTRAL_PHONE_MEMBER_EXPORT_H
#define CENTRAL_PHONE_MEMBER_EXPORT_H

/*
 * Everything that is kept about one member, as one JSON object (docs/members.md says what each key is): for the person,
 * on the page or from head office. It names the person: never to be logged or kept.
 */

#include "central/store/people_privacy.h"

#include <jansson.h>

/* -ENOENT: no such member. *out_json is the caller's. */
MUST_CHECK int member_export(struct store_tx *tx, const struct channel_keys *keys, uint64_t member, json_t **out_json);

#endif
