#include "internal.h"

#include "platform/file.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define JOIN_MS 50 /* between two tries to end a call */

const struct feed_order *service_find_order(const struct service *service, uint64_t order)
{
    for (uint32_t i = 0; i < service->order_count; i++) {
        if (service->orders[i].order == order)
            return &service->orders[i];
    }
    return NULL;
}

/* In the journal first, then remembered as ended: a cut in between tells it once more, and central has it already. */
int service_tell_end(struct service *service, const struct body_order_done *end)
{
    const struct service_options *o = &service->options;
    struct body body = {.kind = RECORD_ORDER_DONE, .order_done = *end};
    int r;

    memcpy(body.order_done.version, service->machine.version, sizeof(body.order_done.version));
    r = o->note(o->context, &body);
    if (r < 0 || end->order == 0)
        return r;
    state_end(&service->state, end->order);
    return state_save(service);
}

int service_restart_machine(struct service *service, char *out_reason)
{
    const struct service_options *o = &service->options;
    int r = updater_reboot(o->updater, out_reason);

    if (r < 0)
        return r;
    service->going_down = true;
    if (o->restarting != NULL)
        o->restarting(o->context);
    return 0;
}

static int64_t end_reboot(struct service *service, enum order_outcome outcome, const char *reason)
{
    struct state *state = &service->state;
    struct body_order_done end = {.order = state->reboot, .what = ORDER_REBOOT, .outcome = (uint8_t)outcome};

    snprintf(end.reason, sizeof(end.reason), "%s", reason);
    if (service_tell_end(service, &end) < 0)
        return RETRY_MS;
    state->reboot = 0;
    memset(state->reboot_boot, 0, sizeof(state->reboot_boot));
    state->reboot_tries = 0;
    return state_save(service) == 0 ? 0 : RETRY_MS;
}

/* Written down before it is done: another start of the machine is the proof that it was. */
static int64_t reboot_step(struct service *service)
{
    const struct service_options *o = &service->options;
    struct state *state = &service->state;
    char reason[UPDATER_REASON_MAX] = "";

    if (service_is_blind(service) && state->reboot_boot[0] != '\0')
        return RETRY_MS;
    if (strcmp(state->reboot_boot, service->machine.boot) != 0)
        return end_reboot(service, ORDER_DONE, "");
    if (!o->idle(o->context))
        return RETRY_MS;
    if (state->reboot_tries++ >= TRIES_MAX)
        return end_reboot(service, ORDER_FAILED, "the machine does not restart");
    if (state_save(service) < 0)
        return RETRY_MS;
    int r = service_restart_machine(service, reason);
    if (r == 0)
        return LONG_MS;
    return r == -ECANCELED ? RETRY_MS : end_reboot(service, ORDER_FAILED, reason);
}

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t begin_update(struct service *service, const struct feed_order *order)
{
    struct job *job = &service->state.update;

    memset(job, 0, sizeof(*job));
    job->order = order->order;
    job->phase = JOB_FETCHING;
    memcpy(job->version, order->version, sizeof(job->version));
    return state_save(service) == 0 ? 0 : RETRY_MS;
}

static int64_t begin_reboot(struct service *service, const struct feed_order *order)
{
    struct state *state = &service->state;

    state->reboot = order->order;
    memcpy(state->reboot_boot, service->machine.boot, sizeof(state->reboot_boot));
    state->reboot_tries = 0;
    return state_save(service) == 0 ? 0 : RETRY_MS;
}

static int64_t begin(struct service *service, const struct feed_order *order)
{
    struct body_order_done end = {.order = order->order, .what = order->what, .outcome = ORDER_OVER};

    if (order->order == service->state.reboot || order->order == service->state.update.order ||
        state_has_ended(&service->state, order->order))
        return LONG_MS;
    if (order->gone || clock_wall_ms(service->options.clock) / 1000 > (int64_t)order->expires_s) {
        snprintf(end.reason, sizeof(end.reason), "%s", order->gone ? "taken back" : "its time was over");
        return service_tell_end(service, &end) == 0 ? 0 : RETRY_MS;
    }
    switch (order->what) {
    case ORDER_LOGS:
        return logs_step(service, order);
    case ORDER_REBOOT:
        return service->state.reboot == 0 ? begin_reboot(service, order) : LONG_MS;
    case ORDER_UPDATE:
        return service->state.update.phase == JOB_NONE && !order->held ? begin_update(service, order) : LONG_MS;
    default: /* of a later version of central */
        end.outcome = ORDER_REFUSED;
        snprintf(end.reason, sizeof(end.reason), "this version does not know such an order");
        return service_tell_end(service, &end) == 0 ? 0 : RETRY_MS;
    }
}

/* Oldest first. */
static int64_t look_at_orders(struct service *service)
{
    int64_t wait_ms = LONG_MS;

    for (uint32_t i = service->order_count; i > 0 && wait_ms > 0 && !service->going_down; i--)
        wait_ms = earlier(wait_ms, begin(service, &service->orders[i - 1]));
    return wait_ms;
}

bool service_is_blind(const struct service *service)
{
    return service->machine.boot[0] == '\0';
}

/* Without its updater a device still sends logs, and says of the rest why not. */
static int look_at_machine(struct service *service)
{
    char reason[UPDATER_REASON_MAX] = "";
    int r = updater_state(service->options.updater, &service->machine, reason);

    return r == -ENODEV ? 0 : r;
}

/* What it is asked costs a process: not before each of a thousand parts, between which nothing of it changes. */
static bool knows_machine(const struct service *service)
{
    const struct job *job = &service->state.update;

    return job->phase == JOB_FETCHING && job->told >= ORDER_DOWNLOADING && !service_is_blind(service) &&
           service->state.reboot == 0;
}

static void reset(struct service *service)
{
    const struct service_options *o = &service->options;
    char reason[UPDATER_REASON_MAX] = "";

    if (updater_reset(o->updater, reason) < 0) {
        if (o->reset_failed != NULL)
            o->reset_failed(o->context, reason);
        return;
    }
    service->going_down = true;
    if (o->restarting != NULL)
        o->restarting(o->context);
}

static unsigned take_wishes(struct service *service)
{
    pthread_mutex_lock(&service->mutex);
    unsigned wishes = service->wishes;
    service->wishes = 0;
    pthread_mutex_unlock(&service->mutex);
    return wishes;
}

/* What is wished for while the device goes down comes too late. */
static void refuse_wishes(struct service *service)
{
    const struct service_options *o = &service->options;

    if (take_wishes(service) & WISH_RESET && o->reset_failed != NULL)
        o->reset_failed(o->context, "the device restarts");
}

static bool grant_wishes(struct service *service)
{
    unsigned wishes = take_wishes(service);
    if (wishes & WISH_STICK)
        stick_read(service);
    if (wishes & WISH_ACTS)
        acts_save(service);
    if (wishes & WISH_RESET)
        reset(service);
    return wishes != 0;
}

int64_t service_step(struct service *service)
{
    const struct service_options *o = &service->options;
    int64_t wait_ms;

    if (service->going_down) {
        refuse_wishes(service);
        return LONG_MS;
    }
    if (grant_wishes(service))
        return 0;
    if (o->orders(o->context, service->orders, SERVICE_ORDERS_MAX, &service->order_count) < 0)
        return RETRY_MS;
    bool busy = service->state.update.phase != JOB_NONE || service->state.reboot != 0;
    if (!busy && service->order_count == 0)
        return LONG_MS;
    if (!knows_machine(service) && look_at_machine(service) < 0)
        return RETRY_MS;
    wait_ms = service->state.reboot != 0 ? reboot_step(service) : LONG_MS;
    if (wait_ms > 0 && !service->going_down)
        wait_ms = earlier(wait_ms, update_step(service));
    if (wait_ms > 0 && !service->going_down)
        wait_ms = earlier(wait_ms, look_at_orders(service));
    return wait_ms;
}

static struct timespec until(int64_t wait_ms)
{
    struct timespec at;

    clock_gettime(CLOCK_MONOTONIC, &at);
    at.tv_sec += wait_ms / 1000;
    at.tv_nsec += wait_ms % 1000 * 1000000;
    at.tv_sec += at.tv_nsec / 1000000000;
    at.tv_nsec %= 1000000000;
    return at;
}

/* False when it closes. */
static bool wait_for_news(struct service *service, int64_t wait_ms)
{
    struct timespec end = until(wait_ms);
    int r = 0;

    pthread_mutex_lock(&service->mutex);
    while (!service->closing && !service->woken && service->wishes == 0 && r == 0)
        r = pthread_cond_timedwait(&service->changed, &service->mutex, &end);
    service->woken = false;
    bool goes_on = !service->closing;
    pthread_mutex_unlock(&service->mutex);
    return goes_on;
}

static void *run(void *argument)
{
    struct service *service = argument;
    int64_t wait_ms = 0;

    while (wait_for_news(service, wait_ms))
        wait_ms = service_step(service);
    return NULL;
}

static void free_service(struct service *service)
{
    compress_close(service->compress);
    free(service->part);
    pthread_cond_destroy(&service->changed);
    pthread_mutex_destroy(&service->mutex);
    free(service);
}

static int prepare(struct service *service)
{
    int r = file_make_dirs(service->folder, 0700);

    if (r == 0)
        r = state_load(service->folder, &service->state);
    if (r == -EBADMSG || r == -EFBIG) /* nothing that can be believed: as if nothing was under way */
        r = -ENOENT;
    if (r == -ENOENT)
        r = 0;
    service->part = malloc(SERVICE_PART_BYTES);
    if (r == 0 && service->part == NULL)
        r = -ENOMEM;
    return r < 0 ? r : compress_open(9, &service->compress);
}

int service_open(const struct service_options *options, bool threaded, struct service **out_service)
{
    struct service *service = calloc(1, sizeof(*service));
    pthread_condattr_t attributes;
    int r;

    assert(options->orders && options->fetch && options->send_logs && options->note && options->idle && options->acts);
    if (service == NULL)
        return -ENOMEM;
    service->options = *options;
    snprintf(service->folder, sizeof(service->folder), "%s", options->folder);
    snprintf(service->log_path, sizeof(service->log_path), "%s", options->log_path);
    snprintf(service->board, sizeof(service->board), "%s", options->board);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&service->changed, &attributes);
    pthread_condattr_destroy(&attributes);
    pthread_mutex_init(&service->mutex, NULL);
    r = prepare(service);
    if (r == 0 && threaded)
        r = -pthread_create(&service->thread, NULL, run, service);
    if (r < 0) {
        free_service(service);
        return r;
    }
    service->threaded = threaded;
    *out_service = service;
    return 0;
}

static void join(struct service *service)
{
    const struct service_options *o = &service->options;
    struct timespec end;

    do {
        if (o->cancel != NULL)
            o->cancel(o->context);
        end = until(JOIN_MS);
    } while (pthread_clockjoin_np(service->thread, NULL, CLOCK_MONOTONIC, &end) != 0);
}

void service_close(struct service *service)
{
    if (service == NULL)
        return;
    pthread_mutex_lock(&service->mutex);
    service->closing = true;
    pthread_cond_broadcast(&service->changed);
    pthread_mutex_unlock(&service->mutex);
    if (service->threaded)
        join(service);
    free_service(service);
}

static void wake(struct service *service, unsigned wishes)
{
    pthread_mutex_lock(&service->mutex);
    service->woken = true;
    service->wishes |= wishes;
    pthread_cond_signal(&service->changed);
    pthread_mutex_unlock(&service->mutex);
}

void service_wake(struct service *service)
{
    wake(service, 0);
}

void service_read_stick(struct service *service)
{
    wake(service, WISH_STICK);
}

void service_save_acts(struct service *service)
{
    wake(service, WISH_ACTS);
}

void service_reset(struct service *service)
{
    wake(service, WISH_RESET);
}
