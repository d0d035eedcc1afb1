#include "wechat_fixture.h"

#include "domain/token.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static struct people_fixture f;

/* Fontconfig keeps its caches until the process ends. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:libfontconfig";
}

/* admin_main opens the books by itself: nobody serves them. */
static int run_admin(const char *const *words, size_t count)
{
    char data[STORE_PATH_MAX];
    char *argv[24] = {"admin", "--json", "--data", data};
    assert_true(count + 4 < ARRAY_LEN(argv));
    snprintf(data, sizeof(data), "%s/data", f.dir);
    for (size_t i = 0; i < count; i++) {
        argv[4 + i] = (char *)words[i];
    }
    return admin_main((int)(4 + count), argv);
}

#define RUN(...)                                                                                                       \
    run_admin((const char *const[]){__VA_ARGS__}, sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *))

static int open_and_leave(void **state)
{
    (void)state;
    people_open(&f, false);
    central_close(f.central);
    f.central = NULL;
    return 0;
}

static int finish(void **state)
{
    (void)state;
    people_close(&f);
    return 0;
}

static const json_t *entry_of(const json_t *manifest, const char *file)
{
    size_t i;
    json_t *entry;
    json_array_foreach(manifest, i, entry)
    {
        if (strcmp(json_string_value(json_object_get(entry, "file")), file) == 0) {
            return entry;
        }
    }
    fail_msg("%s is not in the manifest", file);
    return NULL;
}

static const char *text_of(const json_t *manifest, const char *file)
{
    return json_string_value(json_object_get(entry_of(manifest, file), "text"));
}

static void the_demo_makes_codes_that_a_terminal_judges_as_promised(void **state)
{
    char codes[128], path[512];
    struct brand_keys keys;
    struct coupon_token coupon;
    (void)state;
    assert_int_equal(RUN("demo", "--out", f.dir), 0);
    snprintf(path, sizeof(path), "%s/data/keys", f.dir);
    assert_int_equal(brand_keys_load(path, &keys), 0);
    snprintf(codes, sizeof(codes), "%s/codes", f.dir);
    snprintf(path, sizeof(path), "%s/manifest.json", codes);
    json_t *manifest = json_load_file(path, 0, NULL);
    assert_true(json_array_size(manifest) >= 30);
    size_t i;
    json_t *entry;
    json_array_foreach(manifest, i, entry)
    {
        snprintf(path, sizeof(path), "%s/%s", codes, json_string_value(json_object_get(entry, "file")));
        assert_int_equal(access(path, R_OK), 0);
    }
    assert_int_equal(token_coupon_open(text_of(manifest, "coupon-10-off.png"), &keys.set, &coupon), TOKEN_GOOD);
    assert_int_equal(token_coupon_open(text_of(manifest, "coupon-forged.png"), &keys.set, &coupon), TOKEN_FORGED);
    assert_int_equal(token_coupon_open(text_of(manifest, "coupon-other-brand.png"), &keys.set, &coupon),
                     TOKEN_OTHER_BRAND);
    assert_int_equal(token_coupon_open(text_of(manifest, "coupon-garbage.png"), &keys.set, &coupon), TOKEN_MALFORMED);
    assert_int_equal(token_coupon_open(text_of(manifest, "coupon-expired.png"), &keys.set, &coupon), TOKEN_GOOD);
    json_decref(manifest);
    brand_keys_finish(&keys);
}

static void a_demo_is_refused_in_books_that_have_stores(void **state)
{
    (void)state;
    assert_int_equal(RUN("store", "add", "一店", "One"), 0);
    assert_int_equal(RUN("demo", "--out", f.dir), 1);
}

static void more_products_and_members_can_be_added_for_load_tests(void **state)
{
    (void)state;
    assert_int_equal(RUN("demo", "--products", "250", "--members", "1500"), 0);
    f.central = NULL;
    struct central_options options = {
        .parts = central_parts, .part_count = central_part_count, .inline_jobs = true, .clock = &f.clock.base};
    central_config_defaults(&options.config);
    snprintf(options.config.data, sizeof(options.config.data), "%s/data", f.dir);
    assert_int_equal(central_config_complete(&options.config), 0);
    assert_int_equal(central_open(&options, &f.central, NULL), 0);
    assert_int_equal(number_of(admin_do(&f, "product list", ""), "products"), 250 + 63);
    assert_int_equal(number_of(admin_do(&f, "member list", ""), "members"), 1500 + 3);
}

static void pictures_and_imports_tell_what_happened(void **state)
{
    char path[160], csv[160];
    (void)state;
    snprintf(path, sizeof(path), "%s/ticket.svg", f.dir);
    snprintf(csv, sizeof(csv), "%s/bad.csv", f.dir);
    assert_int_equal(RUN("store", "add", "一店", "One"), 0);
    assert_int_equal(RUN("enrol-ticket", "1", "both", "--qr", path), 0);
    assert_true(folder_holds(f.dir, "<svg"));
    FILE *file = fopen(csv, "w");
    assert_non_null(file);
    fprintf(file, "ean,name_zh,price\n6921168509256,水,2\n6921168509257,\xC4\xE3,2\n");
    fclose(file);
    assert_int_equal(RUN("product", "import", csv), 1);
    assert_int_equal(RUN("product", "import", "/nowhere.csv"), 4);
}

static void wrong_use_is_told_apart_from_no_contact(void **state)
{
    (void)state;
    assert_int_equal(RUN("nonsense"), 2);
    assert_int_equal(RUN("store", "add", "一店"), 2);
    assert_int_equal(RUN("store", "add", "一店", "One", "--colour", "red"), 2);
    assert_int_equal(RUN("enrol-ticket", "one", "both"), 2);
    assert_int_equal(RUN("--data", "/nowhere/at/all", "store", "list"), 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_demo_makes_codes_that_a_terminal_judges_as_promised, open_and_leave,
                                        finish),
        cmocka_unit_test_setup_teardown(a_demo_is_refused_in_books_that_have_stores, open_and_leave, finish),
        cmocka_unit_test_setup_teardown(more_products_and_members_can_be_added_for_load_tests, open_and_leave, finish),
        cmocka_unit_test_setup_teardown(pictures_and_imports_tell_what_happened, open_and_leave, finish),
        cmocka_unit_test_setup_teardown(wrong_use_is_told_apart_from_no_contact, open_and_leave, finish),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
