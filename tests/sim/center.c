#include "center.h"

#include "central/api/waiting.h"
#include "central/store/feed.h"
#include "central/store/identity.h"
#include "central/store/succession.h"
#include "losses.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DOWN_MS_MAX 60000
#define TICK_MS     1000

static int64_t read_wall(const struct clock *clock)
{
    const struct center *center = (const struct center *)((const char *)clock - offsetof(struct center, clock));
    return world_wall_ms(center->world) + center->wall_offset_ms;
}

static int64_t read_mono(const struct clock *clock)
{
    const struct center *center = (const struct center *)((const char *)clock - offsetof(struct center, clock));
    return world_mono_ms(center->world);
}

static const struct clock_ops clock_ops = {.wall_ms = read_wall, .mono_ms = read_mono};

static struct central_config config_of(const struct center *center)
{
    struct central_config config;
    central_config_defaults(&config);
    snprintf(config.data, sizeof(config.data), "%s", center->drive.folder);
    config.backup_hours = 0;
    world_must(central_config_complete(&config), "central's configuration");
    return config;
}

static void start_again(void *argument, uint64_t token)
{
    struct center *center = argument;
    (void)token;
    if (!center->central)
        center_start(center);
}

static void start_later(struct center *center)
{
    int64_t down_ms = 1000 + (int64_t)world_below(center->world, DOWN_MS_MAX);
    world_at(center->world, center->world->now_ms + down_ms, start_again, center, 0);
}

void center_start(struct center *center)
{
    if (center->drive.dead) /* it died while it was being stopped or started */
        drive_revive(&center->drive);
    struct central_options options = {
        .config = config_of(center),
        .clock = &center->clock,
        .random = &center->world->product.base,
        .inline_jobs = true,
        .vfs = DRIVE_VFS,
    };
    int rc = central_open(&options, &center->central, NULL);
    if (rc < 0 && (center->drive.sick || center->drive.dead)) {
        world_trace(center->world, "central does not start: %d", rc);
        start_later(center);
        return;
    }
    world_must(rc, "central does not start");
    center->dying = false;
    world_trace(center->world, "central starts%s", center->central->restored ? ", restored" : "");
    losses_look(center->world);
}

void center_stop(struct center *center)
{
    center->dying = true;
    central_close(center->central);
    center->central = NULL;
}

void center_crash(struct center *center)
{
    if (!center->central)
        return;
    world_trace(center->world, "central dies");
    drive_kill(&center->drive);
    center_stop(center);
    drive_revive(&center->drive);
    start_later(center);
}

bool center_back_up(struct center *center)
{
    char path[512];
    if (!center->central || central_backup(center->central, path, sizeof(path)) < 0)
        return false;
    memcpy(center->older, center->backup, sizeof(center->older));
    memcpy(center->backup, path, sizeof(center->backup));
    world_trace(center->world, "central backs up");
    return true;
}

/* The mutant's backup says of itself that it is the very books of the last start. */
static void hide_restore(struct center *center)
{
    char path[512], sql[128];
    unsigned epoch = 0;
    unsigned long long generation = 0;
    snprintf(path, sizeof(path), "%s/" CENTRAL_EPOCH_FILE, center->drive.folder);
    FILE *file = fopen(path, "r");
    int read = file ? fscanf(file, "%u %llx", &epoch, &generation) : 0;
    if (file)
        fclose(file);
    world_must(read == 2 ? 0 : -EIO, "epoch file");
    snprintf(path, sizeof(path), "%s/" CENTRAL_DB_FILE, center->drive.folder);
    snprintf(sql, sizeof(sql), "UPDATE meta SET value = %llu WHERE name = 'generation'", generation);
    sqlite3 *db = NULL;
    int code = sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_exec(db, sql, NULL, NULL, NULL);
    sqlite3_close(db);
    world_must(code == SQLITE_OK ? 0 : -EIO, "hiding a restore");
}

/* The second newest, unless central has removed it: one that ends in an error stands beside the others all the same. */
static const char *kept_backup(const struct center *center)
{
    if (access(center->older, F_OK) == 0)
        return center->older;
    return access(center->backup, F_OK) == 0 ? center->backup : NULL;
}

bool center_restore(struct center *center)
{
    const char *from = kept_backup(center);
    if (!center->central || !from)
        return false;
    world_trace(center->world, "central is lost");
    drive_kill(&center->drive);
    center_stop(center);
    drive_revive(&center->drive);
    drive_take_database(&center->drive, from); /* nobody marked it as a restore */
    if (center->world->options.mutant == MUTANT_UNNOTICED_RESTORE)
        hide_restore(center);
    center->world->counts.restores++;
    start_later(center);
    return true;
}

void center_tell(struct center *center)
{
    if (center->central)
        waiting_run(center->central->waiting);
}

static void tick_on(void *argument, uint64_t token)
{
    struct center *center = argument;
    if (center->central)
        central_tick(center->central);
    world_at(center->world, center->world->now_ms + TICK_MS, tick_on, center, token);
}

int center_write(struct center *center, int (*run)(void *argument, struct store_tx *tx), void *argument)
{
    if (!center->central)
        return -ENOTCONN;
    int rc = writer_call(center->central->writer, run, argument);
    center_tell(center);
    return rc;
}

int center_store_epoch(struct store_tx *tx, uint32_t shop, uint16_t *out_epoch)
{
    struct shop row;
    int rc = identity_find_shop(tx, shop, &row);
    if (rc == 0)
        *out_epoch = row.store_epoch;
    return rc;
}

/* ---- what an operator set up */

static struct campaign campaign_of(enum center_campaign place)
{
    static const enum campaign_mode modes[CENTER_CAMPAIGNS] = {MODE_HOME, MODE_HOME, MODE_STRICT, MODE_BUDGET,
                                                               MODE_HOME};
    struct campaign campaign = {
        .id = CENTER_CAMPAIGN_FIRST + place,
        .version = 1,
        .state = CAMPAIGN_LIVE,
        .mode = (uint8_t)modes[place],
        .fallback_budget = place == CAMPAIGN_OF_FALLBACK,
        .discount = DISCOUNT_AMOUNT,
        .name_zh = "立减",
        .value_minor = 500,
        .valid_to_s = (uint32_t)(WORLD_START_MS / 1000) + 86400 * 365,
        .lease_h = place == CAMPAIGN_OF_LEASE ? CENTER_LEASE_H : 0,
    };
    if (place == CAMPAIGN_OF_FALLBACK || place == CAMPAIGN_OF_BUDGET) {
        campaign.offline_budget_minor = INT64_C(500) * CENTER_OFFLINE_COUNT;
        campaign.offline_budget_count = CENTER_OFFLINE_COUNT;
        campaign.offline_max_sync_age_s = 7 * 86400;
    }
    return campaign;
}

static int publish_campaigns(const struct center *center, struct store_tx *tx)
{
    uint8_t body[CAMPAIGN_ENCODED_MAX];
    size_t len = 0;
    int rc = 0;
    for (int place = 0; place < CENTER_CAMPAIGNS && rc == 0; place++) {
        struct campaign campaign = campaign_of((enum center_campaign)place);
        rc = campaign_encode(&campaign, body, sizeof(body), &len);
        if (rc == 0)
            rc = feed_publish_number(tx, (struct feed_target){.brand = center->brand}, FEED_CAMPAIGN, campaign.id,
                                     (struct slice){body, len});
    }
    return rc;
}

static int publish_clerk(const struct center *center, struct store_tx *tx, uint32_t shop)
{
    struct feed_clerk clerk = {.clerk = CENTER_CLERK, .name = "王芳", .role = CLERK_MANAGER};
    uint8_t body[FEED_BODY_MAX];
    size_t len = 0;
    int rc = feed_clerk_encode(&clerk, body, sizeof(body), &len);
    return rc < 0 ? rc
                  : feed_publish_number(tx, (struct feed_target){center->brand, shop}, FEED_CLERK, clerk.clerk,
                                        (struct slice){body, len});
}

static int set_up(void *argument, struct store_tx *tx)
{
    struct center *center = argument;
    int rc = publish_campaigns(center, tx);
    for (unsigned i = 0; i < center->world->options.terminals && rc == 0; i++) {
        if (world_shares_store(center->world, i)) {
            center->shops[i] = center->shops[i - 1];
            continue;
        }
        struct shop shop = {.brand = center->brand,
                            .earn_permille = 50,
                            .credit_owner = {OWNER_BRAND, center->brand},
                            .idle_s = 60,
                            .store_epoch = 1,
                            .credit_term_days = world_has_term(center->world) ? 1 : 0};
        snprintf(shop.name_zh, sizeof(shop.name_zh), "%u号店", i + 1);
        rc = identity_add_shop(tx, &shop, &center->shops[i]);
        if (rc == 0)
            rc = publish_clerk(center, tx, center->shops[i]);
    }
    return rc;
}

/* ---- keys */

static void note_coupon_key(struct center *center, const struct brand_keys *keys)
{
    world_must(center->key_count < CENTER_KEYS_MAX ? 0 : -ENOSPC, "keys");
    center->coupon_keys[center->key_count++] = (struct center_key){keys->coupon_kid, keys->coupon};
}

const struct key_pair *center_key_of(const struct center *center, uint8_t kid)
{
    for (unsigned i = 0; i < center->key_count; i++) {
        if (center->coupon_keys[i].kid == kid)
            return &center->coupon_keys[i].pair;
    }
    world_must(-ENOENT, "a coupon's key");
    return NULL;
}

/* As an operator does it: with the keys' files, then central is started again. */
bool center_change_key(struct center *center)
{
    struct brand_keys keys;
    char folder[160];
    uint8_t old = center->coupon_keys[center->key_count - 1].kid, kid = 0;
    if (!center->central || center->drive.dead || center->drive.sick || center->key_count == CENTER_KEYS_MAX)
        return false;
    snprintf(folder, sizeof(folder), "%s/" CENTRAL_KEYS_DIR, center->drive.folder);
    world_must(brand_keys_load(folder, &keys), "keys");
    world_must(brand_keys_add(folder, KEY_COUPON, &center->world->product.base, &keys, &kid), "another key");
    world_must(brand_keys_revoke(folder, old, &keys), "a revoked key");
    brand_keys_finish(&keys);
    world_must(brand_keys_load(folder, &keys), "keys");
    note_coupon_key(center, &keys);
    brand_keys_finish(&keys);
    world_trace(center->world, "key %u signs, key %u is revoked", kid, old);
    center_stop(center);
    center_start(center);
    return true;
}

void center_open(struct center *center, struct world *world)
{
    char folder[128];
    *center = (struct center){.world = world, .clock = {.ops = &clock_ops}};
    world->center = center;
    snprintf(folder, sizeof(folder), "%s/central", world->folder);
    snprintf(center->drive.folder, sizeof(center->drive.folder), "%s", folder);
    center->shops = calloc(world->options.terminals, sizeof(*center->shops));
    world_must(center->shops ? 0 : -ENOMEM, "stores");
    struct central_init_options init = {
        .config = config_of(center),
        .brand_zh = "晨光",
        .brand_en = "Dawn",
        .clock = &center->clock,
        .random = &world->product.base,
    };
    world_must(central_init_data(&init), "central's books");
    drive_init(&center->drive, world, folder, CENTRAL_DB_FILE);
    snprintf(folder + strlen(folder), sizeof(folder) - strlen(folder), "/" CENTRAL_DB_FILE);
    drive_take_database(&center->drive, folder);
    center_start(center);
    center->brand = center->central->brand;
    center->member_key = center->central->keys.member;
    center->member_kid = center->central->keys.member_kid;
    note_coupon_key(center, &center->central->keys);
    world_must(center_write(center, set_up, center), "stores");
    tick_on(center, 0);
}

void center_close(struct center *center)
{
    drive_finish(&center->drive);
    free(center->shops);
    for (unsigned i = 0; i < center->key_count; i++)
        key_pair_finish(&center->coupon_keys[i].pair);
    key_pair_finish(&center->member_key);
}

struct ticket_order {
    uint32_t shop;
    struct enrol_ticket ticket;
};

static int order_ticket(void *argument, struct store_tx *tx)
{
    struct ticket_order *order = argument;
    return identity_make_ticket(tx, order->shop, ROLE_BOTH, 3600, &order->ticket);
}

void center_make_ticket(struct center *center, uint32_t shop, char out_text[ENROL_TEXT_MAX])
{
    struct ticket_order order = {.shop = shop};
    world_must(central_fill_ticket(center->central, &order.ticket), "ticket");
    world_must(center_write(center, order_ticket, &order), "ticket");
    world_must(enrol_ticket_encode(&order.ticket, out_text), "ticket");
}

struct successor_order {
    struct ticket_order ticket;
    uint32_t replaced;
};

static int order_successor(void *argument, struct store_tx *tx)
{
    struct successor_order *order = argument;
    int rc = order_ticket(&order->ticket, tx);
    return rc < 0 ? rc : identity_ticket_replaces(tx, &order->ticket.ticket, order->replaced);
}

int center_make_successor(struct center *center, uint32_t shop, uint32_t replaced, char out_text[ENROL_TEXT_MAX])
{
    struct successor_order order = {.ticket = {.shop = shop}, .replaced = replaced};
    if (!center->central)
        return -ENOTCONN;
    world_must(central_fill_ticket(center->central, &order.ticket.ticket), "ticket");
    int rc = center_write(center, order_successor, &order);
    if (rc == 0)
        world_must(enrol_ticket_encode(&order.ticket.ticket, out_text), "ticket");
    return rc;
}

struct waiting_list {
    uint32_t terminals[256];
    size_t count;
};

static int note_waiting(void *context, const struct terminal *terminal)
{
    struct waiting_list *list = context;
    if (terminal->state == TERMINAL_WAITING && list->count < ARRAY_LEN(list->terminals))
        list->terminals[list->count++] = terminal->id;
    return 0;
}

static int confirm_all(void *argument, struct store_tx *tx)
{
    struct waiting_list list = {.count = 0};
    (void)argument;
    int rc = identity_each_terminal(tx, note_waiting, &list);
    for (size_t i = 0; i < list.count && rc == 0; i++)
        rc = identity_confirm(tx, list.terminals[i], true, "operator");
    return rc;
}

void center_confirm_all(struct center *center)
{
    int rc = center_write(center, confirm_all, NULL); /* a disk may fail; whoever waits is seen the next time */
    world_must(rc < 0 && center->world->healing ? rc : 0, "confirming");
}

struct store_order {
    uint32_t shop, terminal;
    bool alone;
};

static int hand_over(void *argument, struct store_tx *tx)
{
    const struct store_order *order = argument;
    return succession_hand_over(tx, order->shop, order->terminal, "operator");
}

static int order_alone(void *argument, struct store_tx *tx)
{
    const struct store_order *order = argument;
    return succession_order_alone(tx, order->shop, order->alone);
}

int center_hand_over(struct center *center, uint32_t shop, uint32_t terminal)
{
    struct store_order order = {.shop = shop, .terminal = terminal};
    return center_write(center, hand_over, &order);
}

int center_order_alone(struct center *center, uint32_t shop, bool on)
{
    struct store_order order = {.shop = shop, .alone = on};
    return center_write(center, order_alone, &order);
}
