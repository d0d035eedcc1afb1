#include "internal.h"

#include <stdio.h>
#include <string.h>
#include <sys/statvfs.h>

#define MARGIN_BYTES (UINT64_C(32) << 20) /* the books need room too */

/* An update from its order to its end. Each step first writes down that it begins. */

static int64_t go(struct service *service, enum job_phase phase)
{
    service->state.update.phase = (uint8_t)phase;
    return state_save(service) == 0 ? 0 : RETRY_MS;
}

static int64_t end(struct service *service, enum order_outcome outcome, const char *reason)
{
    struct job *job = &service->state.update;

    job->outcome = (uint8_t)outcome;
    memset(job->reason, 0, sizeof(job->reason));
    snprintf(job->reason, sizeof(job->reason), "%s", reason);
    return go(service, JOB_ENDING);
}

/* Once each; a cut in between tells it twice, which changes nothing at central. */
static int tell_step(struct service *service, enum order_step step)
{
    const struct service_options *o = &service->options;
    struct job *job = &service->state.update;
    struct body body = {.kind = RECORD_ORDER_STEP,
                        .order_step = {.order = job->order, .what = ORDER_UPDATE, .step = (uint8_t)step}};
    int r;

    if (job->told >= step)
        return 0;
    memcpy(body.order_step.version, service->machine.version, sizeof(body.order_step.version));
    r = o->note(o->context, &body);
    if (r == 0) {
        job->told = (uint8_t)step;
        r = state_save(service);
    }
    return r;
}

const char *update_refusal(struct service *service, const char *compatible, const char *version, char *room, size_t cap)
{
    char wanted[64];

    snprintf(wanted, sizeof(wanted), "tillside-%s", service->board);
    if (strcmp(compatible, wanted) != 0) {
        snprintf(room, cap, "for another board: %.40s", compatible);
        return room;
    }
    if (!version_valid(version)) {
        snprintf(room, cap, "it names no version");
        return room;
    }
    if (version_compare(version, service->machine.floor) < 0) {
        snprintf(room, cap, "below the floor %s of this device", service->machine.floor);
        return room;
    }
    return NULL;
}

bool update_has_room(const struct service *service, uint64_t bytes)
{
    struct statvfs disk;

    return statvfs(service->folder, &disk) != 0 || (uint64_t)disk.f_bavail * disk.f_frsize >= bytes + MARGIN_BYTES;
}

static int64_t fetching(struct service *service, const struct feed_order *order)
{
    struct job *job = &service->state.update;
    char room[96];
    int r;

    if (order == NULL || order->gone)
        return end(service, ORDER_OVER, "taken back");
    if (service_is_blind(service))
        return end(service, ORDER_FAILED, "no updater on this device");
    if (version_compare(order->version, service->machine.version) == 0)
        return end(service, ORDER_DONE, "");
    const char *refusal = update_refusal(service, order->compatible, order->version, room, sizeof(room));
    if (refusal != NULL)
        return end(service, ORDER_REFUSED, refusal);
    if (version_compare(order->version, service->machine.version) < 0) /* by a stick, while the order waited */
        return end(service, ORDER_OVER, "a newer version runs here");
    if (order->size == 0 || order->size > (uint64_t)BUNDLE_MAX)
        return end(service, ORDER_REFUSED, "of an impossible size");
    if (!update_has_room(service, job->told >= ORDER_DOWNLOADING ? 0 : order->size))
        return end(service, ORDER_FAILED, "no room on the disk");
    if (tell_step(service, ORDER_DOWNLOADING) < 0)
        return RETRY_MS;
    r = download_step(service, order);
    if (r == 1)
        return go(service, JOB_FETCHED);
    if (r == -ENOENT)
        return end(service, ORDER_OVER, "central has it no longer");
    if (r == -ENOSPC)
        return end(service, ORDER_FAILED, "no room on the disk");
    if (r == -EBADMSG && ++job->tries >= TRIES_MAX)
        return end(service, ORDER_FAILED, "what came was never the file that was ordered");
    if (r == -EBADMSG)
        return go(service, JOB_FETCHING);
    return r == 0 ? 0 : RETRY_MS;
}

/* Whose bundle it is, whatever the order called it. */
static int64_t fetched(struct service *service, const struct feed_order *order)
{
    struct job *job = &service->state.update;
    struct updater_bundle bundle;
    char reason[UPDATER_REASON_MAX] = "";
    int r;

    if (order == NULL || order->gone)
        return end(service, ORDER_OVER, "taken back");
    if (tell_step(service, ORDER_DOWNLOADED) < 0)
        return RETRY_MS;
    if (order->held)
        return LONG_MS;
    r = updater_inspect(service->options.updater, &bundle, reason);
    if (r == -ECANCELED || r == -ETIMEDOUT)
        return RETRY_MS;
    if (r < 0)
        return end(service, r == -EKEYREJECTED ? ORDER_REFUSED : ORDER_FAILED, reason);
    if (strcmp(bundle.compatible, order->compatible) != 0 || strcmp(bundle.version, order->version) != 0)
        return end(service, ORDER_REFUSED, "it is another one than was ordered");
    job->tries = 0;
    return go(service, JOB_INSTALLING);
}

static int64_t restarted(struct service *service)
{
    const struct job *job = &service->state.update;

    if (version_compare(service->machine.version, job->version) != 0)
        return end(service, ORDER_BACK, "it did not stay up");
    if (tell_step(service, ORDER_BOOTED) < 0)
        return RETRY_MS;
    return service->machine.good ? end(service, ORDER_DONE, "") : SOON_MS;
}

static int64_t installing(struct service *service)
{
    struct job *job = &service->state.update;
    char reason[UPDATER_REASON_MAX] = "";
    int r;

    if (service_is_blind(service) && job->boot[0] != '\0')
        return RETRY_MS;
    /* The cut came between the last write and our own note of it: the boot loader knew already. */
    if (job->boot[0] != '\0' && strcmp(job->boot, service->machine.boot) != 0 &&
        version_compare(service->machine.version, job->version) == 0)
        return restarted(service);
    if (job->tries >= TRIES_MAX)
        return end(service, ORDER_FAILED, "the power went each time that it was written");
    job->tries++;
    memcpy(job->boot, service->machine.boot, sizeof(job->boot));
    if (state_save(service) < 0)
        return RETRY_MS;
    r = updater_install(service->options.updater, reason);
    if (r == 0)
        return go(service, JOB_INSTALLED);
    if (r == -ECANCELED) { /* the program ends, the machine does not: that was no try */
        job->tries--;
        return state_save(service) == 0 ? LONG_MS : RETRY_MS;
    }
    return end(service, r == -EKEYREJECTED ? ORDER_REFUSED : ORDER_FAILED, reason);
}

static bool may_restart(const struct service *service, const struct feed_order *order)
{
    const struct service_options *o = &service->options;

    if (service->state.update.order == 0)
        return true; /* a technician stands before it */
    if (order != NULL && (order->held || !rollout_window_open(order->from_min, order->to_min, clock_wall_ms(o->clock))))
        return false;
    return o->idle(o->context);
}

static int64_t installed(struct service *service, const struct feed_order *order)
{
    struct job *job = &service->state.update;
    char reason[UPDATER_REASON_MAX] = "";

    if (service_is_blind(service))
        return RETRY_MS;
    if (strcmp(job->boot, service->machine.boot) != 0)
        return restarted(service);
    if (tell_step(service, ORDER_INSTALLED) < 0)
        return RETRY_MS;
    if (!may_restart(service, order))
        return RETRY_MS;
    if (job->phase != JOB_RESTARTING)
        job->tries = 0;
    if (job->tries++ >= TRIES_MAX)
        return end(service, ORDER_FAILED, "the machine does not restart");
    if (go(service, JOB_RESTARTING) != 0)
        return RETRY_MS;
    int r = service_restart_machine(service, reason);
    if (r == 0)
        return LONG_MS;
    return r == -ECANCELED ? RETRY_MS : end(service, ORDER_FAILED, reason);
}

static int64_t ending(struct service *service)
{
    struct job *job = &service->state.update;
    struct body_order_done done = {.order = job->order, .what = ORDER_UPDATE, .outcome = job->outcome};

    memcpy(done.reason, job->reason, sizeof(done.reason));
    download_forget(service);
    if (service_tell_end(service, &done) < 0)
        return RETRY_MS;
    memset(job, 0, sizeof(*job));
    return state_save(service) == 0 ? 0 : RETRY_MS;
}

int64_t update_step(struct service *service)
{
    const struct feed_order *order = service_find_order(service, service->state.update.order);

    switch ((enum job_phase)service->state.update.phase) {
    case JOB_NONE:
        return LONG_MS;
    case JOB_FETCHING:
        return fetching(service, order);
    case JOB_FETCHED:
        return fetched(service, order);
    case JOB_INSTALLING:
        return installing(service);
    case JOB_INSTALLED:
    case JOB_RESTARTING:
        return installed(service, order);
    case JOB_ENDING:
        return ending(service);
    }
    return LONG_MS;
}
