#include "cmocka_all.h"
#include "platform/buffer.h"
#include "platform/file.h"
#include "platform/log.h"
#include "tempdir.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

struct fixture {
    struct tempdir dir;
    struct sim_clock clock;
    char path[128];
};

static int setup(void **state)
{
    static struct fixture fixture;
    tempdir_open(&fixture.dir);
    tempdir_path(&fixture.dir, "terminal.log", fixture.path);
    sim_clock_init(&fixture.clock, INT64_C(1769850900123)); /* 2026-01-31T09:15:00.123Z */
    *state = &fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;
    log_close();
    tempdir_close(&fixture->dir);
    return 0;
}

static void open_log(struct fixture *fixture, size_t file_max)
{
    struct log_options options = {.clock = &fixture->clock.base,
                                  .level = LOG_LEVEL_INFO,
                                  .quiet = true,
                                  .file = fixture->path,
                                  .file_max_bytes = file_max};
    assert_int_equal(log_open(&options), 0);
}

static void a_line_has_time_level_component_and_message(void **state)
{
    struct fixture *fixture = *state;
    struct buffer file;
    char tail[1000];
    static const char expected[] = "2026-01-31T09:15:00.123Z WARN  sync: no answer url=https://x errno=110\n";
    open_log(fixture, 0);
    log_debug("sync", "below the level");
    log_warn("sync", "no answer url=%s errno=%d", "https://x", 110);
    assert_int_equal(log_tail(tail, sizeof(tail), 10), strlen(expected));
    assert_string_equal(tail, expected);
    buffer_init(&file, 10000);
    assert_int_equal(file_read(fixture->path, &file), 0);
    assert_string_equal(buffer_text(&file), expected);
    buffer_finish(&file);
}

static void times_before_1970_are_written_right(void **state)
{
    struct fixture *fixture = *state;
    char tail[200];
    open_log(fixture, 0);
    sim_clock_set_wall(&fixture->clock, -1);
    log_info("clock", "odd");
    log_tail(tail, sizeof(tail), 1);
    assert_string_equal(tail, "1969-12-31T23:59:59.999Z INFO  clock: odd\n");
}

static void text_from_outside_cannot_forge_a_line(void **state)
{
    struct fixture *fixture = *state;
    char tail[400];
    open_log(fixture, 0);
    log_info("scan", "text=%s", "a\n2026 ERROR x: y\x1b[2J\x7f");
    log_tail(tail, sizeof(tail), 10);
    assert_non_null(strstr(tail, "text=a\\x0A2026 ERROR x: y\\x1B[2J\\x7F\n"));
    assert_ptr_equal(strchr(tail, '\n'), tail + strlen(tail) - 1);
}

static void a_card_number_never_reaches_file_or_tail(void **state)
{
    struct fixture *fixture = *state;
    struct buffer file;
    char tail[400];
    open_log(fixture, 0);
    log_info("scan", "text=%s", "4111 1111 1111 1111");
    log_tail(tail, sizeof(tail), 10);
    assert_null(strstr(tail, "1111"));
    assert_non_null(strstr(tail, "text=**** **** **** ****"));
    buffer_init(&file, 10000);
    assert_int_equal(file_read(fixture->path, &file), 0);
    assert_null(strstr(buffer_text(&file), "1111"));
    buffer_finish(&file);
}

static void card_like_runs_are_starred_and_others_left(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *expected;
        size_t found;
    } cases[] = {
        {"4111111111111111", "****************", 1},
        {"pan=5500-0000-0000-0004.", "pan=****-****-****-****.", 1},
        {"378282246310005", "***************", 1},
        {"6304000000000000000", "*******************", 1},
        {"no 1 4111 1111 1111 1111 9", "no 1 **** **** **** **** 9", 1},
        {"4111111111111111 5500000000000004", "**************** ****************", 2},
        {"4111111111111112", "4111111111111112", 0},
        {"411111111111", "411111111111", 0},
        {"41111111111111111111111", "41111111111111111111111", 0},
        {"4111  1111  1111  1111", "4111  1111  1111  1111", 0},
        {"6901230005619", "6901230005619", 0}, /* an EAN-13 has another check digit, */
        {"6901234567892", "*************", 1}, /* but every tenth passes this check too */
        {"", "", 0},
        {"at 10:20:30 - 5", "at 10:20:30 - 5", 0},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char text[64];
        snprintf(text, sizeof(text), "%s", cases[i].text);
        assert_int_equal(log_redact_cards(text), cases[i].found);
        assert_string_equal(text, cases[i].expected);
    }
}

static void a_long_line_is_cut_at_a_character_and_marked(void **state)
{
    struct fixture *fixture = *state;
    char tail[2000], text[1500];
    open_log(fixture, 0);
    for (size_t shift = 0; shift < 3; shift++) {
        size_t used = shift;
        memset(text, 'a', shift);
        while (used + 4 < sizeof(text))
            used += (size_t)snprintf(text + used, sizeof(text) - used, "券");
        log_info("scan", "%s", text);
        size_t len = log_tail(tail, sizeof(tail), 1);
        assert_true(len <= LOG_LINE_MAX);
        assert_true(len > LOG_LINE_MAX - 8);
        assert_string_equal(tail + len - 7, "券…\n");
    }
}

static void a_card_number_at_the_cut_does_not_leave_its_head(void **state)
{
    struct fixture *fixture = *state;
    char tail[2000], text[600];
    open_log(fixture, 0);
    for (size_t pad = 440; pad < 480; pad++) {
        memset(text, 'a', pad);
        snprintf(text + pad, sizeof(text) - pad, " 4111111111111111");
        log_info("x", "%s", text);
        log_tail(tail, sizeof(tail), 1);
        assert_null(strstr(tail, "4111"));
    }
}

static void the_tail_keeps_the_newest_whole_lines(void **state)
{
    struct fixture *fixture = *state;
    char tail[64 * 1024], small[100];
    open_log(fixture, 0);
    for (int i = 0; i < LOG_TAIL_LINES + 50; i++)
        log_info("n", "line=%d.", i);
    size_t lines = 0;
    log_tail(tail, sizeof(tail), 1000);
    for (const char *c = tail; *c; c++)
        lines += *c == '\n';
    assert_int_equal(lines, LOG_TAIL_LINES);
    assert_null(strstr(tail, "line=49."));
    assert_non_null(strstr(tail, "line=50."));
    assert_int_equal(log_tail(small, sizeof(small), 1000), 2 * strlen("2026-01-31T09:15:00.123Z INFO  n: line=249.\n"));
    assert_non_null(strstr(small, "line=248."));
    assert_non_null(strstr(small, "line=249."));
    assert_int_equal(log_tail(small, 1, 1000), 0);
}

static void the_file_turns_over_at_its_limit(void **state)
{
    struct fixture *fixture = *state;
    char old_path[140];
    struct stat now, old;
    open_log(fixture, 2000);
    for (int i = 0; i < 200; i++)
        log_info("n", "line=%d", i);
    snprintf(old_path, sizeof(old_path), "%s.1", fixture->path);
    assert_int_equal(stat(fixture->path, &now), 0);
    assert_int_equal(stat(old_path, &old), 0);
    assert_in_range(now.st_size, 1, 2000);
    assert_in_range(old.st_size, 1000, 2000);
}

static void a_file_that_cannot_be_opened_is_an_error(void **state)
{
    (void)state;
    struct log_options options = {.file = "/nonexistent/folder/log"};
    assert_int_equal(log_open(&options), -ENOENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_line_has_time_level_component_and_message, setup, teardown),
        cmocka_unit_test_setup_teardown(times_before_1970_are_written_right, setup, teardown),
        cmocka_unit_test_setup_teardown(text_from_outside_cannot_forge_a_line, setup, teardown),
        cmocka_unit_test_setup_teardown(a_card_number_never_reaches_file_or_tail, setup, teardown),
        cmocka_unit_test(card_like_runs_are_starred_and_others_left),
        cmocka_unit_test_setup_teardown(a_long_line_is_cut_at_a_character_and_marked, setup, teardown),
        cmocka_unit_test_setup_teardown(a_card_number_at_the_cut_does_not_leave_its_head, setup, teardown),
        cmocka_unit_test_setup_teardown(the_tail_keeps_the_newest_whole_lines, setup, teardown),
        cmocka_unit_test_setup_teardown(the_file_turns_over_at_its_limit, setup, teardown),
        cmocka_unit_test(a_file_that_cannot_be_opened_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
