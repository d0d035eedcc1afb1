#include "central/people.h"

#include "central/store/campaign.h"

const struct central_part central_campaign = {.name = "campaign", .schema = &store_schema_campaign};
