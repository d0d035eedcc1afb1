/* tillside-scan as its users meet it: what it prints and how it ends. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include <cmocka.h>

#define READABLE "tests/data/scan/real/zx-qrcode-1/cpp_qrcode-1_1.jpg"

static char output[4096];

/* The exit status; standard output and error in output. */
static int run(const char *arguments)
{
    char command[1024];
    size_t len = 0, got;

    snprintf(command, sizeof(command), "%s %s 2>&1", SCAN_TOOL, arguments);
    FILE *pipe = popen(command, "r");
    assert_non_null(pipe);
    while ((got = fread(output + len, 1, sizeof(output) - 1 - len, pipe)) > 0)
        len += got;
    output[len] = '\0';
    int status = pclose(pipe);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void assert_says(const char *text)
{
    if (!strstr(output, text))
        fail_msg("\"%s\" is not in: %s", text, output);
}

static const char *negative(void)
{
    static char path[256];
    FILE *list = popen("ls tests/data/scan/real/neg-zxing/*.jpg | head -1", "r");

    assert_non_null(list);
    assert_non_null(fgets(path, sizeof(path), list));
    path[strcspn(path, "\n")] = '\0';
    pclose(list);
    return path;
}

static void a_read_picture_ends_with_0_and_one_json_line(void **state)
{
    (void)state;
    assert_int_equal(run("--json " READABLE), 0);
    assert_says("{\"file\":\"" READABLE "\",\"codes\":[{\"type\":\"QR-Code\",\"text\":\"MEBKM:URL:http\\\\://");
    assert_says("}],\"ms\":");
    assert_int_equal(strchr(output, '\n') - output, (long)strlen(output) - 1);
}

static void without_json_a_line_for_people(void **state)
{
    (void)state;
    assert_int_equal(run(READABLE), 0);
    assert_says(READABLE ": QR-Code: MEBKM:URL:http");
}

static void a_picture_without_a_code_ends_with_1(void **state)
{
    char arguments[512];

    (void)state;
    snprintf(arguments, sizeof(arguments), "--json %s %s", READABLE, negative());
    assert_int_equal(run(arguments), 1);
    assert_says("\"codes\":[],");
}

static void what_is_no_picture_ends_with_2_and_says_so(void **state)
{
    (void)state;
    assert_int_equal(run("CMakeLists.txt"), 2);
    assert_says("CMakeLists.txt: not a readable PNG, JPEG or 8-bit binary PGM picture");
    assert_int_equal(run("no-such-file.png"), 2);
    assert_says("no-such-file.png: No such file");
    assert_int_equal(run("--nonsense"), 2);
    assert_int_equal(run(""), 2);
    assert_says("no file named");
}

static void help_and_version_end_with_0(void **state)
{
    (void)state;
    assert_int_equal(run("--help"), 0);
    assert_says("exit status: 0 every file gave a code");
    assert_int_equal(run("--version"), 0);
    assert_says("tillside-scan " TILLSIDE_VERSION);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_read_picture_ends_with_0_and_one_json_line),
        cmocka_unit_test(without_json_a_line_for_people),
        cmocka_unit_test(a_picture_without_a_code_ends_with_1),
        cmocka_unit_test(what_is_no_picture_ends_with_2_and_says_so),
        cmocka_unit_test(help_and_version_end_with_0),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
