#include "wechat_fixture.h"

#include "central/admin/enrol_sheet.h"
#include "domain/enrolment.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct people_fixture f;

static int open_shop(void **state)
{
    (void)state;
    people_open(&f, false);
    json_decref(admin_do(&f, "store add", "{\"zh\":\"松江路店\",\"en\":\"Songjiang\"}"));
    return 0;
}

static int close_shop(void **state)
{
    (void)state;
    people_close(&f);
    return 0;
}

static const json_t *rows_of(const json_t *answer)
{
    return json_object_get(json_object_get(answer, "result"), "rows");
}

static void every_device_of_a_sheet_gets_a_ticket_of_its_own(void **state)
{
    (void)state;
    struct enrol_ticket ticket, before = {0};
    json_t *answer = admin_do(&f, "enrol tickets", "{\"store\":1,\"count\":11,\"role\":\"shelf\",\"hours\":2}");
    const json_t *rows = rows_of(answer);
    assert_int_equal(json_array_size(rows), 11);
    for (size_t i = 0; i < 11; i++) {
        const char *text = json_string_value(json_object_get(json_array_get(rows, i), "ticket"));
        assert_int_equal(enrol_ticket_decode(text, &ticket), 0);
        assert_int_equal(ticket.store, 1);
        assert_int_equal(ticket.role, ROLE_SHELF);
        assert_memory_not_equal(ticket.secret, before.secret, sizeof(ticket.secret));
        before = ticket;
    }
    assert_int_equal(json_integer_value(json_object_get(json_object_get(answer, "result"), "valid_to_ms")),
                     clock_wall_ms(&f.clock.base) + 2 * 3600 * 1000);
    json_decref(answer);
}

static void a_sheet_is_a_document_of_as_many_pages_as_it_needs(void **state)
{
    (void)state;
    struct buffer pdf, svg;
    json_t *answer = admin_do(&f, "enrol tickets", "{\"store\":1,\"count\":9,\"role\":\"both\"}");
    const json_t *sheet = json_object_get(answer, "result");
    buffer_init(&pdf, ENROL_SHEET_MAX);
    buffer_init(&svg, ENROL_SHEET_MAX);
    assert_int_equal(enrol_sheet_draw(sheet, false, &pdf), 0);
    assert_memory_equal(pdf.data, "%PDF-", 5);
    assert_non_null(memmem(pdf.data, pdf.len, "/Count 2", 8));
    assert_int_equal(enrol_sheet_draw(sheet, true, &svg), -E2BIG);
    json_array_remove(json_object_get(sheet, "rows"), 0);
    assert_int_equal(enrol_sheet_draw(sheet, true, &svg), 0);
    assert_non_null(memmem(svg.data, svg.len, "<svg", 4));
    buffer_finish(&svg);
    buffer_finish(&pdf);
    json_decref(answer);
}

static void a_sheet_is_for_a_store_that_exists_and_a_sane_number(void **state)
{
    static const char *const wrong[] = {
        "{\"store\":7,\"count\":2,\"role\":\"both\"}", "{\"store\":1,\"count\":0,\"role\":\"both\"}",
        "{\"store\":1,\"count\":201,\"role\":\"both\"}", "{\"store\":1,\"count\":2,\"role\":\"cook\"}",
        "{\"store\":1,\"count\":2,\"role\":\"both\",\"hours\":25}"};
    struct buffer file;
    json_t *sheet = json_pack("{s:[]}", "rows");
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
        assert_non_null(admin_refused(&f, "enrol tickets", wrong[i]));
    }
    buffer_init(&file, ENROL_SHEET_MAX);
    assert_int_equal(enrol_sheet_draw(sheet, false, &file), -EINVAL);
    buffer_finish(&file);
    json_decref(sheet);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_device_of_a_sheet_gets_a_ticket_of_its_own, open_shop, close_shop),
        cmocka_unit_test_setup_teardown(a_sheet_is_a_document_of_as_many_pages_as_it_needs, open_shop, close_shop),
        cmocka_unit_test_setup_teardown(a_sheet_is_for_a_store_that_exists_and_a_sane_number, open_shop, close_shop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
