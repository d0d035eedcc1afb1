#include "central/admin/label.h"

#include "central/admin/label_sheet.h"
#include "central/store/catalogue.h"
#include "central/store/identity.h"
#include "central/store/people_clerk.h"
#include "central/store/retention.h"
#include "central/store/touchpoint_batch.h"
#include "central/store/wechat_budget.h"
#include "central/wechat/work.h"
#include "domain/compliance.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OPERATOR "admin"

struct making {
    struct admin_call *call;
    struct store_tx *tx;
    struct touchpoint_batch batch;
    struct wechat_account account;
    uint32_t stores[BATCH_CODES_MAX];
    size_t store_count;
    const char *shelves; /* "A,B": one code each; else one name for all of them */
    uint32_t per_store;
};

/* ---- which stores */

static int add_store(struct making *making, const struct shop *shop)
{
    if (making->store_count == 0) {
        making->batch.brand = shop->brand;
    }
    if (shop->brand != making->batch.brand) {
        return admin_refuse(making->call, -EXDEV, "store %u is of another brand than store %u", shop->id,
                            making->stores[0]);
    }
    if (making->store_count == BATCH_CODES_MAX) {
        return admin_refuse(making->call, -ERANGE, "a batch has %d codes at most", BATCH_CODES_MAX);
    }
    making->stores[making->store_count++] = shop->id;
    return 0;
}

static int add_own_store(void *context, const struct shop *shop)
{
    struct making *making = context;
    return shop->brand == making->batch.brand ? add_store(making, shop) : 0;
}

static int read_stores(struct making *making, const char *text)
{
    int rc = 0;
    if (strcmp(text, "all") == 0) {
        rc = identity_find_house(making->tx, &making->batch.brand);
        making->batch.brand =
            admin_given(making->call, "brand") ? admin_u32(making->call, "brand") : making->batch.brand;
        rc = rc ? rc : identity_each_shop(making->tx, add_own_store, making);
        return rc || making->store_count ? rc : admin_refuse(making->call, -ENOENT, "that brand has no store");
    }
    while (rc == 0 && *text) {
        struct shop shop;
        char *end = NULL;
        unsigned long id = strtoul(text, &end, 10);
        if (end == text || (*end && *end != ',') || id > UINT32_MAX) {
            return admin_refuse(making->call, -EINVAL, "--stores is \"1,2,5\" or \"all\"");
        }
        rc = identity_find_shop(making->tx, (uint32_t)id, &shop);
        if (rc == -ENOENT) {
            return admin_refuse(making->call, rc, "there is no store %lu", id);
        }
        rc = rc ? rc : add_store(making, &shop);
        text = end + (*end == ',');
    }
    return rc || making->store_count ? rc : admin_refuse(making->call, -EINVAL, "--stores is \"1,2,5\" or \"all\"");
}

/* ---- what stands on them */

static uint32_t count_names(const char *names)
{
    uint32_t count = 1;
    for (; *names; names++) {
        count += *names == ',';
    }
    return count;
}

static int read_count(struct making *making)
{
    struct admin_call *call = making->call;
    int64_t count = admin_number(call, "count", 1);
    making->shelves = admin_text(call, "shelves", "");
    if (strchr(making->shelves, ',')) {
        if (admin_given(call, "count") && count != count_names(making->shelves)) {
            return admin_refuse(call, -EINVAL, "--shelves names %u places, --count says %" PRId64,
                                count_names(making->shelves), count);
        }
        count = count_names(making->shelves);
    }
    if (count < 1 || count * (int64_t)making->store_count > BATCH_CODES_MAX) {
        return admin_refuse(call, -ERANGE, "a batch has 1 to %d codes", BATCH_CODES_MAX);
    }
    int64_t most = admin_number(call, "most", BATCH_CODES_MAX);
    if (count * (int64_t)making->store_count > most) {
        return admin_refuse(call, -ERANGE, "an SVG is one page of %" PRId64 ": take .pdf", most);
    }
    if (admin_number(call, "cost", 0) < 0) {
        return admin_refuse(call, -ERANGE, "print costs something, or nothing");
    }
    making->per_store = (uint32_t)count;
    return 0;
}

static int read_words(struct making *making)
{
    struct admin_call *call = making->call;
    struct touchpoint_batch *batch = &making->batch;
    snprintf(batch->words, sizeof(batch->words), "%s", LABEL_WORDS);
    snprintf(batch->made_by, sizeof(batch->made_by), "%s", OPERATOR);
    int rc = admin_copy_text(call, "words", batch->words, sizeof(batch->words));
    rc = rc ? rc : admin_copy_text(call, "size", batch->size, sizeof(batch->size));
    const char *induces = rc ? NULL : compliance_inducing_words(batch->words);
    if (induces) {
        return admin_refuse(call, -EINVAL, "nothing may be promised for following: \"%s\"", induces);
    }
    return rc || label_size_find(batch->size) ? rc : admin_refuse(call, -EINVAL, "--size is strip, card or poster");
}

/* ---- whose codes, and whether there are enough */

static int find_account(struct making *making)
{
    struct channel_keys keys;
    struct touchpoint_batch *batch = &making->batch;
    int rc = admin_copy_text(making->call, "account", batch->account, sizeof(batch->account));
    rc = rc ? rc : wechat_work_keys(making->call->central, &keys);
    if (rc < 0) {
        return rc;
    }
    rc = batch->account[0] ? wechat_find_account(making->tx, &keys, batch->account, &making->account)
                           : wechat_find_brand_account(making->tx, &keys, batch->brand, &making->account);
    channel_keys_finish(&keys);
    if (rc == -ENOENT && batch->account[0]) {
        return admin_refuse(making->call, rc, "there is no account %s", batch->account);
    }
    snprintf(batch->account, sizeof(batch->account), "%s", rc ? "" : making->account.name);
    return rc == -ENOENT ? 0 : rc;
}

/* Printed codes are permanent ones, and an account has so many and no more. */
static int check_budget(struct making *making)
{
    uint32_t used = 0, promised = 0, wanted = making->per_store * (uint32_t)making->store_count;
    if (!making->account.api[0]) {
        return 0;
    }
    int rc = budget_permanent_used(making->tx, making->account.name, &used);
    rc = rc ? rc : touchpoint_batch_promised(making->tx, making->account.name, &promised);
    if (rc < 0) {
        return rc;
    }
    uint32_t left = used + promised < BUDGET_PERMANENT ? BUDGET_PERMANENT - used - promised : 0;
    return left >= wanted
               ? 0
               : admin_refuse(making->call, -EDQUOT, "account %s has %u permanent QR codes left, the batch needs %u",
                              making->account.name, left, wanted);
}

static int check_campaign(struct making *making, uint32_t campaign)
{
    struct campaign_entry entry;
    int rc = campaign ? catalogue_find_campaign(making->tx, campaign, &entry) : 0;
    return rc == -ENOENT ? admin_refuse(making->call, rc, "there is no campaign %u", campaign) : rc;
}

static int check_clerk(struct making *making, uint32_t id)
{
    struct clerk clerk;
    int rc = id ? people_find_clerk(making->tx, id, &clerk) : 0;
    if (rc == -ENOENT || (rc == 0 && id && (making->store_count > 1 || clerk.store != making->stores[0]))) {
        return admin_refuse(making->call, -ENOENT, "store %u has no clerk %u", making->stores[0], id);
    }
    return rc;
}

/* ---- the codes */

/* Of what the print cost, each code bears its part; the first ones the odd fen. */
static int64_t part_of(int64_t whole, uint32_t parts, uint32_t index)
{
    return whole / parts + (index < (uint64_t)(whole % parts));
}

static int add_code(struct making *making, uint32_t index, const char *shelf, size_t shelf_len)
{
    struct admin_call *call = making->call;
    struct printed_code code = {.batch = making->batch.id,
                                .touchpoint = {.brand = making->batch.brand,
                                               .store = making->stores[index / making->per_store],
                                               .clerk = admin_u32(call, "clerk"),
                                               .campaign = admin_u32(call, "campaign")}};
    struct touchpoint *t = &code.touchpoint;
    int64_t cost = admin_number(call, "cost", 0);
    uint32_t all = making->per_store * (uint32_t)making->store_count;
    if (shelf_len >= sizeof(t->shelf)) {
        return admin_refuse(call, -E2BIG, "a place's name is too long");
    }
    memcpy(t->shelf, shelf, shelf_len);
    snprintf(t->account, sizeof(t->account), "%s", making->batch.account);
    int rc = touchpoint_batch_add_code(making->tx, &code, OPERATOR);
    return rc || cost <= 0 ? rc : retention_add_cost(making->tx, t->id, part_of(cost, all, index), "print");
}

static int add_codes(struct making *making)
{
    bool each = strchr(making->shelves, ',') != NULL;
    uint32_t index = 0;
    int rc = 0;
    for (size_t store = 0; rc == 0 && store < making->store_count; store++) {
        const char *name = making->shelves;
        for (uint32_t i = 0; rc == 0 && i < making->per_store; i++, index++) {
            size_t len = strcspn(name, ",");
            rc = add_code(making, index, name, len);
            name += each ? len + (name[len] == ',') : 0;
        }
    }
    return rc;
}

int cmd_batch_make(struct admin_call *call, struct store_tx *tx)
{
    struct making *making = calloc(1, sizeof(*making));
    if (!making) {
        return -ENOMEM;
    }
    making->call = call;
    making->tx = tx;
    int rc = read_stores(making, admin_text(call, "stores", ""));
    rc = rc ? rc : read_count(making);
    rc = rc ? rc : read_words(making);
    rc = rc ? rc : find_account(making);
    rc = rc ? rc : check_budget(making);
    rc = rc ? rc : check_campaign(making, admin_u32(call, "campaign"));
    rc = rc ? rc : check_clerk(making, admin_u32(call, "clerk"));
    rc = rc ? rc : touchpoint_batch_add(tx, &making->batch, &making->batch.id);
    rc = rc ? rc : add_codes(making);
    if (rc == 0) {
        admin_set(call, "batch", json_integer(making->batch.id));
        admin_set(call, "codes", json_integer(making->per_store * (json_int_t)making->store_count));
    }
    free(making);
    return rc;
}
