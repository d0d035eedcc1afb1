#include "lan/answer.h"

#include "domain/fields.h"

#include <string.h>

enum answer_key { KEY_OP = 1, KEY_FIELDS = 2, KEY_ROWS = 3, KEY_BY = 4 };

#define REDEEMED(k, t, m) FIELD_AT(k, t, false, till_redeemed, m)
static const struct field redeemed_fields[] = {
    REDEEMED(1, FIELD_UINT, verdict),       REDEEMED(2, FIELD_UINT, coupon.campaign),
    REDEEMED(3, FIELD_UINT, coupon.serial), REDEEMED(4, FIELD_TEXT, campaign_zh),
    REDEEMED(5, FIELD_TEXT, campaign_en),   REDEEMED(6, FIELD_TEXT, gift_zh),
    REDEEMED(7, FIELD_TEXT, gift_en),       REDEEMED(8, FIELD_UINT, discount),
    REDEEMED(9, FIELD_INT, discount_minor), REDEEMED(10, FIELD_INT, sale_minor),
    REDEEMED(11, FIELD_INT, paid_minor),    REDEEMED(12, FIELD_INT, min_spend_minor),
    REDEEMED(13, FIELD_UINT, member),       REDEEMED(14, FIELD_INT, earned_minor),
    REDEEMED(15, FIELD_INT, balance_minor), REDEEMED(16, FIELD_UINT, valid_from_s),
    REDEEMED(17, FIELD_UINT, expiry_s),     REDEEMED(18, FIELD_UINT, home_store),
    REDEEMED(19, FIELD_INT, used_ms),       REDEEMED(20, FIELD_BOOL, may_ask_central),
    REDEEMED(21, FIELD_BOOL, offline),      REDEEMED(22, FIELD_UINT, group),
    REDEEMED(23, FIELD_INT, business_ms),
};
static const struct field_table redeemed_table = FIELD_TABLE(redeemed_fields, till_redeemed);

#define SOLD(k, t, m) FIELD_AT(k, t, false, till_sold, m)
static const struct field sold_fields[] = {
    SOLD(1, FIELD_UINT, verdict),      SOLD(2, FIELD_UINT, member),    SOLD(3, FIELD_INT, gross_minor),
    SOLD(4, FIELD_INT, credit_minor),  SOLD(5, FIELD_INT, paid_minor), SOLD(6, FIELD_INT, earned_minor),
    SOLD(7, FIELD_INT, balance_minor), SOLD(8, FIELD_UINT, group),     SOLD(9, FIELD_INT, business_ms),
};
static const struct field_table sold_table = FIELD_TABLE(sold_fields, till_sold);

#define VOIDED(k, t, m) FIELD_AT(k, t, false, till_voided, m)
static const struct field voided_fields[] = {
    VOIDED(1, FIELD_UINT, verdict),   VOIDED(2, FIELD_UINT, group),       VOIDED(3, FIELD_INT, discount_minor),
    VOIDED(4, FIELD_INT, paid_minor), VOIDED(5, FIELD_INT, earned_minor), VOIDED(6, FIELD_INT, credit_minor),
};
static const struct field_table voided_table = FIELD_TABLE(voided_fields, till_voided);

#define MEMBER(k, t, m) FIELD_AT(k, t, false, till_member, m)
static const struct field member_fields[] = {
    MEMBER(1, FIELD_UINT, token),
    MEMBER(2, FIELD_BOOL, known),
    MEMBER(3, FIELD_UINT, member),
    MEMBER(4, FIELD_BOOL, rotating),
    MEMBER(5, FIELD_BOOL, fresh),
    MEMBER(6, FIELD_BOOL, has_pin),
    MEMBER(7, FIELD_INT, share_minor),
    MEMBER(8, FIELD_UINT, coupon_count),
    MEMBER(9, FIELD_INT, ends_first.ends_s),
    MEMBER(10, FIELD_INT, ends_first.amount_minor),
};
static const struct field_table member_table = FIELD_TABLE(member_fields, till_member);

#define COUPON(k, t, m) FIELD_AT(k, t, false, till_member_coupon, m)
static const struct field coupon_fields[] = {
    COUPON(1, FIELD_TEXT, name_zh),
    COUPON(2, FIELD_TEXT, name_en),
    COUPON(3, FIELD_UINT, expiry_s),
    COUPON(4, FIELD_BOOL, soon),
};
static const struct field_table coupon_table = FIELD_TABLE(coupon_fields, till_member_coupon);

#define ACT(k, t, m) FIELD_AT(k, t, false, till_act, m)
static const struct field act_fields[] = {
    ACT(1, FIELD_UINT, group),         ACT(2, FIELD_UINT, terminal),    ACT(3, FIELD_INT, business_ms),
    ACT(4, FIELD_TEXT, campaign_zh),   ACT(5, FIELD_TEXT, campaign_en), ACT(6, FIELD_INT, gross_minor),
    ACT(7, FIELD_INT, discount_minor), ACT(8, FIELD_INT, paid_minor),   ACT(9, FIELD_INT, credit_minor),
    ACT(10, FIELD_INT, earned_minor),  ACT(11, FIELD_UINT, clerk),      ACT(12, FIELD_BOOL, voided),
};
static const struct field_table act_table = FIELD_TABLE(act_fields, till_act);

/* What is common to the answers: a struct, rows of structs, or both. */
struct shape {
    const struct field_table *table, *row_table;
    void *value, *rows;
    size_t row_max;
};

static int shape_of(struct till_answer *answer, struct shape *out)
{
    switch (answer->op) {
    case TILL_REDEEM:
        *out = (struct shape){.table = &redeemed_table, .value = &answer->redeemed};
        return 0;
    case TILL_SALE:
        *out = (struct shape){.table = &sold_table, .value = &answer->sold};
        return 0;
    case TILL_VOID:
        *out = (struct shape){.table = &voided_table, .value = &answer->voided};
        return 0;
    case TILL_MEMBER:
        *out = (struct shape){&member_table, &coupon_table, &answer->member, answer->member.coupons, TILL_COUPONS_MAX};
        return 0;
    case TILL_RECENT:
        *out = (struct shape){.row_table = &act_table, .rows = answer->recent.acts, .row_max = TILL_RECENT_MAX};
        return 0;
    case TILL_SIGN_IN:
    case TILL_SIGN_OUT:
    case TILL_PRICE:
    case TILL_NOTE:
    case TILL_ALONE:
    case TILL_PROMOTE:
        break;
    }
    return -EINVAL;
}

static size_t row_count(const struct till_answer *answer, const struct shape *shape)
{
    size_t count = answer->op == TILL_RECENT ? answer->recent.count : answer->member.coupon_count;
    return count < shape->row_max ? count : shape->row_max;
}

int lan_till_answer_encode(const struct till_answer *answer, uint8_t *out, size_t cap, size_t *out_len)
{
    struct till_answer copy = *answer;
    struct shape shape;
    struct cbor_writer w;

    if (shape_of(&copy, &shape) < 0)
        return -EINVAL;
    cbor_writer_init(&w, out, cap);
    cbor_write_map(&w, 1U + (shape.table != NULL) + (shape.row_table != NULL) + (copy.by != 0));
    cbor_write_uint(&w, KEY_OP);
    cbor_write_uint(&w, copy.op);
    if (shape.table != NULL) {
        cbor_write_uint(&w, KEY_FIELDS);
        fields_write(&w, shape.table, shape.value);
    }
    if (shape.row_table != NULL) {
        size_t count = row_count(&copy, &shape);
        cbor_write_uint(&w, KEY_ROWS);
        cbor_write_array(&w, count);
        for (size_t i = 0; i < count; i++)
            fields_write(&w, shape.row_table, (const uint8_t *)shape.rows + i * shape.row_table->size);
    }
    if (copy.by != 0) {
        cbor_write_uint(&w, KEY_BY);
        cbor_write_uint(&w, copy.by);
    }
    return cbor_writer_finish(&w, out_len);
}

static size_t read_rows(struct cbor_reader *r, const struct shape *shape)
{
    size_t count = cbor_read_array(r);

    if (count > shape->row_max) {
        r->error = -EBADMSG;
        return 0;
    }
    for (size_t i = 0; i < count; i++)
        fields_read(r, shape->row_table, (uint8_t *)shape->rows + i * shape->row_table->size);
    return count;
}

/* Screens switch over verdicts without a default: none that is unknown may pass. */
static bool verdict_known(const struct till_answer *answer)
{
    switch (answer->op) {
    case TILL_REDEEM:
        return (unsigned)answer->redeemed.verdict < COUPON_VERDICTS && answer->redeemed.discount <= DISCOUNT_GIFT;
    case TILL_SALE:
        return (unsigned)answer->sold.verdict < CREDIT_VERDICTS;
    case TILL_VOID:
        return (unsigned)answer->voided.verdict <= VOID_MOVED_ON;
    case TILL_MEMBER:
        return (unsigned)answer->member.token <= TOKEN_KEY_REVOKED;
    case TILL_RECENT:
        return true;
    case TILL_SIGN_IN:
    case TILL_SIGN_OUT:
    case TILL_PRICE:
    case TILL_NOTE:
    case TILL_ALONE:
    case TILL_PROMOTE:
        break;
    }
    return false;
}

static int read_answer(struct cbor_reader *r, struct till_answer *answer)
{
    struct cbor_map map = cbor_map_begin(r);
    struct shape shape = {0};
    uint32_t key;
    size_t rows = 0;

    while (cbor_map_next(r, &map, &key)) {
        if (key == KEY_OP) {
            answer->op = cbor_read_u32(r);
            if (shape_of(answer, &shape) < 0)
                return -EBADMSG;
        } else if (key == KEY_FIELDS && shape.table != NULL) {
            fields_read(r, shape.table, shape.value);
        } else if (key == KEY_ROWS && shape.row_table != NULL) {
            rows = read_rows(r, &shape);
        } else if (key == KEY_BY) {
            answer->by = cbor_read_u32(r);
        } else {
            (void)cbor_read_raw(r);
        }
    }
    if (cbor_reader_finish(r) < 0 || (shape.table == NULL && shape.row_table == NULL))
        return -EBADMSG;
    if (answer->op == TILL_RECENT)
        answer->recent.count = (uint32_t)rows;
    if (answer->op == TILL_MEMBER && rows < TILL_COUPONS_MAX && answer->member.coupon_count != rows)
        return -EBADMSG;
    return verdict_known(answer) ? 0 : -EBADMSG;
}

int lan_till_answer_decode(const void *data, size_t len, struct till_answer *out_answer)
{
    struct till_answer answer = {0};
    struct cbor_reader r;
    int rc;

    cbor_reader_init(&r, data, len);
    rc = read_answer(&r, &answer);
    if (rc == 0)
        *out_answer = answer;
    return rc;
}
