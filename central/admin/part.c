#include "central/people.h"

#include "central/admin/command.h"
#include "central/phone/handlers.h"
#include "central/phone/limits.h"
#include "central/store/people_activity.h"
#include "central/store/people_privacy.h"
#include "central/store/people_touchpoint.h"
#include "domain/body.h"
#include "platform/log.h"

#include <stdlib.h>

#define TIERS_MAX 500 /* in one transaction */

static const struct http_route routes[] = {
    {.method = "GET", .pattern = "/m/{ticket}", .handler = phone_show_page},
    {.method = "POST", .pattern = "/m/{ticket}/join", .handler = phone_join, .max_body = PHONE_FORM_MAX},
    {.method = "GET", .pattern = "/m/{ticket}/privacy", .handler = phone_show_privacy},
    {.method = "POST", .pattern = "/m/{ticket}/privacy", .handler = phone_set_privacy, .max_body = PHONE_FORM_MAX},
    {.method = "GET", .pattern = "/m/{ticket}/data.json", .handler = phone_show_data},
    {.method = "POST", .pattern = "/m/{ticket}/tags", .handler = phone_set_tags, .max_body = PHONE_FORM_MAX},
    {.method = "POST", .pattern = "/m/{ticket}/claim", .handler = phone_claim, .max_body = PHONE_FORM_MAX},
    {.method = "POST", .pattern = "/m/{ticket}/answer", .handler = phone_answer_survey, .max_body = PHONE_FORM_MAX},
    {.method = "POST", .pattern = "/m/{ticket}/erase", .handler = phone_erase, .max_body = PHONE_FORM_MAX},
    {.method = "POST", .pattern = "/m/{ticket}/merge", .handler = phone_merge, .max_body = PHONE_FORM_MAX},
    {.method = "GET", .pattern = "/m/{ticket}/code.png", .handler = phone_show_code},
    {.method = "GET", .pattern = "/m/{ticket}/coupon/{file}", .handler = phone_show_coupon},
};

/* How long a terminal showed a touchpoint's QR opens the funnel; what members do is kept. */
static int applied(struct store_tx *tx, const struct record *record, uint32_t store)
{
    struct body body;
    (void)store;
    if (record->kind != RECORD_QR_SHOWN || body_decode(record->kind, record->body, &body) < 0) {
        return people_note_record(tx, record);
    }
    return people_count_step(tx, body.qr_shown.touchpoint, FUNNEL_SHOWN, body.qr_shown.seconds);
}

struct tier_run {
    uint32_t brand;
    bool more;
};

static int run_tiers(void *arg, struct store_tx *tx)
{
    struct tier_run *run = arg;
    return people_run_tiers(tx, run->brand, TIERS_MAX, &run->more);
}

struct scrub {
    struct central *central;
    int64_t since_ms;
};

static int run_scrubbed(void *arg, struct store_tx *tx)
{
    struct scrub *scrub = arg;
    return people_scrubbed(tx, scrub->since_ms);
}

static void finish_scrub(void *arg, int result)
{
    (void)result;
    free(arg);
}

static int run_nothing(void *arg, struct store_tx *tx)
{
    (void)arg;
    (void)tx;
    return 0;
}

/* The writer's thread, after a commit: the one moment at which the log may be emptied. While somebody reads it waits
 * for the next tick. */
static void scrub_now(void *arg, int result)
{
    struct scrub *scrub = arg;
    struct writer_job job = {.lane = WRITER_BULK, .run = run_scrubbed, .done = finish_scrub, .arg = scrub};
    int rc = result < 0 ? result : people_scrub(scrub->central->store);
    if (rc < 0 || writer_submit(scrub->central->writer, &job) < 0) {
        free(scrub);
    }
}

/* What was erased still stands in the log of the books until that was emptied. */
static void scrub_when_due(struct central *central)
{
    struct store_tx tx;
    int64_t since_ms = 0;
    int rc = store_read_begin(central->store, &tx);
    if (rc == 0) {
        rc = people_scrub_due(&tx, &since_ms);
        store_read_end(&tx);
    }
    struct scrub *scrub = rc == 0 && since_ms ? calloc(1, sizeof(*scrub)) : NULL;
    if (!scrub) {
        return;
    }
    *scrub = (struct scrub){central, since_ms};
    struct writer_job job = {.lane = WRITER_BULK, .run = run_nothing, .done = scrub_now, .arg = scrub};
    if (writer_submit(central->writer, &job) < 0) {
        free(scrub);
    }
} // NOLINT(clang-analyzer-unix.Malloc): once submitted, the job frees it

/* Tiers follow from days: once a day for each member, a piece at a time so that nobody waits for all of them. */
static void run_tiers_when_due(struct central *central)
{
    struct store_tx tx;
    struct tier_run run = {.more = true};
    int rc = store_read_begin(central->store, &tx);
    if (rc == 0) {
        rc = people_next_tiers(&tx, &run.brand);
        store_read_end(&tx);
    }
    while (rc == 0 && run.more) {
        rc = writer_call(central->writer, run_tiers, &run);
    }
    if (rc < 0 && rc != -ENOENT && rc != -EPIPE) {
        log_error("people", "tiers of members could not be reckoned errno=%d", -rc);
    }
}

static void tick(struct central *central)
{
    run_tiers_when_due(central);
    scrub_when_due(central);
}

static int open_limits(struct central *central, void **out_limits)
{
    struct phone_limits *limits = NULL;
    (void)central;
    int rc = phone_limits_open(&limits);
    *out_limits = limits;
    return rc;
}

static void stop_limits(void *limits)
{
    (void)limits;
}

static void close_limits(void *limits)
{
    phone_limits_close(limits);
}

const struct central_part central_people = {.name = "people",
                                            .schema = &store_schema_people,
                                            .public_routes = routes,
                                            .public_route_count = ARRAY_LEN(routes),
                                            .applied = applied,
                                            .tick = tick,
                                            .open = open_limits,
                                            .stop = stop_limits,
                                            .close = close_limits,
                                            .admin_line = admin_line};
