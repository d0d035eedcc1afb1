#include "domain/authority.h"

#include "domain/fields.h"

#define WAIT_MAX_S 25

#define REQUEST(k, t, must, m) FIELD_AT(k, t, must, authority_request, m)
static const struct field request_fields[] = {
    REQUEST(1, FIELD_BYTES, true, request_id),    REQUEST(2, FIELD_UINT, false, coupon.campaign),
    REQUEST(3, FIELD_UINT, false, coupon.serial), REQUEST(4, FIELD_UINT, false, member),
    REQUEST(5, FIELD_UINT, false, owner.scope),   REQUEST(6, FIELD_UINT, false, owner.id),
    REQUEST(7, FIELD_INT, false, amount_minor),   REQUEST(8, FIELD_TEXT, false, shortcode),
    REQUEST(9, FIELD_TEXT, false, token),         REQUEST(10, FIELD_UINT, false, wait_s),
};
static const struct field_table request_table = FIELD_TABLE(request_fields, authority_request);

#define ANSWER(k, t, must, m) FIELD_AT(k, t, must, authority_answer, m)
static const struct field answer_fields[] = {
    ANSWER(1, FIELD_UINT, true, verdict),        ANSWER(2, FIELD_UINT, false, feed_position),
    ANSWER(3, FIELD_UINT, false, transfer),      ANSWER(4, FIELD_UINT, false, coupon.campaign),
    ANSWER(5, FIELD_UINT, false, coupon.serial), ANSWER(6, FIELD_UINT, false, used_store),
    ANSWER(7, FIELD_INT, false, used_ms),        ANSWER(8, FIELD_UINT, false, server_ms),
    ANSWER(9, FIELD_INT, false, amount_minor),
};
static const struct field_table answer_table = FIELD_TABLE(answer_fields, authority_answer);

int authority_request_encode(const struct authority_request *request, uint8_t *out, size_t cap, size_t *out_len)
{
    if (request->wait_s > WAIT_MAX_S)
        return -EINVAL;
    return fields_encode(&request_table, request, out, cap, out_len);
}

int authority_request_decode(const void *data, size_t len, struct authority_request *out_request)
{
    struct authority_request request;
    int rc = fields_decode(&request_table, data, len, &request);
    if (rc < 0)
        return rc;
    if (request.wait_s > WAIT_MAX_S || request.amount_minor < 0)
        return -EBADMSG;
    *out_request = request;
    return 0;
}

int authority_answer_encode(const struct authority_answer *answer, uint8_t *out, size_t cap, size_t *out_len)
{
    return fields_encode(&answer_table, answer, out, cap, out_len);
}

int authority_answer_decode(const void *data, size_t len, struct authority_answer *out_answer)
{
    return fields_decode(&answer_table, data, len, out_answer);
}
