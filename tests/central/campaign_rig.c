#include "campaign_rig.h"

#include "domain/crypto.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void configure(const struct rig *rig, struct central_config *config)
{
    central_config_defaults(config);
    snprintf(config->data, sizeof(config->data), "%s", rig->f.dir);
    config->listen.port = 0;
    config->public_listen.port = 0;
    config->backup_hours = 0;
    assert_int_equal(central_config_complete(config), 0);
}

static void open_central(struct rig *rig)
{
    struct central_init_options init = {.brand_zh = "山河便利",
                                        .brand_en = "Shanhe Market",
                                        .clock = &rig->f.clock.base,
                                        .random = &rig->f.random.base};
    init.parts = central_parts;
    init.part_count = central_part_count;
    configure(rig, &init.config);
    assert_int_equal(central_init_data(&init), 0);
    struct central_options options = {
        .clock = &rig->f.clock.base, .random = &rig->f.random.base, .inline_jobs = true, .sync = DB_SYNC_NORMAL};
    options.parts = central_parts;
    options.part_count = central_part_count;
    configure(rig, &options.config);
    assert_int_equal(central_open(&options, &rig->f.central, NULL), 0);
}

void rig_open(struct rig *rig, unsigned stores)
{
    memset(rig, 0, sizeof(*rig));
    assert_int_equal(crypto_start(), 0);
    fixture_folder(&rig->f);
    open_central(rig);
    rig->p.central = rig->f.central;
    rig->f.brand = rig->f.central->brand;
    rig->stores = stores;
    sim_clock_advance(&rig->f.clock, 2000);
    for (unsigned i = 0; i < stores; i++) {
        json_decref(admin_do(&rig->p, "store add", "{\"zh\":\"店\",\"en\":\"shop\"}"));
        terminal_make(&rig->terminals[i], &rig->f, (uint8_t)(i + 1));
        terminal_enrol(&rig->terminals[i], &rig->f, i + 1);
    }
}

void rig_close(struct rig *rig)
{
    central_close(rig->f.central);
    fixture_remove(&rig->f);
}

void rig_pass(struct rig *rig, int64_t ms)
{
    while (ms > 0) {
        int64_t step = ms < RIG_HOUR_MS ? ms : RIG_HOUR_MS;
        sim_clock_advance(&rig->f.clock, step);
        central_tick(rig->f.central);
        ms -= step;
    }
}

uint32_t rig_campaign(struct rig *rig, const char *name, const char *changes)
{
    char path[512];
    snprintf(path, sizeof(path), CAMPAIGNS "/good/%s.json", name);
    json_t *campaign = json_load_file(path, 0, NULL), *change = json_loads(changes, 0, NULL);
    assert_non_null(campaign);
    assert_non_null(change);
    json_object_update(campaign, change);
    json_object_set_new(campaign, "state", json_string("live"));
    char *text = json_dumps(campaign, JSON_COMPACT);
    json_t *args = json_pack("{s:s}", "file", text);
    char *packed = json_dumps(args, JSON_COMPACT);
    uint32_t id = (uint32_t)number_of(admin_do(&rig->p, "campaign add", packed), "campaign");
    free(packed);
    free(text);
    json_decref(args);
    json_decref(change);
    json_decref(campaign);
    return id;
}

uint64_t rig_member(struct rig *rig, unsigned store)
{
    char args[32];
    snprintf(args, sizeof(args), "{\"store\":%u}", store);
    return (uint64_t)number_of(admin_do(&rig->p, "member add", args), "member");
}

struct touching {
    struct touchpoint touchpoint;
    uint32_t id;
};

static int run_touchpoint(void *arg, struct store_tx *tx)
{
    struct touching *touching = arg;
    return people_add_touchpoint(tx, &touching->touchpoint, "test", &touching->id);
}

uint32_t rig_touchpoint(struct rig *rig, unsigned store, const char *shelf)
{
    struct touching touching = {.touchpoint = {.brand = rig->f.brand, .store = store}};
    snprintf(touching.touchpoint.shelf, sizeof(touching.touchpoint.shelf), "%s", shelf);
    assert_int_equal(fixture_write(&rig->f, run_touchpoint, &touching), 0);
    return touching.id;
}

struct join {
    struct joining joining;
    struct joined joined;
};

static int run_join(void *arg, struct store_tx *tx)
{
    struct join *join = arg;
    return people_join(tx, &join->joining, &join->joined);
}

uint64_t rig_join(struct rig *rig, unsigned store, uint32_t touchpoint)
{
    struct join join = {
        .joining = {.brand = rig->f.brand, .touchpoint = touchpoint, .store = store, .consent_version = "1"}};
    assert_int_equal(fixture_write(&rig->f, run_join, &join), 0);
    return join.joined.member;
}

static int run_foreigner(void *arg, struct store_tx *tx)
{
    struct brand brand = {.name_zh = "海边", .name_en = "Seaside"};
    struct shop shop = {.earn_permille = 50, .idle_s = 60, .store_epoch = 1, .name_zh = "码头店"};
    struct join *join = arg;
    int rc = identity_add_brand(tx, &brand, &join->joining.brand);
    shop.brand = join->joining.brand;
    rc = rc ? rc : identity_add_shop(tx, &shop, &join->joining.store);
    return rc ? rc : people_join(tx, &join->joining, &join->joined);
}

uint64_t rig_foreigner(struct rig *rig)
{
    struct join join = {.joining = {.consent_version = "1"}};
    assert_int_equal(fixture_write(&rig->f, run_foreigner, &join), 0);
    return join.joined.member;
}

struct issuing {
    struct issue_order order;
    struct issued issued;
};

static int run_issue(void *arg, struct store_tx *tx)
{
    struct issuing *issuing = arg;
    return campaign_issue(tx, &issuing->order, &issuing->issued);
}

struct issued rig_issue(struct rig *rig, uint32_t campaign, uint64_t member)
{
    struct issuing issuing = {.order.coupon = {.campaign = campaign, .member = member}};
    assert_int_equal(fixture_write(&rig->f, run_issue, &issuing), 0);
    return issuing.issued;
}

struct coupon rig_coupon(struct rig *rig, struct coupon_id id)
{
    struct store_tx tx;
    struct coupon coupon;
    assert_int_equal(store_read_begin(rig->f.central->store, &tx), 0);
    assert_int_equal(rights_find_coupon(&tx, id, &coupon), 0);
    store_read_end(&tx);
    return coupon;
}

struct record_id rig_sale(struct rig *rig, unsigned store, uint64_t member, int64_t gross_minor)
{
    struct fake_terminal *t = &rig->terminals[store - 1];
    struct body body = {.kind = RECORD_SALE,
                        .sale = {.group = t->seq + 1,
                                 .clerk = 1,
                                 .member = member,
                                 .gross_minor = gross_minor,
                                 .paid_minor = gross_minor,
                                 .tender = TENDER_CASH,
                                 .business_ms = clock_wall_ms(&rig->f.clock.base)}};
    return terminal_record(t, &body);
}

struct record_id rig_redeem(struct rig *rig, unsigned store, struct coupon_id id, uint64_t member)
{
    struct coupon coupon = rig_coupon(rig, id);
    struct body body = {.kind = RECORD_REDEMPTION,
                        .redemption = {.coupon = id,
                                       .use_no = coupon.next_use_no,
                                       .epoch = coupon.right_epoch,
                                       .mode = MODE_HOME,
                                       .member = member,
                                       .clerk = 1,
                                       .discount_minor = 1000,
                                       .sale_minor = 6000,
                                       .policy_version = 3,
                                       .business_ms = clock_wall_ms(&rig->f.clock.base)}};
    return terminal_record(&rig->terminals[store - 1], &body);
}

void rig_void(struct rig *rig, unsigned store, struct record_id target, enum record_kind kind)
{
    struct fake_terminal *t = &rig->terminals[store - 1];
    struct body body = {.kind = RECORD_VOID,
                        .voided = {.target = target,
                                   .target_kind = (uint16_t)kind,
                                   .group = t->seq + 1,
                                   .clerk = 1,
                                   .reason = "returned",
                                   .business_ms = clock_wall_ms(&rig->f.clock.base)}};
    terminal_record(t, &body);
}

json_t *rig_ask(struct rig *rig, const char *command, uint32_t campaign)
{
    char args[32];
    snprintf(args, sizeof(args), "{\"campaign\":%u}", campaign);
    return admin_do(&rig->p, command, args);
}

json_int_t rig_row(const json_t *answer, const char *key, const char *text, const char *wanted)
{
    size_t i;
    json_t *row;
    json_array_foreach(json_object_get(json_object_get(answer, "result"), "rows"), i, row)
    {
        const char *found = json_string_value(json_object_get(row, key));
        if (found && strcmp(found, text) == 0) {
            return json_integer_value(json_object_get(row, wanted));
        }
    }
    return 0;
}

json_int_t rig_result(const json_t *answer, const char *wanted)
{
    return json_integer_value(json_object_get(json_object_get(answer, "result"), wanted));
}
