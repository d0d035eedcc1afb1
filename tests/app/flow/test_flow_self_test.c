#include "desk.h"

#include "hal/devices.h"

/* The technician's round, and what central hears of a device. */

static void told(struct desk *d, enum hal_device device, int error)
{
    struct event event = desk_event_of(d, EVENT_DEVICE);
    event.device.device = device;
    event.device.error = error;
    desk_step(d, &event);
}

static void health(struct desk *d, int64_t free_mb)
{
    static struct health facts;
    struct event event = desk_event_of(d, EVENT_HEALTH);
    facts = (struct health){.free_mb = free_mb, .total_mb = 8000, .machine = {.slot = "A", .temperature_mc = 51000}};
    event.health = &facts;
    desk_step(d, &event);
}

static void tick(struct desk *d, int64_t after_ms)
{
    d->now_ms += after_ms;
    struct event event = desk_event_of(d, EVENT_TICK);
    desk_step(d, &event);
}

static uint32_t outcome_of(const struct desk *d, enum self_test_item item)
{
    const struct body_self_test *result = &d->flow.self_test.result;
    for (uint32_t i = 0; i < result->count; i++)
        if (result->results[i] / 8 == item)
            return result->results[i] % 8;
    return SELF_TEST_OPEN;
}

static void begin(struct desk *d, bool enrolled)
{
    desk_open(d, enrolled);
    if (enrolled) {
        desk_sign_in(d);
        desk_set_online(d, true);
        d->flow.sync.link = true;
    }
    health(d, 3000);
    desk_touch(d, INTENT_SERVICE, 0);
    desk_touch(d, INTENT_SELF_TEST, 0);
    assert_int_equal(d->flow.self_test.item, SELF_TEST_SCREEN);
}

/* Up to the printer, by a person who is content. */
static void to_printer(struct desk *d)
{
    desk_touch(d, INTENT_ANSWER, 1);
    for (int corner = 0; corner < 4; corner++)
        desk_touch(d, INTENT_CORNER, corner);
    assert_true(flow_watches_camera(&d->flow));
    struct event event = desk_event_of(d, EVENT_PICTURE);
    desk_step(d, &event);
    desk_touch(d, INTENT_ANSWER, 1);
    event = desk_event_of(d, EVENT_BUTTON);
    strcpy(event.button, "ok");
    desk_step(d, &event);
    assert_int_equal(d->flow.self_test.item, SELF_TEST_PRINTER);
    assert_int_equal(desk_find(d, EFFECT_TEST)->test, HAL_PRINTER);
}

static void to_end(struct desk *d)
{
    told(d, HAL_STORAGE, 0);
    assert_non_null(desk_find(d, EFFECT_CHECK));
    struct event event = desk_event_of(d, EVENT_CHECKED);
    desk_step(d, &event);
    assert_int_equal(d->flow.self_test.item, SELF_TEST_SOUND);
    desk_touch(d, INTENT_ANSWER, 1);
}

static void a_round_ends_in_one_record_and_a_code(void **state)
{
    (void)state;
    struct desk d;
    begin(&d, true);
    to_printer(&d);
    told(&d, HAL_PRINTER, 0);
    assert_int_equal(desk_asked(&d, TILL_NOTE)->note.kind, RECORD_DRAWER_KICK);
    told(&d, HAL_DRAWER, 0);
    to_end(&d);
    const struct body *note = &desk_asked(&d, TILL_NOTE)->note;
    assert_int_equal(note->kind, RECORD_SELF_TEST);
    assert_int_equal(note->self_test.count, SELF_TEST_ITEMS);
    assert_int_equal(note->self_test.clerk, 11);
    assert_true(self_test_all_well(&note->self_test));
    for (uint32_t item = 1; item <= SELF_TEST_ITEMS; item++)
        assert_int_equal(outcome_of(&d, (enum self_test_item)item), SELF_TEST_PASSED);
    assert_int_equal(desk_find(&d, EFFECT_REPORT)->report.terminal, 3);

    struct event event = desk_event_of(&d, EVENT_REPORT);
    strcpy(event.report, "TSD1:ABC");
    desk_step(&d, &event);
    struct view_model view;
    view_make(&d.flow, &view);
    assert_int_equal(view.self_test.item, 0);
    assert_string_equal(view.self_test.report, "TSD1:ABC");
    assert_true(view.self_test.kept && view.self_test.all_well);
}

static void what_does_not_answer_in_time_has_failed(void **state)
{
    (void)state;
    struct desk d;
    begin(&d, true);
    desk_touch(&d, INTENT_ANSWER, 0);
    desk_touch(&d, INTENT_ANSWER, 2);
    assert_int_equal(d.flow.self_test.item, SELF_TEST_CAMERA);
    assert_true(flow_deadline(&d.flow) <= d.now_ms + 12000);
    tick(&d, 12000);
    assert_int_equal(d.flow.self_test.item, SELF_TEST_LAMP);
    assert_int_equal(outcome_of(&d, SELF_TEST_SCREEN), SELF_TEST_FAILED);
    assert_int_equal(outcome_of(&d, SELF_TEST_TOUCH), SELF_TEST_SKIPPED);
    assert_int_equal(outcome_of(&d, SELF_TEST_CAMERA), SELF_TEST_FAILED);
    enum lamp first = flow_lamp(&d.flow);
    tick(&d, 1000);
    assert_int_not_equal(flow_lamp(&d.flow), first);
}

static void the_drawer_stays_shut_for_who_gave_no_pin(void **state)
{
    (void)state;
    struct desk d;
    begin(&d, true);
    d.flow.clerk.by_pin = false; /* by badge */
    to_printer(&d);
    told(&d, HAL_PRINTER, -ENODEV);
    assert_null(desk_asked(&d, TILL_NOTE));
    assert_int_equal(outcome_of(&d, SELF_TEST_PRINTER), SELF_TEST_FAILED);
    assert_int_equal(outcome_of(&d, SELF_TEST_DRAWER), SELF_TEST_SKIPPED);
    assert_int_equal(d.flow.self_test.item, SELF_TEST_DISK);
}

static void a_board_without_a_device_is_not_asked_for_it(void **state)
{
    (void)state;
    struct desk d;
    begin(&d, false);
    d.flow.config.absent[HAL_GPIO] = d.flow.config.absent[HAL_CAMERA] = d.flow.config.absent[HAL_PRINTER] = true;
    desk_touch(&d, INTENT_ANSWER, 1);
    desk_touch(&d, INTENT_ANSWER, 1);
    assert_int_equal(d.flow.self_test.item, SELF_TEST_DRAWER);
    told(&d, HAL_DRAWER, 0);
    to_end(&d);
    assert_int_equal(outcome_of(&d, SELF_TEST_BUTTONS), SELF_TEST_ABSENT);
    assert_null(desk_asked(&d, TILL_NOTE)); /* no journal yet */
    assert_int_equal(desk_find(&d, EFFECT_REPORT)->report.terminal, 0);
}

static void a_full_disk_and_a_wrong_clock_are_found(void **state)
{
    (void)state;
    struct desk d;
    begin(&d, true);
    health(&d, 150);
    d.flow.sync.last_contact_ms = 1770000000000 + 7200000;
    to_printer(&d);
    told(&d, HAL_PRINTER, 0);
    told(&d, HAL_DRAWER, 0);
    told(&d, HAL_STORAGE, 0);
    assert_int_equal(outcome_of(&d, SELF_TEST_CLOCK), SELF_TEST_FAILED);
    assert_int_equal(outcome_of(&d, SELF_TEST_DISK), SELF_TEST_FAILED);
    assert_int_equal(outcome_of(&d, SELF_TEST_NETWORK), SELF_TEST_PASSED);
}

static const struct body_device_status *noted(const struct desk *d)
{
    const struct till_request *request = desk_asked(d, TILL_NOTE);
    return request && request->note.kind == RECORD_DEVICE_STATUS ? &request->note.device_status : NULL;
}

static void central_hears_of_a_device_at_boot_on_change_and_hourly(void **state)
{
    (void)state;
    struct desk d;
    desk_open(&d, true);
    tick(&d, 1000);
    assert_non_null(desk_find(&d, EFFECT_HEALTH));
    health(&d, 3000);
    assert_int_equal(noted(&d)->why, STATUS_BOOT);
    assert_string_equal(noted(&d)->slot, "A");
    assert_int_equal(noted(&d)->temperature_mc, 51000);
    health(&d, 2990); /* somebody looked at the service screen */
    assert_null(noted(&d));

    told(&d, HAL_PRINTER, -ENODEV);
    tick(&d, 1000);
    assert_null(desk_find(&d, EFFECT_HEALTH)); /* it may come back at once */
    tick(&d, 15000);
    assert_non_null(desk_find(&d, EFFECT_HEALTH));
    health(&d, 2990);
    assert_int_equal(noted(&d)->why, STATUS_CHANGE);
    assert_int_equal(noted(&d)->down, 1u << HAL_PRINTER);

    assert_true(flow_deadline(&d.flow) <= d.now_ms + 3600000);
    tick(&d, 3600000);
    assert_non_null(desk_find(&d, EFFECT_HEALTH));
    health(&d, 2990);
    assert_int_equal(noted(&d)->why, STATUS_HOUR);
}

static void a_device_of_nobody_tells_nothing(void **state)
{
    (void)state;
    struct desk d;
    desk_open(&d, false);
    tick(&d, 4000000);
    assert_null(desk_find(&d, EFFECT_HEALTH));
    health(&d, 3000);
    assert_null(noted(&d));
}

static void the_names_in_records_are_those_of_the_devices(void **state)
{
    (void)state;
    assert_int_equal(HAL_DEVICE_COUNT, DEVICE_PARTS);
    for (uint32_t i = 0; i < DEVICE_PARTS; i++)
        assert_string_equal(device_part_name(i), hal_device_name((enum hal_device)i));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_round_ends_in_one_record_and_a_code),
        cmocka_unit_test(what_does_not_answer_in_time_has_failed),
        cmocka_unit_test(the_drawer_stays_shut_for_who_gave_no_pin),
        cmocka_unit_test(a_board_without_a_device_is_not_asked_for_it),
        cmocka_unit_test(a_full_disk_and_a_wrong_clock_are_found),
        cmocka_unit_test(central_hears_of_a_device_at_boot_on_change_and_hourly),
        cmocka_unit_test(a_device_of_nobody_tells_nothing),
        cmocka_unit_test(the_names_in_records_are_those_of_the_devices),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
