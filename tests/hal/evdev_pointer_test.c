#include "linux/evdev_pointer.h"

#include "cases.h"

static struct input_event seen[16];
static size_t seen_count;

static void on_event(void *context, const struct input_event *event)
{
    (void)context;
    assert_true(seen_count < ARRAY_LEN(seen));
    seen[seen_count++] = *event;
}

static void add(struct evdev_pointer *pointer, unsigned type, unsigned code, int value)
{
    struct kernel_input_event event = {.type = (uint16_t)type, .code = (uint16_t)code, .value = value};

    evdev_pointer_add(pointer, &event, on_event, NULL);
}

static struct evdev_pointer start(int width, int height, int rotation, int max)
{
    struct display_size size = {.width = width, .height = height, .rotation = rotation};
    struct evdev_pointer pointer;

    seen_count = 0;
    evdev_pointer_init(&pointer, &size, (struct evdev_range){0, max, 0, max});
    return pointer;
}

static void touch(struct evdev_pointer *pointer, int x, int y, int down)
{
    add(pointer, EV_ABS, ABS_X, x);
    add(pointer, EV_ABS, ABS_Y, y);
    add(pointer, EV_KEY, BTN_TOUCH, down);
    add(pointer, EV_SYN, SYN_REPORT, 0);
}

static void a_touch_is_scaled_to_the_display(void **state)
{
    struct evdev_pointer pointer = start(800, 480, 0, 4095);

    (void)state;
    touch(&pointer, 4095, 0, 1);
    touch(&pointer, 0, 4095, 1);
    touch(&pointer, 0, 4095, 0);
    assert_int_equal(seen_count, 3);
    assert_int_equal(seen[0].kind, INPUT_DOWN);
    assert_int_equal(seen[0].x, 799);
    assert_int_equal(seen[0].y, 0);
    assert_int_equal(seen[1].kind, INPUT_MOVE);
    assert_int_equal(seen[1].x, 0);
    assert_int_equal(seen[1].y, 479);
    assert_int_equal(seen[2].kind, INPUT_UP);
}

static void a_touch_follows_the_rotation(void **state)
{
    static const struct {
        int rotation;
        int x;
        int y;
    } table[] = {{0, 0, 0}, {90, 0, 799}, {180, 479, 799}, {270, 479, 0}};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(table); i++) {
        struct evdev_pointer pointer = start(480, 800, table[i].rotation, 1000);

        touch(&pointer, 0, 0, 1);
        assert_int_equal(seen_count, 1);
        assert_int_equal(seen[0].x, table[i].x);
        assert_int_equal(seen[0].y, table[i].y);
    }
}

static void a_finger_that_hovers_is_silent(void **state)
{
    struct evdev_pointer pointer = start(800, 480, 0, 1000);

    (void)state;
    touch(&pointer, 10, 10, 0);
    touch(&pointer, 20, 20, 0);
    assert_int_equal(seen_count, 0);
}

static void a_mouse_moves_by_steps_and_stays_inside(void **state)
{
    struct evdev_pointer pointer = start(800, 480, 0, 0);

    (void)state;
    add(&pointer, EV_REL, REL_X, -5000);
    add(&pointer, EV_REL, REL_Y, 7);
    add(&pointer, EV_KEY, BTN_LEFT, 1);
    add(&pointer, EV_SYN, SYN_REPORT, 0);
    assert_int_equal(seen_count, 1);
    assert_int_equal(seen[0].x, 0);
    assert_int_equal(seen[0].y, 247);
}

static void keys_type_and_chords_do_not(void **state)
{
    struct evdev_pointer pointer = start(800, 480, 0, 0);

    (void)state;
    add(&pointer, EV_KEY, KEY_5, 1);
    add(&pointer, EV_KEY, KEY_5, 0);
    add(&pointer, EV_KEY, KEY_BACKSPACE, 1);
    add(&pointer, EV_KEY, KEY_BACKSPACE, 2);
    add(&pointer, EV_KEY, KEY_LEFTALT, 1);
    add(&pointer, EV_KEY, KEY_F4, 1);
    add(&pointer, EV_KEY, KEY_LEFTALT, 0);
    add(&pointer, EV_KEY, KEY_SYSRQ, 1);
    assert_int_equal(seen_count, 3);
    assert_int_equal(seen[0].kind, INPUT_TEXT);
    assert_string_equal(seen[0].text, "5");
    assert_int_equal(seen[1].key, INPUT_KEY_BACKSPACE);
    assert_int_equal(seen[2].key, INPUT_KEY_BACKSPACE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_touch_is_scaled_to_the_display), cmocka_unit_test(a_touch_follows_the_rotation),
        cmocka_unit_test(a_finger_that_hovers_is_silent),   cmocka_unit_test(a_mouse_moves_by_steps_and_stays_inside),
        cmocka_unit_test(keys_type_and_chords_do_not),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
