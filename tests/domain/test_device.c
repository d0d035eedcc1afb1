#include "support.h"

#include "domain/device.h"

static struct device_report sample(void)
{
    struct body bodies[TEST_BODIES];
    struct device_report report;
    memset(&report, 0, sizeof report);
    test_bodies(bodies);
    for (size_t i = 0; i < TEST_BODIES; i++) {
        if (bodies[i].kind == RECORD_SELF_TEST)
            report.test = bodies[i].self_test;
    }
    report.terminal = 1041;
    report.incarnation = 3;
    return report;
}

static void a_report_says_who_it_is_of_and_that_one_signed_it(void **state)
{
    (void)state;
    struct device_report report = sample(), out;
    struct test_key key = test_key_make(5), other = test_key_make(6);
    char text[DEVICE_REPORT_TEXT_MAX];
    assert_int_equal(device_report_encode(&report, key.secret, text), 0);
    assert_golden("device_report_v1", text, strlen(text));
    assert_int_equal(device_report_decode(text, &out), 0);
    report.is_signed = true;
    assert_memory_equal(&out, &report, sizeof out);
    assert_true(device_report_verify(text, key.public_key));
    assert_false(device_report_verify(text, other.public_key));
}

static void the_fullest_report_fits_its_text(void **state)
{
    (void)state;
    struct device_report report = sample();
    struct test_key key = test_key_make(5);
    char text[DEVICE_REPORT_TEXT_MAX];
    report.terminal = report.incarnation = UINT32_MAX;
    report.test.started_ms = INT64_MAX;
    report.test.seconds = report.test.clerk = UINT32_MAX;
    memset(report.test.version, 'x', sizeof report.test.version - 1);
    memset(report.test.board, 'x', sizeof report.test.board - 1);
    memset(report.test.hardware, 'x', sizeof report.test.hardware - 1);
    report.test.count = SELF_TEST_ITEMS;
    for (uint32_t i = 0; i < SELF_TEST_ITEMS; i++)
        report.test.results[i] = SELF_TEST_RESULT(i + 1, SELF_TEST_ABSENT);
    assert_int_equal(device_report_encode(&report, key.secret, text), 0);
    assert_true(device_report_verify(text, key.public_key));
}

static void a_device_without_a_key_reports_unsigned(void **state)
{
    (void)state;
    struct device_report report = sample(), out;
    struct test_key key = test_key_make(5);
    char text[DEVICE_REPORT_TEXT_MAX];
    report.terminal = report.incarnation = 0;
    assert_int_equal(device_report_encode(&report, NULL, text), 0);
    assert_int_equal(device_report_decode(text, &out), 0);
    assert_false(out.is_signed);
    assert_false(device_report_verify(text, key.public_key));
}

static void what_a_phone_does_to_long_texts_is_forgiven_and_nothing_else(void **state)
{
    (void)state;
    struct device_report report = sample(), out;
    struct test_key key = test_key_make(5);
    char text[DEVICE_REPORT_TEXT_MAX], wrapped[DEVICE_REPORT_TEXT_MAX + 8], cut[DEVICE_REPORT_TEXT_MAX];
    assert_int_equal(device_report_encode(&report, key.secret, text), 0);
    snprintf(wrapped, sizeof wrapped, "%.40s\r\n%s\n", text, text + 40);
    assert_true(device_report_verify(wrapped, key.public_key));
    assert_int_equal(device_report_decode(text + 1, &out), -EINVAL);
    assert_int_equal(device_report_decode("TSD1:", &out), -EBADMSG);
    for (size_t len = 5; len < strlen(text); len++) {
        snprintf(cut, sizeof cut, "%.*s", (int)len, text);
        assert_int_equal(device_report_decode(cut, &out), -EBADMSG);
    }
    for (size_t i = 5; i < strlen(text); i++) {
        memcpy(cut, text, strlen(text) + 1);
        cut[i] = cut[i] == '0' ? '1' : '0';
        assert_false(device_report_verify(cut, key.public_key));
    }
}

static void a_test_is_well_when_something_passed_and_nothing_failed(void **state)
{
    (void)state;
    struct body_self_test test;
    memset(&test, 0, sizeof test);
    assert_false(self_test_all_well(&test));
    test.count = 2;
    test.results[0] = SELF_TEST_RESULT(SELF_TEST_CAMERA, SELF_TEST_PASSED);
    test.results[1] = SELF_TEST_RESULT(SELF_TEST_DRAWER, SELF_TEST_ABSENT);
    assert_true(self_test_all_well(&test));
    test.results[1] = SELF_TEST_RESULT(SELF_TEST_DRAWER, SELF_TEST_FAILED);
    assert_false(self_test_all_well(&test));
}

static void every_number_has_a_name_and_no_other_one_has(void **state)
{
    (void)state;
    for (uint32_t i = 1; i <= SELF_TEST_ITEMS; i++)
        assert_string_not_equal(self_test_item_name(i), "unknown");
    assert_string_equal(self_test_item_name(0), "unknown");
    assert_string_equal(self_test_item_name(SELF_TEST_ITEMS + 1), "unknown");
    assert_string_equal(self_test_outcome_name(SELF_TEST_ABSENT), "absent");
    assert_string_equal(self_test_outcome_name(5), "unknown");
    assert_string_equal(device_part_name(DEVICE_PARTS - 1), "storage");
    assert_string_equal(device_part_name(DEVICE_PARTS), "unknown");
    assert_string_equal(order_what_name(ORDER_LOGS), "logs");
    assert_string_equal(order_what_name(4), "unknown");
    assert_string_equal(order_outcome_name(ORDER_BACK), "back");
    assert_string_equal(order_outcome_name(ORDER_OVER), "over");
    assert_string_equal(order_outcome_name(6), "unknown");
    assert_string_equal(order_step_name(0), "waiting");
    assert_string_equal(order_step_name(ORDER_BOOTED), "booted");
    assert_string_equal(order_step_name(5), "unknown");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_report_says_who_it_is_of_and_that_one_signed_it),
        cmocka_unit_test(the_fullest_report_fits_its_text),
        cmocka_unit_test(a_device_without_a_key_reports_unsigned),
        cmocka_unit_test(what_a_phone_does_to_long_texts_is_forgiven_and_nothing_else),
        cmocka_unit_test(a_test_is_well_when_something_passed_and_nothing_failed),
        cmocka_unit_test(every_number_has_a_name_and_no_other_one_has),
    };
    return crypto_start() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
