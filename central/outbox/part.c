#include "central/people.h"

#include "central/store/outbox.h"

/* The tables only: whoever sends something runs a worker of its own channels. */
const struct central_part central_outbox = {.name = "outbox", .schema = &store_schema_outbox};
