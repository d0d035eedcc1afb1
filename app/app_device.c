#include "app.h"

#include "platform/log.h"

#include <stdio.h>
#include <string.h>

void app_read_device(struct app *app)
{
    struct body_incarnation *out = &app->device;
    struct storage_identity identity = {0};
    memcpy(out->version, app->version, sizeof(out->version));
    if (app->devices.storage == NULL)
        return;
    if (storage_identity(app->devices.storage, &identity) == 0) {
        snprintf(out->hardware_serial, sizeof(out->hardware_serial), "%s", identity.hardware_serial);
        snprintf(out->disk_serial, sizeof(out->disk_serial), "%s", identity.disk_serial);
        snprintf(out->data_uuid, sizeof(out->data_uuid), "%.39s", identity.data_uuid);
    }
}

static int read_mark(void *context, struct till_mark *out_mark)
{
    struct storage_mark mark;
    int result = storage_mark_read(context, &mark);
    if (result == 0)
        *out_mark = (struct till_mark){.boot_count = mark.boot_count,
                                       .books_count = mark.books_count,
                                       .terminal = mark.terminal,
                                       .incarnation = mark.incarnation,
                                       .last_seq = mark.last_seq};
    return result;
}

static int write_mark(void *context, const struct till_mark *mark)
{
    const struct storage_mark kept = {.boot_count = mark->boot_count,
                                      .books_count = mark->books_count,
                                      .terminal = mark->terminal,
                                      .incarnation = mark->incarnation,
                                      .last_seq = mark->last_seq};
    return storage_mark_write(context, &kept);
}

void app_marked(void *context, enum till_mark_news news, int error)
{
    static const char *const out_of_service =
        "Out of service: nothing is redeemed or spent. Enrol it anew (docs/device.md)";
    (void)context;
    switch (news) {
    case TILL_MARK_FAILS:
        log_warn("device",
                 "the mark outside the data partition: %s. The shop goes on; meanwhile an older copy of the "
                 "books would be found by central or another terminal only",
                 strerror(-error));
        break;
    case TILL_MARK_WORKS:
        log_info("device", "the mark outside the data partition is written again");
        break;
    case TILL_BOOKS_OF_ANOTHER:
        log_error("device", "these are the books of another device or disk. %s", out_of_service);
        break;
    case TILL_BOOKS_SET_BACK:
        log_error("device", "these are not the books that were here last: an older copy, or another. %s",
                  out_of_service);
        break;
    case TILL_BOOKS_MARK_MISSING:
        log_error("device", "the mark outside the data partition is gone. %s", out_of_service);
        break;
    case TILL_BOOKS_MARK_DAMAGED:
        log_error("device", "the mark outside the data partition is damaged. %s", out_of_service);
        break;
    }
}

/* A handle of its own: the devices' is closed and opened again by its worker. What a simulated disk keeps without a
 * file is gone at the next start, and no mark. */
struct till_marks app_marks(struct app *app)
{
    struct hal_context context = {.sim = app->sim, .cancel_fd = -1};
    if (app->board.storage.mark_path[0] == '\0')
        return (struct till_marks){0};
    int result = storage_open(&app->board.storage, &context, &app->mark);
    if (result != 0)
        app_marked(app, TILL_MARK_FAILS, result);
    return result != 0 ? (struct till_marks){0}
                       : (struct till_marks){.read = read_mark, .write = write_mark, .context = app->mark};
}
