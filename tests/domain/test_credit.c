/* Spending credit, and the PINs that allow it. */
#include "support.h"

#include "domain/clerk.h"
#include "domain/credit.h"

#define ISSUED_S UINT32_C(1795255200)
#define ISSUED   ((int64_t)ISSUED_S * 1000)

static void spending_is_decided_in_order(void **state)
{
    (void)state;
    const int64_t unsure = TIME_CODE_LIMIT_MS + 1;
    const struct {
        const char *name;
        struct credit_spend_facts facts;
        enum credit_verdict want;
    } rows[] = {
        {"a fresh code", {true, true, true, false, false, false, {0, 0}, 100, 100}, CREDIT_OK},
        {"a right PIN", {true, false, false, false, true, true, {0, 0}, 100, 1}, CREDIT_OK},
        {"a right PIN with any clock", {true, true, false, true, true, true, {0, TIME_UNBOUNDED}, 100, 1}, CREDIT_OK},
        {"nobody", {false, true, true, false, true, true, {0, 0}, 100, 1}, CREDIT_NO_MEMBER},
        {"a static card", {true, false, false, false, false, false, {0, 0}, 100, 1}, CREDIT_NEEDS_CODE},
        {"an expired code", {true, true, false, false, false, false, {0, 0}, 100, 1}, CREDIT_NEEDS_CODE},
        {"an expired and used code", {true, true, false, true, false, false, {0, 0}, 100, 1}, CREDIT_NEEDS_CODE},
        {"a used code", {true, true, true, true, false, false, {0, 0}, 100, 1}, CREDIT_CODE_USED},
        {"at the clock's limit", {true, true, true, false, false, false, {0, TIME_CODE_LIMIT_MS}, 9, 9}, CREDIT_OK},
        {"beyond it", {true, true, true, false, false, false, {0, unsure}, 100, 1}, CREDIT_CLOCK_UNSURE},
        {"beyond it, so never fresh", {true, true, false, false, false, false, {0, unsure}, 9, 1}, CREDIT_CLOCK_UNSURE},
        {"beyond it and used", {true, true, false, true, false, false, {0, unsure}, 100, 1}, CREDIT_CODE_USED},
        {"a wrong PIN", {true, false, false, false, true, false, {0, 0}, 100, 1}, CREDIT_WRONG_PIN},
        {"a wrong PIN beside a fresh code", {true, true, true, false, true, false, {0, 0}, 100, 1}, CREDIT_WRONG_PIN},
        {"one fen too much", {true, true, true, false, false, false, {0, 0}, 100, 101}, CREDIT_NOT_ENOUGH},
        {"nothing here", {true, true, true, false, false, false, {0, 0}, 0, 1}, CREDIT_NOT_ENOUGH},
        {"zero", {true, true, true, false, false, false, {0, 0}, 100, 0}, CREDIT_BAD_AMOUNT},
        {"less than zero", {true, true, true, false, false, false, {0, 0}, 100, -1}, CREDIT_BAD_AMOUNT},
        {"the least number", {true, true, true, false, false, false, {0, 0}, 100, INT64_MIN}, CREDIT_BAD_AMOUNT},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        enum credit_verdict got = credit_decide_spend(&rows[i].facts);
        if (got != rows[i].want)
            fail_msg("%s: %s", rows[i].name, credit_verdict_name(got));
    }
    for (int i = 1; i < CREDIT_VERDICTS; i++)
        assert_string_not_equal(credit_verdict_name(i), credit_verdict_name(i - 1));
    assert_string_equal(credit_verdict_name(CREDIT_BAD_AMOUNT), "bad_amount");
}

static void a_code_lives_five_minutes(void **state)
{
    (void)state;
    static const struct {
        int64_t wall, uncertainty;
        bool fresh;
    } rows[] = {
        {ISSUED, 0, true},
        {ISSUED + 300000, 0, true},
        {ISSUED + 300001, 0, false},
        {ISSUED + 299000, 1001, false}, /* perhaps over: against the holder */
        {ISSUED - 30000, 0, true},      /* a small skew between central and here */
        {ISSUED - 30001, 0, false},     /* of the future */
        {ISSUED - 60000, 60000, true},  /* our clock may be that far behind */
        {0, 0, false},
        {ISSUED, TIME_CODE_LIMIT_MS + 1, false},
        {ISSUED, TIME_UNBOUNDED, false},
        {INT64_MAX, 1, false},
        {INT64_MIN, 0, false},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct business_time now = {rows[i].wall, rows[i].uncertainty};
        if (credit_code_fresh(ISSUED_S, now) != rows[i].fresh)
            fail_msg("row %zu", i);
    }
}

static void splits_keep_every_fen(void **state)
{
    (void)state;
    static const int64_t values[] = {0, 1, 99, 100, 101, INT64_MAX};
    for (size_t i = 0; i < ARRAY_LEN(values); i++) {
        for (size_t j = 0; j < ARRAY_LEN(values); j++) {
            struct credit_earn_split earn = credit_split_earn(values[i], values[j]);
            struct credit_earn_split undo = credit_split_void(values[i], values[j]);
            assert_true(earn.to_share_minor + earn.to_receivable_minor == values[i]);
            assert_true(undo.to_share_minor + undo.to_receivable_minor == values[i]);
            assert_true(earn.to_receivable_minor == (values[i] < values[j] ? values[i] : values[j]));
            assert_true(undo.to_share_minor == earn.to_receivable_minor);
        }
    }
    assert_true(credit_split_earn(100, -5).to_share_minor == 100);
}

static void five_wrong_pins_lock_for_five_minutes(void **state)
{
    (void)state;
    struct pin_guard guard = {0};
    for (int i = 0; i < PIN_TRIES - 1; i++)
        assert_int_equal(pin_guard_step(&guard, false, 1000 + i), PIN_WRONG);
    assert_false(pin_guard_locked(&guard, 1004));
    assert_int_equal(pin_guard_step(&guard, false, 1004), PIN_LOCKED);
    assert_true(pin_guard_locked(&guard, 1004));
    assert_int_equal(pin_guard_step(&guard, true, 1005), PIN_LOCKED); /* the right PIN too */
    assert_true(pin_guard_locked(&guard, 1004 + PIN_LOCK_MS - 1));
    assert_false(pin_guard_locked(&guard, 1004 + PIN_LOCK_MS));
    assert_int_equal(pin_guard_step(&guard, false, 1004 + PIN_LOCK_MS), PIN_LOCKED); /* one try a lock from now on */
    assert_int_equal(pin_guard_step(&guard, true, 1004 + 2 * PIN_LOCK_MS), PIN_OK);
    assert_int_equal(pin_guard_step(&guard, false, 1004 + 2 * PIN_LOCK_MS),
                     PIN_WRONG); /* and forgiven by the right one */
}

static void a_right_pin_forgives_four_wrong_ones(void **state)
{
    (void)state;
    struct pin_guard guard = {0};
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < PIN_TRIES - 1; i++)
            assert_int_equal(pin_guard_step(&guard, false, 0), PIN_WRONG);
        assert_int_equal(pin_guard_step(&guard, true, 0), PIN_OK);
    }
}

static void a_reboot_neither_lifts_nor_lengthens_a_lock(void **state)
{
    (void)state;
    const int64_t day = 86400000;
    struct pin_guard guard = {PIN_TRIES, day + PIN_LOCK_MS}; /* locked after a day of uptime, then rebooted */
    assert_true(pin_guard_locked(&guard, 0));
    assert_int_equal(pin_guard_step(&guard, true, 1000), PIN_LOCKED);
    assert_true(pin_guard_locked(&guard, PIN_LOCK_MS - 1));
    assert_false(pin_guard_locked(&guard, PIN_LOCK_MS));
    assert_int_equal(pin_guard_step(&guard, true, PIN_LOCK_MS), PIN_OK);
}

static void pins_are_four_to_eight_digits(void **state)
{
    (void)state;
    static const char *const wrong[] = {"", "123", "123456789", "12 4", "12a4", "１２３４", "-123", "1234\n"};
    const uint8_t salt[PIN_SALT_LEN] = {1};
    uint8_t hash[PIN_HASH_LEN] = {7};
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
        assert_int_equal(pin_hash(wrong[i], salt, hash), -EINVAL);
    assert_int_equal(hash[0], 7);
}

static void what_is_kept_of_a_pin_depends_on_pin_salt_and_pepper(void **state)
{
    (void)state;
    const uint8_t salt[PIN_SALT_LEN] = {1}, salt2[PIN_SALT_LEN] = {2}, pepper[32] = {3}, pepper2[32] = {4};
    uint8_t first[PIN_HASH_LEN], again[PIN_HASH_LEN], other[PIN_HASH_LEN], stored[PIN_HASH_LEN], stored2[PIN_HASH_LEN];
    assert_int_equal(pin_hash("1234", salt, first), 0);
    assert_int_equal(pin_hash("1234", salt, again), 0);
    assert_memory_equal(first, again, PIN_HASH_LEN);
    assert_int_equal(pin_hash("1235", salt, other), 0);
    assert_memory_not_equal(first, other, PIN_HASH_LEN);
    assert_int_equal(pin_hash("1234", salt2, other), 0);
    assert_memory_not_equal(first, other, PIN_HASH_LEN);
    pin_pepper(first, pepper, stored);
    pin_pepper(first, pepper2, stored2);
    assert_memory_not_equal(stored, stored2, PIN_HASH_LEN);
    assert_golden("pin_1234_v1", first, sizeof first);
}

static int start(void **state)
{
    (void)state;
    return crypto_start();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(spending_is_decided_in_order),
        cmocka_unit_test(a_code_lives_five_minutes),
        cmocka_unit_test(splits_keep_every_fen),
        cmocka_unit_test(five_wrong_pins_lock_for_five_minutes),
        cmocka_unit_test(a_right_pin_forgives_four_wrong_ones),
        cmocka_unit_test(a_reboot_neither_lifts_nor_lengthens_a_lock),
        cmocka_unit_test(pins_are_four_to_eight_digits),
        cmocka_unit_test(what_is_kept_of_a_pin_depends_on_pin_salt_and_pepper),
    };
    return cmocka_run_group_tests(tests, start, NULL);
}
