#include "central/people.h"

#include "central/store/programme.h"

/* What spans brands (programmes) and what leaves the house (webhooks, exports, weekly figures). */
const struct central_part central_chain = {.name = "chain", .schema = &store_schema_chain};
