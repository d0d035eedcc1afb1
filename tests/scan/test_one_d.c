/* Bars: read when sound, silent when a check or the number of lines says no. */

#include "render.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct scan *scan;
static struct scan_result result;

static int open_scan(void **state)
{
    struct scan_options options = scan_options_default();

    (void)state;
    return scan_open(&options, &scan);
}

static int close_scan(void **state)
{
    (void)state;
    scan_close(scan);
    return 0;
}

/* ---- writers, from the standards' tables ---- */

static const char *const set_l[10] = {"0001101", "0011001", "0010011", "0111101", "0100011",
                                      "0110001", "0101111", "0111011", "0110111", "0001011"};
static const char *const parity[10] = {"LLLLLL", "LLGLGG", "LLGGLG", "LLGGGL", "LGLLGG",
                                       "LGGLLG", "LGGGLL", "LGLGLG", "LGLGGL", "LGGLGL"};

static void put_digit(char *bars, int digit, char set)
{
    char text[8] = "";

    for (int i = 0; i < 7; i++) {
        char bit = set == 'G' ? set_l[digit][6 - i] : set_l[digit][i];
        text[i] = set == 'L' ? bit : bit == '1' ? '0' : '1';
    }
    strcat(bars, text);
}

/* 13 or 8 digits. */
static void ean_bars(const char *digits, char *bars)
{
    int half = strlen(digits) == 13 ? 6 : 4, first = half == 6;

    strcpy(bars, "101");
    for (int i = 0; i < half; i++)
        put_digit(bars, digits[first + i] - '0', half == 6 ? parity[digits[0] - '0'][i] : 'L');
    strcat(bars, "01010");
    for (int i = 0; i < half; i++)
        put_digit(bars, digits[first + half + i] - '0', 'R');
    strcat(bars, "101");
}

static void put_widths(char *bars, const char *widths)
{
    for (int i = 0; widths[i]; i++)
        for (int k = 0; k < widths[i] - '0'; k++)
            strcat(bars, i % 2 == 0 ? "1" : "0");
}

static void read_bars(const char *bars, int pixels)
{
    struct scan_image image = render_bars(bars, pixels);

    assert_int_equal(scan_still(scan, &image, &result), 0);
    render_finish(&image);
}

static void assert_one(enum scan_symbology symbology, const char *text)
{
    assert_int_equal(result.count, 1);
    assert_string_equal(result.codes[0].text, text);
    assert_int_equal(result.codes[0].text_len, strlen(text));
    assert_int_equal(result.codes[0].symbology, symbology);
}

static void retail_codes_are_read(void **state)
{
    static const struct {
        const char *digits, *text;
        enum scan_symbology symbology;
    } cases[] = {
        {"4006381333931", "4006381333931", SCAN_EAN13},
        {"9780201379624", "9780201379624", SCAN_EAN13},
        {"6901234567892", "6901234567892", SCAN_EAN13},
        {"0036000291452", "036000291452", SCAN_UPCA},
        {"96385074", "96385074", SCAN_EAN8},
    };
    char bars[120];

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        for (int pixels = 2; pixels <= 5; pixels++) {
            ean_bars(cases[i].digits, bars);
            read_bars(bars, pixels);
            assert_one(cases[i].symbology, cases[i].text);
        }
    }
}

static void a_wrong_check_digit_is_silence(void **state)
{
    char bars[120];

    (void)state;
    for (int check = 0; check < 10; check++) {
        char digits[14];

        if (check == 1)
            continue;
        snprintf(digits, sizeof(digits), "400638133393%d", check);
        ean_bars(digits, bars);
        read_bars(bars, 3);
        assert_int_equal(result.count, 0);
    }
}

static void a_single_line_is_not_enough(void **state)
{
    char bars[120];

    (void)state;
    ean_bars("4006381333931", bars);
    struct scan_image image = render_bars(bars, 3);
    uint8_t *grey = (uint8_t *)(uintptr_t)image.grey;
    for (int y = 0; y < image.height; y++)
        if (y < 79 || y > 80)
            memset(grey + (size_t)y * (size_t)image.width, 230, (size_t)image.width);
    assert_int_equal(scan_still(scan, &image, &result), 0);
    assert_int_equal(result.count, 0);
    render_finish(&image);
}

static void code_128_is_read_with_its_upper_half(void **state)
{
    char bars[300] = "";

    (void)state;
    /* START B, "Bon 7": values 34 79 78 0 23, check (104 + 34 + 2*79 + 3*78 + 4*0 + 5*23) % 103 = 27, STOP */
    put_widths(bars, "211214"
                     "131123"
                     "114311"
                     "413111"
                     "212222"
                     "312131"
                     "321221"
                     "2331112");
    /* widths of 34, 79, 78 written out by hand above differ by version of the table: see below */
    bars[0] = '\0';
    put_widths(bars, "211214"); /* START B */
    put_widths(bars, "131123"); /* B */
    put_widths(bars, "134111"); /* o */
    put_widths(bars, "241112"); /* n */
    put_widths(bars, "114131"); /* FNC4 */
    put_widths(bars, "112214"); /* e, raised to a with ring */
    /* 104 + 1*34 + 2*79 + 3*78 + 4*100 + 5*69 = 1275, % 103 = 39 */
    put_widths(bars, "211313");
    put_widths(bars, "2331112");
    read_bars(bars, 3);
    assert_one(SCAN_CODE128, "Bon\xc3\xa5");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(retail_codes_are_read),
        cmocka_unit_test(a_wrong_check_digit_is_silence),
        cmocka_unit_test(a_single_line_is_not_enough),
        cmocka_unit_test(code_128_is_read_with_its_upper_half),
    };

    return cmocka_run_group_tests(tests, open_scan, close_scan);
}
