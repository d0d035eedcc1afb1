#ifndef CENTRAL_WEBHOOK_EVENT_H
#define CENTRAL_WEBHOOK_EVENT_H

/*
 * What of the journal integrators hear, as JSON (docs/webhooks.md). An event is made from its record alone, field by
 * field from a list: numbers of members, never what names a person, and no operator's words.
 */

#include "central/store/journal.h"

#include <jansson.h>

/* "all", or names separated by commas ("redemption,void"). -EINVAL. */
MUST_CHECK int webhook_events_parse(const char *names, uint64_t *out_events);
/* The names, separated by commas. */
#define WEBHOOK_EVENTS_TEXT_MAX 384
void webhook_events_text(uint64_t events, char out_text[WEBHOOK_EVENTS_TEXT_MAX]);

/* NULL: no event, or none of those that are wanted. The caller's. */
json_t *webhook_event_of(const struct journal_entry *entry, uint64_t position, uint64_t wanted);

#endif
