#ifndef CENTRAL_ADMIN_CAMPAIGN_JSON_H
#define CENTRAL_ADMIN_CAMPAIGN_JSON_H

#include "central/store/catalogue.h"

/*
 * A campaign as an operator writes it (docs/campaigns.md lists every key). Amounts are texts ("10.00"), days are
 * "YYYY-MM-DD" in local time, hours "HH:MM". An unknown key is refused: a misspelt limit must not silently be none.
 * -EINVAL with a sentence in out_fault.
 */
#define CAMPAIGN_FAULT_CAP 200
MUST_CHECK int campaign_from_json(const char *text, struct campaign_entry *out_entry,
                                  char out_fault[CAMPAIGN_FAULT_CAP]);

#endif
