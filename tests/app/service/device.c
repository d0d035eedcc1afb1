#include "device.h"

#include "domain/crypto.h"
#include "platform/compress.h"
#include "platform/file.h"

#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define EIGHT_IN_THE_STORE INT64_C(1795219200000)

static void copy_state(const struct device *d, const char *from, const char *to)
{
    char path[160];
    struct buffer bytes;
    buffer_init(&bytes, 4096);
    snprintf(path, sizeof(path), "%s/%s", d->folder, from);
    int r = file_read(path, &bytes);
    snprintf(path, sizeof(path), "%s/%s", d->folder, to);
    if (r == 0)
        assert_int_equal(file_write_atomic(path, bytes.data, bytes.len, 0600), 0);
    else
        unlink(path);
    buffer_finish(&bytes);
}

/* Whether the plug is pulled here. What is written from now on was never written. */
static bool cut(struct device *d)
{
    if (!d->dead && ++d->acts == d->cut_at) {
        d->dead = true;
        copy_state(d, "service.state", "state-at-the-cut");
    }
    return d->dead;
}

static struct device *of(struct updater *updater)
{
    return (struct device *)((char *)updater - offsetof(struct device, outer));
}

static int state(struct updater *updater, struct updater_state *out_state, char *out_reason)
{
    struct device *d = of(updater);
    if (d->deaf)
        return -ENODEV;
    return d->dead ? -ECANCELED : updater_state(d->updater, out_state, out_reason);
}

static int inspect(struct updater *updater, struct updater_bundle *out_bundle, char *out_reason)
{
    struct device *d = of(updater);
    return cut(d) ? -ECANCELED : updater_inspect(d->updater, out_bundle, out_reason);
}

static int install(struct updater *updater, char *out_reason)
{
    struct device *d = of(updater);
    if (cut(d))
        return -ECANCELED;
    d->installs++;
    int r = updater_install(d->updater, out_reason);
    return cut(d) ? -ECANCELED : r;
}

static int reboot(struct updater *updater, char *out_reason)
{
    struct device *d = of(updater);
    if (cut(d))
        return -ECANCELED;
    d->restarts++;
    (void)out_reason;
    d->down = true;
    return 0;
}

static int journal(struct updater *updater, char *out_text, size_t cap, size_t *out_len)
{
    return updater_journal(of(updater)->updater, out_text, cap, out_len);
}

static int stick_take(struct updater *updater, char *out_folder, char *out_reason)
{
    return updater_stick_take(of(updater)->updater, out_folder, out_reason);
}

static int stick_return(struct updater *updater, char *out_reason)
{
    return updater_stick_return(of(updater)->updater, out_reason);
}

static int stick_save(struct updater *updater, const char *label, char *out_reason)
{
    return updater_stick_save(of(updater)->updater, label, out_reason);
}

static int reset(struct updater *updater, char *out_reason)
{
    struct device *d = of(updater);
    snprintf(out_reason, UPDATER_REASON_MAX, "the disk cannot be written");
    if (d->locked)
        return -EIO;
    d->resets++;
    return 0;
}

static void leave_open(struct updater *updater)
{
    (void)updater;
}

static int orders(void *context, struct feed_order *out_list, uint32_t cap, uint32_t *out_count)
{
    const struct device *d = context;
    assert_true(d->order_count <= cap);
    memcpy(out_list, d->orders, d->order_count * sizeof(out_list[0]));
    *out_count = d->order_count;
    return d->dead ? -ECANCELED : 0;
}

static int fetch(void *context, uint32_t release, uint64_t offset, struct slice room, size_t *out_len)
{
    struct device *d = context;
    size_t left = offset < d->file_len ? d->file_len - offset : 0;
    size_t len = left < room.len ? left : room.len;
    if (cut(d))
        return -ECANCELED;
    if (!d->link)
        return -ENETDOWN;
    if (release != 3)
        return -ENOENT;
    memcpy((uint8_t *)(uintptr_t)room.data, d->file + offset, len);
    d->fetched += (unsigned)len;
    d->parts++;
    *out_len = len;
    return 0;
}

static int send_logs(void *context, uint64_t order, struct slice packed)
{
    struct device *d = context;
    struct compress *compress = NULL;
    size_t len = 0;
    (void)order;
    if (cut(d))
        return -ECANCELED;
    if (!d->link)
        return -ENETDOWN;
    assert_int_equal(compress_open(1, &compress), 0);
    assert_int_equal(compress_unpack(compress, packed, (uint8_t *)d->logs, sizeof(d->logs) - 1, &len), 0);
    compress_close(compress);
    d->logs[len] = '\0';
    d->logs_sent++;
    return cut(d) ? -ECANCELED : 0;
}

static int note(void *context, const struct body *body)
{
    struct device *d = context;
    if (cut(d))
        return -ECANCELED;
    assert_true(d->note_count < DEVICE_NOTES);
    d->notes[d->note_count++] = *body;
    return cut(d) ? -ECANCELED : 0;
}

static bool idle(void *context)
{
    return ((struct device *)context)->idle;
}

static int acts(void *context, struct buffer *out_file, struct service_acts *out_acts)
{
    const struct device *d = context;
    *out_acts = d->books;
    return d->acts_error != 0 ? d->acts_error : buffer_append(out_file, "signed acts", 11);
}

static void reset_failed(void *context, const char *reason)
{
    struct device *d = context;
    snprintf(d->reset_failed, sizeof(d->reset_failed), "%s", reason);
}

static void stick_done(void *context, const struct stick_result *result)
{
    ((struct device *)context)->stick = *result;
}

static void begin(struct device *d)
{
    static char log_path[96];
    struct service_options options = {.folder = d->folder,
                                      .log_path = log_path,
                                      .board = "sim",
                                      .updater = &d->outer,
                                      .clock = &d->clock.base,
                                      .orders = orders,
                                      .fetch = fetch,
                                      .send_logs = send_logs,
                                      .note = note,
                                      .idle = idle,
                                      .acts = acts,
                                      .stick_done = stick_done,
                                      .reset_failed = reset_failed,
                                      .context = d};
    snprintf(log_path, sizeof(log_path), "%s/terminal.log", d->folder);
    assert_int_equal(service_open(&options, false, &d->service), 0);
}

void device_open(struct device *d)
{
    static const struct updater_ops ops = {state,      inspect,      install,    reboot, journal,
                                           stick_take, stick_return, stick_save, reset,  leave_open};
    struct updater_spec spec = {.backend = "sim"};
    memset(d, 0, sizeof(*d));
    strcpy(d->folder, "/tmp/tillside-service-XXXXXX");
    assert_non_null(mkdtemp(d->folder));
    sim_clock_init(&d->clock, EIGHT_IN_THE_STORE);
    strcpy(spec.device, d->folder);
    assert_int_equal(updater_open(&spec, -1, &d->updater), 0);
    d->outer.ops = &ops;
    d->link = d->idle = true;
    begin(d);
}

static int remove_entry(const char *path, const struct stat *status, int flag, struct FTW *walk)
{
    (void)status;
    (void)flag;
    (void)walk;
    return remove(path);
}

void device_close(struct device *d)
{
    service_close(d->service);
    updater_close(d->updater);
    nftw(d->folder, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

void device_start(struct device *d)
{
    service_close(d->service);
    if (d->dead)
        copy_state(d, "state-at-the-cut", "service.state");
    d->dead = d->down = false;
    assert_int_equal(updater_sim_restart(d->folder), 0);
    begin(d);
}

bool device_settle(struct device *d)
{
    for (int turn = 0; turn < 400; turn++) {
        int64_t wait_ms = service_step(d->service);
        if (d->dead || d->down)
            device_start(d);
        else if (wait_ms > 0)
            return true;
    }
    return false;
}

void device_bundle(struct device *d, const char *compatible, const char *version, size_t size)
{
    char end[256];
    int len = snprintf(end, sizeof(end), "[update]\ncompatible=%s\nversion=%s\n[bundle]\nformat=verity\n", compatible,
                       version);
    assert_true(size + (size_t)len <= sizeof(d->file));
    for (size_t i = 0; i < size; i++)
        d->file[i] = (uint8_t)(i * 31 % 253 + 1);
    memcpy(d->file, "hsqs", 4);
    memcpy(d->file + size, end, (size_t)len);
    d->file_len = size + (size_t)len;
}

struct feed_order *device_order(struct device *d, uint64_t id, uint8_t what)
{
    assert_true(d->order_count < SERVICE_ORDERS_MAX);
    memmove(d->orders + 1, d->orders, d->order_count * sizeof(d->orders[0])); /* newest first, as the till lists them */
    d->order_count++;
    d->orders[0] = (struct feed_order){.order = id,
                                       .terminal = 1,
                                       .what = what,
                                       .expires_s = (uint32_t)(clock_wall_ms(&d->clock.base) / 1000 + 86400)};
    return &d->orders[0];
}

struct feed_order *device_order_update(struct device *d, uint64_t id, const char *version)
{
    struct feed_order *order = device_order(d, id, ORDER_UPDATE);
    order->release = 3;
    strcpy(order->compatible, "tillside-sim");
    snprintf(order->version, sizeof(order->version), "%s", version);
    order->size = d->file_len;
    crypto_sha256(d->file, d->file_len, order->sha256);
    return order;
}

uint8_t device_outcome(const struct device *d, uint64_t id, char out_reason[96])
{
    uint8_t outcome = 0;
    for (uint32_t i = 0; i < d->note_count; i++) {
        const struct body_order_done *done = &d->notes[i].order_done;
        if (d->notes[i].kind != RECORD_ORDER_DONE || done->order != id)
            continue;
        assert_true(outcome == 0 || outcome == done->outcome);
        outcome = done->outcome;
        if (out_reason)
            memcpy(out_reason, done->reason, sizeof(done->reason));
    }
    return outcome;
}

bool device_told_step(const struct device *d, uint64_t id, uint8_t step)
{
    for (uint32_t i = 0; i < d->note_count; i++) {
        if (d->notes[i].kind == RECORD_ORDER_STEP && d->notes[i].order_step.order == id &&
            d->notes[i].order_step.step == step)
            return true;
    }
    return false;
}

void device_runs(struct device *d, char out_version[24])
{
    char reason[UPDATER_REASON_MAX];
    struct updater_state now;
    assert_int_equal(updater_state(d->updater, &now, reason), 0);
    memcpy(out_version, now.version, sizeof(now.version));
}

void device_write(const struct device *d, const char *name, const char *text, size_t len)
{
    char path[160];
    snprintf(path, sizeof(path), "%s/%s", d->folder, name);
    assert_int_equal(file_write_atomic(path, text, len, 0600), 0);
}

bool device_holds(const struct device *d, const char *name)
{
    char path[160];
    snprintf(path, sizeof(path), "%s/%s", d->folder, name);
    return access(path, F_OK) == 0;
}
