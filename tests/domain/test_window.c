/* Reply windows and the monthly quota. */
#include "support.h"

#include "domain/window.h"

#define NOW_MS    INT64_C(1795255200000) /* 2026-11-21 18:00 in China */
#define MINUTE_MS INT64_C(60000)
#define HOUR_MS   (60 * MINUTE_MS)

static struct window_choice reply(const struct message_facts *facts, int64_t now_ms)
{
    return window_choose(facts, MESSAGE_CUSTOMER_SERVICE, now_ms);
}

static void nothing_is_open_without_an_event(void **state)
{
    (void)state;
    struct message_facts facts = {.follows = true};
    assert_int_equal(reply(&facts, NOW_MS).answer, WINDOW_SHUT);
    assert_int_equal(reply(&facts, NOW_MS).next_ms, 0);
    facts.follows = false;
    window_open(&facts, WINDOW_MESSAGE, NOW_MS);
    assert_int_equal(reply(&facts, NOW_MS).answer, WINDOW_LEFT);
    assert_int_equal(window_choose(&facts, MESSAGE_MASS, NOW_MS).answer, WINDOW_LEFT);
}

static void each_window_has_its_length_and_number(void **state)
{
    (void)state;
    static const struct {
        enum window_kind kind;
        int64_t length_ms;
        uint32_t messages;
    } rows[] = {{WINDOW_ACTION, MINUTE_MS, 3}, {WINDOW_MESSAGE, 48 * HOUR_MS, 5}, {WINDOW_PAYMENT, 48 * HOUR_MS, 1000}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct message_facts facts = {.follows = true};
        window_open(&facts, rows[i].kind, NOW_MS);
        assert_int_equal(reply(&facts, NOW_MS + rows[i].length_ms).answer, WINDOW_OPEN);
        assert_int_equal(reply(&facts, NOW_MS + rows[i].length_ms + 1).answer, WINDOW_SHUT);
        assert_int_equal(reply(&facts, NOW_MS - 1).answer, WINDOW_SHUT);
        for (uint32_t sent = 0; sent < rows[i].messages; sent++) {
            assert_int_equal(reply(&facts, NOW_MS).answer, WINDOW_OPEN);
            window_count(&facts, MESSAGE_CUSTOMER_SERVICE, NOW_MS);
        }
        assert_int_equal(reply(&facts, NOW_MS).answer, rows[i].kind == WINDOW_PAYMENT ? WINDOW_OPEN : WINDOW_USED_UP);
        window_open(&facts, rows[i].kind, NOW_MS - 1); /* came late: changes nothing */
        assert_int_equal(facts.windows[rows[i].kind].opened_ms, NOW_MS);
        window_open(&facts, rows[i].kind, NOW_MS + 1);
        assert_int_equal(reply(&facts, NOW_MS + 1).answer, WINDOW_OPEN);
    }
}

static void the_window_that_ends_first_is_used_first(void **state)
{
    (void)state;
    struct message_facts facts = {.follows = true};
    window_open(&facts, WINDOW_MESSAGE, NOW_MS);
    window_open(&facts, WINDOW_ACTION, NOW_MS + HOUR_MS);
    for (int i = 0; i < 3; i++) {
        struct window_choice choice = reply(&facts, NOW_MS + HOUR_MS);
        assert_int_equal(choice.window, WINDOW_ACTION);
        assert_int_equal(choice.left, 3 - i);
        assert_int_equal(choice.until_ms, NOW_MS + HOUR_MS + MINUTE_MS);
        window_count(&facts, MESSAGE_CUSTOMER_SERVICE, NOW_MS + HOUR_MS);
    }
    assert_int_equal(reply(&facts, NOW_MS + HOUR_MS).window, WINDOW_MESSAGE);
    assert_int_equal(reply(&facts, NOW_MS + HOUR_MS).left, 5);
}

static void four_a_month_by_the_calendar_of_china(void **state)
{
    (void)state;
    struct message_facts facts = {.follows = true};
    int64_t december_ms = INT64_C(1796054400000); /* 2026-12-01 00:00 in China, November still in London */
    for (uint32_t i = 0; i < 4; i++) {
        struct window_choice choice = window_choose(&facts, MESSAGE_MASS, NOW_MS + i);
        assert_int_equal(choice.answer, WINDOW_OPEN);
        assert_int_equal(choice.left, 4 - i);
        assert_int_equal(choice.until_ms, december_ms - 1);
        window_count(&facts, MESSAGE_MASS, NOW_MS + i);
    }
    struct window_choice full = window_choose(&facts, MESSAGE_MASS, december_ms - 1);
    assert_int_equal(full.answer, WINDOW_MONTH_FULL);
    assert_int_equal(full.next_ms, december_ms);
    assert_string_equal(window_answer_name(full.answer), "month_full");
    assert_int_equal(window_choose(&facts, MESSAGE_MASS, december_ms).left, 4);
    window_count(&facts, MESSAGE_MASS, december_ms);
    assert_int_equal(facts.mass_sent, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_open_without_an_event),
        cmocka_unit_test(each_window_has_its_length_and_number),
        cmocka_unit_test(the_window_that_ends_first_is_used_first),
        cmocka_unit_test(four_a_month_by_the_calendar_of_china),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
