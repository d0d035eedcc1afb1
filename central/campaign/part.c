#include "central/people.h"

#include "central/campaign/work.h"
#include "central/store/campaign_pool.h"
#include "central/store/campaign_survey.h"
#include "platform/log.h"

#define BATCH 200 /* in one transaction: others wait no longer than that takes */

static int run_targets(void *arg, struct store_tx *tx)
{
    return campaign_run_targets(tx, BATCH, arg);
}

static int run_expiry(void *arg, struct store_tx *tx)
{
    return campaign_run_expiry(tx, BATCH, arg);
}

static int run_release(void *arg, struct store_tx *tx)
{
    return campaign_run_release(tx, BATCH, arg);
}

static int run_pools(void *arg, struct store_tx *tx)
{
    return campaign_run_pools(tx, BATCH, arg);
}

static const struct job {
    const char *what;
    int (*run)(void *arg, struct store_tx *tx);
} jobs[] = {
    {"coupons for a segment could not be given", run_targets},
    {"coupons that ended could not be closed", run_expiry},
    {"coupons could not be made public", run_release},
    {"stores could not be told of a pool", run_pools},
};

static void run_job(struct central *central, const struct job *job)
{
    unsigned done = BATCH;
    int rc = 0;
    while (rc == 0 && done == BATCH) {
        rc = writer_call(central->writer, job->run, &done);
    }
    if (rc < 0 && rc != -EPIPE) {
        log_error("campaign", "%s errno=%d", job->what, -rc);
    }
}

/* Most seconds there is nothing to do, and the writer is not bothered. */
static bool is_due(struct central *central)
{
    struct store_tx tx;
    bool due = false;
    int rc = store_read_begin(central->store, &tx);
    if (rc == 0) {
        rc = campaign_work_due(&tx, &due);
        store_read_end(&tx);
    }
    if (rc < 0) {
        log_error("campaign", "what is due could not be read errno=%d", -rc);
    }
    return rc == 0 && due;
}

static void tick(struct central *central)
{
    if (!is_due(central)) {
        return;
    }
    campaign_open_segments(central);
    campaign_plan_messages(central);
    for (size_t i = 0; i < ARRAY_LEN(jobs); i++) {
        run_job(central, &jobs[i]);
    }
}

static int applied(struct store_tx *tx, const struct record *record, uint32_t store)
{
    int rc = campaign_take_record(tx, record, store);
    return rc ? rc : survey_take_record(tx, record, store);
}

const struct central_part central_campaign = {
    .name = "campaign", .schema = &store_schema_campaign, .applied = applied, .tick = tick};
