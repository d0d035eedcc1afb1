#include "app.h"

#include "platform/file.h"
#include "platform/log.h"
#include "platform/random.h"

#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

static void data_path(const struct app *app, const char *name, char out[PATH_MAX])
{
    snprintf(out, PATH_MAX, "%s/%s", app->options.data, name);
}

static int open_data(struct app *app, enum app_exit *out_exit)
{
    char path[PATH_MAX];
    pid_t holder = 0;
    int result = file_make_dirs(app->options.data, 0700);
    if (result != 0) {
        fprintf(stderr, "tillside-terminal: data folder %s cannot be made: %s. Choose another with --data.\n",
                app->options.data, strerror(-result));
        *out_exit = APP_EXIT_DATA;
        return result;
    }
    data_path(app, "terminal.lock", path);
    result = lock_open(&app->lock, path, &holder);
    if (result == -EBUSY) {
        fprintf(stderr, "tillside-terminal: another terminal (pid %d) uses %s. Stop it or choose another --data.\n",
                (int)holder, app->options.data);
        *out_exit = APP_EXIT_BUSY;
    } else if (result != 0) {
        fprintf(stderr, "tillside-terminal: data folder %s cannot be written: %s\n", app->options.data,
                strerror(-result));
        *out_exit = APP_EXIT_DATA;
    }
    return result;
}

static int open_log(struct app *app)
{
    char path[PATH_MAX];
    data_path(app, "terminal.log", path);
    struct log_options options = {.clock = &app->clock.base, .level = LOG_LEVEL_INFO, .file = path};
    int result = log_open(&options);
    if (result != 0)
        fprintf(stderr, "tillside-terminal: no log file: %s (goes on without)\n", strerror(-result));
    return 0;
}

/* A name means board/<name>/board.ini beside the assets. */
static int open_board(struct app *app, enum app_exit *out_exit)
{
    char path[PATH_MAX], error[BOARD_ERROR_MAX] = "";
    if (strchr(app->options.board, '/') != NULL || strstr(app->options.board, ".ini") != NULL)
        snprintf(path, sizeof(path), "%s", app->options.board);
    else
        snprintf(path, sizeof(path), "%s/board/%s/board.ini", app->options.assets, app->options.board);
    int result = board_load(path, &app->board, error);
    for (int i = 0; result == 0 && i < app->options.override_count; i++)
        result = board_override(&app->board, app->options.overrides[i], error);
    if (result == 0)
        return 0;
    fprintf(stderr, "tillside-terminal: board: %s\n", error);
    *out_exit = APP_EXIT_BOARD;
    return result;
}

static int open_descriptors(struct app *app)
{
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    signal(SIGPIPE, SIG_IGN);
    if (pthread_sigmask(SIG_BLOCK, &signals, NULL) != 0)
        return -EINVAL;
    app->signal_fd = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
    app->cancel_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (app->signal_fd < 0 || app->cancel_fd < 0)
        return -errno;
    struct queue_options options = {.item_size = sizeof(struct event), .capacity = EVENT_QUEUE_MAX, .with_fd = true};
    return queue_init(&app->events, &options);
}

/* Relative paths of a board file stand below the data folder. */
static int below_data(const struct app *app, char *path, const char *fallback)
{
    char relative[HAL_DEVICE_MAX];
    if (path[0] == '/')
        return 0;
    memcpy(relative, path[0] != '\0' ? path : fallback, path[0] != '\0' ? HAL_DEVICE_MAX : strlen(fallback) + 1);
    int len = snprintf(path, HAL_DEVICE_MAX, "%s/%s", app->options.data, relative);
    return len < HAL_DEVICE_MAX ? 0 : -ENAMETOOLONG;
}

static int place_paths(struct app *app)
{
    bool pictures = strcmp(app->board.printer.backend, "sim") == 0;
    int result = below_data(app, app->board.storage.data_dir, ".");
    if (result == 0 && app->board.storage.mark_path[0] != '\0')
        result = below_data(app, app->board.storage.mark_path, "");
    if (result == 0)
        result = below_data(app, app->board.camera.folder, "codes");
    if (result == 0 && strcmp(app->board.updater.backend, "sim") == 0)
        result = below_data(app, app->board.updater.device, "update");
    if (result == 0 && pictures)
        result = below_data(app, app->board.printer.device, "receipts");
    return result;
}

static int open_devices(struct app *app, enum app_exit *out_exit)
{
#ifdef TILLSIDE_SIM
    int result = sim_open(&app->sim);
    if (result != 0)
        return result;
#endif
    int failed = hal_devices_open(&app->board, app->sim, app->cancel_fd, &app->devices);
    for (int i = 0; failed > 0 && i < HAL_DEVICE_COUNT; i++)
        if (app->devices.failures[i].error != 0)
            log_warn("device", "%s is not there: %s", hal_device_name((enum hal_device)i),
                     app->devices.failures[i].reason);
    if (app->devices.display != NULL)
        return 0;
    fprintf(stderr, "tillside-terminal: no screen: %s\n", app->devices.failures[HAL_DISPLAY].reason);
    *out_exit = APP_EXIT_DISPLAY;
    return -ENODEV;
}

static int open_ui(struct app *app)
{
    struct display_size size;
    bool missing_font = false;
    display_size(app->devices.display, &size);
    struct ui_options options = {.width = size.width,
                                 .height = size.height,
                                 .assets_dir = app->options.assets,
                                 .font_family = app->options.font[0] != '\0' ? app->options.font : NULL};
    int result = ui_open(&options, &app->ui, &missing_font);
    if (result != 0)
        fprintf(stderr, "tillside-terminal: assets in %s: %s. Say where they are with --assets.\n", app->options.assets,
                strerror(-result));
    if (missing_font)
        log_error("app", "no Chinese font: install fonts-noto-cjk; Chinese text shows as boxes until then");
    return result;
}

/* The till's, the LAN's and the sync's callbacks: turn into events, on their threads. */
static void on_answered(void *context, const struct till_answer *answer)
{
    struct event event = {.kind = EVENT_TILL, .answer = *answer};
    app_push(context, &event);
}

static void on_till_answered(void *context, const struct till_answer *answer)
{
    struct app *app = context;
    pthread_mutex_lock(&app->rooms_mutex);
    bool of_peer = app->wake_lan != NULL && lan_answered(app->wake_lan, answer);
    pthread_mutex_unlock(&app->rooms_mutex);
    if (!of_peer && answer->ticket < LAN_TICKET_MIN)
        on_answered(app, answer);
}

static void on_changed(void *context)
{
    struct app *app = context;
    struct event event = {.kind = EVENT_REFERENCE};
    app_push(app, &event);
    pthread_mutex_lock(&app->rooms_mutex);
    if (app->wake_lan != NULL)
        lan_wake(app->wake_lan);
    if (app->service != NULL)
        service_wake(app->service);
    pthread_mutex_unlock(&app->rooms_mutex);
}

static void on_greeted(void *context, const struct feed_greeting *greeting)
{
    struct event event = {.kind = EVENT_GREETING, .greeting = *greeting};
    app_push(context, &event);
}

static void on_appended(void *context)
{
    struct app *app = context;
    pthread_mutex_lock(&app->rooms_mutex);
    if (app->wake_sync != NULL)
        sync_wake(app->wake_sync);
    if (app->wake_lan != NULL)
        lan_wake(app->wake_lan);
    pthread_mutex_unlock(&app->rooms_mutex);
}

static void on_lan_status(void *context, const struct lan_status *status)
{
    struct app *app = context;
    struct event event = {.kind = EVENT_LAN, .lan = *status};
    app_push(app, &event);
    if (strcmp(app->lan_error, status->error) != 0 && status->error[0] != '\0')
        log_warn("lan", "%s", status->error);
    snprintf(app->lan_error, sizeof(app->lan_error), "%s", status->error);
    pthread_mutex_lock(&app->rooms_mutex);
    if (app->wake_sync != NULL)
        sync_lan_address(app->wake_sync, status->address);
    pthread_mutex_unlock(&app->rooms_mutex);
}

/* The sync outlives this call: close_rooms ends the LAN's threads first. */
static int relay(void *context, struct slice packed, struct journal_answer *out_answer)
{
    struct app *app = context;
    pthread_mutex_lock(&app->rooms_mutex);
    struct sync *sync = app->wake_sync;
    pthread_mutex_unlock(&app->rooms_mutex);
    return sync != NULL ? sync_relay(sync, packed, out_answer) : -ENETDOWN;
}

static bool central_answers(void *context, uint32_t *out_age_s)
{
    struct app *app = context;
    struct sync_status status = {0};
    int64_t now_ms = clock_wall_ms(&app->clock.base);
    pthread_mutex_lock(&app->rooms_mutex);
    if (app->wake_sync != NULL)
        sync_status_copy(app->wake_sync, &status);
    pthread_mutex_unlock(&app->rooms_mutex);
    if (status.last_contact_ms != 0)
        *out_age_s = now_ms > status.last_contact_ms ? (uint32_t)((now_ms - status.last_contact_ms) / 1000) : 0;
    return status.online;
}

static void on_status(void *context, const struct sync_status *status)
{
    struct event event = {.kind = EVENT_SYNC, .sync = *status};
    app_push(context, &event);
}

static void on_asked(void *context, uint32_t ticket, int error, const struct authority_answer *answer)
{
    struct event event = {.kind = EVENT_ASKED, .asked = {.ticket = ticket, .error = error}};
    if (answer != NULL)
        event.asked.answer = *answer;
    app_push(context, &event);
}

static bool link_up(void *context)
{
    struct app *app = context;
    return app->workers.link_up;
}

/* Damaged or unreachable books: the terminal says so on its screen and stays up; nothing is written. */
static void outage(struct app *app, int error)
{
    struct event event = {.kind = EVENT_OUTAGE};
    const char *why = error == -EUCLEAN ? "the file is damaged" : strerror(-error);
    event.outage.kind = error == -ENOSPC ? OUTAGE_DISK_FULL : OUTAGE_BOOKS;
    snprintf(event.outage.detail, sizeof(event.outage.detail), "terminal.db: %s", why);
    log_error("till", "books cannot be opened: %s/terminal.db: %s. %s", app->options.data, why,
              error == -ENOSPC ? "Make room on the disk, then start again."
                               : "Nothing was changed; keep the file and call service.");
    app_push(app, &event);
}

static int open_books(struct app *app)
{
    data_path(app, "terminal.db", app->books_path);
    data_path(app, "pepper", app->pepper_path);
    app_read_device(app);
    struct till_options options = {.path = app->books_path,
                                   .pepper_path = app->pepper_path,
                                   .clock = &app->clock.base,
                                   .device = &app->device,
                                   .marks = app_marks(app),
                                   .lan = true,
                                   .answered = on_till_answered,
                                   .changed = on_changed,
                                   .greeted = on_greeted,
                                   .appended = on_appended,
                                   .marked = app_marked,
                                   .context = app};
    int result = till_open(&options, &app->till);
    if (result == 0)
        app->device.boot_count = till_boot_count(app->till);
    return result;
}

static int open_sync(struct app *app)
{
    data_path(app, "terminal.key", app->key_path);
    struct sync_options options = {.till = app->till,
                                   .clock = &app->clock.base,
                                   .random = random_real(),
                                   .key_path = app->key_path,
                                   .incarnation = app->device,
                                   .link_up = link_up,
                                   .status_changed = on_status,
                                   .asked = on_asked,
                                   .context = app};
    int result = sync_transport_https(&options.transport);
    if (result == 0)
        result = sync_open(&options, &app->sync);
    if (result != 0)
        return result;
    struct lan_status status;
    lan_status_copy(app->lan, &status);
    pthread_mutex_lock(&app->rooms_mutex);
    app->wake_sync = app->sync;
    sync_lan_address(app->sync, status.address); /* what it said before there was a sync to hear it */
    pthread_mutex_unlock(&app->rooms_mutex);
    return 0;
}

/* The command line, else the board, else every address and the declared port. */
static int place_lan(struct app *app, struct lan_options *options)
{
    const char *text = app->options.lan[0] != '\0' ? app->options.lan : app->board.lan;
    if (strcmp(text, "off") == 0)
        return 0;
    int result = options_lan(text[0] != '\0' ? text : "0.0.0.0:7443", app->lan_host, &options->listen_port);
    if (result != 0)
        fprintf(stderr, "tillside-terminal: board: lan = %s: a numeric address and a port, or off\n", text);
    options->listen_address = app->lan_host;
    return result;
}

/* Before the sync, which tells central where the listener is. */
static int open_lan(struct app *app)
{
    data_path(app, "terminal.key", app->key_path);
    struct lan_options options = {.till = app->till,
                                  .clock = &app->clock.base,
                                  .random = random_real(),
                                  .key_path = app->key_path,
                                  .central = central_answers,
                                  .relay = relay,
                                  .answered = on_answered,
                                  .status_changed = on_lan_status,
                                  .context = app};
    int result = place_lan(app, &options);
    if (result == 0)
        result = sync_transport_https(&options.talk);
    if (result == 0)
        result = sync_transport_https(&options.ask);
    if (result == 0)
        result = lan_open(&options, &app->lan);
    pthread_mutex_lock(&app->rooms_mutex);
    app->wake_lan = result == 0 ? app->lan : NULL;
    pthread_mutex_unlock(&app->rooms_mutex);
    return result;
}

/* From here on the till's thread wakes nobody. */
static void close_rooms(struct app *app)
{
    pthread_mutex_lock(&app->rooms_mutex);
    app->wake_lan = NULL;
    app->wake_sync = NULL;
    pthread_mutex_unlock(&app->rooms_mutex);
    lan_close(app->lan);
    sync_close(app->sync);
}

static int open_control(struct app *app)
{
#ifdef TILLSIDE_SIM
    if (app->options.control[0] == '\0')
        return 0;
    struct control_options options = {.path = app->options.control, .sim = app->sim, .clock = &app->clock};
    int result = control_open(&options, &app->control);
    if (result != 0)
        fprintf(stderr, "tillside-terminal: control socket %s: %s\n", app->options.control, strerror(-result));
    return result;
#else
    (void)app;
    return 0;
#endif
}

static int open_workers(struct app *app)
{
    app->workers.devices = &app->devices;
    app->workers.events = &app->events;
    app->workers.clock = &app->clock.base;
    app->workers.till = app->till;
    app->workers.sync = app->sync;
    app->workers.version = app->version;
    app->workers.books_path = app->books_path;
    app->workers.key_path = app->key_path;
    return workers_start(&app->workers);
}

/* The first picture stands before the books are opened. */
static void show_first(struct app *app)
{
    struct flow_config config = {.language = app->options.language, .role = ROLE_BOTH};
    config.boot_id = random_u64(random_real());
    memcpy(config.version, app->version, sizeof(config.version));
    snprintf(config.board, sizeof(config.board), "%.23s", app->board.name);
    if (app->board.role != BOARD_ROLE_BOTH)
        config.role = app->board.role == BOARD_ROLE_SHELF ? ROLE_SHELF : ROLE_COUNTER;
    flow_init(&app->flow, &config);
    for (int i = 0; i < HAL_DEVICE_COUNT; i++) {
        int error = app->devices.failures[i].error;
        app->flow.device_down[i] = error != 0 && error != -ENOTSUP;
        app->flow.config.absent[i] = error == -ENOTSUP;
    }
    app_show(app);
}

static int open_screen(struct app *app, enum app_exit *out_exit)
{
    int result = open_descriptors(app);
    if (result == 0)
        result = open_board(app, out_exit);
    if (result == 0)
        result = open_data(app, out_exit);
    if (result != 0)
        return result;
    result = place_paths(app);
    if (result != 0)
        return result;
    open_log(app);
    result = open_devices(app, out_exit);
    if (result == 0)
        result = open_ui(app);
    return result;
}

int app_open(struct app *app, const struct options *options, enum app_exit *out_exit)
{
    memset(app, 0, sizeof(*app));
    app->options = *options;
    app->lock.fd = app->cancel_fd = app->signal_fd = -1;
    offset_clock_init(&app->clock, clock_real());
    pthread_mutex_init(&app->rooms_mutex, NULL);
    *out_exit = APP_EXIT_FAILED;

    int result = crypto_start();
    if (result == 0)
        result = open_screen(app, out_exit);
    if (result != 0)
        return result;
    app->workers.devices = &app->devices;
    result = workers_init(&app->workers);
    if (result == 0)
        result = open_control(app);
    if (result == 0)
        result = app_open_updater(app);
    if (result != 0)
        return result;
    show_first(app);

    result = open_books(app);
    if (result != 0)
        outage(app, result);
    else if ((result = open_lan(app)) != 0 || (result = open_sync(app)) != 0 || (result = app_open_service(app)) != 0)
        return result;
    else
        on_changed(app);
    memcpy(app->flow.config.hardware, app->device.hardware_serial, sizeof(app->flow.config.hardware));
    app->flow.config.boot_count = app->device.boot_count;
    return open_workers(app);
}

void app_close(struct app *app)
{
    if (app->cancel_fd >= 0) {
        uint64_t one = 1;
        ssize_t written = write(app->cancel_fd, &one, sizeof(one));
        (void)written; /* an eventfd that is full is readable all the same */
    }
#ifdef TILLSIDE_SIM
    control_close(app->control);
#endif
    app_close_service(app);
    close_rooms(app);
    if (app->workers.devices != NULL)
        workers_stop(&app->workers);
    if (app->till != NULL)
        till_close(app->till);
    storage_close(app->mark);
    if (app->workers.devices != NULL)
        workers_finish(&app->workers);
    ui_close(app->ui);
    hal_devices_close(&app->devices);
    updater_close(app->updater);
#ifdef TILLSIDE_SIM
    if (app->sim != NULL)
        sim_close(app->sim);
#endif
    queue_finish(&app->events);
    log_close();
    lock_close(&app->lock);
    if (app->cancel_fd >= 0)
        close(app->cancel_fd);
    if (app->signal_fd >= 0)
        close(app->signal_fd);
}
