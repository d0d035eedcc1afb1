#include "central/admin/label.h"

#include "central/admin/label_sheet.h"
#include "central/admin/ticket.h"
#include "central/store/identity.h"
#include "central/store/touchpoint_batch.h"
#include "central/wechat/work.h"

#include <stdio.h>
#include <string.h>

#define OPERATOR  "admin"
#define CODES_MAX 10 /* asked of the platform in one call of ours: the console waits for each call */

static int find_batch(struct admin_call *call, struct store_tx *tx, struct touchpoint_batch *out_batch)
{
    int rc = touchpoint_batch_find(tx, admin_u32(call, "batch"), out_batch);
    return rc == -ENOENT ? admin_refuse(call, rc, "there is no batch %u", admin_u32(call, "batch")) : rc;
}

/* ---- the platform's codes */

/* -ENOENT: none waits; *out_left is how many. */
static int next_code(struct admin_call *call, struct touchpoint *out_touchpoint, uint32_t *out_left)
{
    struct store_tx tx;
    struct touchpoint_batch batch;
    int rc = store_read_begin(call->central->store, &tx);
    if (rc < 0) {
        return rc;
    }
    rc = find_batch(call, &tx, &batch);
    if (rc == 0) {
        *out_left = batch.without_code;
        rc = batch.without_code ? touchpoint_batch_next_without_code(&tx, batch.id, out_touchpoint) : -ENODATA;
    }
    store_read_end(&tx);
    return rc;
}

int cmd_batch_codes(struct admin_call *call)
{
    struct ticket_job job = {.call = call};
    uint32_t left = 0;
    int rc = wechat_work_keys(call->central, &job.keys);
    for (int i = 0; rc == 0 && i <= CODES_MAX; i++) {
        rc = next_code(call, &job.touchpoint, &left);
        if (i < CODES_MAX) {
            rc = rc ? rc : ticket_fetch(&job);
        }
    }
    channel_keys_finish(&job.keys);
    if (rc == 0 || rc == -ENODATA) {
        admin_set(call, "left", json_integer(left));
        return 0;
    }
    return rc;
}

/* ---- what is drawn */

struct listing {
    struct admin_call *call;
    struct store_tx *tx;
    uint32_t serial; /* 0: all */
    bool in_use_only;
    json_int_t unread; /* of those listed: without a code */
};

static const char *state_of(const struct touchpoint *t)
{
    return t->gone ? "out of use" : t->url[0] ? "in use" : "no ticket";
}

static int add_code_row(void *context, const struct printed_code *code)
{
    struct listing *listing = context;
    const struct touchpoint *t = &code->touchpoint;
    struct shop shop;
    if ((listing->serial && listing->serial != code->serial) || (listing->in_use_only && t->gone)) {
        return 0;
    }
    int rc = identity_find_shop(listing->tx, t->store, &shop);
    if (rc < 0) {
        return rc;
    }
    listing->unread += !t->url[0];
    admin_add_row(listing->call,
                  json_pack("{s:I, s:I, s:I, s:s, s:s, s:s, s:s, s:s}", "serial", (json_int_t)code->serial,
                            "touchpoint", (json_int_t)t->id, "store", (json_int_t)t->store, "store_zh", shop.name_zh,
                            "store_en", shop.name_en, "shelf", t->shelf, "url", t->url, "state", state_of(t)));
    return 0;
}

static int list_codes(struct listing *listing, const struct touchpoint_batch *batch)
{
    return touchpoint_batch_each_code(listing->tx, batch->id, add_code_row, listing);
}

int cmd_batch_sheet(struct admin_call *call, struct store_tx *tx)
{
    struct touchpoint_batch batch;
    struct brand brand;
    struct listing listing = {.call = call, .tx = tx, .serial = admin_u32(call, "serial"), .in_use_only = true};
    int rc = find_batch(call, tx, &batch);
    rc = rc ? rc : identity_find_brand(tx, batch.brand, &brand);
    rc = rc ? rc : list_codes(&listing, &batch);
    if (rc < 0) {
        return rc;
    }
    if (json_array_size(json_object_get(call->result, "rows")) == 0) {
        return admin_refuse(call, -ENOENT, "nothing of batch %u is in use", batch.id);
    }
    if (listing.unread) {
        return admin_refuse(call, -EPERM,
                            "batch %u stands, but %" JSON_INTEGER_FORMAT " of its codes have no ticket yet", batch.id,
                            listing.unread);
    }
    admin_set(call, "batch", json_integer(batch.id));
    admin_set(call, "size", json_string(batch.size));
    admin_set(call, "words", json_string(batch.words));
    admin_set(call, "accent", json_string(brand.accent));
    return 0;
}

int cmd_batch_printed(struct admin_call *call, struct store_tx *tx)
{
    return touchpoint_batch_note_print(tx, admin_u32(call, "batch"), admin_u32(call, "serial"), OPERATOR);
}

/* ---- what there is */

static json_t *batch_row(const struct touchpoint_batch *batch)
{
    return json_pack("{s:I, s:I, s:s, s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:s}", "batch", (json_int_t)batch->id,
                     "brand", (json_int_t)batch->brand, "account", batch->account, "size", batch->size, "words",
                     batch->words, "codes", (json_int_t)batch->codes, "no_ticket", (json_int_t)batch->without_code,
                     "out_of_use", (json_int_t)batch->gone, "made_ms", (json_int_t)batch->made_ms, "printings",
                     (json_int_t)batch->printings, "printed_ms", (json_int_t)batch->printed_ms, "why", batch->why);
}

static int add_batch_row(void *context, const struct touchpoint_batch *batch)
{
    admin_add_row(context, batch_row(batch));
    return 0;
}

int cmd_batch_list(struct admin_call *call, struct store_tx *tx)
{
    return touchpoint_batch_each(tx, add_batch_row, call);
}

int cmd_batch_show(struct admin_call *call, struct store_tx *tx)
{
    struct touchpoint_batch batch;
    struct listing listing = {.call = call, .tx = tx};
    int rc = find_batch(call, tx, &batch);
    if (rc < 0) {
        return rc;
    }
    json_t *row = batch_row(&batch);
    json_object_update(call->result, row);
    json_decref(row);
    return list_codes(&listing, &batch);
}

int cmd_batch_retire(struct admin_call *call, struct store_tx *tx)
{
    struct touchpoint_batch batch;
    uint32_t count = 0;
    struct batch_end end = {.id = admin_u32(call, "batch"),
                            .serial = admin_u32(call, "serial"),
                            .who = OPERATOR,
                            .why = admin_text(call, "why", "")};
    int rc = strlen(end.why) < BATCH_WHY_MAX
                 ? find_batch(call, tx, &batch)
                 : admin_refuse(call, -E2BIG, "why is longer than %d bytes", BATCH_WHY_MAX - 1);
    rc = rc ? rc : touchpoint_batch_retire(tx, &end, &count);
    if (rc == 0) {
        admin_set(call, "out_of_use", json_integer(count));
    }
    return rc == -ENOENT && !call->error[0] ? admin_refuse(call, rc, "batch %u has no code %u", end.id, end.serial)
                                            : rc;
}
