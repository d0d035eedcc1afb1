#include "workers/internal.h"

#include "platform/db.h"
#include "platform/keys.h"
#include "platform/log.h"
#include "receipt/receipt.h"

#include <stdio.h>
#include <string.h>

#define COLUMNS_80MM  48
#define COLUMNS_58MM  32
#define LOOK_AGAIN_MS 2000 /* while the printer or the drawer is away, or the paper is out */

/* Printer, drawer, self-tests and the service screen's facts: one thread, one job after the other. */

static enum view_receipt outcome_of(struct workers *workers, int result)
{
    struct printer_status status = {0};
    if (result == 0)
        return RECEIPT_DONE;
    if (workers->devices->printer == NULL || printer_status(workers->devices->printer, &status) != 0)
        return RECEIPT_NO_PRINTER;
    if (status.paper_end)
        return RECEIPT_NO_PAPER;
    return status.cover_open ? RECEIPT_COVER : RECEIPT_NO_PRINTER;
}

/* What the board names "none" is not missed. */
static bool wanted(const struct workers *workers, enum hal_device device)
{
    return workers->devices->failures[device].error != -ENOTSUP;
}

/* One try to have the device back: a job must not hang on a printer that stays away. */
static bool present(struct workers *workers, enum hal_device device, const void *pointer)
{
    return pointer != NULL || hal_device_reopen(workers->devices, device) == 0;
}

static bool printer_ready(struct workers *workers)
{
    struct printer_status status = {0};
    if (workers->devices->printer == NULL)
        return hal_device_reopen(workers->devices, HAL_PRINTER) == 0;
    int result = printer_status(workers->devices->printer, &status);
    if (result == -ENODEV)
        return hal_device_reopen(workers->devices, HAL_PRINTER) == 0;
    /* One that cannot be asked shows with the next receipt whether it works. */
    return result == 0 && status.known && !status.offline && !status.paper_end && !status.cover_open;
}

static bool storage_ready(struct workers *workers)
{
    struct storage_state state;
    if (workers->devices->storage == NULL)
        return hal_device_reopen(workers->devices, HAL_STORAGE) == 0;
    return storage_state(workers->devices->storage, &state) == 0;
}

static bool ready(struct workers *workers, enum hal_device device)
{
    if (device == HAL_PRINTER)
        return printer_ready(workers);
    if (device == HAL_STORAGE)
        return storage_ready(workers);
    return !workers->away[HAL_PRINTER] && hal_device_reopen(workers->devices, device) == 0;
}

/* How the last use of a device went; told when it is news. */
static void note(struct workers *workers, enum hal_device device, int result)
{
    if (result != 0 || workers->away[device])
        worker_tell_device(workers, device, result);
    workers->away[device] = result != 0;
}

/* In this order: the drawer may hang on the printer. */
static const enum hal_device mine[] = {HAL_PRINTER, HAL_DRAWER, HAL_STORAGE};

static void look_again(struct workers *workers)
{
    for (size_t i = 0; i < ARRAY_LEN(mine); i++)
        if (workers->away[mine[i]] && ready(workers, mine[i]))
            note(workers, mine[i], 0);
}

static bool any_away(const struct workers *workers)
{
    bool any = false;
    for (size_t i = 0; i < ARRAY_LEN(mine); i++)
        any |= workers->away[mine[i]];
    return any;
}

static int print(struct workers *workers, const struct receipt *receipt)
{
    uint8_t bytes[RECEIPT_BYTES_MAX];
    size_t len = 0;
    int dots = workers->devices->board.printer.dots;
    int columns = dots != 0 && dots < 500 ? COLUMNS_58MM : COLUMNS_80MM;
    int result = receipt_layout(receipt, columns, bytes, sizeof(bytes), &len);
    if (result != 0) {
        log_error("printer", "receipt could not be laid out: %s", strerror(-result));
        return result;
    }
    if (!present(workers, HAL_PRINTER, workers->devices->printer))
        return -ENODEV;
    struct printer_status status = {0};
    result = printer_status(workers->devices->printer, &status);
    if (result == 0 && (status.paper_end || status.cover_open))
        return -ETIMEDOUT;
    return printer_write(workers->devices->printer, bytes, len);
}

static void do_print(struct workers *workers, const struct receipt *receipt)
{
    struct event event = {.kind = EVENT_PRINTED, .printed = {.group = receipt->group, .outcome = RECEIPT_NONE}};
    if (wanted(workers, HAL_PRINTER)) {
        int result = print(workers, receipt);
        event.printed.outcome = outcome_of(workers, result);
        note(workers, HAL_PRINTER, result);
    }
    worker_push(workers, &event);
}

static int kick(struct workers *workers)
{
    if (!present(workers, HAL_DRAWER, workers->devices->drawer))
        return -ENODEV;
    return drawer_kick(workers->devices->drawer);
}

static void do_drawer(struct workers *workers)
{
    struct event event = {.kind = EVENT_DRAWER, .drawer = {.error = -ENOTSUP}};
    if (wanted(workers, HAL_DRAWER)) {
        event.drawer.error = kick(workers);
        note(workers, HAL_DRAWER, event.drawer.error);
    }
    worker_push(workers, &event);
}

static int test_storage(struct workers *workers)
{
    struct storage_state state;
    if (!present(workers, HAL_STORAGE, workers->devices->storage))
        return -ENODEV;
    int result = storage_state(workers->devices->storage, &state);
    return result == 0 && !state.writable ? -EROFS : result;
}

static int test_device(struct workers *workers, enum hal_device device)
{
    struct receipt page = {.kind = RECEIPT_TEST_PAGE, .brand = "Tillside"};
    switch (device) {
    case HAL_PRINTER:
        return print(workers, &page);
    case HAL_DRAWER:
        return kick(workers);
    case HAL_STORAGE:
        return test_storage(workers);
    default:
        return -EINVAL; /* the other devices show in use whether they work */
    }
}

static void read_log(struct health *health)
{
    char tail[(size_t)VIEW_LOG_LINES * LOG_LINE_MAX];
    log_tail(tail, sizeof(tail), VIEW_LOG_LINES);
    char *line = tail;
    for (int i = 0; i < VIEW_LOG_LINES && line != NULL && *line != '\0'; i++) {
        char *end = strchr(line, '\n');
        size_t len = end != NULL ? (size_t)(end - line) : strlen(line);
        if (len >= VIEW_TEXT_MAX)
            len = VIEW_TEXT_MAX - 1;
        while (len > 0 && (line[len] & 0xC0) == 0x80)
            len--; /* never half a character */
        memcpy(health->log[i], line, len);
        line = end != NULL ? end + 1 : NULL;
    }
}

static void put_sqlite_version(char *out, size_t cap)
{
    int number = db_version_number();
    bool sound = db_version_verdict(number) == DB_VERSION_SOUND;
    snprintf(out, cap, "%d.%d.%d%s", number / 1000000, number / 1000 % 1000, number % 1000,
             sound ? "" : " (one writer only)");
}

static void do_health(struct workers *workers)
{
    struct health health = {0};
    struct till_backlog backlog = {0};
    struct storage_state storage = {0};
    snprintf(health.version, sizeof(health.version), "%s", workers->version);
    snprintf(health.board, sizeof(health.board), "%s", workers->devices->board.name);
    put_sqlite_version(health.sqlite, sizeof(health.sqlite));
    health.unsent_unknown = workers->till == NULL || till_backlog(workers->till, &backlog) < 0;
    if (!health.unsent_unknown) {
        health.last_seq = backlog.last_seq;
        health.durable_through = backlog.durable_through;
        health.archived_through = backlog.archived_through;
        health.unsent = backlog.last_seq - backlog.durable_through + backlog.stranded + backlog.carried;
    }
    int result = present(workers, HAL_STORAGE, workers->devices->storage)
                     ? storage_state(workers->devices->storage, &storage)
                     : -ENODEV;
    note(workers, HAL_STORAGE, result);
    if (result == 0) {
        health.free_mb = (int64_t)(storage.free_bytes / (1024UL * 1024));
        health.total_mb = (int64_t)(storage.total_bytes / (1024UL * 1024));
    }
    machine_read("", &health.machine);
    read_log(&health);
    pthread_mutex_lock(&workers->health_mutex);
    workers->health = health;
    pthread_mutex_unlock(&workers->health_mutex);
    struct event event = {.kind = EVENT_HEALTH};
    worker_push(workers, &event);
}

static void do_test(struct workers *workers, enum hal_device device)
{
    int result = test_device(workers, device);
    workers->away[device] = result != 0;
    worker_tell_device(workers, device, result);
}

/* Through a reader of its own: the till goes on meanwhile. */
static void do_check(struct workers *workers)
{
    struct event event = {.kind = EVENT_CHECKED, .checked = -ENOENT};
    struct db *db = NULL;
    char finding[160] = "";
    if (workers->till != NULL)
        event.checked = db_open(workers->books_path, &(struct db_options){.mode = DB_READER}, &db);
    if (event.checked == 0)
        event.checked = db_check(db, false, finding, sizeof(finding));
    db_close(db);
    if (event.checked != 0)
        log_error("till", "self-test of the books: %s%s%s", strerror(-event.checked), finding[0] ? ": " : "", finding);
    worker_push(workers, &event);
}

static void do_report(struct workers *workers, const struct device_report *report)
{
    struct event event = {.kind = EVENT_REPORT};
    struct key_pair key;
    bool has_key = report->terminal != 0 && key_pair_load(&key, workers->key_path) == 0;
    int result = device_report_encode(report, has_key ? key.secret_key : NULL, event.report);
    if (has_key)
        key_pair_finish(&key);
    if (result != 0)
        log_error("device", "the self-test's code could not be made: %s", strerror(-result));
    worker_push(workers, &event);
}

static void run(struct workers *workers, const struct output *job)
{
    switch (job->kind) {
    case OUTPUT_PRINT:
        do_print(workers, &job->receipt);
        break;
    case OUTPUT_DRAWER:
        do_drawer(workers);
        break;
    case OUTPUT_TEST:
        do_test(workers, job->device);
        break;
    case OUTPUT_HEALTH:
        do_health(workers);
        break;
    case OUTPUT_CHECK:
        do_check(workers);
        break;
    case OUTPUT_REPORT:
        do_report(workers, &job->report);
        break;
    }
}

void *worker_output(void *argument)
{
    struct workers *workers = argument;
    struct output job;
    for (size_t i = 0; i < ARRAY_LEN(mine); i++) {
        int error = workers->devices->failures[mine[i]].error;
        workers->away[mine[i]] = error != 0 && error != -ENOTSUP;
    }
    for (;;) {
        int result = queue_pop(&workers->outputs, any_away(workers) ? LOOK_AGAIN_MS : -1, &job);
        if (result == 0)
            run(workers, &job);
        else if (result == -ETIMEDOUT)
            look_again(workers);
        else
            return NULL;
    }
}
