#include "domain/body.h"

#include "domain/fields.h"

#include <string.h>

/* The keys of each kind. Their meaning never changes: a member that is no longer needed leaves a gap. */

#define INCARNATION(k, t, m) FIELD_AT(k, t, false, body_incarnation, m)
static const struct field incarnation_fields[] = {
    INCARNATION(1, FIELD_TEXT, hardware_serial), INCARNATION(2, FIELD_TEXT, disk_serial),
    INCARNATION(3, FIELD_TEXT, data_uuid),       INCARNATION(4, FIELD_UINT, boot_count),
    INCARNATION(5, FIELD_TEXT, version),
};

#define SIGN_IN(k, t, must, m) FIELD_AT(k, t, must, body_sign_in, m)
static const struct field sign_in_fields[] = {
    SIGN_IN(1, FIELD_UINT, true, clerk),
    SIGN_IN(2, FIELD_UINT, false, method),
};

#define REDEMPTION(k, t, must, m) FIELD_AT(k, t, must, body_redemption, m)
static const struct field redemption_fields[] = {
    REDEMPTION(1, FIELD_UINT, true, coupon.campaign),
    REDEMPTION(2, FIELD_UINT, true, coupon.serial),
    REDEMPTION(3, FIELD_UINT, true, use_no),
    REDEMPTION(4, FIELD_UINT, false, epoch),
    REDEMPTION(5, FIELD_UINT, true, mode),
    REDEMPTION(6, FIELD_UINT, false, member),
    REDEMPTION(7, FIELD_UINT, false, clerk),
    REDEMPTION(8, FIELD_INT, false, discount_minor),
    REDEMPTION(9, FIELD_INT, false, sale_minor),
    REDEMPTION(10, FIELD_UINT, false, policy_version),
    REDEMPTION(11, FIELD_INT, false, business_ms),
    REDEMPTION(12, FIELD_INT, false, uncertainty_ms),
    REDEMPTION(13, FIELD_UINT, false, sync_age_s),
    REDEMPTION(14, FIELD_BOOL, false, offline),
    REDEMPTION(15, FIELD_BOOL, false, typed),
    REDEMPTION(16, FIELD_BYTES, false, token_hash),
    REDEMPTION(17, FIELD_UINT, false, via),
    REDEMPTION(18, FIELD_BYTES, false, request_id),
    REDEMPTION(19, FIELD_BOOL, false, to_public),
};

#define SALE(k, t, m) FIELD_AT(k, t, false, body_sale, m)
static const struct field sale_fields[] = {
    SALE(1, FIELD_UINT, group),      SALE(2, FIELD_UINT, clerk),         SALE(3, FIELD_UINT, member),
    SALE(4, FIELD_INT, gross_minor), SALE(5, FIELD_INT, discount_minor), SALE(6, FIELD_INT, credit_minor),
    SALE(7, FIELD_INT, paid_minor),  SALE(8, FIELD_UINT, tender),        SALE(9, FIELD_INT, business_ms),
    SALE(10, FIELD_UINT, via),       SALE(11, FIELD_BYTES, request_id),
};

#define CREDIT(k, t, must, m) FIELD_AT(k, t, must, body_credit, m)
static const struct field credit_fields[] = {
    CREDIT(1, FIELD_UINT, false, group),      CREDIT(2, FIELD_UINT, true, member),
    CREDIT(3, FIELD_UINT, true, owner.scope), CREDIT(4, FIELD_UINT, true, owner.id),
    CREDIT(5, FIELD_INT, true, amount_minor), CREDIT(6, FIELD_UINT, false, clerk),
    CREDIT(7, FIELD_UINT, false, auth),       CREDIT(8, FIELD_UINT, false, nonce),
    CREDIT(9, FIELD_INT, false, business_ms), CREDIT(10, FIELD_INT, false, receivable_minor),
    CREDIT(11, FIELD_INT, false, ends_s),     CREDIT_PARTS_AT(12, body_credit, parts),
};

#define EXPIRED(k, t, must, m) FIELD_AT(k, t, must, body_expired, m)
static const struct field expired_fields[] = {
    EXPIRED(1, FIELD_UINT, true, member),    EXPIRED(2, FIELD_UINT, true, owner.scope),
    EXPIRED(3, FIELD_UINT, true, owner.id),  EXPIRED(4, FIELD_INT, true, amount_minor),
    CREDIT_PARTS_AT(5, body_expired, parts), EXPIRED(6, FIELD_INT, false, business_ms),
};

#define VOID(k, t, must, m) FIELD_AT(k, t, must, body_void, m)
static const struct field void_fields[] = {
    VOID(1, FIELD_UINT, true, target.terminal), VOID(2, FIELD_UINT, true, target.incarnation),
    VOID(3, FIELD_UINT, true, target.seq),      VOID(4, FIELD_UINT, true, target_kind),
    VOID(5, FIELD_UINT, false, group),          VOID(6, FIELD_UINT, false, clerk),
    VOID(7, FIELD_TEXT, false, reason),         VOID(8, FIELD_INT, false, receivable_minor),
    VOID(9, FIELD_INT, false, business_ms),     VOID(10, FIELD_UINT, false, via),
    VOID(11, FIELD_BYTES, false, request_id),   CREDIT_PARTS_AT(12, body_void, parts),
    VOID(13, FIELD_INT, false, expired_minor),
};

#define RIGHT(k, must, m) FIELD_AT(k, FIELD_UINT, must, body_right, m)
static const struct field right_fields[] = {
    RIGHT(1, true, coupon.campaign), RIGHT(2, true, coupon.serial),  RIGHT(3, false, epoch),
    RIGHT(4, true, use_no),          RIGHT(5, false, transfer),      FIELD_AT(6, FIELD_BOOL, false, body_right, risk),
    RIGHT(7, false, store_epoch),    RIGHT(8, false, lease_until_s),
};

#define SHARE(k, t, must, m) FIELD_AT(k, t, must, body_share, m)
static const struct field share_fields[] = {
    SHARE(1, FIELD_UINT, true, member),    SHARE(2, FIELD_UINT, true, owner.scope),
    SHARE(3, FIELD_UINT, true, owner.id),  SHARE(4, FIELD_INT, true, amount_minor),
    SHARE(5, FIELD_UINT, false, transfer), CREDIT_PARTS_AT(6, body_share, parts),
};

#define REFUSED(k, t, must, m) FIELD_AT(k, t, must, body_refused, m)
static const struct field refused_fields[] = {
    REFUSED(1, FIELD_UINT, true, verdict),        REFUSED(2, FIELD_UINT, false, coupon.campaign),
    REFUSED(3, FIELD_UINT, false, coupon.serial), REFUSED(4, FIELD_UINT, false, clerk),
    REFUSED(5, FIELD_BYTES, false, token_hash),
};

#define RECEIPT(k, t, must, m) FIELD_AT(k, t, must, body_receipt, m)
static const struct field receipt_fields[] = {
    RECEIPT(1, FIELD_UINT, false, group),
    RECEIPT(2, FIELD_UINT, true, outcome),
    RECEIPT(3, FIELD_TEXT, false, reason),
    RECEIPT(4, FIELD_UINT, false, terminal),
};

#define DRAWER(k, t, m) FIELD_AT(k, t, false, body_drawer, m)
static const struct field drawer_fields[] = {
    DRAWER(1, FIELD_UINT, group),
    DRAWER(2, FIELD_UINT, clerk),
    DRAWER(3, FIELD_TEXT, reason),
    DRAWER(4, FIELD_UINT, terminal),
};

#define QR_SHOWN(k, must, m) FIELD_AT(k, FIELD_UINT, must, body_qr_shown, m)
static const struct field qr_shown_fields[] = {QR_SHOWN(1, true, touchpoint), QR_SHOWN(2, false, seconds)};

#define GREETED(k, must, m) FIELD_AT(k, FIELD_UINT, must, body_greeted, m)
static const struct field greeted_fields[] = {
    GREETED(1, true, greeting),
    GREETED(2, false, member),
    GREETED(3, false, touchpoint),
};

#define DATE_CONFIRMED(k, t, m) FIELD_AT(k, t, true, body_date_confirmed, m)
static const struct field date_confirmed_fields[] = {
    DATE_CONFIRMED(1, FIELD_UINT, clerk),
    DATE_CONFIRMED(2, FIELD_INT, wall_ms),
};

#define PROMOTION(k, t, must, m) FIELD_AT(k, t, must, body_promotion, m)
static const struct field promotion_fields[] = {
    PROMOTION(1, FIELD_UINT, false, old_terminal),  PROMOTION(2, FIELD_UINT, false, old_incarnation),
    PROMOTION(3, FIELD_UINT, false, copy_through),  PROMOTION(4, FIELD_BYTES, false, copy_hash),
    PROMOTION(5, FIELD_BOOL, false, copy_complete), PROMOTION(6, FIELD_UINT, true, store_epoch),
    PROMOTION(7, FIELD_UINT, false, clerk),         PROMOTION(8, FIELD_BOOL, false, may_be_behind),
    PROMOTION(9, FIELD_INT, false, business_ms),
};

#define ALONE(k, t, must, m) FIELD_AT(k, t, must, body_alone, m)
static const struct field alone_fields[] = {
    ALONE(1, FIELD_BOOL, true, on),
    ALONE(2, FIELD_UINT, false, clerk),
    ALONE(3, FIELD_TEXT, false, reason),
};

#define SELF_TEST(k, t, must, m) FIELD_AT(k, t, must, body_self_test, m)
static const struct field self_test_fields[] = {
    SELF_TEST(1, FIELD_INT, true, started_ms),        SELF_TEST(2, FIELD_UINT, false, seconds),
    SELF_TEST(3, FIELD_UINT, false, clerk),           SELF_TEST(4, FIELD_TEXT, false, version),
    SELF_TEST(5, FIELD_TEXT, false, board),           SELF_TEST(6, FIELD_TEXT, false, hardware),
    FIELD_LIST_AT(7, body_self_test, results, count),
};

#define STATUS(k, t, must, m) FIELD_AT(k, t, must, body_device_status, m)
static const struct field device_status_fields[] = {
    STATUS(1, FIELD_UINT, true, why),
    STATUS(2, FIELD_TEXT, false, version),
    STATUS(3, FIELD_TEXT, false, board),
    STATUS(4, FIELD_TEXT, false, slot),
    STATUS(5, FIELD_UINT, false, down),
    STATUS(6, FIELD_UINT, false, sync_age_s),
    STATUS(7, FIELD_INT, false, temperature_mc),
    STATUS(8, FIELD_UINT, false, disk_free_mb),
    STATUS(9, FIELD_UINT, false, disk_total_mb),
    STATUS(10, FIELD_UINT, false, uptime_s),
    STATUS(11, FIELD_UINT, false, boot_count),
};

#define ORDER_DONE_AT(k, t, must, m) FIELD_AT(k, t, must, body_order_done, m)
static const struct field order_done_fields[] = {
    ORDER_DONE_AT(1, FIELD_UINT, true, order),   ORDER_DONE_AT(2, FIELD_UINT, true, what),
    ORDER_DONE_AT(3, FIELD_UINT, true, outcome), ORDER_DONE_AT(4, FIELD_TEXT, false, version),
    ORDER_DONE_AT(5, FIELD_TEXT, false, reason),
};

#define ORDER_STEP_AT(k, t, must, m) FIELD_AT(k, t, must, body_order_step, m)
static const struct field order_step_fields[] = {
    ORDER_STEP_AT(1, FIELD_UINT, true, order),
    ORDER_STEP_AT(2, FIELD_UINT, true, what),
    ORDER_STEP_AT(3, FIELD_UINT, true, step),
    ORDER_STEP_AT(4, FIELD_TEXT, false, version),
};

#define SURVEY_ANSWER(k, t, must, m) FIELD_AT(k, t, must, body_survey_answer, m)
static const struct field survey_answer_fields[] = {
    SURVEY_ANSWER(1, FIELD_UINT, true, survey),
    SURVEY_ANSWER(2, FIELD_UINT, true, answer),
    SURVEY_ANSWER(3, FIELD_UINT, false, member),
    SURVEY_ANSWER(4, FIELD_INT, false, business_ms),
};

struct kind {
    uint16_t kind;
    const char *name;
    struct field_table table; /* without fields: no body struct in this version */
};

#define KIND(number, text, array, s)                                                                                   \
    {                                                                                                                  \
        number, text, FIELD_TABLE(array, s)                                                                            \
    }

static const struct kind kinds[] = {
    KIND(RECORD_INCARNATION, "incarnation", incarnation_fields, body_incarnation),
    KIND(RECORD_SIGN_IN, "sign_in", sign_in_fields, body_sign_in),
    KIND(RECORD_SIGN_OUT, "sign_out", sign_in_fields, body_sign_in),
    KIND(RECORD_REDEMPTION, "redemption", redemption_fields, body_redemption),
    KIND(RECORD_SALE, "sale", sale_fields, body_sale),
    KIND(RECORD_CREDIT_EARN, "credit_earn", credit_fields, body_credit),
    KIND(RECORD_CREDIT_SPEND, "credit_spend", credit_fields, body_credit),
    KIND(RECORD_VOID, "void", void_fields, body_void),
    KIND(RECORD_RIGHT_GRANTED, "right_granted", right_fields, body_right),
    KIND(RECORD_RIGHT_RELEASED, "right_released", right_fields, body_right),
    KIND(RECORD_SHARE_GRANTED, "share_granted", share_fields, body_share),
    KIND(RECORD_SHARE_RELEASED, "share_released", share_fields, body_share),
    KIND(RECORD_SCAN_REFUSED, "scan_refused", refused_fields, body_refused),
    KIND(RECORD_RECEIPT, "receipt", receipt_fields, body_receipt),
    KIND(RECORD_DRAWER_KICK, "drawer_kick", drawer_fields, body_drawer),
    KIND(RECORD_QR_SHOWN, "qr_shown", qr_shown_fields, body_qr_shown),
    KIND(RECORD_DATE_CONFIRMED, "date_confirmed", date_confirmed_fields, body_date_confirmed),
    KIND(RECORD_GREETED, "greeted", greeted_fields, body_greeted),
    KIND(RECORD_PROMOTION, "promotion", promotion_fields, body_promotion),
    KIND(RECORD_ALONE, "alone", alone_fields, body_alone),
    KIND(RECORD_CREDIT_EXPIRED, "credit_expired", expired_fields, body_expired),
    KIND(RECORD_SELF_TEST, "self_test", self_test_fields, body_self_test),
    KIND(RECORD_DEVICE_STATUS, "device_status", device_status_fields, body_device_status),
    KIND(RECORD_ORDER_DONE, "order_done", order_done_fields, body_order_done),
    KIND(RECORD_ORDER_STEP, "order_step", order_step_fields, body_order_step),
    KIND(RECORD_SURVEY_ANSWER, "survey_answer", survey_answer_fields, body_survey_answer),
    {RECORD_REPLACED_ENROLMENT, "replaced_enrolment", {NULL, 0, 0}},
    {RECORD_MEMBER_JOINED, "member_joined", {NULL, 0, 0}},
    {RECORD_COUPON_ISSUED, "coupon_issued", {NULL, 0, 0}},
    {RECORD_COUPON_REVOKED, "coupon_revoked", {NULL, 0, 0}},
    {RECORD_TERMINAL_ENROLLED, "terminal_enrolled", {NULL, 0, 0}},
    {RECORD_TRANSFER, "transfer", {NULL, 0, 0}},
    {RECORD_CONFLICT, "conflict", {NULL, 0, 0}},
    {RECORD_ATTRIBUTION, "attribution", {NULL, 0, 0}},
    {RECORD_ADMIN, "admin", {NULL, 0, 0}},
    {RECORD_ACQUISITION, "acquisition", {NULL, 0, 0}},
    {RECORD_MEMBER_TAGGED, "member_tagged", {NULL, 0, 0}},
    {RECORD_MEMBER_MERGED, "member_merged", {NULL, 0, 0}},
    {RECORD_CONSENT, "consent", {NULL, 0, 0}},
    {RECORD_SURVEYED, "surveyed", {NULL, 0, 0}},
    {RECORD_PROGRAMME, "programme", {NULL, 0, 0}},
    {RECORD_FOLLOW, "follow", {NULL, 0, 0}},
    {RECORD_WEBHOOK, "webhook", {NULL, 0, 0}},
};

/* Every member of the union starts here, behind the tag. */
#define UNION_OFFSET offsetof(struct body, incarnation)

static const struct kind *find_kind(uint16_t number)
{
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        if (kinds[i].kind == number)
            return &kinds[i];
    }
    return NULL;
}

int body_encode(const struct body *body, uint8_t *out, size_t cap, size_t *out_len)
{
    const struct kind *kind = find_kind(body->kind);
    if (!kind || !kind->table.fields)
        return -EINVAL;
    if (cap > RECORD_BODY_MAX)
        cap = RECORD_BODY_MAX;
    return fields_encode(&kind->table, (const uint8_t *)body + UNION_OFFSET, out, cap, out_len);
}

int body_decode(uint16_t kind, struct slice encoded, struct body *out_body)
{
    const struct kind *found = find_kind(kind);
    if (!found || !found->table.fields)
        return -ENOTSUP;
    if (encoded.len > RECORD_BODY_MAX)
        return -EBADMSG;
    struct body body;
    memset(&body, 0, sizeof body);
    body.kind = kind;
    int rc = fields_decode(&found->table, encoded.data, encoded.len, (uint8_t *)&body + UNION_OFFSET);
    if (rc == 0)
        memcpy(out_body, &body, sizeof body);
    return rc;
}

const char *record_kind_name(uint16_t kind)
{
    const struct kind *found = find_kind(kind);
    return found ? found->name : "unknown";
}
