#include "support.h"

#include "domain/ledger.h"

static const struct ledger_context here = {.store = 12, .campaign = 1001};

static struct body sample(uint16_t kind)
{
    struct body samples[TEST_BODIES];
    test_bodies(samples);
    for (size_t i = 0; i < TEST_BODIES; i++) {
        if (samples[i].kind == kind)
            return samples[i];
    }
    fail();
    return samples[0];
}

static void assert_posted(const struct body *body, const struct ledger_context *context, const char *wanted)
{
    struct postings p;
    char got[512] = "";
    size_t len = 0;
    assert_int_equal(ledger_postings(body, context, &p), 0);
    assert_true(ledger_balanced(&p));
    for (uint32_t i = 0; i < p.count; i++)
        len += (size_t)snprintf(got + len, sizeof got - len, "%s %s %lld\n", p.items[i].unit == UNIT_CNY ? "CNY" : "CR",
                                p.items[i].account, (long long)p.items[i].amount_minor);
    assert_string_equal(got, wanted);
}

static void each_kind_posts_what_it_moves(void **state)
{
    (void)state;
    struct body sale = sample(RECORD_SALE), earn = sample(RECORD_CREDIT_EARN), spend = sample(RECORD_CREDIT_SPEND);
    struct body redemption = sample(RECORD_REDEMPTION), expired = sample(RECORD_CREDIT_EXPIRED);
    assert_posted(&expired, &here, "CR credit/b7/99 -900\nCR expired/b7 900\n");
    assert_posted(&sale, &here,
                  "CNY tender/cash/s12 1500\nCNY tender/credit/s12 1000\nCNY discount/1001 500\nCNY sales/s12 -3000\n");
    assert_posted(&earn, &here, "CR credit/b7/99 100\nCR receivable/b7/99 50\nCR issued/b7 -150\n");
    assert_posted(&spend, &here, "CR credit/b7/99 -1000\nCR tender/credit/s12 1000\n");
    assert_posted(&redemption, &here, ""); /* its sale posts the discount */
    redemption.redemption.sale_minor = 0;
    assert_posted(&redemption, &here, "CNY discount/1001 500\nCNY redeemed/s12 -500\n");
    redemption.redemption.discount_minor = 0; /* a gift */
    assert_posted(&redemption, &here, "");
    sale.sale.tender = TENDER_WECHAT;
    sale.sale.credit_minor = 0;
    sale.sale.paid_minor = 2500;
    assert_posted(&sale, &(struct ledger_context){.store = 12},
                  "CNY tender/wechat/s12 2500\nCNY discount/0 500\nCNY sales/s12 -3000\n");
}

static void everything_else_moves_nothing(void **state)
{
    (void)state;
    struct body samples[TEST_BODIES];
    test_bodies(samples);
    for (size_t i = 0; i < TEST_BODIES; i++) {
        uint16_t kind = samples[i].kind;
        if (kind == RECORD_REDEMPTION || kind == RECORD_SALE || kind == RECORD_CREDIT_EARN ||
            kind == RECORD_CREDIT_SPEND || kind == RECORD_VOID || kind == RECORD_CREDIT_EXPIRED)
            continue;
        assert_posted(&samples[i], &here, "");
    }
    struct body later = {.kind = 60000};
    assert_posted(&later, &here, "");
}

static void a_void_is_the_exact_inverse(void **state)
{
    (void)state;
    struct body targets[4] = {sample(RECORD_SALE), sample(RECORD_CREDIT_EARN), sample(RECORD_CREDIT_SPEND),
                              sample(RECORD_REDEMPTION)};
    targets[3].redemption.sale_minor = 0;
    for (size_t i = 0; i < ARRAY_LEN(targets); i++) {
        struct ledger_context context = here;
        struct postings done, undone;
        struct body undo = {.kind = RECORD_VOID, .voided = {.target_kind = targets[i].kind}};
        context.target = &targets[i];
        assert_int_equal(ledger_postings(&targets[i], &here, &done), 0);
        assert_int_equal(ledger_postings(&undo, &context, &undone), 0);
        assert_true(done.count > 0);
        assert_int_equal(done.count, undone.count);
        assert_true(ledger_balanced(&undone));
        for (uint32_t j = 0; j < done.count; j++) {
            assert_string_equal(done.items[j].account, undone.items[j].account);
            assert_int_equal(done.items[j].unit, undone.items[j].unit);
            assert_true(done.items[j].amount_minor == -undone.items[j].amount_minor);
        }
    }
}

static void what_was_spent_of_a_voided_earn_is_owed_back(void **state)
{
    (void)state;
    struct body earn = sample(RECORD_CREDIT_EARN);
    struct body undo = {.kind = RECORD_VOID, .voided = {.target_kind = RECORD_CREDIT_EARN, .receivable_minor = 30}};
    struct ledger_context context = {.store = 12, .target = &earn};
    struct postings p;
    earn.credit.receivable_minor = 0;
    assert_posted(&undo, &context,
                  "CR credit/b7/99 -150\nCR issued/b7 150\nCR credit/b7/99 30\nCR receivable/b7/99 -30\n");
    undo.voided.receivable_minor = 150;
    assert_int_equal(ledger_postings(&undo, &context, &p), 0);
    undo.voided.receivable_minor = 151;
    assert_int_equal(ledger_postings(&undo, &context, &p), -EINVAL);
    undo.voided.receivable_minor = -1;
    assert_int_equal(ledger_postings(&undo, &context, &p), -EINVAL);
}

static void what_expired_of_a_voided_earn_comes_back_from_there(void **state)
{
    (void)state;
    struct body earn = sample(RECORD_CREDIT_EARN), spend = sample(RECORD_CREDIT_SPEND);
    struct body undo = {.kind = RECORD_VOID,
                        .voided = {.target_kind = RECORD_CREDIT_EARN,
                                   .receivable_minor = 30,
                                   .expired_minor = 100,
                                   .parts = {1, {{1796054400, 20}}}}};
    struct ledger_context context = {.store = 12, .target = &earn};
    struct postings p;
    earn.credit.receivable_minor = 0;
    assert_posted(&undo, &context,
                  "CR credit/b7/99 -150\nCR issued/b7 150\nCR credit/b7/99 30\nCR receivable/b7/99 -30\n"
                  "CR credit/b7/99 100\nCR expired/b7 -100\n");
    undo.voided.expired_minor = 101; /* more than there was, with what the parts say */
    assert_int_equal(ledger_postings(&undo, &context, &p), -EINVAL);
    undo.voided.expired_minor = -1;
    assert_int_equal(ledger_postings(&undo, &context, &p), -EINVAL);
    undo.voided = (struct body_void){.target_kind = RECORD_CREDIT_SPEND, .expired_minor = 1};
    context.target = &spend;
    assert_int_equal(ledger_postings(&undo, &context, &p), -EINVAL);
    undo.voided = (struct body_void){.target_kind = RECORD_CREDIT_SPEND, .parts = {1, {{1796054400, 1001}}}};
    assert_int_equal(ledger_postings(&undo, &context, &p), -EINVAL);
    undo.voided.parts.items[0].amount_minor = 1000;
    assert_int_equal(ledger_postings(&undo, &context, &p), 0);
}

static void expiry_and_parts_that_contradict_themselves_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        int64_t amount_minor;
        struct credit_parts parts;
        int rc;
    } rows[] = {
        {"as it should be", 30, {2, {{100, 10}, {200, 20}}}, 0},
        {"less in parts", 30, {1, {{100, 10}}}, 0}, /* the rest never ends */
        {"more in parts", 30, {2, {{100, 10}, {200, 21}}}, -EINVAL},
        {"not ascending", 30, {2, {{200, 10}, {100, 20}}}, -EINVAL},
        {"one end twice", 30, {2, {{200, 10}, {200, 20}}}, -EINVAL},
        {"a part of nothing", 30, {1, {{200, 0}}}, -EINVAL},
        {"an end that is none", 30, {1, {{0, 10}}}, -EINVAL},
        {"more than all", 30, {2, {{100, INT64_MAX}, {200, INT64_MAX}}}, -EINVAL},
        {"nothing", 0, {0, {{0, 0}}}, -EINVAL},
        {"less than nothing", -1, {0, {{0, 0}}}, -EINVAL},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct body body = {.kind = RECORD_CREDIT_EXPIRED};
        struct postings p;
        body.expired = (struct body_expired){
            .member = 1, .owner = {OWNER_BRAND, 7}, .amount_minor = rows[i].amount_minor, .parts = rows[i].parts};
        bool less = strcmp(rows[i].name, "less in parts") == 0; /* what never ends does not expire */
        if (ledger_postings(&body, &here, &p) != (less ? -EINVAL : rows[i].rc))
            fail_msg("expired: %s", rows[i].name);
        body = (struct body){.kind = RECORD_CREDIT_SPEND};
        body.credit = (struct body_credit){
            .member = 1, .owner = {OWNER_BRAND, 7}, .amount_minor = rows[i].amount_minor, .parts = rows[i].parts};
        if (ledger_postings(&body, &here, &p) != rows[i].rc)
            fail_msg("spent: %s", rows[i].name);
    }
}

static void voids_need_their_own_target(void **state)
{
    (void)state;
    struct body sale = sample(RECORD_SALE), earn = sample(RECORD_CREDIT_EARN), shown = sample(RECORD_QR_SHOWN);
    struct body undo = {.kind = RECORD_VOID, .voided = {.target_kind = RECORD_SALE}}, again = undo;
    struct ledger_context context = {.store = 12};
    struct postings p;
    assert_int_equal(ledger_postings(&undo, &context, &p), -EINVAL);
    context.target = &earn;
    assert_int_equal(ledger_postings(&undo, &context, &p), -EINVAL);
    context.target = &sale;
    undo.voided.receivable_minor = 1; /* only an earn can leave one */
    assert_int_equal(ledger_postings(&undo, &context, &p), -EINVAL);
    again.voided.target_kind = RECORD_VOID;
    context.target = &undo;
    assert_int_equal(ledger_postings(&again, &context, &p), -EINVAL);
    again.voided.target_kind = RECORD_QR_SHOWN;
    context.target = &shown;
    assert_int_equal(ledger_postings(&again, &context, &p), 0);
    assert_int_equal(p.count, 0);
}

static void contradicting_amounts_are_refused(void **state)
{
    (void)state;
    const struct {
        int64_t gross, discount, credit, paid;
        uint8_t tender;
        int rc;
    } sales[] = {
        {3000, 500, 1000, 1500, TENDER_CASH, 0},
        {0, 0, 0, 0, 0, 0},
        {500, 500, 0, 0, 0, 0},
        {500, 0, 500, 0, TENDER_CREDIT, 0},
        {500, 0, 0, 500, TENDER_CREDIT, -EINVAL}, /* that is credit_minor */
        {500, 0, 0, 500, 0, -EINVAL},
        {500, 0, 0, 500, 9, -EINVAL},
        {3000, 500, 1000, 1501, TENDER_CASH, -EINVAL},
        {-1, 0, 0, -1, TENDER_CASH, -EINVAL},
        {0, 500, 0, -500, TENDER_CASH, -EINVAL},
        {0, -500, 0, 500, TENDER_CASH, -EINVAL},
        {0, 0, -500, 500, TENDER_CASH, -EINVAL},
        {INT64_MAX, INT64_MAX, 1, 0, TENDER_CASH, -EOVERFLOW},
        {INT64_MAX, INT64_MAX - 1, 1, 1, TENDER_CASH, -EOVERFLOW},
        {INT64_MAX, 0, 0, INT64_MAX, TENDER_CASH, 0},
    };
    for (size_t i = 0; i < ARRAY_LEN(sales); i++) {
        struct body body = {.kind = RECORD_SALE};
        struct postings p;
        body.sale = (struct body_sale){.gross_minor = sales[i].gross,
                                       .discount_minor = sales[i].discount,
                                       .credit_minor = sales[i].credit,
                                       .paid_minor = sales[i].paid,
                                       .tender = sales[i].tender};
        if (ledger_postings(&body, &here, &p) != sales[i].rc)
            fail_msg("sale %zu", i);
    }
}

static void senseless_credit_and_redemptions_are_refused(void **state)
{
    (void)state;
    const struct {
        uint16_t kind;
        uint8_t scope;
        int64_t amount, receivable;
    } credits[] = {
        {RECORD_CREDIT_EARN, OWNER_BRAND, 0, 0},
        {RECORD_CREDIT_EARN, OWNER_BRAND, -1, 0},
        {RECORD_CREDIT_EARN, OWNER_BRAND, 5, 6},
        {RECORD_CREDIT_EARN, OWNER_BRAND, 5, -1},
        {RECORD_CREDIT_EARN, 0, 5, 0},
        {RECORD_CREDIT_EARN, 4, 5, 0},
        {RECORD_CREDIT_SPEND, OWNER_BRAND, 0, 0},
        {RECORD_CREDIT_SPEND, OWNER_BRAND, INT64_MIN, 0},
        {RECORD_CREDIT_SPEND, OWNER_BRAND, 5, 1},
        {RECORD_CREDIT_SPEND, 0, 5, 0},
    };
    struct postings p = {.count = 77};
    for (size_t i = 0; i < ARRAY_LEN(credits); i++) {
        struct body body = {.kind = credits[i].kind};
        body.credit.owner = (struct owner){credits[i].scope, 7};
        body.credit.amount_minor = credits[i].amount;
        body.credit.receivable_minor = credits[i].receivable;
        assert_int_equal(ledger_postings(&body, &here, &p), -EINVAL);
    }
    struct body redemption = {.kind = RECORD_REDEMPTION, .redemption = {.discount_minor = -1}};
    assert_int_equal(ledger_postings(&redemption, &here, &p), -EINVAL);
    redemption.redemption.discount_minor = 501;
    redemption.redemption.sale_minor = 500;
    assert_int_equal(ledger_postings(&redemption, &here, &p), -EINVAL);
    assert_int_equal(p.count, 77);
}

static void balance_is_kept_unit_by_unit(void **state)
{
    (void)state;
    struct postings p = {.count = 2, .items = {{"a", UNIT_CNY, 5}, {"b", UNIT_CREDIT, -5}}};
    assert_false(ledger_balanced(&p));
    p.items[1].unit = UNIT_CNY;
    assert_true(ledger_balanced(&p));
    p.items[1].unit = 3;
    assert_false(ledger_balanced(&p));
    p = (struct postings){.count = 2, .items = {{"a", UNIT_CNY, INT64_MAX}, {"b", UNIT_CNY, 1}}};
    assert_false(ledger_balanced(&p));
}

static void the_longest_account_fits(void **state)
{
    (void)state;
    char account[ACCOUNT_MAX];
    struct owner owner = {OWNER_PROGRAMME, UINT32_MAX};
    size_t len = ledger_account_receivable(owner, UINT64_MAX, account);
    assert_int_equal(len, strlen(account));
    assert_string_equal(account, "receivable/p4294967295/18446744073709551615");
    ledger_account_credit((struct owner){OWNER_STORE, 1}, 2, account);
    assert_string_equal(account, "credit/s1/2");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_kind_posts_what_it_moves),
        cmocka_unit_test(everything_else_moves_nothing),
        cmocka_unit_test(a_void_is_the_exact_inverse),
        cmocka_unit_test(what_was_spent_of_a_voided_earn_is_owed_back),
        cmocka_unit_test(what_expired_of_a_voided_earn_comes_back_from_there),
        cmocka_unit_test(expiry_and_parts_that_contradict_themselves_are_refused),
        cmocka_unit_test(voids_need_their_own_target),
        cmocka_unit_test(contradicting_amounts_are_refused),
        cmocka_unit_test(senseless_credit_and_redemptions_are_refused),
        cmocka_unit_test(balance_is_kept_unit_by_unit),
        cmocka_unit_test(the_longest_account_fits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
