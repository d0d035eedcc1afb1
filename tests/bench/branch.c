#include "desk.h"
#include "link.h"
#include "server.h"
#include "sync.h"

#include "central/brand_keys.h"
#include "platform/file.h"
#include "sync/sync.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WAIT_TRIES       4000
#define WAIT_GAP_MS      10
#define CAMPAIGN         1002 /* of the demo: ten yuan off, no amount needed */
#define ACT_EVERY_MAX_MS 600000
#define FIRST_SERIAL     7000000000ULL
#define SERIALS          100000000000ULL

static bool link_up(void *context)
{
    (void)context;
    return true;
}

static void status_changed(void *context, const struct sync_status *status)
{
    (void)context;
    (void)status;
}

static void asked(void *context, uint32_t ticket, int error, const struct authority_answer *answer)
{
    (void)context;
    (void)ticket;
    (void)error;
    (void)answer;
}

#define KEY_PATH_MAX 160

/* key must outlive the sync. */
static int open_sync(const char *data, struct till *till, char key[KEY_PATH_MAX], struct sync **out_sync)
{
    snprintf(key, KEY_PATH_MAX, "%s/terminal.key", data);
    struct sync_options options = {.till = till,
                                   .clock = clock_real(),
                                   .random = random_real(),
                                   .key_path = key,
                                   .incarnation = {.version = "bench"},
                                   .link_up = link_up,
                                   .status_changed = status_changed,
                                   .asked = asked};
    int result = sync_transport_https(&options.transport);
    return result == 0 ? sync_open(&options, out_sync) : result;
}

static int wait_stage(struct sync *sync, enum enrol_stage stage, struct sync_status *out_status)
{
    for (int i = 0; i < WAIT_TRIES; i++) {
        sync_status_copy(sync, out_status);
        if (out_status->enrol == stage)
            return 0;
        if (out_status->enrol == ENROL_STAGE_FAILED)
            return -EPROTO;
        bench_pause_ms(WAIT_GAP_MS);
    }
    return -ETIMEDOUT;
}

/* The store's settings name this terminal as its primary, and central has what was written so far. */
static int wait_ready(struct till *till)
{
    static struct till_reference reference; /* too large for a stack; one thread */
    struct till_backlog backlog;
    for (int i = 0; i < WAIT_TRIES; i++) {
        till_reference_copy(till, &reference);
        if (reference.enrolled && reference.settings.primary_terminal == reference.terminal &&
            reference.clerk_count > 0 && till_backlog(till, &backlog) == 0 && backlog.waiting == 0)
            return 0;
        bench_pause_ms(WAIT_GAP_MS);
    }
    return -ETIMEDOUT;
}

static int enrol(const struct bench_branch_options *options, struct till *till)
{
    char ticket[ENROL_TEXT_MAX], key[KEY_PATH_MAX];
    struct sync_status status;
    struct sync *sync = NULL;
    int result = bench_server_ticket(options->server, options->store, ticket);
    if (result == 0)
        result = open_sync(options->data, till, key, &sync);
    if (result != 0)
        return result;
    sync_enrol(sync, ticket);
    result = wait_stage(sync, ENROL_STAGE_CONFIRM, &status);
    if (result == 0)
        result = bench_server_confirm(options->server, status.digits);
    if (result == 0)
        result = wait_stage(sync, ENROL_STAGE_DONE, &status);
    if (result == 0)
        result = wait_ready(till);
    sync_close(sync);
    return result;
}

/* A coupon as a phone shows it, redeemed, and the note that its receipt was printed: what a busy desk writes. */
static int sell(struct bench_desk *desk, const struct brand_keys *keys, const struct bench_branch_options *options,
                uint64_t number)
{
    char text[TOKEN_TEXT_MAX];
    uint64_t group = 0;
    struct coupon_token token = {.brand = 1,
                                 .kid = keys->coupon_kid,
                                 .coupon = {CAMPAIGN, FIRST_SERIAL + bench_scatter(number) % SERIALS},
                                 .home_store = options->store,
                                 .store_epoch = 1};
    int result = token_coupon_sign(&token, keys->coupon.secret_key, text);
    struct bench_act act = {.coupon = text,
                            .sale_minor = 1000 + (int64_t)(bench_scatter(number + 1) % 19000),
                            .member = 1 + bench_scatter(number + 2) % 4000};
    if (result == 0)
        result = bench_desk_redeem(desk, &act, &group);
    struct body note = {.kind = RECORD_RECEIPT, .receipt = {.group = group, .outcome = RECEIPT_PRINTED}};
    return result == 0 ? bench_desk_note(desk, &note) : result;
}

static int fill_journal(struct bench_desk *desk, struct sim_clock *clock, const struct bench_branch_options *options)
{
    char folder[160];
    static struct brand_keys keys; /* too large for a stack; one thread */
    struct till_backlog backlog = {0};
    snprintf(folder, sizeof(folder), "%s/keys", options->server->data);
    int result = brand_keys_load(folder, &keys);
    for (uint64_t number = 0; result == 0 && backlog.waiting < options->records; number++) {
        result = sell(desk, &keys, options, number);
        sim_clock_advance(clock, (int64_t)(bench_scatter(number) % ACT_EVERY_MAX_MS));
        if (result == 0)
            result = till_backlog(bench_desk_till(desk), &backlog);
    }
    brand_keys_finish(&keys);
    return result;
}

/* Its clock runs with the acts, so that the records are of many days. */
static int fill(const struct bench_branch_options *options)
{
    struct sim_clock clock;
    struct bench_desk *desk = NULL;
    sim_clock_init(&clock, clock_wall_ms(clock_real()));
    int result = bench_desk_open(options->data, &clock.base, &desk);
    if (result == 0)
        result = fill_journal(desk, &clock, options);
    bench_desk_close(desk);
    return result;
}

static int prepare(const struct bench_branch_options *options)
{
    struct bench_desk *desk = NULL;
    int result = file_make_dirs(options->data, 0700);
    if (result == 0)
        result = bench_desk_open(options->data, clock_real(), &desk);
    if (result == 0)
        result = enrol(options, bench_desk_till(desk));
    bench_desk_close(desk);
    return result == 0 ? fill(options) : result;
}

/* Tens of thousands of synced commits are not what is measured: they are made in memory and copied to the disk. */
int bench_branch_prepare(const struct bench_branch_options *options)
{
    char folder[] = "/dev/shm/tillside-bench-XXXXXX", command[400];
    struct bench_branch_options in_memory = *options;
    in_memory.data = mkdtemp(folder);
    if (in_memory.data == NULL)
        return -errno;
    int result = prepare(&in_memory);
    snprintf(command, sizeof(command), "cp -a '%s' '%s' && sync '%s'/*", folder, options->data, options->data);
    if (result == 0 && system(command) != 0)
        result = -EIO;
    bench_remove_tree(folder);
    return result;
}

int bench_branch_upload(const char *data, double *out_s)
{
    char key[KEY_PATH_MAX];
    struct bench_desk *desk = NULL;
    struct sync *sync = NULL;
    struct sync_status status = {.waiting = 1};
    int result = bench_desk_open(data, clock_real(), &desk);
    int64_t start = bench_now_ns();
    if (result == 0)
        result = open_sync(data, bench_desk_till(desk), key, &sync);
    while (result == 0 && (status.waiting > 0 || status.last_contact_ms == 0)) {
        sync_status_copy(sync, &status);
        bench_pause_ms(1);
        if (bench_seconds_since(start) > 300)
            result = -ETIMEDOUT;
    }
    *out_s = bench_seconds_since(start);
    if (sync != NULL)
        sync_close(sync);
    bench_desk_close(desk);
    return result;
}
