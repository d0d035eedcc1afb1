#include "central_acts.h"

#include "central/admin/command.h"
#include "central/brand_keys.h"
#include "central/store/feed.h"
#include "cmocka_all.h"
#include "platform/buffer.h"
#include "platform/file.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

/* ---- operators */

int central_act_command(struct desk *d, const char *command, const char *args)
{
    struct buffer reply;
    char line[2048];
    int len = snprintf(line, sizeof(line), "{\"command\":\"%s\",\"args\":%s}", command, args), r = 0;

    buffer_init(&reply, 1024 * 1024);
    assert_in_range(len, 1, sizeof(line) - 1);
    assert_int_equal(admin_line(d->f.central, line, (size_t)len, &reply), 0);
    json_t *told = json_loads(buffer_text(&reply), 0, NULL);
    const char *error = json_string_value(json_object_get(told, "error"));
    if (!json_is_true(json_object_get(told, "ok")))
        r = json_is_true(json_object_get(told, "refused"))    ? -EPERM
            : error && strcmp(error, "the disk is full") == 0 ? -ENOSPC
                                                              : -EIO;
    if (r == -EPERM)
        print_message("  %s %s: %s\n", command, args, error);
    json_decref(told);
    buffer_finish(&reply);
    return r;
}

static void must(struct desk *d, const char *command, const char *args)
{
    assert_int_equal(central_act_command(d, command, args), 0);
}

static void with_members(struct desk *d)
{
    must(d, "member add", "{\"store\":1,\"count\":2}");
}

#define RULES                                                                                                          \
    "{\"file\":\"{\\\"name_zh\\\":\\\"ten\\\",\\\"name_en\\\":\\\"ten\\\",\\\"mode\\\":\\\"home\\\",\\\"discount\\\":" \
    "\\\"amount\\\",\\\"value\\\":\\\"10.00\\\",\\\"life_days\\\":60,\\\"total_limit\\\":1000,\\\"budget\\\":"         \
    "\\\"9000.00\\\",\\\"terms_zh\\\":\\\"none\\\",\\\"state\\\":\\\"live\\\"}\"}"

static void with_campaign(struct desk *d)
{
    with_members(d);
    must(d, "campaign add", RULES);
}

static int first_member(void *arg, struct store_tx *tx)
{
    struct db_stmt *stmt;
    int r = db_stmt_open(store_tx_db(tx), "SELECT id FROM member ORDER BY id", &stmt);

    assert_int_equal(r, 0);
    for (uint64_t *out = arg; db_stmt_step(stmt) == DB_ROW; out++)
        *out = (uint64_t)db_column_int64(stmt, 0);
    db_stmt_close(stmt);
    return 0;
}

static uint64_t members[4];

static void find_members(struct desk *d)
{
    struct store_tx tx;

    assert_int_equal(store_read_begin(d->f.central->store, &tx), 0);
    assert_int_equal(first_member(members, &tx), 0);
    store_read_end(&tx);
}

static int command_for_member(struct desk *d, const char *command, const char *format)
{
    char args[256];

    snprintf(args, sizeof(args), format, (unsigned long long)members[0], (unsigned long long)members[1]);
    return central_act_command(d, command, args);
}

static int issue(struct desk *d)
{
    return command_for_member(d, "coupon issue", "{\"campaign\":1001,\"member\":%llu}");
}

static int merge(struct desk *d)
{
    return command_for_member(d, "member merge", "{\"member\":%llu,\"absorbed\":%llu,\"evidence\":\"both cards\"}");
}

static int erase(struct desk *d)
{
    return command_for_member(d, "member erase", "{\"member\":%llu,\"why\":\"asked\"}");
}

static const char *coupon_args(const char *format)
{
    static char args[160];
    char text[64];

    snprintf(text, sizeof(text), "%u-%llu", central_act_coupon.campaign, (unsigned long long)central_act_coupon.serial);
    snprintf(args, sizeof(args), format, text);
    return args;
}

static int revoke(struct desk *d)
{
    return central_act_command(d, "coupon revoke", coupon_args("{\"coupon\":\"%s\",\"why\":\"misprint\"}"));
}

static int write_off(struct desk *d)
{
    return central_act_command(d, "right write-off", coupon_args("{\"coupon\":\"%s\",\"store\":2,\"why\":\"burnt\"}"));
}

static void with_second_key(struct desk *d)
{
    must(d, "keys add", "{\"purpose\":\"coupon\"}");
}

/* The file is what a start publishes, and signs with. */
static void keyset_agrees(struct desk *d)
{
    uint8_t sealed[KEYSET_ENCODED_MAX];
    struct buffer file;
    struct store_tx tx;
    char path[128];
    struct brand_keys keys;
    size_t len = 0;

    snprintf(path, sizeof(path), "%s/keys", d->f.dir);
    assert_int_equal(brand_keys_load(path, &keys), 0);
    brand_keys_finish(&keys);
    strcat(path, "/keyset.bin");
    buffer_init(&file, sizeof(sealed));
    assert_int_equal(file_read(path, &file), 0);
    assert_int_equal(store_read_begin(d->f.central->store, &tx), 0);
    assert_int_equal(
        feed_find(&tx, (struct feed_target){.brand = d->f.brand}, FEED_KEYSET, "keyset", sealed, sizeof(sealed), &len),
        0);
    store_read_end(&tx);
    if (len != file.len || memcmp(sealed, file.data, len) != 0)
        fail_msg("the keyset's file and the books are two");
    buffer_finish(&file);
}

#define OVER(table, count) "SELECT count(*) > " #count " FROM " table
#define COUNT(table)       "SELECT count(*) FROM " table

#define NOTED(what) "SELECT count(*) > 0 FROM journal WHERE kind = 108 AND instr(body, CAST('" what "' AS BLOB)) > 0"

const struct central_act central_commands[] = {
    {.name = "key added",
     .command = "keys add",
     .args = "{\"purpose\":\"coupon\"}",
     .settled = keyset_agrees,
     .effect = NOTED("key added")},
    {.name = "key revoked",
     .prepare = with_second_key,
     .command = "keys revoke",
     .args = "{\"kid\":1,\"why\":\"copied\"}",
     .settled = keyset_agrees,
     .effect = NOTED("key revoked")},
    {.name = "store", .command = "store add", .args = "{\"zh\":\"n\",\"en\":\"north\"}", .effect = OVER("shop", 2)},
    {.name = "settings",
     .command = "settings set",
     .args = "{\"store\":1,\"earn_permille\":70}",
     .effect = "SELECT group_concat(earn_permille) FROM shop"},
    {.name = "brand",
     .command = "brand set",
     .args = "{\"accent\":\"#123456\"}",
     .effect = "SELECT group_concat(accent) FROM brand"},
    {.name = "ticket",
     .command = "enrol-ticket",
     .args = "{\"store\":1,\"role\":\"both\"}",
     .effect = OVER("ticket", 2)},
    {.name = "clerk",
     .lean = true,
     .command = "clerk add",
     .args = "{\"store\":1,\"name\":\"Li\",\"pin\":\"2468\"}",
     .effect = OVER("clerk", 0)},
    {.name = "touchpoint",
     .states = 3,
     .command = "touchpoint add",
     .args = "{\"store\":1,\"shelf\":\"A3\"}",
     .effect = OVER("touchpoint", 0)},
    {.name = "offer", .command = "offer add", .args = "{\"zh\":\"x\",\"en\":\"new\"}", .effect = OVER("offer", 0)},
    {.name = "member", .command = "member add", .args = "{\"store\":1}", .effect = OVER("member", 0)},
    {.name = "campaign",
     .prepare = with_members,
     .command = "campaign add",
     .args = RULES,
     .effect = OVER("campaign", 0)},
    {.name = "campaign paused",
     .prepare = with_campaign,
     .command = "campaign set-state",
     .args = "{\"campaign\":1001,\"state\":\"paused\"}",
     .effect = "SELECT group_concat(state) FROM campaign_brief"},
    {.name = "coupon issued",
     .prepare = with_campaign,
     .ready = find_members,
     .run = issue,
     .effect = OVER("coupon", 0)},
    {.name = "coupon revoked",
     .prepare = central_act_with_coupon,
     .run = revoke,
     .effect = "SELECT group_concat(revoked) FROM coupon"},
    {.name = "write-off", .prepare = central_act_with_coupon, .run = write_off, .effect = OVER("grant_log", 0)},
    {.name = "hand-over",
     .prepare = central_act_with_peer,
     .command = "store primary",
     .args = "{\"store\":1,\"terminal\":3}",
     .effect = "SELECT group_concat(primary_terminal) FROM shop"},
    {.name = "lost terminal",
     .prepare = central_act_with_credit,
     .command = "terminal lost",
     .args = "{\"terminal\":1,\"why\":\"burnt\"}",
     .effect = "SELECT group_concat(state) FROM terminal"},
    {.name = "ordered alone",
     .prepare = central_act_with_peer,
     .command = "store alone",
     .args = "{\"store\":1,\"on\":\"on\"}",
     .effect = "SELECT group_concat(alone) FROM shop"},
    {.name = "settling by force",
     .prepare = central_act_with_restored,
     .command = "restore settle",
     .args = "{\"why\":\"gone\"}",
     .effect = COUNT("journal WHERE kind = 108")},
    {.name = "members merged",
     .prepare = with_members,
     .ready = find_members,
     .run = merge,
     .effect = COUNT("member_merge")},
    {.name = "member erased",
     .prepare = with_members,
     .ready = find_members,
     .run = erase,
     .effect = "SELECT count(*) FROM journal WHERE kind = 108 OR kind = 112"},
    {.name = "tag", .command = "tag add", .args = "{\"name\":\"tea\"}", .effect = OVER("tag", 0)},
    {.name = "programme",
     .command = "programme add",
     .args = "{\"zh\":\"x\",\"en\":\"tea club\"}",
     .effect = OVER("programme", 0)},
};
const size_t central_command_count = ARRAY_LEN(central_commands);
