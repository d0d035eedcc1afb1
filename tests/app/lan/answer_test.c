#include "lan/answer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void text(char *out, size_t cap, char fill)
{
    memset(out, fill, cap - 1);
    out[cap - 1] = '\0';
}

/* Every member is set, texts to their full length: what comes back must be the same, byte for byte. */
static struct till_answer full_redeemed(void)
{
    struct till_answer answer;
    memset(&answer, 0, sizeof(answer));
    answer.op = TILL_REDEEM;
    answer.by = 12;
    struct till_redeemed *r = &answer.redeemed;
    r->verdict = COUPON_BELOW_MINIMUM;
    r->coupon = (struct coupon_id){1001, (UINT64_C(1) << 40) - 1};
    text(r->campaign_zh, sizeof(r->campaign_zh), 'a');
    text(r->campaign_en, sizeof(r->campaign_en), 'b');
    text(r->gift_zh, sizeof(r->gift_zh), 'c');
    text(r->gift_en, sizeof(r->gift_en), 'd');
    r->discount = DISCOUNT_GIFT;
    r->discount_minor = 1;
    r->sale_minor = INT64_MAX;
    r->paid_minor = -3;
    r->min_spend_minor = 4;
    r->member = UINT64_MAX;
    r->earned_minor = 5;
    r->balance_minor = 6;
    r->valid_from_s = 7;
    r->expiry_s = UINT32_MAX;
    r->home_store = 8;
    r->used_ms = 9;
    r->may_ask_central = true;
    r->offline = true;
    r->group = 10;
    r->business_ms = 11;
    return answer;
}

static struct till_answer full_recent(void)
{
    struct till_answer answer;
    memset(&answer, 0, sizeof(answer));
    answer.op = TILL_RECENT;
    answer.recent.count = TILL_RECENT_MAX;
    for (uint32_t i = 0; i < TILL_RECENT_MAX; i++) {
        struct till_act *act = &answer.recent.acts[i];
        act->group = i + 1;
        act->terminal = 2;
        act->business_ms = 3;
        text(act->campaign_zh, sizeof(act->campaign_zh), 'x');
        text(act->campaign_en, sizeof(act->campaign_en), 'y');
        act->gross_minor = act->discount_minor = act->paid_minor = act->credit_minor = act->earned_minor = INT64_MAX;
        act->clerk = 4;
        act->voided = i % 2 == 0;
    }
    return answer;
}

static struct till_answer full_member(void)
{
    struct till_answer answer;
    memset(&answer, 0, sizeof(answer));
    answer.op = TILL_MEMBER;
    struct till_member *m = &answer.member;
    m->known = m->rotating = m->fresh = m->has_pin = true;
    m->token = TOKEN_KEY_REVOKED;
    m->member = 12;
    m->share_minor = 13;
    m->coupon_count = 40; /* more than there are rows */
    for (int i = 0; i < TILL_COUPONS_MAX; i++) {
        text(m->coupons[i].name_zh, sizeof(m->coupons[i].name_zh), 'm');
        text(m->coupons[i].name_en, sizeof(m->coupons[i].name_en), 'n');
        m->coupons[i].expiry_s = 14;
        m->coupons[i].soon = true;
    }
    return answer;
}

static struct till_answer full_sold(void)
{
    struct till_answer answer;
    memset(&answer, 0, sizeof(answer));
    answer.op = TILL_SALE;
    answer.sold = (struct till_sold){CREDIT_NOT_ENOUGH, 1, 2, 3, 4, 5, 6, 7, 8};
    return answer;
}

static struct till_answer full_voided(void)
{
    struct till_answer answer;
    memset(&answer, 0, sizeof(answer));
    answer.op = TILL_VOID;
    answer.voided = (struct till_voided){VOID_MOVED_ON, 1, 2, 3, 4, 5};
    return answer;
}

static void every_answer_comes_back_whole(void **state)
{
    (void)state;
    const struct till_answer answers[] = {full_redeemed(), full_recent(), full_member(), full_sold(), full_voided()};
    for (size_t i = 0; i < ARRAY_LEN(answers); i++) {
        uint8_t bytes[LAN_ANSWER_MAX - 64];
        struct till_answer out;
        size_t len;
        assert_int_equal(lan_till_answer_encode(&answers[i], bytes, sizeof(bytes), &len), 0);
        assert_int_equal(lan_till_answer_decode(bytes, len, &out), 0);
        assert_memory_equal(&out, &answers[i], sizeof(out));
        for (size_t cut = 0; cut < len; cut += 7)
            assert_int_equal(lan_till_answer_decode(bytes, cut, &out), -EBADMSG);
    }
}

static void what_a_peer_never_asks_for_is_not_coded(void **state)
{
    (void)state;
    static const enum till_op others[] = {TILL_SIGN_IN, TILL_SIGN_OUT, TILL_PRICE, TILL_NOTE, TILL_ALONE, TILL_PROMOTE};
    for (size_t i = 0; i < ARRAY_LEN(others); i++) {
        const struct till_answer answer = {.op = others[i]};
        uint8_t bytes[64];
        size_t len;
        assert_int_equal(lan_till_answer_encode(&answer, bytes, sizeof(bytes), &len), -EINVAL);
        const uint8_t coded[] = {0xa2, 0x01, (uint8_t)others[i], 0x02, 0xa0};
        struct till_answer out;
        assert_int_equal(lan_till_answer_decode(coded, sizeof(coded), &out), -EBADMSG);
    }
}

/* Screens know every verdict they are shown; one from a later version must not reach them. */
static void an_unknown_verdict_is_refused(void **state)
{
    (void)state;
    struct till_answer wrong[] = {full_redeemed(), full_sold(), full_voided(), full_member(), full_redeemed()};
    wrong[0].redeemed.verdict = COUPON_VERDICTS;
    wrong[1].sold.verdict = CREDIT_VERDICTS;
    wrong[2].voided.verdict = VOID_MOVED_ON + 1;
    wrong[3].member.token = TOKEN_KEY_REVOKED + 1;
    wrong[4].redeemed.discount = DISCOUNT_GIFT + 1;
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
        uint8_t bytes[LAN_ANSWER_MAX];
        struct till_answer out;
        size_t len;
        assert_int_equal(lan_till_answer_encode(&wrong[i], bytes, sizeof(bytes), &len), 0);
        assert_int_equal(lan_till_answer_decode(bytes, len, &out), -EBADMSG);
    }
}

static void more_rows_than_were_counted_are_refused(void **state)
{
    (void)state;
    /* A member with no coupon and one row. */
    static const uint8_t coded[] = {0xa3, 0x01, TILL_MEMBER, 0x02, 0xa0, 0x03, 0x81, 0xa0};
    struct till_answer out;
    assert_int_equal(lan_till_answer_decode(coded, sizeof(coded), &out), -EBADMSG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_answer_comes_back_whole),
        cmocka_unit_test(what_a_peer_never_asks_for_is_not_coded),
        cmocka_unit_test(an_unknown_verdict_is_refused),
        cmocka_unit_test(more_rows_than_were_counted_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
