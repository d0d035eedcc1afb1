#include "central/admin/fleet.h"

#include "central/store/fleet_release.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define ORDERS_SHOWN 5

/* What the devices say of themselves. */

/* "2 h 05 min", "3 min", "40 s"; "never" for a time that never was. */
static const char *age_words(int64_t since_ms, int64_t now_ms, char *out, size_t cap)
{
    int64_t age_s = now_ms > since_ms ? (now_ms - since_ms) / 1000 : 0;
    if (since_ms <= 0)
        snprintf(out, cap, "never");
    else if (age_s < 120)
        snprintf(out, cap, "%" PRId64 " s", age_s);
    else if (age_s < 7200)
        snprintf(out, cap, "%" PRId64 " min", age_s / 60);
    else
        snprintf(out, cap, "%" PRId64 " h %02" PRId64 " min", age_s / 3600, age_s / 60 % 60);
    return out;
}

/* "well", "printer, drawer", "unknown". */
static const char *health_words(const struct fleet_device *device, char *out, size_t cap)
{
    size_t len = 0;
    if (!device->told)
        return "unknown";
    out[0] = '\0';
    for (uint32_t i = 0; i < DEVICE_PARTS; i++) {
        if (device->status.down & (1u << i) && len < cap)
            len += (size_t)snprintf(out + len, cap - len, "%s%s", len ? ", " : "", device_part_name(i));
    }
    return len ? out : "well";
}

static const char *temperature_words(const struct body_device_status *status, char *out, size_t cap)
{
    if (status->temperature_mc == 0)
        return "-";
    int64_t tenths = status->temperature_mc / 100, size = tenths < 0 ? -tenths : tenths;
    snprintf(out, cap, "%s%" PRId64 ".%d", tenths < 0 ? "-" : "", size / 10, (int)(size % 10));
    return out;
}

struct listing {
    struct admin_call *call;
    struct store_tx *tx;
    int64_t now_ms;
    int64_t store; /* 0 = all */
    bool stale_only;
};

static json_t *device_row(const struct fleet_device *device, int64_t now_ms)
{
    char age[32], health[160], heat[32], disk[48];
    const struct body_device_status *status = &device->status;
    snprintf(disk, sizeof(disk), "%" PRIu64 "/%" PRIu64 " MB", status->disk_free_mb, status->disk_total_mb);
    return json_pack("{s:I, s:I, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "terminal", (json_int_t)device->terminal.id,
                     "store", (json_int_t)device->terminal.store, "version", device->told ? status->version : "",
                     "slot", device->told && status->slot[0] ? status->slot : "-", "health",
                     health_words(device, health, sizeof(health)), "sync_age",
                     age_words(device->terminal.last_contact_ms, now_ms, age, sizeof(age)), "temperature",
                     temperature_words(status, heat, sizeof(heat)), "disk", device->told ? disk : "-", "self_test",
                     device->tested_ms == 0 ? "-"
                     : device->test_well    ? "well"
                                            : "failed",
                     "stale", fleet_is_stale(device, now_ms) ? "STALE" : "");
}

/* The newest update of it that was ordered. */
static int add_update(struct store_tx *tx, uint32_t terminal, json_t *row)
{
    struct fleet_order order;
    struct release release = {0};
    char words[160];
    int rc = fleet_order_newest(tx, terminal, ORDER_UPDATE, &order);
    if (rc == -ENOENT) {
        json_object_set_new(row, "update", json_string("-"));
        return 0;
    }
    rc = rc ? rc : release_find(tx, order.release, &release);
    if (rc < 0)
        return rc;
    fleet_order_words(&order, words, sizeof(words));
    json_object_set_new(row, "update", json_sprintf("%s %s", release.version, words + strlen("update ")));
    return 0;
}

static int add_row(void *context, const struct fleet_device *device)
{
    struct listing *listing = context;
    bool wanted = listing->store == 0 || listing->store == (int64_t)device->terminal.store;
    if (listing->stale_only && !fleet_is_stale(device, listing->now_ms))
        wanted = false;
    if (!wanted)
        return 0;
    json_t *row = device_row(device, listing->now_ms);
    int rc = add_update(listing->tx, device->terminal.id, row);
    if (rc < 0)
        json_decref(row);
    else
        admin_add_row(listing->call, row);
    return rc;
}

int cmd_fleet_list(struct admin_call *call, struct store_tx *tx)
{
    struct listing listing = {call, tx, tx->now_ms, admin_number(call, "store", 0), admin_given(call, "stale")};
    return fleet_each(tx, add_row, &listing);
}

static json_t *outcomes_of(const struct body_self_test *test)
{
    json_t *items = json_object();
    for (uint32_t i = 0; i < test->count && i < SELF_TEST_ITEMS; i++)
        json_object_set_new(items, self_test_item_name(test->results[i] / 8),
                            json_string(self_test_outcome_name(test->results[i] % 8)));
    return items;
}

/* "printer failed, drawer skipped": what is not simply well. */
static const char *exceptions_of(const struct body_self_test *test, char *out, size_t cap)
{
    size_t len = 0;
    out[0] = '\0';
    for (uint32_t i = 0; i < test->count && i < SELF_TEST_ITEMS; i++) {
        if (test->results[i] % 8 != SELF_TEST_PASSED && len < cap)
            len += (size_t)snprintf(out + len, cap - len, "%s%s %s", len ? ", " : "",
                                    self_test_item_name(test->results[i] / 8),
                                    self_test_outcome_name(test->results[i] % 8));
    }
    return out;
}

static int add_test(void *context, const struct body_self_test *test)
{
    char exceptions[256];
    admin_add_row(context,
                  json_pack("{s:I, s:s, s:s, s:I, s:I, s:s}", "started_ms", (json_int_t)test->started_ms, "result",
                            self_test_all_well(test) ? "well" : "failed", "but",
                            exceptions_of(test, exceptions, sizeof(exceptions)), "took_seconds",
                            (json_int_t)test->seconds, "clerk", (json_int_t)test->clerk, "version", test->version));
    return 0;
}

/* "update done, reboot waiting": newest first. */
struct order_words {
    char text[1024];
    size_t len;
    uint32_t count;
};

static int add_order(void *context, const struct fleet_order *order)
{
    struct order_words *orders = context;
    char words[160];
    fleet_order_words(order, words, sizeof(words));
    if (orders->len < sizeof(orders->text))
        orders->len += (size_t)snprintf(orders->text + orders->len, sizeof(orders->text) - orders->len, "%s%s",
                                        orders->len ? ", " : "", words);
    return ++orders->count == ORDERS_SHOWN;
}

static int show_orders(struct admin_call *call, struct store_tx *tx, uint32_t terminal)
{
    struct order_words orders = {.text = "-"};
    int rc = fleet_order_each(tx, terminal, add_order, &orders);
    admin_set(call, "orders", json_string(orders.text));
    return rc < 0 ? rc : 0;
}

int cmd_fleet_show(struct admin_call *call, struct store_tx *tx)
{
    struct fleet_device device;
    char age[32];
    int rc = fleet_find(tx, admin_u32(call, "terminal"), &device);
    if (rc < 0)
        return rc == -ENOENT ? admin_refuse(call, rc, "no such terminal") : rc;
    json_t *row = device_row(&device, tx->now_ms);
    json_object_update(call->result, row);
    json_decref(row);
    admin_set(call, "hardware", json_string(device.terminal.hardware));
    admin_set(call, "heard", json_string(age_words(device.heard_ms, tx->now_ms, age, sizeof(age))));
    if (device.told) {
        admin_set(call, "board", json_string(device.status.board));
        admin_set(
            call, "uptime",
            json_string(age_words(tx->now_ms - (int64_t)device.status.uptime_s * 1000, tx->now_ms, age, sizeof(age))));
        admin_set(call, "boots", json_integer((json_int_t)device.status.boot_count));
    }
    uint8_t ring = RING_ALL;
    rc = release_ring_of(tx, device.terminal.store, device.terminal.id, &ring);
    admin_set(call, "ring", json_string(release_ring_name(ring)));
    rc = rc ? rc : show_orders(call, tx, device.terminal.id);
    return rc ? rc : fleet_each_test(tx, device.terminal.id, add_test, call);
}

/* Whose key it was, in a word that a technician can act on. */
static int check_signature(struct store_tx *tx, const char *text, const struct device_report *report,
                           const char **out_words)
{
    struct terminal terminal;
    if (!report->is_signed) {
        *out_words = "unsigned: from a device that is not enrolled";
        return 0;
    }
    int rc = identity_find_terminal(tx, report->terminal, &terminal);
    if (rc < 0 && rc != -ENOENT)
        return rc;
    if (rc == -ENOENT)
        *out_words = "of a terminal that is not known here";
    else
        *out_words =
            device_report_verify(text, terminal.public_key) ? "genuine" : "FORGED: not signed by that terminal";
    return 0;
}

int cmd_device_report(struct admin_call *call, struct store_tx *tx)
{
    struct device_report report;
    const char *text = admin_text(call, "text", ""), *signature = "";
    int rc = device_report_decode(text, &report);
    if (rc < 0)
        return admin_refuse(call, -EINVAL, "%s",
                            rc == -EINVAL ? "a report begins with " DEVICE_REPORT_PREFIX
                                          : "that text is damaged: copy all of it, blanks too");
    rc = check_signature(tx, text, &report, &signature);
    if (rc < 0)
        return rc;
    admin_set(call, "terminal", json_integer(report.terminal));
    admin_set(call, "signature", json_string(signature));
    admin_set(call, "started_ms", json_integer(report.test.started_ms));
    admin_set(call, "version", json_string(report.test.version));
    admin_set(call, "board", json_string(report.test.board));
    admin_set(call, "hardware", json_string(report.test.hardware));
    admin_set(call, "result", json_string(self_test_all_well(&report.test) ? "well" : "failed"));
    json_t *items = outcomes_of(&report.test);
    const char *name;
    json_t *outcome;
    json_object_foreach(items, name, outcome)
    {
        admin_add_row(call, json_pack("{s:s, s:O}", "item", name, "outcome", outcome));
    }
    json_decref(items);
    return 0;
}
