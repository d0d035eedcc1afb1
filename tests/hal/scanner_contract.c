#include "linux/evdev.h"

#include "rig.h"

#include <fcntl.h>
#include <libevdev/libevdev-uinput.h>
#include <pty.h>

#include "hal/scanner.h"
#include "linux/keymap.h"

/* One back-end under test. send types bytes and what ends a code; unplug takes the device away. */
struct rig {
    const char *backend;
    bool (*plug)(struct rig *rig, struct scanner_spec *spec);
    void (*send)(struct rig *rig, const char *text);
    void (*unplug)(struct rig *rig);
    struct bench bench;
    struct scanner *scanner;
    int line; /* the other end of the pty */
    struct libevdev_uinput *keyboard;
};

static bool sim_plug(struct rig *rig, struct scanner_spec *spec)
{
    (void)rig;
    (void)spec;
    return true;
}

static void sim_send(struct rig *rig, const char *text)
{
    /* What is longer than the queue's places is cut as a scanner's own buffer would: still too long to be a code. */
    char code[SCANNER_TEXT_MAX];

    if (strlen(text) >= sizeof(code)) {
        assert_int_equal(sim_scan(rig->bench.sim, text), -EMSGSIZE);
        memset(code, '\x1D', sizeof(code) - 1);
        code[sizeof(code) - 1] = '\0';
        text = code;
    }
    assert_int_equal(sim_scan(rig->bench.sim, text), 0);
}

static void sim_unplug(struct rig *rig)
{
    assert_int_equal(sim_fail(rig->bench.sim, HAL_SCANNER, SIM_FAULT_UNPLUG), 0);
}

static bool serial_plug(struct rig *rig, struct scanner_spec *spec)
{
    int end;

    assert_int_equal(openpty(&rig->line, &end, spec->device, NULL, NULL), 0);
    close(end);
    return true;
}

static void serial_send(struct rig *rig, const char *text)
{
    size_t length = strlen(text);

    assert_int_equal(write(rig->line, text, length), (ssize_t)length);
    assert_int_equal(write(rig->line, "\r\n", 2), 2);
}

static void serial_unplug(struct rig *rig)
{
    close(rig->line);
    rig->line = -1;
}

static bool hid_plug(struct rig *rig, struct scanner_spec *spec)
{
    struct libevdev *evdev;
    bool made;

    if (access("/dev/uinput", W_OK) < 0) {
        return false;
    }
    evdev = libevdev_new();
    libevdev_set_name(evdev, "tillside test scanner");
    for (unsigned code = KEY_ESC; code < KEY_KPDOT; code++) {
        libevdev_enable_event_code(evdev, EV_KEY, code, NULL);
    }
    made = libevdev_uinput_create_from_device(evdev, LIBEVDEV_UINPUT_OPEN_MANAGED, &rig->keyboard) == 0;
    libevdev_free(evdev);
    if (made) {
        snprintf(spec->device, sizeof(spec->device), "%s", libevdev_uinput_get_devnode(rig->keyboard));
    }
    return made;
}

static void press(struct rig *rig, unsigned code, int value)
{
    assert_int_equal(libevdev_uinput_write_event(rig->keyboard, EV_KEY, code, value), 0);
    assert_int_equal(libevdev_uinput_write_event(rig->keyboard, EV_SYN, SYN_REPORT, 0), 0);
}

static void hid_send(struct rig *rig, const char *text)
{
    for (const char *at = text; *at; at++) {
        for (unsigned code = KEY_ESC; code < KEY_KPDOT; code++) {
            bool shifted = keymap_char(code, false) != *at;

            if (keymap_char(code, shifted) != *at) {
                continue;
            }
            press(rig, KEY_LEFTSHIFT, shifted);
            press(rig, code, 1);
            press(rig, code, 0);
            break;
        }
    }
    press(rig, KEY_LEFTSHIFT, 0);
    press(rig, KEY_ENTER, 1);
    press(rig, KEY_ENTER, 0);
}

static void hid_unplug(struct rig *rig)
{
    libevdev_uinput_destroy(rig->keyboard);
    rig->keyboard = NULL;
}

static const struct rig sim = {.backend = "sim", .plug = sim_plug, .send = sim_send, .unplug = sim_unplug};
static const struct rig serial = {
    .backend = "serial", .plug = serial_plug, .send = serial_send, .unplug = serial_unplug};
static const struct rig hid = {.backend = "hid", .plug = hid_plug, .send = hid_send, .unplug = hid_unplug};

static void open_rig(struct rig *rig, void **state)
{
    struct scanner_spec spec = {0};

    *rig = *(const struct rig *)*state;
    rig->line = -1;
    strcpy(spec.backend, rig->backend);
    bench_open(&rig->bench);
    if (!rig->plug(rig, &spec)) {
        bench_close(&rig->bench);
        skip();
    }
    assert_int_equal(scanner_open(&spec, &rig->bench.context, &rig->scanner), 0);
}

static void close_rig(struct rig *rig)
{
    scanner_close(rig->scanner);
    if (rig->line >= 0) {
        close(rig->line);
    }
    libevdev_uinput_destroy(rig->keyboard);
    bench_close(&rig->bench);
}

static void a_code_arrives_whole(void **state)
{
    struct scanner_text text;
    struct rig rig;

    open_rig(&rig, state);
    rig.send(&rig, "TSC1:AB+ 9/.-%$*");
    assert_int_equal(scanner_wait(rig.scanner, 2000, &text), 0);
    assert_string_equal(text.text, "TSC1:AB+ 9/.-%$*");
    assert_int_equal(text.length, 16);
    assert_string_equal(text.aim, "");
    assert_true(text.at_ns > 0);
    close_rig(&rig);
}

static void codes_arrive_in_order_and_the_same_twice(void **state)
{
    static const char *const codes[] = {"6901234567892", "6901234567892", "x"};
    struct scanner_text text;
    struct rig rig;

    open_rig(&rig, state);
    for (size_t i = 0; i < ARRAY_LEN(codes); i++) {
        rig.send(&rig, codes[i]);
    }
    for (size_t i = 0; i < ARRAY_LEN(codes); i++) {
        assert_int_equal(scanner_wait(rig.scanner, 2000, &text), 0);
        assert_string_equal(text.text, codes[i]);
    }
    close_rig(&rig);
}

static void the_aim_identifier_is_told_apart(void **state)
{
    struct scanner_text text;
    struct rig rig;

    open_rig(&rig, state);
    rig.send(&rig, "]E06901234567892");
    assert_int_equal(scanner_wait(rig.scanner, 2000, &text), 0);
    assert_string_equal(text.aim, "]E0");
    assert_string_equal(text.text, "6901234567892");
    close_rig(&rig);
}

static void control_characters_never_arrive(void **state)
{
    struct scanner_text text;
    struct rig rig;

    open_rig(&rig, state);
    rig.send(&rig, "a\x1b[31m\x07"
                   "b\tc");
    assert_int_equal(scanner_wait(rig.scanner, 2000, &text), 0);
    for (size_t i = 0; i < text.length; i++) {
        assert_true((uint8_t)text.text[i] >= 0x20 && text.text[i] != 0x7F);
    }
    assert_int_equal(text.text[0], 'a');
    close_rig(&rig);
}

static void a_code_that_is_too_long_is_dropped_whole(void **state)
{
    char endless[SCANNER_TEXT_MAX + 200];
    struct scanner_text text;
    struct rig rig;

    open_rig(&rig, state);
    memset(endless, 'x', sizeof(endless) - 1);
    endless[sizeof(endless) - 1] = '\0';
    rig.send(&rig, endless);
    rig.send(&rig, "next");
    assert_int_equal(scanner_wait(rig.scanner, 2000, &text), -EMSGSIZE);
    assert_int_equal(scanner_wait(rig.scanner, 2000, &text), 0);
    assert_string_equal(text.text, "next");
    close_rig(&rig);
}

static void silence_is_a_timeout(void **state)
{
    struct scanner_text text = {.length = 77};
    struct rig rig;

    open_rig(&rig, state);
    assert_int_equal(scanner_wait(rig.scanner, 1, &text), -ETIMEDOUT);
    assert_int_equal(text.length, 77);
    close_rig(&rig);
}

static void stopping_ends_a_wait_without_end(void **state)
{
    struct scanner_text text;
    struct rig rig;

    open_rig(&rig, state);
    bench_cancel(&rig.bench);
    assert_int_equal(scanner_wait(rig.scanner, -1, &text), -ECANCELED);
    close_rig(&rig);
}

static void an_unplugged_scanner_says_so(void **state)
{
    struct scanner_text text;
    struct rig rig;

    open_rig(&rig, state);
    rig.unplug(&rig);
    assert_int_equal(scanner_wait(rig.scanner, 2000, &text), -ENODEV);
    close_rig(&rig);
}

static void a_line_may_end_in_cr_or_lf_alone(void **state)
{
    static const char *const codes[] = {"one", "two", "three"};
    struct scanner_text text;
    struct rig rig;

    open_rig(&rig, state);
    assert_int_equal(write(rig.line, "one\rtwo\n\r\n\rthree\r", 17), 17);
    for (size_t i = 0; i < ARRAY_LEN(codes); i++) {
        assert_int_equal(scanner_wait(rig.scanner, 2000, &text), 0);
        assert_string_equal(text.text, codes[i]);
        assert_int_equal(text.dropped, 0);
    }
    close_rig(&rig);
}

static void a_scanner_that_is_not_there_says_why(void **state)
{
    static const struct scanner_spec absent[] = {
        {.backend = "serial", .device = "/dev/no-such-line"},
        {.backend = "hid", .device = "/dev/input/no-such-keyboard"},
        {.backend = "hid", .device = "name:no keyboard is called that"},
        {.backend = "hid"},
        {.backend = "serial", .device = "/dev/null"},
        {.backend = "telepathy"},
    };
    struct scanner *scanner = NULL;
    struct bench bench;

    (void)state;
    bench_open(&bench);
    for (size_t i = 0; i < ARRAY_LEN(absent); i++) {
        assert_true(scanner_open(&absent[i], &bench.context, &scanner) < 0);
        assert_null(scanner);
        assert_true(strlen(bench.context.reason) > 10);
    }
    assert_int_equal(scanner_wait(NULL, 0, &(struct scanner_text){0}), -ENODEV);
    bench_close(&bench);
}

#define ON_ALL(test) ON_RIG(test, sim), ON_RIG(test, serial), ON_RIG(test, hid)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_ALL(a_code_arrives_whole),
        ON_ALL(codes_arrive_in_order_and_the_same_twice),
        ON_ALL(the_aim_identifier_is_told_apart),
        ON_ALL(control_characters_never_arrive),
        ON_ALL(a_code_that_is_too_long_is_dropped_whole),
        ON_ALL(silence_is_a_timeout),
        ON_ALL(stopping_ends_a_wait_without_end),
        ON_ALL(an_unplugged_scanner_says_so),
        ON_RIG(a_line_may_end_in_cr_or_lf_alone, serial),
        cmocka_unit_test(a_scanner_that_is_not_there_says_why),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
