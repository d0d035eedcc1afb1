#ifndef CENTRAL_STORE_FLEET_ORDER_H
#define CENTRAL_STORE_FLEET_ORDER_H

/*
 * Orders to devices: update, restart, send the logs. An order is a row here and an item in its store's feed; what the
 * terminal's records say of it changes the row, and the end of it takes the item out of the feed. Order numbers rise
 * with central's clock, so that books from a backup never give one again.
 */

#include "central/store/fleet.h"
#include "platform/buffer.h"

#define FLEET_LOGS_MAX        5                            /* kept of each terminal */
#define FLEET_LOG_BYTES_MAX   (256 * 1024)                 /* unpacked */
#define FLEET_ORDER_LIFE_MS   (INT64_C(14) * 24 * 3600000) /* of an update; its terminal may be off for days */
#define FLEET_ORDERS_OPEN_MAX 8                            /* of one terminal at once */

struct release;

struct fleet_order {
    uint64_t id;
    uint32_t terminal, store, brand;
    uint8_t what; /* enum order_what */
    uint32_t release;
    int64_t made_ms, expires_ms, changed_ms;
    uint8_t step, outcome; /* outcome 0: open */
    char version[24];      /* that the device ran when it last spoke of the order */
    char reason[96];
};

/* release NULL: restart or logs. -ENOENT no such confirmed terminal, -EBUSY too many are open. */
MUST_CHECK int fleet_order_make(struct store_tx *tx, const struct fleet_order *wish, const struct release *release,
                                uint64_t *out_id);
/* A record of the terminal; of an order that is not its own nothing happens. */
MUST_CHECK int fleet_order_heard(struct store_tx *tx, uint32_t terminal, const struct body *body);
MUST_CHECK int fleet_order_find(struct store_tx *tx, uint64_t id, struct fleet_order *out_order); /* -ENOENT */
/* The newest of one terminal; what 0 = any. -ENOENT. */
MUST_CHECK int fleet_order_newest(struct store_tx *tx, uint32_t terminal, uint8_t what, struct fleet_order *out_order);
/* Newest first, until visit returns non-zero, which is passed on. */
typedef int (*fleet_order_visit)(void *context, const struct fleet_order *order);
MUST_CHECK int fleet_order_each(struct store_tx *tx, uint32_t terminal, fleet_order_visit visit, void *context);
/* Says the open update orders of a release anew: held while it is paused; gone when it is withdrawn (then over here,
 * unless the device has installed it already). */
MUST_CHECK int fleet_order_restate(struct store_tx *tx, const struct release *release);
/* Open ones whose time is over for a day: over. At most limit; *out_count may be NULL. */
MUST_CHECK int fleet_order_expire(struct store_tx *tx, uint32_t limit);
bool fleet_order_any_over(struct store_tx *tx);

/* "0.2.0 downloading", "0.2.0 back: it did not stay up", "reboot done". */
const char *fleet_order_words(const struct fleet_order *order, char *out, size_t cap);

/* Logs that a terminal sent for an order of its own. -ENOENT no such order, -EMSGSIZE. */
struct fleet_log {
    uint32_t terminal;
    uint64_t order;
    struct slice text;
};
MUST_CHECK int fleet_log_keep(struct store_tx *tx, const struct fleet_log *log);
/* The newest (order 0) or that order's; buffer takes the text. -ENOENT. */
MUST_CHECK int fleet_log_read(struct store_tx *tx, uint32_t terminal, uint64_t *order, int64_t *out_heard_ms,
                              struct buffer *out_text);

#endif
