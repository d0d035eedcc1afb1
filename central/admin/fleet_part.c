#include "central/people.h"

#include "central/store/fleet.h"

static int applied(struct store_tx *tx, const struct record *record, uint32_t store)
{
    (void)store;
    return fleet_note_record(tx, record);
}

const struct central_part central_fleet = {.name = "fleet", .schema = &store_schema_fleet, .applied = applied};
