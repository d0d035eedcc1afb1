#include "central/message/plan.h"

#include "central/store/segment.h"
#include "central/wechat/order.h"
#include "central/wechat/service.h"
#include "platform/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HOUR_MS   INT64_C(3600000)
#define PIECE     1000 /* rows in one transaction */
#define REPLY_MAX 200  /* orders in one transaction of the clockwork */

/* ---- who */

struct walk {
    struct store_tx *tx;
    const struct plan_audience *audience;
    const struct message_wish *wish;
    plan_visit visit;
    void *context;
};

static int walk_identity(void *context, uint64_t identity)
{
    const struct walk *walk = context;
    struct message_moment moment;
    const char *why = NULL;
    const struct plan_owner *owner = walk->audience->owner;
    int rc = owner ? owner->sieve(owner->context, walk->tx, identity, &why) : 0;
    if (rc < 0 || (why && !why[0])) {
        return rc;
    }
    if (why) {
        moment = (struct message_moment){.answer = WINDOW_SHUT, .why = why};
        return walk->visit(walk->context, identity, &moment);
    }
    rc = message_moment_find(walk->tx, walk->wish, identity, &moment);
    if (rc == -ENOENT) {
        moment = (struct message_moment){.answer = WINDOW_LEFT, .why = "does not follow any more"};
        rc = 0;
    }
    return rc ? rc : walk->visit(walk->context, identity, &moment);
}

static int walk_member(void *context, uint64_t member)
{
    const struct walk *walk = context;
    uint64_t identity = 0;
    int rc = message_find_follower(walk->tx, walk->audience->account, member, &identity);
    return rc == -ENOENT ? walk->visit(walk->context, 0, NULL) : rc ? rc : walk_identity(context, identity);
}

int plan_walk(struct store_tx *tx, const struct plan_audience *audience, const struct message_wish *wish,
              plan_visit visit, void *context)
{
    struct walk walk = {.tx = tx, .audience = audience, .wish = wish, .visit = visit, .context = context};
    int rc = 0;
    if (audience->segment) {
        return segment_each_member(tx, audience->segment, walk_member, &walk);
    }
    if (audience->all) {
        return message_each_follower(tx, audience->account, walk_identity, &walk);
    }
    for (size_t i = 0; rc == 0 && i < audience->member_count; i++) {
        rc = walk_member(&walk, audience->members[i]);
    }
    for (size_t i = 0; rc == 0 && i < audience->identity_count; i++) {
        rc = walk_identity(&walk, audience->identities[i]);
    }
    return rc;
}

void plan_figures_add(struct plan_figures *figures, const struct message_moment *moment, int64_t now_ms)
{
    figures->people++;
    if (!moment) {
        figures->unknown++;
        return;
    }
    switch (moment->answer) {
    case WINDOW_OPEN:
        figures->now += moment->at_ms < now_ms + HOUR_MS;
        figures->later += moment->at_ms >= now_ms + HOUR_MS;
        figures->first_ms = !figures->first_ms || moment->at_ms < figures->first_ms ? moment->at_ms : figures->first_ms;
        figures->last_ms = moment->at_ms > figures->last_ms ? moment->at_ms : figures->last_ms;
        break;
    case WINDOW_SHUT:
        figures->shut++;
        break;
    case WINDOW_USED_UP:
        figures->used_up++;
        break;
    case WINDOW_MONTH_FULL:
        figures->month_full++;
        break;
    case WINDOW_LEFT:
        figures->left++;
        break;
    }
}

int plan_wish_complete(struct store_tx *tx, struct message_account *account, struct message_wish *wish)
{
    uint64_t hours[ACTIVITY_HOURS + 1] = {0}, most = 0;
    int rc = message_account_hours(tx, account->account, hours);
    wish->account = account;
    wish->usual_hour = -1;
    wish->from_ms = wish->from_ms > tx->now_ms ? wish->from_ms : tx->now_ms;
    for (int i = 0; rc == 0 && i < ACTIVITY_HOURS; i++) {
        if (!quiet_at(&account->quiet, i) && hours[i] > most) {
            most = hours[i];
            wish->usual_hour = i;
        }
    }
    return rc;
}

/* ---- making a plan */

struct making {
    const struct message_plan *plan;
    const struct plan_owner *owner;
    uint64_t id;
    struct planned_message_row *rows;
    size_t count, cap, written;
    struct plan_figures figures;
    int64_t now_ms;
};

static int collect(void *context, uint64_t identity, const struct message_moment *moment)
{
    struct making *making = context;
    plan_figures_add(&making->figures, moment, making->now_ms);
    if (!moment) {
        return 0;
    }
    if (making->count == making->cap) {
        size_t cap = making->cap ? 2 * making->cap : PIECE;
        struct planned_message_row *rows = realloc(making->rows, cap * sizeof(*rows));
        if (!rows) {
            return -ENOMEM;
        }
        making->rows = rows;
        making->cap = cap;
    }
    bool can = moment->answer == WINDOW_OPEN;
    struct planned_message_row row = {.identity = identity,
                                      .channel = can ? moment->channel : MESSAGE_CUSTOMER_SERVICE,
                                      .state = can ? PLANNED_WAITS : PLANNED_CANNOT,
                                      .due_ms = moment->at_ms};
    snprintf(row.reason, sizeof(row.reason), "%s", moment->why);
    making->rows[making->count++] = row;
    return 0;
}

static int run_begin(void *arg, struct store_tx *tx)
{
    struct making *making = arg;
    struct message_plan begun = *making->plan;
    int rc = message_plan_begin(tx, making->plan, &making->id);
    begun.id = making->id;
    return rc || !making->owner ? rc : making->owner->begun(making->owner->context, tx, &begun);
}

static int run_piece(void *arg, struct store_tx *tx)
{
    struct making *making = arg;
    size_t end = making->written + PIECE < making->count ? making->written + PIECE : making->count;
    int rc = 0;
    for (size_t i = making->written; rc == 0 && i < end; i++) {
        making->rows[i].plan = making->id;
        rc = message_plan_add(tx, &making->rows[i]);
    }
    if (rc == 0 && end == making->count) {
        rc = message_plan_set_state(tx, making->id, PLAN_READY);
    }
    making->written = rc == 0 ? end : making->written;
    return rc;
}

static int run_drop(void *arg, struct store_tx *tx)
{
    const struct making *making = arg;
    return message_plan_cancel(tx, making->id);
}

int plan_make(struct central *central, const struct message_plan *plan, const struct plan_audience *audience,
              const struct message_wish *wish, struct plan_figures *out_figures, uint64_t *out_id)
{
    struct store_tx tx;
    struct making making = {.plan = plan, .owner = audience->owner};
    int rc = store_read_begin(central->store, &tx);
    if (rc < 0) {
        return rc;
    }
    making.now_ms = tx.now_ms;
    rc = plan_walk(&tx, audience, wish, collect, &making);
    store_read_end(&tx);
    rc = rc ? rc : writer_call(central->writer, run_begin, &making);
    do {
        rc = rc ? rc : writer_call(central->writer, run_piece, &making);
    } while (rc == 0 && making.written < making.count);
    free(making.rows);
    if (rc < 0 && making.id && writer_call(central->writer, run_drop, &making) < 0) {
        return rc; /* half made: the next start drops it */
    }
    if (rc == 0) {
        *out_figures = making.figures;
        *out_id = making.id;
    }
    return rc;
}

/* ---- the clockwork */

struct handing {
    struct central *central;
    struct channel_keys keys;
    struct message_plan plan;
    struct planned_message_row which, rows[WECHAT_MASS_MAX];
    size_t count;
};

static struct wechat_order order_of(const struct handing *h, const char *key, uint64_t identity)
{
    return (struct wechat_order){.account = h->plan.account,
                                 .key = key,
                                 .identity = identity,
                                 .expires_ms = h->plan.until_ms,
                                 .unasked = !h->plan.urgent || !identity};
}

static int hand_replies(struct handing *h, struct store_tx *tx)
{
    char key[PLAN_KEY_MAX];
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < h->count; i++) {
        struct planned_message_row *row = &h->rows[i];
        row->batch = row->identity;
        row->state = PLANNED_ORDERED;
        message_planned_key(row, key);
        struct wechat_order order = order_of(h, key, row->identity);
        rc = wechat_order_text(tx, &h->keys, &order, h->plan.text);
        rc = rc && rc != -EEXIST ? rc : message_planned_settle(tx, row);
    }
    return rc;
}

/* The platform wants two people at least: one alone waits for the next. */
static int hand_lone(struct handing *h, struct store_tx *tx)
{
    struct planned_message_row *row = &h->rows[0];
    int rc = message_planned_next(tx, &h->which, &row->due_ms);
    if (rc == -ENOENT) {
        row->state = PLANNED_CANNOT;
        snprintf(row->reason, sizeof(row->reason), "a mass message needs two people at least");
        rc = 0;
    }
    return rc ? rc : message_planned_settle(tx, row);
}

static int hand_mass(struct handing *h, struct store_tx *tx)
{
    char key[PLAN_KEY_MAX];
    uint64_t identities[WECHAT_MASS_MAX], batch = 0;
    if (h->count < WECHAT_MASS_MIN) {
        return hand_lone(h, tx);
    }
    int rc = store_next_number(tx, "mass message", &batch);
    for (size_t i = 0; rc == 0 && i < h->count; i++) {
        identities[i] = h->rows[i].identity;
        h->rows[i].batch = batch;
        h->rows[i].state = PLANNED_ORDERED;
        rc = message_planned_settle(tx, &h->rows[i]);
    }
    message_planned_key(&h->rows[0], key);
    struct wechat_order order = order_of(h, key, 0);
    struct wechat_people people = {identities, h->count};
    return rc ? rc : wechat_order_mass(tx, &h->keys, &order, &people, h->plan.text);
}

static int run_handing(void *arg, struct store_tx *tx)
{
    struct handing *h = arg;
    h->which = (struct planned_message_row){0};
    int rc = message_planned_due(tx, &h->which.plan, &h->which.channel);
    rc = rc ? rc : message_plan_find(tx, h->which.plan, &h->plan);
    bool mass = h->which.channel == MESSAGE_MASS;
    rc = rc ? rc : message_planned_take(tx, &h->which, mass ? WECHAT_MASS_MAX : REPLY_MAX, h->rows, &h->count);
    return rc ? rc : mass ? hand_mass(h, tx) : hand_replies(h, tx);
}

static int look(struct central *central)
{
    struct store_tx tx;
    uint64_t plan;
    enum message_channel channel;
    int rc = store_read_begin(central->store, &tx);
    if (rc == 0) {
        rc = message_planned_due(&tx, &plan, &channel);
        store_read_end(&tx);
    }
    return rc;
}

void plan_tick(struct central *central)
{
    int rc = look(central);
    struct handing *h = rc == 0 ? calloc(1, sizeof(*h)) : NULL;
    if (!h) {
        return; /* nothing is due; without memory the next tick tries again */
    }
    h->central = central;
    rc = wechat_work_keys(central, &h->keys);
    while (rc == 0) {
        rc = writer_call(central->writer, run_handing, h);
    }
    channel_keys_finish(&h->keys);
    free(h);
    if (rc != -ENOENT && rc != -EPIPE) {
        log_error("message", "planned messages could not be handed to the outbox errno=%d", -rc);
    }
}
