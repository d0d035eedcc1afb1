#include "cmocka_all.h"
#include "hal/printer.h"
#include "hal/sim.h"
#include "picture.h"
#include "receipt/receipt.h"
#include "tempdir.h"

#include <iconv.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The layout is checked twice: by the words among its bytes, and by what a printer makes of them. */

#define FOLLOW_URL "http://weixin.qq.com/q/02abcDEF"

static struct receipt sample(enum language language)
{
    struct receipt r = {.kind = RECEIPT_OF_REDEMPTION,
                        .group = 4711,
                        .terminal = 3,
                        .incarnation = 1,
                        .business_ms = INT64_C(1770000000000),
                        .gross_minor = 8800,
                        .discount_minor = 1000,
                        .paid_minor = 7800,
                        .earned_minor = 390,
                        .balance_minor = 1290,
                        .member = 1234567890123,
                        .offline = true,
                        .language = language};
    bool en = language == LANGUAGE_EN;
    strcpy(r.brand, en ? "Shanhe Market" : "山河便利");
    strcpy(r.store, en ? "Shanhe Market Songjiang Road" : "山河便利 松江路店");
    strcpy(r.address, "上海市杨浦区松江路 128 号");
    strcpy(r.clerk, "王强");
    strcpy(r.campaign, en ? "10 yuan off" : "十元现金券");
    strcpy(r.follow_url, FOLLOW_URL);
    return r;
}

struct paper {
    uint8_t bytes[RECEIPT_BYTES_MAX];
    size_t len;
};

static void lay_out(const struct receipt *receipt, int columns, struct paper *out_paper)
{
    assert_int_equal(receipt_layout(receipt, columns, out_paper->bytes, sizeof(out_paper->bytes), &out_paper->len), 0);
}

static bool says(const struct paper *paper, const char *utf8)
{
    char wanted[256], *in = (char *)utf8, *out = wanted;
    size_t in_left = strlen(utf8), out_left = sizeof(wanted);
    iconv_t convert = iconv_open("GB18030", "UTF-8");
    assert_true(convert != (iconv_t)-1);
    assert_int_equal(iconv(convert, &in, &in_left, &out, &out_left), 0);
    iconv_close(convert);
    return memmem(paper->bytes, paper->len, wanted, sizeof(wanted) - out_left) != NULL;
}

/* Prints on the simulated printer; the caller frees the picture. */
static void develop(const struct paper *paper, int dots, const char *keep_as, struct picture *out_picture)
{
    struct tempdir folder;
    struct sim *sim;
    struct printer *printer;
    struct sim_outputs outputs;
    char path[128];
    tempdir_open(&folder);
    assert_int_equal(sim_open(&sim), 0);
    struct hal_context context = {.sim = sim, .cancel_fd = -1};
    struct printer_spec spec = {.backend = "sim", .dots = dots};
    snprintf(spec.device, sizeof(spec.device), "%s", tempdir_path(&folder, "paper", path));
    assert_int_equal(printer_open(&spec, &context, &printer), 0);
    assert_int_equal(printer_write(printer, paper->bytes, paper->len), 0);
    sim_outputs(sim, &outputs);
    assert_int_equal(outputs.receipts, 1);
    assert_int_equal(scan_picture_load(outputs.last_receipt, out_picture), 0);
    if (getenv("RECEIPTS_DIR") != NULL) {
        char kept[256];
        snprintf(kept, sizeof(kept), "%s/%s.png", getenv("RECEIPTS_DIR"), keep_as);
        assert_int_equal(rename(outputs.last_receipt, kept), 0);
    }
    printer_close(printer);
    sim_close(sim);
    tempdir_close(&folder);
}

static void expect_follow_code(const struct picture *picture)
{
    struct scan_options options = scan_options_default();
    struct scan_result *result = calloc(1, sizeof(*result));
    struct scan *scan;
    options.max_width = options.max_height = 2048;
    assert_non_null(result);
    assert_int_equal(scan_open(&options, &scan), 0);
    assert_int_equal(scan_still(scan, &picture->image, result), 0);
    assert_int_equal(result->count, 1);
    assert_string_equal(result->codes[0].text, FOLLOW_URL);
    scan_close(scan);
    free(result);
}

static void each_language_has_its_words_and_a_follow_code_that_can_be_read(void **state)
{
    (void)state;
    static const struct {
        enum language language;
        const char *words[8], *name;
    } rows[] = {
        {LANGUAGE_ZH_CN,
         {"优惠券核销单", "山河便利", "十元现金券", "-￥10.00", "￥78.00", "本次返现", "离线受理", "谢谢惠顾"},
         "zh"},
        {LANGUAGE_EN,
         {"Coupon redemption", "Shanhe Market", "10 yuan off", "-￥10.00", "￥78.00", "Credit earned", "Taken offline",
          "Thank you"},
         "en"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct receipt receipt = sample(rows[i].language);
        struct paper paper;
        struct picture picture;
        lay_out(&receipt, 48, &paper);
        for (size_t k = 0; k < ARRAY_LEN(rows[i].words); k++)
            assert_true(says(&paper, rows[i].words[k]));
        develop(&paper, 576, rows[i].name, &picture);
        expect_follow_code(&picture);
        scan_picture_finish(&picture);
    }
}

static void narrow_paper_carries_the_same(void **state)
{
    (void)state;
    struct receipt receipt = sample(LANGUAGE_ZH_CN);
    struct paper paper;
    struct picture picture;
    lay_out(&receipt, 32, &paper);
    assert_true(says(&paper, "￥78.00"));
    develop(&paper, 384, "narrow", &picture);
    assert_in_range(picture.image.width, 384, 480); /* with its margins */
    expect_follow_code(&picture);
    scan_picture_finish(&picture);
}

static void a_member_is_named_by_the_last_digits_only(void **state)
{
    (void)state;
    struct receipt receipt = sample(LANGUAGE_EN);
    struct paper paper;
    lay_out(&receipt, 48, &paper);
    assert_true(says(&paper, "Member ending in"));
    assert_false(says(&paper, "1234567890123"));
    receipt.member = 0;
    lay_out(&receipt, 48, &paper);
    assert_false(says(&paper, "Member ending in"));
}

static void a_copy_says_that_it_is_one(void **state)
{
    (void)state;
    struct receipt receipt = sample(LANGUAGE_EN);
    struct paper paper;
    lay_out(&receipt, 48, &paper);
    assert_false(says(&paper, "(copy)"));
    receipt.copy = true;
    lay_out(&receipt, 48, &paper);
    assert_true(says(&paper, "(copy)"));
}

static void a_void_tells_what_to_give_back_and_invites_nobody(void **state)
{
    (void)state;
    struct receipt receipt = sample(LANGUAGE_EN);
    struct paper paper;
    receipt.kind = RECEIPT_OF_VOID;
    lay_out(&receipt, 48, &paper);
    assert_true(says(&paper, "Refund"));
    assert_false(says(&paper, "Paid"));
    assert_false(says(&paper, FOLLOW_URL));
}

static void the_test_page_shows_both_scripts(void **state)
{
    (void)state;
    struct receipt receipt = {.kind = RECEIPT_TEST_PAGE, .brand = "Tillside", .language = LANGUAGE_ZH_CN};
    struct paper paper;
    struct picture picture;
    lay_out(&receipt, 48, &paper);
    assert_true(says(&paper, "打印测试页"));
    develop(&paper, 576, "test-page", &picture);
    scan_picture_finish(&picture);
}

static void the_longest_names_fit_and_a_small_buffer_says_so(void **state)
{
    (void)state;
    struct receipt receipt = sample(LANGUAGE_ZH_CN);
    struct paper paper;
    char *const names[] = {receipt.brand, receipt.store, receipt.address, receipt.clerk};
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        memset(names[i], 0, FEED_NAME_MAX);
        for (size_t k = 0; k + 3 < FEED_NAME_MAX; k += 3)
            memcpy(names[i] + k, "龙", 3);
    }
    lay_out(&receipt, 32, &paper);
    uint8_t small[64];
    size_t len = 0;
    assert_int_equal(receipt_layout(&receipt, 48, small, sizeof(small), &len), -ENOSPC);
    assert_int_equal(len, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_language_has_its_words_and_a_follow_code_that_can_be_read),
        cmocka_unit_test(narrow_paper_carries_the_same),
        cmocka_unit_test(a_member_is_named_by_the_last_digits_only),
        cmocka_unit_test(a_copy_says_that_it_is_one),
        cmocka_unit_test(a_void_tells_what_to_give_back_and_invites_nobody),
        cmocka_unit_test(the_test_page_shows_both_scripts),
        cmocka_unit_test(the_longest_names_fit_and_a_small_buffer_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
