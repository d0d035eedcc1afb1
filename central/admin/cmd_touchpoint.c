#include "central/admin/groups.h"
#include "central/admin/ticket.h"
#include "central/store/identity.h"
#include "central/store/people_clerk.h"
#include "central/store/people_touchpoint.h"
#include "central/wechat/envelope.h"
#include "central/wechat/work.h"
#include "domain/time.h"

#include <stdio.h>
#include <string.h>

#define OPERATOR       TICKET_OPERATOR
#define TEMPORARY_DAYS 30

static int add_touchpoint_row(void *context, const struct touchpoint *t)
{
    admin_add_row(context, json_pack("{s:I, s:I, s:I, s:I, s:s, s:s, s:s, s:I, s:s}", "touchpoint", (json_int_t)t->id,
                                     "store", (json_int_t)t->store, "terminal", (json_int_t)t->terminal, "clerk",
                                     (json_int_t)t->clerk, "shelf", t->shelf, "scene", t->scene, "url", t->url,
                                     "valid_to_s", (json_int_t)t->valid_to_s, "state",
                                     t->gone     ? "gone"
                                     : t->url[0] ? "shown"
                                                 : "no ticket"));
    return 0;
}

int cmd_touchpoint_list(struct admin_call *call, struct store_tx *tx)
{
    return people_each_touchpoint(tx, add_touchpoint_row, call);
}

static int check_clerk(struct admin_call *call, struct store_tx *tx, const struct touchpoint *t)
{
    struct clerk clerk;
    int rc = t->clerk ? people_find_clerk(tx, t->clerk, &clerk) : 0;
    if (rc == -ENOENT || (rc == 0 && t->clerk && clerk.store != t->store)) {
        return admin_refuse(call, -ENOENT, "store %u has no clerk %u", t->store, t->clerk);
    }
    return rc;
}

/* ---- add: a row first, then WeChat is asked for its QR, outside any transaction, then the store hears of it */

static int insert_touchpoint(void *arg, struct store_tx *tx)
{
    struct ticket_job *job = arg;
    struct admin_call *call = job->call;
    struct touchpoint *t = &job->touchpoint;
    struct shop shop;
    int64_t days = admin_number(call, "days", 0);
    *t = (struct touchpoint){.store = admin_u32(call, "store"),
                             .terminal = admin_u32(call, "terminal"),
                             .clerk = admin_u32(call, "clerk"),
                             .campaign = admin_u32(call, "campaign")};
    if (days < 0 || days > TEMPORARY_DAYS) {
        return admin_refuse(call, -ERANGE, "a temporary QR lives 1 to %d days", TEMPORARY_DAYS);
    }
    t->valid_to_s = days ? (uint32_t)(tx->now_ms / 1000 + days * TIME_DAY_S) : 0;
    int rc = identity_find_shop(tx, t->store, &shop);
    if (rc == -ENOENT) {
        return admin_refuse(call, rc, "there is no store %u", t->store);
    }
    rc = rc ? rc : check_clerk(call, tx, t);
    t->brand = rc ? 0 : shop.brand;
    rc = rc ? rc : admin_copy_text(call, "shelf", t->shelf, sizeof(t->shelf));
    rc = rc ? rc : admin_copy_text(call, "account", t->account, sizeof(t->account));
    rc = rc ? rc : people_add_touchpoint(tx, t, OPERATOR, &t->id);
    return rc ? rc : people_find_touchpoint(tx, t->id, t);
}

static void show_touchpoint(struct admin_call *call, const struct touchpoint *t)
{
    char name[48], note[FEED_NAME_MAX + 48];
    snprintf(name, sizeof(name), "follow-%u", t->id);
    snprintf(note, sizeof(note), "%s%s%u", t->shelf, t->shelf[0] ? " · " : "touchpoint ", t->id);
    admin_set(call, "touchpoint", json_integer(t->id));
    admin_set(call, "scene", json_string(t->scene));
    admin_set(call, "url", json_string(t->url));
    admin_add_picture(call, &(struct admin_picture){.name = name, .text = t->url, .title = "微信扫一扫", .note = note});
}

int cmd_touchpoint_add(struct admin_call *call)
{
    struct ticket_job job = {.call = call};
    int rc = wechat_work_keys(call->central, &job.keys);
    rc = rc ? rc : writer_call(call->central->writer, insert_touchpoint, &job);
    rc = rc ? rc : ticket_fetch(&job);
    channel_keys_finish(&job.keys);
    if (rc == 0) {
        show_touchpoint(call, &job.touchpoint);
    }
    return rc;
}

int cmd_touchpoint_ticket(struct admin_call *call)
{
    struct ticket_job job = {.call = call};
    struct store_tx tx;
    int rc = wechat_work_keys(call->central, &job.keys);
    rc = rc ? rc : store_read_begin(call->central->store, &tx);
    if (rc == 0) {
        rc = people_find_touchpoint(&tx, admin_u32(call, "touchpoint"), &job.touchpoint);
        store_read_end(&tx);
    }
    rc = rc ? rc : ticket_fetch(&job);
    channel_keys_finish(&job.keys);
    if (rc == 0) {
        show_touchpoint(call, &job.touchpoint);
    }
    return rc;
}

int cmd_touchpoint_set(struct admin_call *call, struct store_tx *tx)
{
    struct touchpoint t;
    int rc = people_find_touchpoint(tx, admin_u32(call, "touchpoint"), &t);
    rc = rc ? rc : admin_copy_text(call, "shelf", t.shelf, sizeof(t.shelf));
    if (rc < 0) {
        return rc;
    }
    t.terminal = admin_given(call, "terminal") ? admin_u32(call, "terminal") : t.terminal;
    t.clerk = admin_given(call, "clerk") ? admin_u32(call, "clerk") : t.clerk;
    t.campaign = admin_given(call, "campaign") ? admin_u32(call, "campaign") : t.campaign;
    rc = check_clerk(call, tx, &t);
    return rc ? rc : people_update_touchpoint(tx, &t, OPERATOR);
}

int cmd_touchpoint_remove(struct admin_call *call, struct store_tx *tx)
{
    struct touchpoint touchpoint;
    int rc = people_find_touchpoint(tx, admin_u32(call, "touchpoint"), &touchpoint);
    touchpoint.gone = true;
    return rc ? rc : people_update_touchpoint(tx, &touchpoint, OPERATOR);
}

int cmd_touchpoint_qr(struct admin_call *call, struct store_tx *tx)
{
    struct touchpoint touchpoint;
    int rc = people_find_touchpoint(tx, admin_u32(call, "touchpoint"), &touchpoint);
    if (rc == 0 && !touchpoint.url[0]) {
        return admin_refuse(call, -EPERM, "it has no ticket yet: \"touchpoint ticket %u\"", touchpoint.id);
    }
    if (rc == 0) {
        show_touchpoint(call, &touchpoint);
    }
    return rc;
}

/* ---- report */

struct report {
    struct admin_call *call;
    struct store_tx *tx;
    const char *by; /* "touchpoint", "clerk", "store" */
    json_t *groups; /* by key */
};

static void add_up(json_t *row, const char *name, uint64_t value)
{
    json_int_t sum = json_integer_value(json_object_get(row, name)) + (json_int_t)value;
    json_object_set_new(row, name, json_integer(sum));
}

static json_t *find_group(struct report *report, const struct touchpoint *t)
{
    char key[32];
    uint32_t number = strcmp(report->by, "clerk") == 0 ? t->clerk : strcmp(report->by, "store") == 0 ? t->store : t->id;
    snprintf(key, sizeof(key), "%u", number);
    json_t *row = json_object_get(report->groups, key);
    if (!row) {
        row = json_pack("{s:I}", report->by, (json_int_t)number);
        if (strcmp(report->by, "touchpoint") == 0) {
            json_object_set_new(row, "store", json_integer(t->store));
            json_object_set_new(row, "clerk", json_integer(t->clerk));
            json_object_set_new(row, "shelf", json_string(t->shelf));
        }
        json_object_set_new(report->groups, key, row);
        admin_add_row(report->call, json_incref(row));
    }
    return row;
}

static int add_funnel(void *context, const struct funnel *funnel)
{
    struct report *report = context;
    struct touchpoint touchpoint = {0};
    int rc = funnel->touchpoint ? people_find_touchpoint(report->tx, funnel->touchpoint, &touchpoint) : 0;
    if (rc < 0 && rc != -ENOENT) {
        return rc;
    }
    json_t *row = find_group(report, &touchpoint);
    add_up(row, "shown", funnel->shown);
    add_up(row, "follows", funnel->follows);
    add_up(row, "scans", funnel->scans);
    add_up(row, "joins", funnel->joins);
    add_up(row, "unfollows", funnel->unfollows);
    return 0;
}

int cmd_touchpoint_report(struct admin_call *call, struct store_tx *tx)
{
    struct report report = {.call = call, .tx = tx, .by = admin_text(call, "by", "touchpoint")};
    int64_t days = admin_number(call, "days", 30);
    int64_t today = time_local_day(tx->now_ms);
    if (strcmp(report.by, "touchpoint") != 0 && strcmp(report.by, "clerk") != 0 && strcmp(report.by, "store") != 0) {
        return admin_refuse(call, -EINVAL, "--by is touchpoint, clerk or store");
    }
    report.groups = json_object();
    int rc = people_each_funnel(tx, today - days + 1, add_funnel, &report);
    json_decref(report.groups);
    return rc;
}

/* ---- the account */

static int copy_safe_mode(struct admin_call *call, struct wechat_account *account)
{
    struct envelope_key key;
    int rc = admin_copy_text(call, "aes_key", account->aes_key, sizeof(account->aes_key));
    if (rc < 0 || !account->aes_key[0]) {
        return rc;
    }
    account->mode = admin_given(call, "compatible") ? WECHAT_COMPATIBLE : WECHAT_SAFE;
    if (!account->appid[0]) {
        return admin_refuse(call, -EINVAL, "safe mode needs the AppID too: --appid");
    }
    if (envelope_key_parse(account->aes_key, account->appid, &key) < 0) {
        return admin_refuse(call, -EINVAL, "an EncodingAESKey has %d letters and digits", ENVELOPE_KEY_TEXT_LEN);
    }
    envelope_key_finish(&key);
    return 0;
}

int cmd_wechat_account(struct admin_call *call, struct store_tx *tx)
{
    struct channel_keys keys;
    struct wechat_account account = {.brand = call->central->brand};
    int rc = admin_copy_text(call, "name", account.name, sizeof(account.name));
    rc = rc ? rc : admin_copy_text(call, "token", account.token, sizeof(account.token));
    rc = rc ? rc : admin_copy_text(call, "api", account.api, sizeof(account.api));
    rc = rc ? rc : admin_copy_text(call, "appid", account.appid, sizeof(account.appid));
    rc = rc ? rc : admin_copy_text(call, "secret", account.secret, sizeof(account.secret));
    rc = rc ? rc : copy_safe_mode(call, &account);
    rc = rc ? rc : wechat_work_keys(call->central, &keys);
    rc = rc ? rc : wechat_put_account(tx, &keys, &account);
    if (rc == 0) {
        char url[CENTRAL_URL_MAX + 64];
        snprintf(url, sizeof(url), "%s/wechat/%s", call->central->config.public_url, account.name);
        admin_set(call, "callback", json_string(url));
    }
    return rc;
}

int cmd_wechat_inbox(struct admin_call *call, struct store_tx *tx)
{
    uint64_t waiting = 0, total = 0;
    int rc = wechat_count_messages(tx, &waiting, &total);
    admin_set(call, "waiting", json_integer((json_int_t)waiting));
    admin_set(call, "messages", json_integer((json_int_t)total));
    return rc;
}
