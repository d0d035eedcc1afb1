#include "cases.h"

#include "hal/board.h"

/* Every section with its one needed key; what a test adds comes after. */
#define WHOLE                                                                                                          \
    "[board]\nname = test\n[display]\nbackend = sim\n[input]\nbackend = sim\n[camera]\nbackend = sim\n"                \
    "[scanner]\nbackend = sim\n[printer]\nbackend = sim\n[drawer]\nbackend = sim\n[sound]\nbackend = none\n"           \
    "[network]\nbackend = sim\n[storage]\nbackend = sim\n[gpio]\nbackend = sim\n"

static void a_whole_board_is_read(void **state)
{
    static const char text[] = WHOLE "; a comment\nbutton.ok = gpiochip0:17,low,pullup\nlamp.green = gpiochip1:3\n"
                                     "buzzer = gpiochip1:4\n[board]\nrole = shelf\n[display]\nrotation = 90\n"
                                     "fullscreen = yes\n[drawer]\npulse_ms = 200\n";
    char error[BOARD_ERROR_MAX] = "";
    struct board board;

    (void)state;
    assert_int_equal(board_parse(text, "test.ini", &board, error), 0);
    assert_string_equal(board.name, "test");
    assert_int_equal(board.role, BOARD_ROLE_SHELF);
    assert_int_equal(board.display.rotation, 90);
    assert_true(board.display.fullscreen);
    assert_int_equal(board.drawer.pulse_ms, 200);
    assert_int_equal(board.gpio.line_count, 3);
    assert_string_equal(board.gpio.lines[0].name, "ok");
    assert_string_equal(board.gpio.lines[0].chip, "gpiochip0");
    assert_int_equal(board.gpio.lines[0].offset, 17);
    assert_true(board.gpio.lines[0].active_low && board.gpio.lines[0].pull_up);
    assert_int_equal(board.gpio.lines[1].role, GPIO_LAMP);
    assert_int_equal(board.gpio.lines[2].role, GPIO_BUZZER);
}

static void every_mistake_is_told_with_its_line(void **state)
{
    static const struct {
        const char *text;
        const char *told; /* at the front of the message, after the file */
    } table[] = {
        {WHOLE "[displai]\nwidth = 3\n", ":24: no section [displai]"},
        {WHOLE "[display]\nwidht = 800\n", ":24: [display] has no key 'widht'"},
        {WHOLE "[display]\nwidth = wide\n", ":24: display.width must be a number from 64 to 8192, not 'wide'"},
        {WHOLE "[display]\nwidth = 9000000000\n", ":24: display.width must be a number"},
        {WHOLE "[display]\nfullscreen = maybe\n", ":24: display.fullscreen must be yes or no"},
        {WHOLE "[board]\nrole = king\n", ":24: board.role must be shelf, counter or both"},
        {WHOLE "[board]\nname = again\n", ":24: board.name is given twice"},
        {WHOLE "[display]\nrotation = 45\n", ":24: display.rotation must be 0, 90, 180 or 270, not 45"},
        {WHOLE "what is this\n", ":23: neither 'key = value' nor '[section]'"},
        {WHOLE "what is this\n[display]\nwidth = x\n", ":23: neither"},
        {WHOLE "[display]\nwidth = x\nwhat is this\n", ":24: display.width"},
        {WHOLE "button.ok = 17\n", ":23: gpio.ok must be chip:line"},
        {WHOLE "button.ok = gpiochip0:17,sideways\n", ":23: gpio.ok must be chip:line"},
        {WHOLE "button.ok = gpiochip0:1\nbutton.ok = gpiochip0:2\n", ":24: gpio.ok is given twice"},
        {WHOLE "button.ok = gpiochip0:1\nlamp.red = gpiochip0:1\n", ":24: gpio line gpiochip0:1 is used twice"},
        {"[board]\nname = x\n[display]\nbackend = hologram\n",
         ":4: no display back-end 'hologram'; this build has kms"},
        {"[board]\nname = x\n", ":2: [display] needs a backend"},
        {"", ":0: [board] needs a name"},
        {"[board]\nname = a name that is much longer than any name may be\n", ":2: board.name is longer than 23"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(table); i++) {
        char error[BOARD_ERROR_MAX] = "";
        struct board board = {.name = "kept"};

        assert_int_equal(board_parse(table[i].text, "b.ini", &board, error), -EINVAL);
        assert_memory_equal(error, "b.ini", 5);
        if (strncmp(error + 5, table[i].told, strlen(table[i].told)) != 0) {
            fail_msg("case %zu: '%s' does not begin with '%s'", i, error + 5, table[i].told);
        }
        assert_string_equal(board.name, "kept");
    }
}

static void a_line_without_end_is_told(void **state)
{
    char text[1200] = WHOLE "[camera]\ndevice = ";
    char error[BOARD_ERROR_MAX] = "";
    struct board board;
    size_t length = strlen(text);

    (void)state;
    memset(text + length, 'x', 400);
    assert_int_equal(board_parse(text, "b.ini", &board, error), -EINVAL);
    assert_non_null(strstr(error, ":24: the line is longer than"));
}

static void a_file_that_is_no_board_file_is_told(void **state)
{
    char error[BOARD_ERROR_MAX] = "";
    struct board board;

    (void)state;
    assert_int_equal(board_load("/no/such/board.ini", &board, error), -ENOENT);
    assert_non_null(strstr(error, "/no/such/board.ini"));
    assert_true(board_load("/", &board, error) < 0);
    assert_int_equal(board_load("/bin/true", &board, error), -EINVAL);
}

static void the_boards_that_are_shipped_are_right(void **state)
{
    static const char *const boards[] = {"board/desk/board.ini", "board/sim/board.ini"};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(boards); i++) {
        char error[BOARD_ERROR_MAX] = "";
        struct board board;

        if (board_load(boards[i], &board, error)) {
            fail_msg("%s", error);
        }
    }
}

static void overrides_change_one_thing(void **state)
{
    char error[BOARD_ERROR_MAX] = "";
    struct board board;

    (void)state;
    assert_int_equal(board_parse(WHOLE, "b.ini", &board, error), 0);
    assert_int_equal(board_override(&board, "camera=folder:/tmp/codes", error), 0);
    assert_string_equal(board.camera.backend, "folder");
    assert_string_equal(board.camera.folder, "/tmp/codes");
    assert_int_equal(board_override(&board, "printer=tcp:[::1]:9100", error), 0);
    assert_string_equal(board.printer.device, "[::1]:9100");
    assert_int_equal(board_override(&board, "display.width=800", error), 0);
    assert_int_equal(board.display.width, 800);
    assert_int_equal(board_override(&board, "storage.data_dir=/var/lib/x", error), 0);
    assert_string_equal(board.storage.data_dir, "/var/lib/x");
    assert_int_equal(board_override(&board, "sound=none", error), 0);
}

static void wrong_overrides_change_nothing(void **state)
{
    static const char *const wrong[] = {
        "",           "camera",          "=x",           "camera=",         "camera=eye",
        "eye=folder", "display.width=1", "display.x=1",  "drawer=sim:here", "camera=a back-end with a long name",
        "gpio=sim:1", "display.=3",      ".backend=sim", "updater=none",    "board=sim",
    };
    char error[BOARD_ERROR_MAX];
    struct board board;
    struct board before;

    (void)state;
    memset(&board, 0, sizeof(board));
    assert_int_equal(board_parse(WHOLE, "b.ini", &board, error), 0);
    before = board;
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
        error[0] = '\0';
        assert_int_equal(board_override(&board, wrong[i], error), -EINVAL);
        assert_true(strlen(error) > 5);
        assert_memory_equal(&board, &before, sizeof(board));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_whole_board_is_read),
        cmocka_unit_test(every_mistake_is_told_with_its_line),
        cmocka_unit_test(a_line_without_end_is_told),
        cmocka_unit_test(a_file_that_is_no_board_file_is_told),
        cmocka_unit_test(the_boards_that_are_shipped_are_right),
        cmocka_unit_test(overrides_change_one_thing),
        cmocka_unit_test(wrong_overrides_change_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
