#include "central/people.h"

#include "central/chain/kpi_file.h"
#include "central/store/programme.h"
#include "platform/log.h"

#include <stdlib.h>

#define LOOK_EVERY_MS INT64_C(60000)

struct chain {
    int64_t kpi_due_ms; /* the clockwork's, clock_mono_ms */
};

/* Failing is told once an hour: a full disk stays full for a while. */
static void make_kpi_when_due(struct central *central, struct chain *chain)
{
    int64_t now_ms = clock_mono_ms(central->clock);
    bool written = false;
    if (now_ms < chain->kpi_due_ms) {
        return;
    }
    int rc = kpi_file_make_due(central, &written);
    chain->kpi_due_ms = now_ms + (rc < 0 ? KPI_RETRIES_MS : LOOK_EVERY_MS);
    if (rc < 0) {
        log_error("chain", "the week's figures cannot be written errno=%d", -rc);
    } else if (written) {
        log_info("chain", "the week's figures are in DATA/" KPI_DIR);
    }
}

static void tick(struct central *central)
{
    struct chain *chain = central_state(central, &central_chain);
    if (chain) {
        make_kpi_when_due(central, chain);
    }
}

static int open_chain(struct central *central, void **out_state)
{
    (void)central;
    *out_state = calloc(1, sizeof(struct chain));
    return *out_state ? 0 : -ENOMEM;
}

static void stop_chain(void *state)
{
    (void)state;
}

/* What spans brands (programmes) and what leaves the house by itself (weekly figures). */
const struct central_part central_chain = {.name = "chain",
                                           .schema = &store_schema_chain,
                                           .tick = tick,
                                           .open = open_chain,
                                           .stop = stop_chain,
                                           .close = free};
