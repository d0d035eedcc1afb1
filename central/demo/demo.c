#include "central/demo/demo.h"

#include "central/admin/groups.h"
#include "domain/time.h"
#include "platform/file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PLAN_MAX (1024 * 1024)

/* Where the plan lies when --from does not say: a checkout's root, else an installed system. */
static const char *const plan_folders[] = {"assets/demo", "/usr/share/tillside/demo"};

static int fail(struct demo *demo, const char *words, const char *what)
{
    snprintf(demo->session->error, sizeof(demo->session->error), "demo: %s %s", words, what);
    return ADMIN_FAILED;
}

/* ---- one step */

static int keep_picture(struct demo *demo, const struct demo_step *step, const json_t *answer)
{
    char path[640];
    json_t *files = json_array(), *result = json_object_get(answer, "result");
    snprintf(path, sizeof(path), "%s/%s.png", demo->codes, step->file);
    int rc =
        admin_draw_pictures(json_object_get(answer, "pictures"), &(struct admin_picture_target){.path = path}, files);
    json_decref(files);
    const json_t *picture = json_array_get(json_object_get(answer, "pictures"), 0);
    json_t *entry =
        json_pack("{s:s+, s:s, s:s*}", "file", step->file, ".png", "kind", step->kind, "expect", step->expect);
    json_object_set(entry, "text", json_object_get(picture, "text"));
    const json_t *row = json_array_get(json_object_get(result, "rows"), 0);
    json_object_update_missing(entry, row ? (json_t *)row : result);
    json_array_append_new(demo->manifest, entry);
    return rc < 0 ? fail(demo, strerror(-rc), path) : ADMIN_OK;
}

int demo_run(struct demo *demo, const struct demo_step *step, json_int_t *out_number)
{
    json_t *answer = NULL;
    int code = admin_session_call(demo->session, step->command, step->args, &answer);
    if (code != ADMIN_OK) {
        char words[ADMIN_ERROR_CAP - 64];
        snprintf(words, sizeof(words), "%.*s", (int)sizeof(words) - 1, demo->session->error);
        snprintf(demo->session->error, sizeof(demo->session->error), "demo: %s: %s", step->command, words);
        return code;
    }
    if (step->number) {
        *out_number = json_integer_value(json_object_get(json_object_get(answer, "result"), step->number));
    }
    if (step->file && demo->codes[0]) {
        code = keep_picture(demo, step, answer);
    }
    json_decref(answer);
    return code;
}

/* The plan's own number → central's. 0 when the plan names none. */
static json_int_t given(const json_int_t *numbers, const json_t *item, const char *name)
{
    json_int_t index = json_integer_value(json_object_get(item, name));
    return index > 0 && index < DEMO_NUMBERS_MAX ? numbers[index] : 0;
}

static void map_number(json_t *args, const char *name, const json_int_t *numbers)
{
    json_int_t number = given(numbers, args, name);
    if (number) {
        json_object_set_new(args, name, json_integer(number));
    }
}

static const char *text_of(const json_t *item, const char *name)
{
    return json_string_value(json_object_get(item, name));
}

/* ---- the parts of the plan, in order */

static int make_brand(struct demo *demo)
{
    struct demo_step step = {"brand set", json_deep_copy(json_object_get(demo->plan, "brand")), NULL, NULL, NULL, NULL};
    return demo_run(demo, &step, NULL);
}

static int make_stores(struct demo *demo)
{
    size_t i;
    json_t *item;
    int code = ADMIN_OK;
    json_array_foreach(json_object_get(demo->plan, "stores"), i, item)
    {
        struct demo_step step = {.command = "store add", .args = json_deep_copy(item), .number = "store"};
        code = code ? code : demo_run(demo, &step, &demo->stores[i + 1]);
    }
    return code;
}

static int make_clerks(struct demo *demo)
{
    size_t i;
    json_t *item;
    int code = ADMIN_OK;
    json_array_foreach(json_object_get(demo->plan, "clerks"), i, item)
    {
        json_t *args = json_deep_copy(item);
        map_number(args, "store", demo->stores);
        struct demo_step step = {.command = "clerk add", .args = args, .number = "clerk"};
        code = code ? code : demo_run(demo, &step, &demo->clerks[i + 1]);
        struct demo_step badge = {.command = "clerk badge",
                                  .args = json_pack("{s:I}", "clerk", demo->clerks[i + 1]),
                                  .file = text_of(item, "badge"),
                                  .kind = "badge",
                                  .expect = text_of(item, "role")};
        code = code ? code : demo_run(demo, &badge, NULL);
    }
    return code;
}

static int make_touchpoints(struct demo *demo, const char *api)
{
    size_t i;
    json_t *item, *account = json_deep_copy(json_object_get(demo->plan, "account"));
    if (api) {
        json_object_set_new(account, "api", json_string(api));
    }
    struct demo_step channel = {.command = "wechat account", .args = account};
    int code = demo_run(demo, &channel, NULL);
    json_array_foreach(json_object_get(demo->plan, "touchpoints"), i, item)
    {
        json_t *args = json_deep_copy(item);
        map_number(args, "store", demo->stores);
        map_number(args, "clerk", demo->clerks);
        struct demo_step step = {.command = "touchpoint add",
                                 .args = args,
                                 .file = text_of(item, "file"),
                                 .kind = "follow",
                                 .number = "touchpoint"};
        code = code ? code : demo_run(demo, &step, &demo->touchpoints[i + 1]);
    }
    return code;
}

static int set_state(struct demo *demo, json_int_t campaign, const char *state)
{
    struct demo_step step = {.command = "campaign set-state",
                             .args = json_pack("{s:I, s:s}", "campaign", campaign, "state", state)};
    return demo_run(demo, &step, NULL);
}

static int make_campaigns(struct demo *demo)
{
    const char *key;
    json_t *rules;
    int code = ADMIN_OK;
    json_object_foreach(json_object_get(demo->plan, "campaigns"), key, rules)
    {
        json_int_t number = 0;
        char *text = json_dumps(rules, JSON_COMPACT);
        struct demo_step step = {
            .command = "campaign add", .args = json_pack("{s:s}", "file", text), .number = "campaign"};
        code = code ? code : demo_run(demo, &step, &number);
        free(text);
        code = code ? code : set_state(demo, number, "checked");
        code = code ? code : set_state(demo, number, "live");
        json_object_set_new(demo->campaigns, key, json_integer(number));
    }
    return code;
}

static int make_members(struct demo *demo)
{
    size_t i;
    json_t *item;
    int code = ADMIN_OK;
    json_array_foreach(json_object_get(demo->plan, "members"), i, item)
    {
        json_t *args = json_deep_copy(item);
        map_number(args, "store", demo->stores);
        map_number(args, "touchpoint", demo->touchpoints);
        struct demo_step step = {.command = "member add", .args = args, .number = "member"};
        code = code ? code : demo_run(demo, &step, &demo->members[i + 1]);
        struct demo_step card = {.command = "member card",
                                 .args = json_pack("{s:I}", "member", demo->members[i + 1]),
                                 .file = text_of(item, "file"),
                                 .kind = "member",
                                 .expect = "identifies, never spends"};
        code = code ? code : demo_run(demo, &card, NULL);
    }
    return code;
}

static void set_distance(json_t *args, const json_t *item, const char *from, const char *to)
{
    const json_t *days = json_object_get(item, from);
    if (days) {
        json_object_set_new(args, to, json_integer(json_integer_value(days) * TIME_DAY_S));
    }
}

static int make_coupon(struct demo *demo, const json_t *item)
{
    json_t *args = json_object();
    json_object_set(args, "campaign", json_object_get(demo->campaigns, text_of(item, "campaign")));
    json_int_t member = given(demo->members, item, "member"), store = given(demo->stores, item, "store");
    if (member) {
        json_object_set_new(args, "member", json_integer(member));
    } else {
        json_object_set_new(args, "store", json_integer(store));
    }
    set_distance(args, item, "valid_from_days", "valid_from");
    set_distance(args, item, "expiry_days", "expiry");
    struct demo_step step = {.command = "coupon issue",
                             .args = args,
                             .file = text_of(item, "file"),
                             .kind = "coupon",
                             .expect = text_of(item, "expect")};
    return demo_run(demo, &step, NULL);
}

static const json_t *last_entry(const struct demo *demo)
{
    return json_array_get(demo->manifest, json_array_size(demo->manifest) - 1);
}

static int revoke_last(struct demo *demo, const char *why)
{
    struct demo_step step = {
        .command = "coupon revoke",
        .args = json_pack("{s:O, s:s}", "coupon", json_object_get(last_entry(demo), "coupon"), "why", why)};
    return demo_run(demo, &step, NULL);
}

static int make_coupons(struct demo *demo)
{
    size_t i;
    json_t *item;
    char genuine[256] = "";
    int code = ADMIN_OK;
    json_array_foreach(json_object_get(demo->plan, "coupons"), i, item)
    {
        code = code ? code : make_coupon(demo, item);
        if (code == ADMIN_OK && demo->codes[0] && text_of(item, "revoke")) {
            code = revoke_last(demo, text_of(item, "revoke"));
        }
        if (code == ADMIN_OK && demo->codes[0] && i == 0) {
            snprintf(genuine, sizeof(genuine), "%s", text_of(last_entry(demo), "text"));
        }
    }
    json_array_foreach(json_object_get(demo->plan, "pause"), i, item)
    {
        json_int_t number = json_integer_value(json_object_get(demo->campaigns, json_string_value(item)));
        code = code ? code : set_state(demo, number, "paused");
    }
    return code || !genuine[0] ? code : demo_write_samples(demo, genuine);
}

static int make_offers(struct demo *demo)
{
    size_t i;
    json_t *item;
    int code = ADMIN_OK;
    json_array_foreach(json_object_get(demo->plan, "offers"), i, item)
    {
        struct demo_step step = {.command = "offer add", .args = json_deep_copy(item)};
        code = code ? code : demo_run(demo, &step, NULL);
    }
    return code;
}

/* ---- files */

static int import_products(struct demo *demo, const char *folder)
{
    char path[640];
    struct buffer csv;
    snprintf(path, sizeof(path), "%s/products.csv", folder);
    buffer_init(&csv, PLAN_MAX);
    int rc = file_read(path, &csv);
    int code = rc < 0 ? fail(demo, strerror(-rc), path)
                      : admin_import_products(demo->session, (char *)csv.data, csv.len, true);
    buffer_finish(&csv);
    return code;
}

static json_t *read_plan(const char *folder, char error[ADMIN_ERROR_CAP])
{
    char path[640];
    json_error_t where;
    snprintf(path, sizeof(path), "%s/demo.json", folder);
    json_t *plan = json_load_file(path, 0, &where);
    if (!plan) {
        if (where.line < 0) {
            snprintf(error, ADMIN_ERROR_CAP, "demo: %.160s; --from names the folder that holds demo.json", where.text);
        } else {
            snprintf(error, ADMIN_ERROR_CAP, "demo: %.600s line %d: %.80s", path, where.line, where.text);
        }
    }
    return plan;
}

static int write_manifest(struct demo *demo)
{
    char path[640];
    if (!demo->codes[0]) {
        return ADMIN_OK;
    }
    snprintf(path, sizeof(path), "%s/manifest.json", demo->codes);
    char *text = json_dumps(demo->manifest, JSON_INDENT(2));
    int rc = text ? file_write_atomic(path, text, strlen(text), 0644) : -ENOMEM;
    free(text);
    return rc < 0 ? fail(demo, strerror(-rc), path) : ADMIN_OK;
}

/* A demo is for a brand that has no stores yet: it must never mix with a real one. */
static int check_empty(struct admin_session *session, bool *out_empty)
{
    json_t *answer = NULL;
    int code = admin_session_call(session, "store list", json_object(), &answer);
    if (code == ADMIN_OK) {
        *out_empty = json_array_size(json_object_get(json_object_get(answer, "result"), "rows")) == 0;
        json_decref(answer);
    }
    return code;
}

static int make_all(struct demo *demo, const char *folder, const char *api)
{
    int code = make_brand(demo);
    code = code ? code : make_stores(demo);
    code = code ? code : make_clerks(demo);
    code = code ? code : make_campaigns(demo);
    code = code ? code : make_touchpoints(demo, api);
    code = code ? code : import_products(demo, folder);
    code = code ? code : make_members(demo);
    code = code ? code : make_coupons(demo);
    code = code ? code : make_offers(demo);
    return code ? code : write_manifest(demo);
}

static int open_codes(struct demo *demo, const char *out)
{
    if (!out) {
        return ADMIN_OK;
    }
    snprintf(demo->codes, sizeof(demo->codes), "%s/codes", out);
    int rc = file_make_dirs(demo->codes, 0755);
    return rc < 0 ? fail(demo, strerror(-rc), demo->codes) : ADMIN_OK;
}

static int make_demo(struct admin_session *session, const char *folder, const json_t *args)
{
    json_t *plan = read_plan(folder, session->error);
    struct demo demo = {.session = session, .plan = plan, .manifest = json_array(), .campaigns = json_object()};
    int code = plan ? open_codes(&demo, text_of(args, "out")) : ADMIN_FAILED;
    code = code ? code : make_all(&demo, folder, text_of(args, "wechat_api"));
    if (code == ADMIN_OK && !session->json) {
        printf("demo brand made: %zu codes%s%s\n", json_array_size(demo.manifest), demo.codes[0] ? " in " : "",
               demo.codes);
    } else if (code == ADMIN_OK) {
        json_t *result = json_pack("{s:i, s:s, s:o}", "codes", (int)json_array_size(demo.manifest), "folder",
                                   demo.codes, "campaigns", json_incref(demo.campaigns));
        char *text = json_dumps(result, JSON_COMPACT);
        printf("%s\n", text ? text : "{}");
        free(text);
        json_decref(result);
    }
    json_decref(demo.manifest);
    json_decref(demo.campaigns);
    json_decref(plan);
    return code;
}

static const char *default_folder(void)
{
    return access(plan_folders[0], R_OK) == 0 ? plan_folders[0] : plan_folders[1];
}

int client_demo(struct admin_session *session, const struct admin_command *command, json_t *args)
{
    const char *from = text_of(args, "from");
    json_int_t products = json_integer_value(json_object_get(args, "products"));
    json_int_t members = json_integer_value(json_object_get(args, "members"));
    bool empty = false;
    (void)command;
    int code = check_empty(session, &empty);
    if (code == ADMIN_OK && !empty && !products && !members) {
        snprintf(session->error, sizeof(session->error),
                 "there are stores already: a demo is made in empty books only");
        return ADMIN_REFUSED;
    }
    if (code == ADMIN_OK && empty) {
        code = make_demo(session, from ? from : default_folder(), args);
    }
    code = code || !products ? code : demo_add_products(session, products);
    return code || !members ? code : demo_add_members(session, 1, members);
}
