#include "domain/lan.h"

#include "domain/fields.h"

#include <string.h>

#define ERROR_MAX 4096 /* no errno is as large */

enum hello_key { HELLO_HEAD = 1, HELLO_ENDS = 2 };
enum answer_key { ANSWER_STATE = 1, ANSWER_ERROR = 2, ANSWER_BYTES = 3 };

#define HELLO(k, t, must, m) FIELD_AT(k, t, must, lan_hello, m)
static const struct field hello_fields[] = {
    HELLO(1, FIELD_UINT, true, terminal),     HELLO(2, FIELD_UINT, true, incarnation),
    HELLO(3, FIELD_UINT, true, store),        HELLO(4, FIELD_UINT, true, store_epoch),
    HELLO(5, FIELD_UINT, true, primary),      HELLO(6, FIELD_BOOL, false, alone),
    HELLO(7, FIELD_TEXT, false, lan_address), HELLO(8, FIELD_UINT, true, now_ms),
    HELLO(9, FIELD_UINT, false, deposes),     HELLO(10, FIELD_UINT, false, act_epoch),
};
static const struct field_table hello_table = FIELD_TABLE(hello_fields, lan_hello);

#define END(k, t, m) FIELD_AT(k, t, true, lan_end, m)
static const struct field end_fields[] = {
    END(1, FIELD_UINT, terminal), END(2, FIELD_UINT, incarnation), END(3, FIELD_UINT, from),
    END(4, FIELD_UINT, through),  END(5, FIELD_BYTES, hash),
};
static const struct field_table end_table = FIELD_TABLE(end_fields, lan_end);

#define ACT(k, t, must, m) FIELD_AT(k, t, must, lan_act, m)
static const struct field act_fields[] = {
    ACT(1, FIELD_BYTES, true, request_id),    ACT(2, FIELD_UINT, true, op),
    ACT(3, FIELD_UINT, false, clerk),         ACT(4, FIELD_TEXT, false, text),
    ACT(5, FIELD_BOOL, false, typed),         ACT(6, FIELD_BOOL, false, date_confirmed),
    ACT(7, FIELD_BOOL, false, check_only),    ACT(8, FIELD_BOOL, false, central_agreed),
    ACT(9, FIELD_BOOL, false, central_asked), ACT(10, FIELD_INT, false, sale_minor),
    ACT(11, FIELD_INT, false, credit_minor),  ACT(12, FIELD_UINT, false, member),
    ACT(13, FIELD_TEXT, false, member_code),  ACT(14, FIELD_TEXT, false, pin),
    ACT(15, FIELD_UINT, false, group),        ACT(16, FIELD_UINT, false, group_terminal),
    ACT(17, FIELD_TEXT, false, reason),       ACT(18, FIELD_UINT, false, asked_terminal),
    ACT(19, FIELD_UINT, false, asked_epoch),  ACT(20, FIELD_UINT, false, pool),
};
static const struct field_table act_table = FIELD_TABLE(act_fields, lan_act);

static bool end_sane(const struct lan_end *end)
{
    return end->terminal != 0 && end->incarnation != 0 && end->from > 0;
}

static bool hello_sane(const struct lan_hello *hello)
{
    bool sane = hello->terminal != 0 && hello->store != 0;
    for (uint32_t i = 0; i < hello->end_count; i++)
        sane = sane && end_sane(&hello->ends[i]);
    return sane;
}

int lan_hello_encode(const struct lan_hello *hello, uint8_t *out, size_t cap, size_t *out_len)
{
    struct cbor_writer w;

    if (hello->end_count > LAN_TERMINALS_MAX || !hello_sane(hello))
        return -EINVAL;
    cbor_writer_init(&w, out, cap);
    cbor_write_map(&w, 2);
    cbor_write_uint(&w, HELLO_HEAD);
    fields_write(&w, &hello_table, hello);
    cbor_write_uint(&w, HELLO_ENDS);
    cbor_write_array(&w, hello->end_count);
    for (uint32_t i = 0; i < hello->end_count; i++)
        fields_write(&w, &end_table, &hello->ends[i]);
    return cbor_writer_finish(&w, out_len);
}

static uint32_t read_ends(struct cbor_reader *r, struct lan_end ends[LAN_TERMINALS_MAX])
{
    size_t count = cbor_read_array(r);

    if (count > LAN_TERMINALS_MAX) {
        r->error = -EBADMSG;
        return 0;
    }
    for (size_t i = 0; i < count; i++)
        fields_read(r, &end_table, &ends[i]);
    return (uint32_t)count;
}

int lan_hello_decode(const void *data, size_t len, struct lan_hello *out_hello)
{
    struct lan_hello hello = {0};
    struct lan_end ends[LAN_TERMINALS_MAX] = {0};
    struct cbor_reader r;
    struct cbor_map map;
    uint32_t key, end_count = 0;
    bool head = false;

    cbor_reader_init(&r, data, len);
    map = cbor_map_begin(&r);
    while (cbor_map_next(&r, &map, &key)) {
        if (key == HELLO_HEAD) {
            fields_read(&r, &hello_table, &hello);
            head = true;
        } else if (key == HELLO_ENDS) {
            end_count = read_ends(&r, ends);
        } else {
            (void)cbor_read_raw(&r);
        }
    }
    hello.end_count = end_count;
    memcpy(hello.ends, ends, sizeof(ends));
    if (cbor_reader_finish(&r) < 0 || !head || !hello_sane(&hello))
        return -EBADMSG;
    *out_hello = hello;
    return 0;
}

static bool act_sane(const struct lan_act *act)
{
    return act->op >= LAN_REDEEM && act->op <= LAN_RECENT && act->sale_minor >= 0 && act->credit_minor >= 0;
}

int lan_act_encode(const struct lan_act *act, uint8_t *out, size_t cap, size_t *out_len)
{
    return act_sane(act) ? fields_encode(&act_table, act, out, cap, out_len) : -EINVAL;
}

/* Larger than what fields_decode keeps on its stack. */
int lan_act_decode(const void *data, size_t len, struct lan_act *out_act)
{
    struct lan_act act;
    struct cbor_reader r;

    cbor_reader_init(&r, data, len);
    fields_read(&r, &act_table, &act);
    if (cbor_reader_finish(&r) < 0 || !act_sane(&act))
        return -EBADMSG;
    *out_act = act;
    return 0;
}

int lan_answer_encode(const struct lan_answer *answer, uint8_t *out, size_t cap, size_t *out_len)
{
    struct cbor_writer w;

    if (answer->state < LAN_DONE || answer->state > LAN_BUSY || answer->error > 0 || answer->error <= -ERROR_MAX)
        return -EINVAL;
    cbor_writer_init(&w, out, cap);
    cbor_write_map(&w, 1U + (answer->error != 0) + (answer->answer.len > 0));
    cbor_write_uint(&w, ANSWER_STATE);
    cbor_write_uint(&w, answer->state);
    if (answer->error != 0) {
        cbor_write_uint(&w, ANSWER_ERROR);
        cbor_write_int(&w, answer->error);
    }
    if (answer->answer.len > 0) {
        cbor_write_uint(&w, ANSWER_BYTES);
        cbor_write_bytes(&w, answer->answer.data, answer->answer.len);
    }
    return cbor_writer_finish(&w, out_len);
}

int lan_answer_decode(const void *data, size_t len, struct lan_answer *out_answer)
{
    struct lan_answer answer = {0};
    struct cbor_reader r;
    struct cbor_map map;
    uint32_t key;
    uint64_t state = 0;
    int64_t error = 0;

    cbor_reader_init(&r, data, len);
    map = cbor_map_begin(&r);
    while (cbor_map_next(&r, &map, &key)) {
        if (key == ANSWER_STATE)
            state = cbor_read_uint(&r);
        else if (key == ANSWER_ERROR)
            error = cbor_read_int(&r);
        else if (key == ANSWER_BYTES)
            answer.answer = cbor_read_bytes(&r);
        else
            (void)cbor_read_raw(&r);
    }
    if (cbor_reader_finish(&r) < 0 || state < LAN_DONE || state > LAN_BUSY || error > 0 || error <= -ERROR_MAX)
        return -EBADMSG;
    answer.state = (uint8_t)state;
    answer.error = (int32_t)error;
    *out_answer = answer;
    return 0;
}
