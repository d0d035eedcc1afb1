#include "central/server.h"
#include "central/store/rights_lease.h"

static bool is_due(struct central *central)
{
    struct store_tx tx;
    bool due = false;
    int rc = store_read_begin(central->store, &tx);
    if (rc == 0) {
        rc = rights_leases_due(&tx, &due);
        store_read_end(&tx);
    }
    return rc == 0 && due;
}

static int ask_back(void *arg, struct store_tx *tx)
{
    return rights_run_leases(tx, arg);
}

int central_ask_leases_back(struct central *central)
{
    unsigned asked = LEASES_A_RUN;
    int rc = 0;
    if (!is_due(central))
        return 0;
    while (rc == 0 && asked == LEASES_A_RUN)
        rc = writer_call(central->writer, ask_back, &asked);
    return rc;
}
