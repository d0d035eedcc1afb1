#include "rig.h"

#include "hal/drawer.h"
#include "hal/gpio.h"
#include "hal/printer.h"

/*
 * Real lines need a chip: where the kernel's gpio-sim is not to be had, gpiod is tested as far as its refusals go.
 */

static struct gpio *open_sim(struct bench *bench)
{
    struct gpio_spec spec = {.backend = "sim"};
    struct gpio *gpio = NULL;

    bench_open(bench);
    assert_int_equal(gpio_open(&spec, &bench->context, &gpio), 0);
    return gpio;
}

static void buttons_and_presence_arrive_in_order(void **state)
{
    struct gpio_event event;
    struct bench bench;
    struct gpio *gpio = open_sim(&bench);

    (void)state;
    assert_int_equal(sim_button(bench.sim, "ok", true), 0);
    assert_int_equal(sim_button(bench.sim, "ok", false), 0);
    assert_int_equal(sim_presence(bench.sim, true), 0);
    assert_int_equal(gpio_wait(gpio, 1000, &event), 0);
    assert_int_equal(event.role, GPIO_BUTTON);
    assert_string_equal(event.name, "ok");
    assert_true(event.active);
    assert_int_equal(gpio_wait(gpio, 1000, &event), 0);
    assert_false(event.active);
    assert_int_equal(gpio_wait(gpio, 1000, &event), 0);
    assert_int_equal(event.role, GPIO_PRESENCE);
    assert_true(event.at_ns > 0);
    gpio_close(gpio);
    bench_close(&bench);
}

static void lamps_and_pulses_are_recorded(void **state)
{
    struct sim_outputs outputs;
    struct bench bench;
    struct gpio *gpio = open_sim(&bench);

    (void)state;
    assert_int_equal(gpio_lamp_set(gpio, "green", true), 0);
    assert_int_equal(gpio_lamp_set(gpio, "red", true), 0);
    assert_int_equal(gpio_lamp_set(gpio, "green", false), 0);
    assert_int_equal(gpio_pulse(gpio, GPIO_BUZZER, 1), 0);
    assert_int_equal(gpio_pulse(gpio, GPIO_DRAWER, 1), 0);
    sim_outputs(bench.sim, &outputs);
    assert_int_equal(outputs.lamp_count, 2);
    assert_string_equal(outputs.lamps[0].name, "green");
    assert_false(outputs.lamps[0].on);
    assert_true(outputs.lamps[1].on);
    assert_int_equal(outputs.buzzer_pulses, 1);
    assert_int_equal(outputs.drawer_pulses, 1);
    gpio_close(gpio);
    bench_close(&bench);
}

static void waits_end_by_time_by_stopping_and_by_unplugging(void **state)
{
    struct gpio_event event;
    struct bench bench;
    struct gpio *gpio = open_sim(&bench);

    (void)state;
    assert_int_equal(gpio_wait(gpio, 1, &event), -ETIMEDOUT);
    assert_int_equal(sim_fail(bench.sim, HAL_GPIO, SIM_FAULT_UNPLUG), 0);
    assert_int_equal(gpio_wait(gpio, 1000, &event), -ENODEV);
    assert_int_equal(gpio_lamp_set(gpio, "green", true), -ENODEV);
    sim_restore(bench.sim, HAL_GPIO);
    bench_cancel(&bench);
    assert_int_equal(gpio_wait(gpio, -1, &event), -ECANCELED);
    gpio_close(gpio);
    bench_close(&bench);
}

static void a_board_without_lines_waits_quietly(void **state)
{
    struct gpio_spec spec = {.backend = "none"};
    struct gpio_event event;
    struct gpio *gpio = NULL;
    struct bench bench;

    (void)state;
    bench_open(&bench);
    assert_int_equal(gpio_open(&spec, &bench.context, &gpio), 0);
    assert_int_equal(gpio_wait(gpio, 1, &event), -ETIMEDOUT);
    assert_int_equal(gpio_lamp_set(gpio, "green", true), -ENOENT);
    bench_cancel(&bench);
    assert_int_equal(gpio_wait(gpio, -1, &event), -ECANCELED);
    gpio_close(gpio);
    bench_close(&bench);
}

static void a_chip_that_is_not_there_says_why(void **state)
{
    struct gpio_spec spec = {
        .backend = "gpiod", .line_count = 1, .lines = {{GPIO_LAMP, "green", "no-such-chip", 1, false, false}}};
    struct gpio *gpio = NULL;
    struct bench bench;

    (void)state;
    bench_open(&bench);
    assert_int_equal(gpio_open(&spec, &bench.context, &gpio), -ENODEV);
    assert_null(gpio);
    assert_non_null(strstr(bench.context.reason, "/dev/no-such-chip"));
    strcpy(spec.lines[0].chip, "null");
    assert_true(gpio_open(&spec, &bench.context, &gpio) < 0);
    assert_int_equal(gpio_wait(NULL, 0, &(struct gpio_event){0}), -ENODEV);
    bench_close(&bench);
}

/* The drawer, on everything it can hang on. */
static void expect_kick(struct bench *bench, const char *backend)
{
    struct drawer_spec spec = {.pin = 0, .pulse_ms = 2};
    struct sim_outputs before;
    struct sim_outputs after;
    struct drawer *drawer = NULL;

    strcpy(spec.backend, backend);
    assert_int_equal(drawer_open(&spec, &bench->context, &drawer), 0);
    sim_outputs(bench->sim, &before);
    assert_int_equal(drawer_kick(drawer), 0);
    sim_outputs(bench->sim, &after);
    assert_int_equal(after.drawer_pulses, before.drawer_pulses + 1);
    drawer_close(drawer);
}

static void a_drawer_opens_once_wherever_it_hangs(void **state)
{
    struct printer_spec spec = {.backend = "sim"};
    struct drawer_spec none = {.backend = "none"};
    struct printer *printer = NULL;
    struct drawer *drawer = NULL;
    struct bench bench;
    struct gpio *gpio = open_sim(&bench);

    (void)state;
    snprintf(spec.device, sizeof(spec.device), "%s/receipts", bench.folder);
    assert_int_equal(printer_open(&spec, &bench.context, &printer), 0);
    bench.context.printer = &printer;
    bench.context.gpio = &gpio;
    expect_kick(&bench, "printer");
    expect_kick(&bench, "gpio");
    expect_kick(&bench, "sim");
    assert_int_equal(drawer_open(&none, &bench.context, &drawer), -ENOTSUP);
    assert_int_equal(drawer_kick(NULL), -ENODEV);
    printer_close(printer);
    gpio_close(gpio);
    bench_close(&bench);
}

static void a_drawer_without_what_it_hangs_on_says_so(void **state)
{
    static const char *const backends[] = {"printer", "gpio", "sim"};
    struct printer *no_printer = NULL;
    struct gpio *no_gpio = NULL;
    struct bench bench;

    (void)state;
    bench_open(&bench);
    bench.context.printer = &no_printer;
    bench.context.gpio = &no_gpio;
    for (size_t i = 0; i < ARRAY_LEN(backends); i++) {
        struct drawer_spec spec = {0};
        struct drawer *drawer = NULL;

        strcpy(spec.backend, backends[i]);
        assert_int_equal(drawer_open(&spec, &bench.context, &drawer), 0);
        assert_int_equal(sim_fail(bench.sim, HAL_DRAWER, SIM_FAULT_UNPLUG), 0);
        assert_int_equal(drawer_kick(drawer), -ENODEV);
        sim_restore(bench.sim, HAL_DRAWER);
        drawer_close(drawer);
    }
    bench_close(&bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(buttons_and_presence_arrive_in_order),
        cmocka_unit_test(lamps_and_pulses_are_recorded),
        cmocka_unit_test(waits_end_by_time_by_stopping_and_by_unplugging),
        cmocka_unit_test(a_board_without_lines_waits_quietly),
        cmocka_unit_test(a_chip_that_is_not_there_says_why),
        cmocka_unit_test(a_drawer_opens_once_wherever_it_hangs),
        cmocka_unit_test(a_drawer_without_what_it_hangs_on_says_so),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
