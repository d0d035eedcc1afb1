#include "central/store/catalogue_csv.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define FILE_CAP 1024
#define GOOD_EAN "6921168509256"

struct file {
    char text[FILE_CAP];
    struct csv_reader reader;
};

static const char *open_text(struct file *file, const char *text)
{
    snprintf(file->text, sizeof(file->text), "%s", text);
    return catalogue_csv_open(file->text, strlen(text), &file->reader);
}

static void columns_may_stand_in_any_order_and_others_are_passed_over(void **state)
{
    struct file file;
    struct csv_row row;
    struct feed_product product;
    (void)state;
    assert_null(open_text(&file, "price,shelf,name_zh,ean\n2.00,A7,矿泉水," GOOD_EAN "\n"));
    assert_true(catalogue_csv_next(&file.reader, &row));
    assert_null(catalogue_csv_product(row.fields, &product));
    assert_string_equal(product.ean, GOOD_EAN);
    assert_string_equal(product.name_zh, "矿泉水");
    assert_string_equal(product.name_en, "");
    assert_int_equal(product.price_minor, 200);
    assert_false(catalogue_csv_next(&file.reader, &row));
}

static void a_byte_order_mark_and_windows_line_ends_are_fine(void **state)
{
    struct file file;
    struct csv_row row;
    (void)state;
    assert_null(open_text(&file, "\xEF\xBB\xBF"
                                 "ean,name_zh,price\r\n" GOOD_EAN ",水,1.5\r\n\r\n69019388,糖,1\r\n"));
    assert_true(catalogue_csv_next(&file.reader, &row));
    assert_int_equal(row.line, 2);
    assert_string_equal(row.fields[CSV_PRICE], "1.5");
    assert_true(catalogue_csv_next(&file.reader, &row));
    assert_int_equal(row.line, 4);
    assert_false(catalogue_csv_next(&file.reader, &row));
}

static void quotes_may_hold_commas_quotes_and_line_ends(void **state)
{
    struct file file;
    struct csv_row row;
    (void)state;
    assert_null(open_text(&file, "ean,name_zh,name_en,price\n" GOOD_EAN
                                 ",\"水, 大瓶\",\"the \"\"big\"\"\none\",2.00\n" GOOD_EAN ",糖,x,1\n"));
    assert_true(catalogue_csv_next(&file.reader, &row));
    assert_null(row.fault);
    assert_string_equal(row.fields[CSV_NAME_ZH], "水, 大瓶");
    assert_string_equal(row.fields[CSV_NAME_EN], "the \"big\"\none");
    assert_true(catalogue_csv_next(&file.reader, &row));
    assert_int_equal(row.line, 4);
}

static void a_file_that_is_no_catalogue_is_refused_as_a_whole(void **state)
{
    static const char *const cases[] = {
        "", "\n", "name,price\n", "ean,name_zh\n", "ean,name_zh,price,ean\n", "\"ean,name_zh,price\n"};
    struct file file;
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        assert_non_null(open_text(&file, cases[i]));
    }
    memcpy(file.text, "ean,name_zh,price\n\0x", 20);
    assert_non_null(catalogue_csv_open(file.text, 20, &file.reader));
}

static void a_bad_row_is_named_by_its_line_and_the_next_one_is_read(void **state)
{
    static const struct {
        const char *row, *word;
    } cases[] = {
        {"6921168509257,水,1.00,,1,", "ean"},
        {",水,1.00,,1,", "ean"},
        {"69211685092560000,水,1.00,,1,", "ean"},
        {GOOD_EAN ",,1.00,,1,", "name_zh"},
        {GOOD_EAN ",水,,,1,", "price"},
        {GOOD_EAN ",水,-1.00,,1,", "price"},
        {GOOD_EAN ",水,1.005,,1,", "price"},
        {GOOD_EAN ",水,1e3,,1,", "price"},
        {GOOD_EAN ",水,1.00,2.00,1,", "member_price"},
        {GOOD_EAN ",\xC4\xE3,1.00,,1,", "UTF-8"},
        {GOOD_EAN ",\xC0\xAF,1.00,,1,", "UTF-8"},
        {GOOD_EAN ",\xED\xA0\x80,1.00,,1,", "UTF-8"},
        {GOOD_EAN ",水\a,1.00,,1,", "control"},
        {GOOD_EAN ",水,1.00,,1,123456789012345678901234", "sku"},
        {GOOD_EAN ",水,1.00,,1234567890123,", "unit"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct file file;
        struct csv_row row;
        struct feed_product product;
        char text[FILE_CAP];
        snprintf(text, sizeof(text), "ean,name_zh,price,member_price,unit,sku\n%s\n" GOOD_EAN ",好,1,,,\n",
                 cases[i].row);
        assert_null(open_text(&file, text));
        assert_true(catalogue_csv_next(&file.reader, &row));
        assert_int_equal(row.line, 2);
        const char *fault = row.fault ? row.fault : catalogue_csv_product(row.fields, &product);
        assert_non_null(fault);
        assert_non_null(strstr(fault, cases[i].word));
        assert_true(catalogue_csv_next(&file.reader, &row));
        assert_null(catalogue_csv_product(row.fields, &product));
    }
}

static void too_few_and_too_many_fields_are_faults(void **state)
{
    struct file file;
    struct csv_row row;
    (void)state;
    assert_null(open_text(&file, "ean,name_zh,price\na,b\na,b,c,d\n\"a,b,c\n"));
    assert_true(catalogue_csv_next(&file.reader, &row));
    assert_string_equal(row.fault, "fewer fields than columns");
    assert_true(catalogue_csv_next(&file.reader, &row));
    assert_string_equal(row.fault, "more fields than columns");
    assert_true(catalogue_csv_next(&file.reader, &row));
    assert_string_equal(row.fault, "a quote is opened and never closed");
    assert_false(catalogue_csv_next(&file.reader, &row));
}

static void the_demo_catalogue_has_no_fault(void **state)
{
    static char text[64 * 1024];
    struct csv_reader reader;
    struct csv_row row;
    struct feed_product product;
    int rows = 0;
    (void)state;
    FILE *file = fopen("assets/demo/products.csv", "r");
    assert_non_null(file);
    size_t len = fread(text, 1, sizeof(text) - 1, file);
    fclose(file);
    text[len] = '\0';
    assert_null(catalogue_csv_open(text, len, &reader));
    while (catalogue_csv_next(&reader, &row)) {
        assert_null(row.fault);
        assert_null(catalogue_csv_product(row.fields, &product));
        rows++;
    }
    assert_in_range(rows, 60, 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(columns_may_stand_in_any_order_and_others_are_passed_over),
        cmocka_unit_test(a_byte_order_mark_and_windows_line_ends_are_fine),
        cmocka_unit_test(quotes_may_hold_commas_quotes_and_line_ends),
        cmocka_unit_test(a_file_that_is_no_catalogue_is_refused_as_a_whole),
        cmocka_unit_test(a_bad_row_is_named_by_its_line_and_the_next_one_is_read),
        cmocka_unit_test(too_few_and_too_many_fields_are_faults),
        cmocka_unit_test(the_demo_catalogue_has_no_fault),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
