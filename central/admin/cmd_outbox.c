#include "central/admin/groups.h"
#include "central/outbox/outbox.h"
#include "central/store/wechat_acquisition.h"
#include "central/wechat/order.h"
#include "central/wechat/reconcile.h"
#include "central/wechat/service.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define LIST_LIMIT 200

static const char *state_name(enum outbox_state state)
{
    switch (state) {
    case OUTBOX_WAITING:
        return "waiting";
    case OUTBOX_SENDING:
        return "sending";
    case OUTBOX_SENT:
        return "sent";
    case OUTBOX_DEAD:
        return "dead";
    }
    return "?";
}

static int add_item_row(void *context, const struct outbox_item *item)
{
    admin_add_row(context, json_pack("{s:I, s:s, s:s, s:s, s:s, s:s, s:I, s:I, s:s}", "item", (json_int_t)item->id,
                                     "state", state_name(item->state), "account", item->account, "api", item->api,
                                     "key", item->key, "reason", item->reason, "attempts", (json_int_t)item->attempts,
                                     "made_ms", (json_int_t)item->made_ms, "channel", item->channel));
    return 0;
}

int cmd_outbox_list(struct admin_call *call, struct store_tx *tx)
{
    const char *wanted = admin_text(call, "state", "");
    int state = -1;
    for (int i = OUTBOX_WAITING; i <= OUTBOX_DEAD; i++) {
        state = strcmp(wanted, state_name((enum outbox_state)i)) == 0 ? i : state;
    }
    if (wanted[0] && state < 0) {
        return admin_refuse(call, -EINVAL, "STATE is waiting, sending, sent or dead");
    }
    return outbox_each(tx, state, (uint32_t)admin_number(call, "limit", LIST_LIMIT), add_item_row, call);
}

static int add_hold_row(void *context, const struct outbox_hold_row *hold)
{
    admin_add_row(context,
                  json_pack("{s:s, s:s, s:I, s:s}", "account", hold->account, "api", hold->api[0] ? hold->api : "(all)",
                            "held_to_ms", (json_int_t)hold->until_ms, "reason", hold->reason));
    return 0;
}

int cmd_outbox_status(struct admin_call *call, struct store_tx *tx)
{
    struct outbox_counts counts;
    int rc = outbox_count(tx, &counts);
    if (rc < 0) {
        return rc;
    }
    admin_set(call, "waiting", json_integer((json_int_t)counts.waiting));
    admin_set(call, "sending", json_integer((json_int_t)counts.sending));
    admin_set(call, "sent", json_integer((json_int_t)counts.sent));
    admin_set(call, "dead", json_integer((json_int_t)counts.dead));
    if (counts.oldest_ms) {
        admin_set(call, "oldest_waiting_s", json_integer((tx->now_ms - counts.oldest_ms) / 1000));
    }
    return outbox_each_hold(tx, add_hold_row, call);
}

int cmd_outbox_retry(struct admin_call *call, struct store_tx *tx)
{
    int rc = outbox_retry(tx, (uint64_t)admin_number(call, "item", 0));
    return rc == -EPERM ? admin_refuse(call, rc, "only a dead item can be tried again") : rc;
}

int cmd_outbox_quota(struct admin_call *call, struct store_tx *tx)
{
    uint32_t used = 0, limit = 0;
    const char *account = admin_text(call, "account", ""), *api = admin_text(call, "api", "");
    int rc = admin_given(call, "per_day") ? outbox_set_quota(tx, account, api, admin_u32(call, "per_day")) : 0;
    rc = rc ? rc : outbox_quota_used(tx, account, api, &used, &limit);
    if (rc == -ENOENT) {
        return admin_refuse(call, rc, "account %s has made no call of %s yet", account, api);
    }
    admin_set(call, "used", json_integer(used));
    admin_set(call, "per_day", json_integer(limit));
    return rc;
}

/* ---- orders by hand */

int cmd_wechat_send(struct admin_call *call, struct store_tx *tx)
{
    char key[OUTBOX_KEY_MAX];
    struct channel_keys keys;
    struct channel_identity identity;
    uint64_t number = 0;
    int rc = wechat_find_member(tx, (uint64_t)admin_number(call, "member", 0), &identity);
    if (rc == -ENOENT) {
        return admin_refuse(call, rc, "no account knows this member, or not any more");
    }
    rc = rc ? rc : wechat_work_keys(call->central, &keys);
    rc = rc ? rc : store_next_number(tx, "wechat by hand", &number);
    if (rc < 0) {
        return rc;
    }
    snprintf(key, sizeof(key), "by-hand/%" PRIu64, number);
    struct wechat_order order = {
        .account = identity.account, .key = key, .identity = identity.id, .expires_ms = tx->now_ms + WECHAT_WINDOW_MS};
    rc = wechat_order_text(tx, &keys, &order, admin_text(call, "text", ""));
    channel_keys_finish(&keys);
    admin_set(call, "key", json_string(key));
    return rc;
}

int cmd_wechat_menu(struct admin_call *call, struct store_tx *tx)
{
    char key[OUTBOX_KEY_MAX];
    struct channel_keys keys;
    const char *why = NULL;
    uint64_t number = 0;
    json_t *menu = json_loads(admin_text(call, "file", ""), 0, NULL);
    int rc = wechat_work_keys(call->central, &keys);
    rc = rc ? rc : store_next_number(tx, "wechat menu", &number);
    if (rc == 0) {
        snprintf(key, sizeof(key), "menu/%" PRIu64, number);
        rc = wechat_order_menu(tx, &keys, &(struct wechat_order){.account = admin_text(call, "name", ""), .key = key},
                               menu, &why);
    }
    json_decref(menu);
    channel_keys_finish(&keys);
    return why ? admin_refuse(call, rc, "%s", why) : rc;
}

int cmd_wechat_reconcile(struct admin_call *call)
{
    struct reconcile_result result;
    int rc = reconcile_followers(call->central, admin_text(call, "name", ""), &result);
    if (rc == -EREMOTEIO) {
        return admin_refuse(call, rc, "WeChat refused: %s", result.error);
    }
    admin_set(call, "followers", json_integer((json_int_t)result.followers));
    admin_set(call, "found", json_integer((json_int_t)result.found));
    return rc;
}

/* ---- clerks' credit for members won */

static int add_vesting_row(void *context, const struct vesting_row *row)
{
    admin_add_row(context, json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "store", (json_int_t)row->store, "clerk",
                                     (json_int_t)row->clerk, "pending", (json_int_t)row->pending, "vested",
                                     (json_int_t)row->vested, "forfeited", (json_int_t)row->forfeited, "pending_minor",
                                     (json_int_t)row->pending_minor, "vested_minor", (json_int_t)row->vested_minor));
    return 0;
}

int cmd_acquisition_report(struct admin_call *call, struct store_tx *tx)
{
    int64_t amount_minor = 0;
    int rc = vesting_amount(tx, &amount_minor);
    admin_set(call, "amount_minor", json_integer(amount_minor));
    return rc ? rc : vesting_each(tx, add_vesting_row, call);
}

int cmd_acquisition_set(struct admin_call *call, struct store_tx *tx)
{
    return vesting_set_amount(tx, admin_number(call, "amount", 0));
}
