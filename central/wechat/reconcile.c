#include "central/wechat/reconcile.h"

#include "central/store/people_member.h"
#include "central/store/people_touchpoint.h"
#include "central/store/wechat_acquisition.h"
#include "central/wechat/api.h"
#include "central/wechat/order.h"
#include "central/wechat/service.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define OPERATOR    "wechat"
#define CHUNK       WECHAT_INFO_MAX
#define PAGE_PEOPLE 10000
#define PAGES_MAX   1000 /* ten million followers */

/* ---- by which QR somebody came */

static struct attribution won_by(const struct touchpoint *t)
{
    struct attribution by = {
        .touchpoint = t->id, .store = t->store, .terminal = t->terminal, .clerk = t->clerk, .campaign = t->campaign};
    memcpy(by.shelf, t->shelf, sizeof(by.shelf));
    return by;
}

static int correct_member(struct store_tx *tx, uint64_t id, const struct touchpoint *touchpoint)
{
    struct member member;
    int rc = people_find_member(tx, id, &member);
    if (rc < 0 || member.erased || member.won_by.touchpoint) {
        return rc == -ENOENT ? 0 : rc;
    }
    struct attribution_change change = {
        .member = id, .won_by = won_by(touchpoint), .who = OPERATOR, .why = "the platform knows the scene"};
    rc = people_correct_attribution(tx, &change);
    return rc ? rc : vesting_begin(tx, id);
}

static int attribute(struct store_tx *tx, const struct channel_identity *identity, const char *scene)
{
    struct touchpoint touchpoint;
    int rc = people_find_scene(tx, scene, &touchpoint);
    if (rc < 0 || identity->touchpoint) {
        return rc == -ENOENT ? 0 : rc;
    }
    rc = wechat_set_touchpoint(tx, identity->id, touchpoint.id);
    rc = rc ? rc : wechat_move_follow(tx, touchpoint.id, identity->followed_ms);
    return rc || !identity->member ? rc : correct_member(tx, identity->member, &touchpoint);
}

static int forget(struct store_tx *tx, const struct channel_keys *keys, const char *account, const char *openid)
{
    uint8_t who[WHO_LEN];
    struct channel_identity gone;
    channel_who(keys, account, openid, who);
    return wechat_forget(tx, account, who, &gone);
}

static int reconcile_person(struct store_tx *tx, const struct channel_keys *keys, const char *account,
                            const json_t *info)
{
    struct channel_identity identity;
    const char *openid = json_string_value(json_object_get(info, "openid"));
    const char *scene = json_string_value(json_object_get(info, "qr_scene_str"));
    struct channel_person person = {.account = account, .openid = openid};
    if (!openid || strlen(openid) >= OPENID_CAP) {
        return 0;
    }
    if (json_integer_value(json_object_get(info, "subscribe")) == 0) {
        return forget(tx, keys, account, openid);
    }
    int rc = wechat_meet(tx, keys, &person, &identity);
    return rc || !scene || !scene[0] ? rc : attribute(tx, &identity, scene);
}

int reconcile_people(struct store_tx *tx, const struct channel_keys *keys, const char *account, const json_t *answer)
{
    size_t i;
    json_t *info;
    int rc = 0;
    json_array_foreach(json_object_get(answer, "user_info_list"), i, info)
    {
        rc = rc ? rc : reconcile_person(tx, keys, account, info);
    }
    return rc;
}

/* ---- who never arrived here */

struct chunk {
    const struct channel_keys *keys;
    const char *account;
    const json_t *openids;
    size_t from;
    uint64_t found;
};

static int meet_unknown(struct chunk *chunk, struct store_tx *tx, const char *openid, uint64_t *out_identity)
{
    uint8_t who[WHO_LEN];
    struct channel_identity identity;
    channel_who(chunk->keys, chunk->account, openid, who);
    int rc = wechat_find_who(tx, chunk->account, who, &identity);
    if (rc != -ENOENT) {
        return rc ? rc : -EEXIST;
    }
    struct channel_person person = {.account = chunk->account, .openid = openid};
    rc = wechat_meet(tx, chunk->keys, &person, &identity);
    rc = rc ? rc : people_count_step(tx, 0, FUNNEL_FOLLOW, 0);
    if (rc == 0) {
        *out_identity = identity.id;
    }
    return rc;
}

static int run_chunk(void *arg, struct store_tx *tx)
{
    struct chunk *chunk = arg;
    uint64_t ids[CHUNK];
    size_t count = 0, end = json_array_size(chunk->openids);
    end = end - chunk->from > CHUNK ? chunk->from + CHUNK : end;
    for (size_t i = chunk->from; i < end; i++) {
        const char *openid = json_string_value(json_array_get(chunk->openids, i));
        int rc = openid && strlen(openid) < OPENID_CAP ? meet_unknown(chunk, tx, openid, &ids[count]) : -EEXIST;
        if (rc < 0 && rc != -EEXIST) {
            return rc;
        }
        count += rc == 0;
    }
    chunk->found = count;
    if (count == 0) {
        return 0;
    }
    char key[OUTBOX_KEY_MAX];
    snprintf(key, sizeof(key), "missed/%" PRIu64 "-%" PRIu64, ids[0], ids[count - 1]);
    return wechat_order_info(tx, chunk->keys, &(struct wechat_order){.account = chunk->account, .key = key},
                             &(struct wechat_people){ids, count});
}

static int take_page(struct central *central, struct chunk *chunk, struct reconcile_result *result)
{
    int rc = 0;
    for (chunk->from = 0; rc == 0 && chunk->from < json_array_size(chunk->openids); chunk->from += CHUNK) {
        rc = writer_call(central->writer, run_chunk, chunk);
        result->found += rc == 0 ? chunk->found : 0;
    }
    result->followers += json_array_size(chunk->openids);
    return rc;
}

static int find_account(struct central *central, const struct channel_keys *keys, const char *name,
                        struct wechat_account *out_account)
{
    struct store_tx tx;
    int rc = store_read_begin(central->store, &tx);
    if (rc == 0) {
        rc = wechat_find_account(&tx, keys, name, out_account);
        store_read_end(&tx);
    }
    return rc;
}

/* One page of the list; *out_next is "" after the last. */
static int read_page(struct wechat_api *api, const struct wechat_account *account, char next[OPENID_CAP],
                     struct wechat_answer *answer)
{
    char path[128];
    snprintf(path, sizeof(path), "user/get%s%s", next[0] ? "?next_openid=" : "", next);
    int rc = wechat_api_call(api, &(struct wechat_call){account, path, NULL}, answer);
    if (rc == 0 && answer->error->act != WECHAT_DONE) {
        rc = -EREMOTEIO;
    }
    const char *following = rc == 0 ? json_string_value(json_object_get(answer->body, "next_openid")) : NULL;
    bool full = json_integer_value(json_object_get(answer->body, "count")) >= PAGE_PEOPLE;
    snprintf(next, OPENID_CAP, "%s", full && following && strlen(following) < OPENID_CAP ? following : "");
    return rc;
}

static int go_through(struct central *central, struct wechat_api *api, struct chunk *chunk,
                      struct reconcile_result *result)
{
    struct wechat_account account;
    char next[OPENID_CAP] = "";
    int rc = find_account(central, chunk->keys, chunk->account, &account);
    for (int page = 0; rc == 0 && page < PAGES_MAX && (page == 0 || next[0]); page++) {
        struct wechat_answer answer = {0};
        rc = read_page(api, &account, next, &answer);
        if (rc == -EREMOTEIO) {
            snprintf(result->error, sizeof(result->error), "%s", answer.words);
        }
        chunk->openids = json_object_get(json_object_get(answer.body, "data"), "openid");
        rc = rc || !chunk->openids ? rc : take_page(central, chunk, result);
        json_decref(answer.body);
    }
    return rc;
}

int reconcile_followers(struct central *central, const char *account, struct reconcile_result *out_result)
{
    struct channel_keys keys;
    struct wechat_api *api = NULL;
    struct chunk chunk = {.keys = &keys, .account = account};
    *out_result = (struct reconcile_result){0};
    int rc = wechat_work_keys(central, &keys);
    rc = rc ? rc : wechat_api_open(central, &api);
    rc = rc ? rc : go_through(central, api, &chunk, out_result);
    wechat_api_close(api);
    channel_keys_finish(&keys);
    return rc;
}
