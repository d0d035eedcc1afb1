#include "central/phone/form.h"
#include "central/phone/page.h"
#include "central/phone/qr_picture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct slice text_slice(const char *text)
{
    return (struct slice){(const uint8_t *)text, strlen(text)};
}

static void a_form_field_is_decoded(void **state)
{
    char value[32];
    (void)state;
    assert_int_equal(form_field(text_slice("a=1&consent=2026-11&store=%E6%B0%B4+x"), "store", value, sizeof(value)), 0);
    assert_string_equal(value, "水 x");
    assert_int_equal(form_field(text_slice("consent=2026-11"), "consent", value, sizeof(value)), 0);
    assert_string_equal(value, "2026-11");
    assert_int_equal(form_field(text_slice("consent="), "consent", value, sizeof(value)), 0);
    assert_string_equal(value, "");
}

static void a_broken_form_is_refused(void **state)
{
    char value[4];
    (void)state;
    assert_int_equal(form_field(text_slice(""), "a", value, sizeof(value)), -ENOENT);
    assert_int_equal(form_field(text_slice("ab=1&&=&b"), "a", value, sizeof(value)), -ENOENT);
    assert_int_equal(form_field(text_slice("a=%"), "a", value, sizeof(value)), -EINVAL);
    assert_int_equal(form_field(text_slice("a=%4"), "a", value, sizeof(value)), -EINVAL);
    assert_int_equal(form_field(text_slice("a=%zz"), "a", value, sizeof(value)), -EINVAL);
    assert_int_equal(form_field(text_slice("a=%00"), "a", value, sizeof(value)), -EINVAL);
    assert_int_equal(form_field(text_slice("a=1234"), "a", value, sizeof(value)), -ENOSPC);
}

static void benefits_are_said_as_a_shopper_says_them(void **state)
{
    static const struct {
        struct campaign rules;
        const char *benefit, *condition;
    } cases[] = {
        {{.discount = DISCOUNT_AMOUNT, .value_minor = 1000}, "减 10 元", "无门槛"},
        {{.discount = DISCOUNT_AMOUNT, .value_minor = 550, .min_spend_minor = 5000}, "减 5.50 元", "满 50 元可用"},
        {{.discount = DISCOUNT_PERCENT, .percent_off = 15}, "8.5 折", "无门槛"},
        {{.discount = DISCOUNT_PERCENT, .percent_off = 20, .min_spend_minor = 1990}, "8 折", "满 19.90 元可用"},
        {{.discount = DISCOUNT_PERCENT, .percent_off = 15, .max_discount_minor = 2000}, "8.5 折", "最高减 20 元"},
        {{.discount = DISCOUNT_FIXED_PRICE, .value_minor = 100}, "1 元购", "无门槛"},
        {{.discount = DISCOUNT_GIFT, .gift_zh = "矿泉水"}, "赠 矿泉水", "无门槛"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char text[128];
        page_benefit(&cases[i].rules, text, sizeof(text));
        assert_string_equal(text, cases[i].benefit);
        page_condition(&cases[i].rules, text, sizeof(text));
        assert_string_equal(text, cases[i].condition);
    }
}

static void write_consent(const struct page_view *view, struct buffer *html)
{
    buffer_init(html, PAGE_HTML_MAX);
    assert_int_equal(page_write_consent(view, html), 0);
}

static void the_consent_page_says_its_version_and_forces_nothing(void **state)
{
    static struct page_view view = {.ticket = "T1", .brand = {.id = 1, .name_zh = "山河", .accent = "#1f6f54"}};
    struct buffer html;
    (void)state;
    view.shop.id = 1;
    write_consent(&view, &html);
    assert_non_null(strstr(buffer_text(&html), "action=\"/m/T1/join\""));
    assert_non_null(strstr(buffer_text(&html), "name=\"consent\" value=\"2026-11-22\""));
    assert_non_null(strstr(buffer_text(&html), "不加入也可以正常使用优惠券"));
    assert_null(strstr(buffer_text(&html), "<select"));
    assert_null(strstr(buffer_text(&html), "http"));
    buffer_finish(&html);
}

static void a_shopper_without_touchpoint_chooses_a_store(void **state)
{
    static struct page_view view = {.ticket = "T1", .brand = {.name_zh = "山河", .accent = "#1f6f54"}, .shop_count = 2};
    struct buffer html;
    (void)state;
    view.shops[1].id = 2;
    snprintf(view.shops[1].name_zh, sizeof(view.shops[1].name_zh), "望海街店");
    write_consent(&view, &html);
    assert_non_null(strstr(buffer_text(&html), "<option value=\"2\">望海街店</option>"));
    buffer_finish(&html);
}

static void names_from_outside_cannot_become_markup(void **state)
{
    static struct page_view view = {.ticket = "T1", .member = 7};
    struct buffer html;
    (void)state;
    snprintf(view.brand.name_zh, sizeof(view.brand.name_zh), "<script>alert('x')</script>");
    snprintf(view.shops[0].address, sizeof(view.shops[0].address), "\"><img src=x>&");
    view.shop_count = 1;
    snprintf(view.coupons[0].campaign.rules.name_zh, CAMPAIGN_NAME_MAX, "<b>");
    view.coupon_count = 1;
    view.coupons[0].coupon.expiry_s = UINT32_MAX;
    buffer_init(&html, PAGE_HTML_MAX);
    assert_int_equal(page_write_member(&view, &html), 0);
    assert_null(strstr(buffer_text(&html), "<script>alert"));
    assert_null(strstr(buffer_text(&html), "<img src=x>"));
    assert_null(strstr(buffer_text(&html), "<span><b>"));
    assert_non_null(strstr(buffer_text(&html), "&quot;&gt;&lt;img src=x&gt;&amp;"));
    buffer_finish(&html);
}

static void a_used_or_expired_coupon_shows_no_code(void **state)
{
    static struct page_view view = {.ticket = "T1", .member = 7, .now_ms = 2000000000000, .coupon_count = 2};
    struct buffer html;
    (void)state;
    view.coupons[0].coupon = (struct coupon){.expiry_s = 2100000000, .uses = 1};
    view.coupons[1].coupon = (struct coupon){.expiry_s = 1999999999};
    buffer_init(&html, PAGE_HTML_MAX);
    assert_int_equal(page_write_member(&view, &html), 0);
    assert_non_null(strstr(buffer_text(&html), "已使用"));
    assert_non_null(strstr(buffer_text(&html), "已过期"));
    assert_null(strstr(buffer_text(&html), "/coupon/"));
    buffer_finish(&html);
}

static uint32_t png_width(const struct buffer *png)
{
    return (uint32_t)png->data[16] << 24 | (uint32_t)png->data[17] << 16 | (uint32_t)png->data[18] << 8 | png->data[19];
}

/* 145 characters of the alphanumeric set fit version 8 at level Q: 49 modules and a quiet zone of 4 on each side. */
static void a_coupon_text_stays_at_version_8(void **state)
{
    char text[146];
    struct buffer png;
    struct qr_picture picture = {.text = text, .module_px = 4, .format = QR_PNG};
    (void)state;
    for (size_t i = 0; i < sizeof(text) - 1; i++) {
        text[i] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"[i % 45];
    }
    text[145] = '\0';
    buffer_init(&png, QR_PICTURE_MAX);
    assert_int_equal(qr_picture_draw(&picture, &png), 0);
    assert_memory_equal(png.data, "\x89PNG\r\n\x1a\n", 8);
    assert_int_equal(png_width(&png), (49 + 8) * 4);
    buffer_finish(&png);
}

static void a_picture_needs_a_text_and_room(void **state)
{
    struct buffer file;
    (void)state;
    buffer_init(&file, 200);
    assert_int_equal(qr_picture_draw(&(struct qr_picture){.text = ""}, &file), -EINVAL);
    assert_int_equal(qr_picture_draw(&(struct qr_picture){.text = "TSC1:A"}, &file), -E2BIG);
    buffer_finish(&file);
    buffer_init(&file, QR_PICTURE_MAX);
    assert_int_equal(qr_picture_draw(&(struct qr_picture){.text = "http://x/y", .format = QR_SVG}, &file), 0);
    assert_non_null(strstr(buffer_text(&file), "<svg"));
    buffer_finish(&file);
}

static void the_phones_language_is_spoken(void **state)
{
    static struct page_view view = {.ticket = "T1", .member = 7, .english = true, .coupon_count = 1, .shop_count = 1};
    struct buffer html;
    (void)state;
    view.coupons[0].coupon.expiry_s = UINT32_MAX;
    view.coupons[0].campaign.rules =
        (struct campaign){.discount = DISCOUNT_PERCENT, .percent_off = 15, .min_spend_minor = 5000};
    snprintf(view.shops[0].name_zh, sizeof(view.shops[0].name_zh), "松江路店");
    buffer_init(&html, PAGE_HTML_MAX);
    assert_int_equal(page_write_member(&view, &html), 0);
    assert_non_null(strstr(buffer_text(&html), "lang=\"en\""));
    assert_non_null(strstr(buffer_text(&html), "15% off"));
    assert_non_null(strstr(buffer_text(&html), "from ¥50"));
    assert_non_null(strstr(buffer_text(&html), "松江路店")); /* it has no English name */
    assert_null(strstr(buffer_text(&html), "id=\"near\""));  /* no store says where it is */
    buffer_finish(&html);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_form_field_is_decoded),
        cmocka_unit_test(a_broken_form_is_refused),
        cmocka_unit_test(benefits_are_said_as_a_shopper_says_them),
        cmocka_unit_test(the_consent_page_says_its_version_and_forces_nothing),
        cmocka_unit_test(a_shopper_without_touchpoint_chooses_a_store),
        cmocka_unit_test(the_phones_language_is_spoken),
        cmocka_unit_test(names_from_outside_cannot_become_markup),
        cmocka_unit_test(a_used_or_expired_coupon_shows_no_code),
        cmocka_unit_test(a_coupon_text_stays_at_version_8),
        cmocka_unit_test(a_picture_needs_a_text_and_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
