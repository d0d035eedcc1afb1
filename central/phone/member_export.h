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

/* For this room. Words as text, or what is no UTF-8 as base64 under "<name>_base64": it is handed out as well. */
MUST_CHECK int member_export_words(json_t *row, const char *name, struct slice words);
/* What other rooms keep: questions with staff's answers, survey answers, arms of campaigns, messages sent. */
MUST_CHECK int member_export_rest(struct store_tx *tx, const struct channel_keys *keys, uint64_t member, json_t *out);
/* The lists of people_kept_lists alone, behind what stands in them. */
MUST_CHECK int member_export_kept(struct store_tx *tx, uint64_t member, json_t *out);

#endif
