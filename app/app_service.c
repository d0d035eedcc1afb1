#include "app.h"

#include "doctor/export.h"
#include "platform/file.h"
#include "platform/log.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define UPDATE_FOLDER "update" /* in the data folder; where the device's updater looks, too */

/* The room that updates, restarts and tells logs: what it asks of the others. */

/* Constant while the service runs: it ends before they do. */
static struct sync *sync_of(struct app *app)
{
    pthread_mutex_lock(&app->rooms_mutex);
    struct sync *sync = app->wake_sync;
    pthread_mutex_unlock(&app->rooms_mutex);
    return sync;
}

static int orders(void *context, struct feed_order *out_list, uint32_t cap, uint32_t *out_count)
{
    struct app *app = context;
    return till_orders(app->till, out_list, cap, out_count);
}

static int fetch(void *context, uint32_t release, uint64_t offset, struct slice room, size_t *out_len)
{
    struct sync *sync = sync_of(context);
    const struct sync_part part = {release, offset, (uint8_t *)(uintptr_t)room.data, room.len};
    return sync != NULL ? sync_fetch(sync, &part, out_len) : -ENETDOWN;
}

static int send_logs(void *context, uint64_t order, struct slice packed)
{
    struct sync *sync = sync_of(context);
    return sync != NULL ? sync_logs(sync, order, packed) : -ENETDOWN;
}

static int note(void *context, const struct body *body)
{
    struct app *app = context;
    if (body->kind == RECORD_ORDER_DONE)
        log_info("service", "%s %s %s", order_what_name(body->order_done.what),
                 order_outcome_name(body->order_done.outcome), body->order_done.reason);
    else
        log_info("service", "%s %s", order_what_name(body->order_step.what), order_step_name(body->order_step.step));
    return till_note(app->till, body);
}

/* On a connection of its own, beside the till. What is sound of damaged books is taken all the same. */
static int acts(void *context, struct buffer *out_file, struct service_acts *out_acts)
{
    const struct app *app = context;
    struct export_result result;
    struct key_pair key;
    int r = key_pair_load(&key, app->key_path);
    if (r < 0)
        return r;
    r = export_books(app->books_path, &key, false, out_file, &result);
    key_pair_finish(&key);
    if (r < 0)
        return r;
    if (result.damaged)
        log_warn("service", "books are damaged: only what is sound goes onto the stick");
    *out_acts = (struct service_acts){
        .records = result.records,
        .terminal = result.last.terminal,
        .incarnation = result.last.incarnation,
        .last_seq = result.last.seq,
        .damaged = result.damaged,
    };
    return 0;
}

static bool idle(void *context)
{
    const struct app *app = context;
    return app->nobody_there;
}

/* A device's init ends this program by itself; at a desk nobody else does. */
static void restarting(void *context)
{
    const struct app *app = context;
    log_info("service", "the machine restarts");
    if (strcmp(app->board.updater.backend, "sim") == 0)
        kill(getpid(), SIGTERM);
}

static void stick_done(void *context, const struct stick_result *result)
{
    struct event event = {.kind = EVENT_STICK, .stick = *result};
    app_push(context, &event);
}

static void reset_failed(void *context, const char *reason)
{
    struct event event = {.kind = EVENT_RESET};
    snprintf(event.reset_failed, sizeof(event.reset_failed), "%s", reason);
    app_push(context, &event);
}

static void cancel(void *context)
{
    struct app *app = context;
    if (app->sync != NULL)
        sync_cancel(app->sync);
}

int app_open_service(struct app *app)
{
    char folder[PATH_MAX], log_path[PATH_MAX];
    snprintf(folder, sizeof(folder), "%.*s/" UPDATE_FOLDER, PATH_MAX - 16, app->options.data);
    snprintf(log_path, sizeof(log_path), "%.*s/terminal.log", PATH_MAX - 16, app->options.data);
    struct service_options options = {.folder = folder,
                                      .log_path = log_path,
                                      .board = app->board.name,
                                      .updater = app->updater,
                                      .clock = &app->clock.base,
                                      .orders = orders,
                                      .fetch = fetch,
                                      .send_logs = send_logs,
                                      .note = note,
                                      .idle = idle,
                                      .acts = acts,
                                      .restarting = restarting,
                                      .stick_done = stick_done,
                                      .reset_failed = reset_failed,
                                      .cancel = cancel,
                                      .context = app};
    struct service *service = NULL;
    int result = service_open(&options, true, &service);
    pthread_mutex_lock(&app->rooms_mutex);
    app->service = service;
    pthread_mutex_unlock(&app->rooms_mutex);
    return result;
}

/* Before the rooms that it calls. */
void app_close_service(struct app *app)
{
    pthread_mutex_lock(&app->rooms_mutex);
    struct service *service = app->service;
    app->service = NULL;
    pthread_mutex_unlock(&app->rooms_mutex);
    service_close(service);
}

/* The image says what it is: the program in it may be older. */
static bool image_version(const struct app *app, char out[24])
{
    char path[PATH_MAX];
    struct buffer text;
    snprintf(path, sizeof(path), "%.*s/version", PATH_MAX - 16, app->options.assets);
    buffer_init(&text, 64);
    bool said = file_read(path, &text) == 0 && text.len > 0;
    if (said)
        snprintf(out, 24, "%.*s", (int)strcspn(buffer_text(&text), "\n"), buffer_text(&text));
    buffer_finish(&text);
    return said && version_valid(out);
}

int app_open_updater(struct app *app)
{
    char reason[UPDATER_REASON_MAX];
    struct updater_state state;
    char path[PATH_MAX];
    snprintf(app->version, sizeof(app->version), "%s", TILLSIDE_VERSION);
    snprintf(path, sizeof(path), "%.*s/" UPDATE_FOLDER, PATH_MAX - 16, app->options.data);
    int result = file_make_dirs(path, 0700);
    if (result == 0)
        result = updater_open(&app->board.updater, app->cancel_fd, &app->updater);
    if (result != 0) {
        fprintf(stderr, "tillside-terminal: board: updater %s: %s\n", app->board.updater.backend, strerror(-result));
        return result;
    }
    char version[24] = "";
    if (image_version(app, version))
        memcpy(app->version, version, sizeof(version));
    else if (strcmp(app->board.updater.backend, "sim") == 0 && updater_state(app->updater, &state, reason) == 0)
        memcpy(app->version, state.version, sizeof(state.version));
    return 0;
}
