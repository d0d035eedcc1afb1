#ifndef CENTRAL_STORE_CAMPAIGN_INTERNAL_H
#define CENTRAL_STORE_CAMPAIGN_INTERNAL_H

/* Between the files of campaign.h. */

#include "central/store/campaign.h"
#include "central/store/journal.h"
#include "central/store/query.h"

MUST_CHECK int campaign_brief_write(struct store_tx *tx, const struct campaign_entry *entry,
                                    const struct campaign_brief *brief);

#endif
