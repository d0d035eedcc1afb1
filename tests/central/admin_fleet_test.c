#include "wechat_fixture.h"

#include "central/admin/enrol_sheet.h"
#include "central/admin/sheet.h"
#include "central/store/fleet.h"
#include "central/store/terminal_clock.h"
#include "domain/enrolment.h"
#include "platform/keys.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

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
    buffer_init(&pdf, SHEET_MAX);
    buffer_init(&svg, SHEET_MAX);
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
    buffer_init(&file, SHEET_MAX);
    assert_int_equal(enrol_sheet_draw(sheet, false, &file), -EINVAL);
    buffer_finish(&file);
    json_decref(sheet);
}

/* A terminal of store 1, made from a ticket as a device does. */
static struct key_pair device_key;

static int ask_job(void *arg, struct store_tx *tx)
{
    struct terminal terminal;
    return identity_enrol(tx, arg, &terminal);
}

static void ask_to_enrol(void)
{
    struct enrol_request request = {.hardware = "TS-0001"};
    struct enrol_ticket ticket;
    uint8_t seed[32] = {7};
    json_t *answer = admin_do(&f, "enrol-ticket", "{\"store\":1,\"role\":\"both\"}");
    const char *text = json_string_value(json_object_get(json_object_get(answer, "result"), "ticket"));
    assert_int_equal(enrol_ticket_decode(text, &ticket), 0);
    json_decref(answer);
    key_pair_from_seed(&device_key, seed);
    memcpy(request.public_key, device_key.public_key, sizeof(request.public_key));
    enrol_request_seal(&request, ticket.secret, device_key.secret_key);
    assert_int_equal(writer_call(f.central->writer, ask_job, &request), 0);
}

static int confirm_job(void *arg, struct store_tx *tx)
{
    return identity_confirm(tx, *(uint32_t *)arg, true, "test");
}

static void enrol_device(void)
{
    uint32_t first = 1;
    ask_to_enrol();
    assert_int_equal(writer_call(f.central->writer, confirm_job, &first), 0);
}

static void assert_says(const json_t *object, const char *name, const char *words)
{
    assert_string_equal(json_string_value(json_object_get(object, name)), words);
}

static void the_operator_says_yes_to_a_place_not_to_digits_alone(void **state)
{
    (void)state;
    char args[64], digits[7];
    json_decref(admin_do(&f, "settings set", "{\"store\":1,\"address\":\"松江路128号\"}"));
    ask_to_enrol();
    crypto_confirm_code(device_key.public_key, digits);
    json_t *answer = admin_do(&f, "enrolments", "");
    const json_t *row = json_array_get(rows_of(answer), 0);
    assert_says(row, "code", digits);
    assert_says(row, "store_zh", "松江路店");
    assert_says(row, "address", "松江路128号");
    assert_says(row, "in_place_of", "-");
    json_decref(answer);

    snprintf(args, sizeof(args), "{\"code\":\"%s\",\"store\":2}", digits);
    assert_non_null(strstr(admin_refused(&f, "confirm", args), "store 1 (松江路店)"));
    snprintf(args, sizeof(args), "{\"code\":\"%s\",\"store\":1}", digits);
    answer = admin_do(&f, "confirm", args);
    assert_says(json_object_get(answer, "result"), "store_zh", "松江路店");
    assert_says(json_object_get(answer, "result"), "address", "松江路128号");
    assert_says(json_object_get(answer, "result"), "state", "confirmed");
    assert_non_null(json_object_get(json_object_get(answer, "result"), "backup"));
    json_decref(answer);
}

static void a_backup_is_made_when_it_is_asked_for(void **state)
{
    (void)state;
    struct stat file;
    json_t *answer = admin_do(&f, "backup", "");
    const json_t *result = json_object_get(answer, "result");
    assert_int_equal(stat(json_string_value(json_object_get(result, "file")), &file), 0);
    assert_int_equal(json_integer_value(json_object_get(result, "bytes")), file.st_size);
    json_decref(answer);
}

struct note {
    const struct body *body;
    uint64_t hlc;
};

static int note_job(void *arg, struct store_tx *tx)
{
    const struct note *note = arg;
    uint8_t bytes[RECORD_BODY_MAX];
    struct record record = {.id = {1, 1, note->hlc}, .hlc = note->hlc, .kind = note->body->kind};
    int rc = body_encode(note->body, bytes, sizeof(bytes), &record.body.len);
    record.body.data = bytes;
    return rc < 0 ? rc : central_fleet.applied(tx, &record, 1);
}

static void note(const struct body *body, uint64_t hlc)
{
    assert_int_equal(writer_call(f.central->writer, note_job, &(struct note){body, hlc}), 0);
}

static const struct body printer_down = {
    .kind = RECORD_DEVICE_STATUS,
    .device_status = {STATUS_CHANGE, "0.2.0", "rk3399", "B", 1u << 5, 12, 61240, 1800, 7600, 90000, 4}};

static struct body test_of(uint32_t outcome)
{
    struct body body = {.kind = RECORD_SELF_TEST, .self_test = {.started_ms = PEOPLE_START_MS, .count = 1}};
    body.self_test.results[0] = SELF_TEST_RESULT(SELF_TEST_PRINTER, outcome);
    return body;
}

static void assert_first(const char *command, const char *field, const char *wanted)
{
    json_t *answer = admin_do(&f, command, "");
    assert_string_equal(json_string_value(json_object_get(json_array_get(rows_of(answer), 0), field)), wanted);
    json_decref(answer);
}

static void the_fleet_shows_what_each_device_told_last(void **state)
{
    (void)state;
    struct body older = printer_down;
    enrol_device();
    assert_first("fleet list", "health", "unknown");
    note(&printer_down, 200);
    older.device_status.down = 0;
    note(&older, 100); /* came later, was said earlier */
    assert_first("fleet list", "health", "printer");
    assert_first("fleet list", "slot", "B");
    assert_first("fleet list", "temperature", "61.2");
    assert_first("fleet list", "disk", "1800/7600 MB");
    assert_first("fleet list", "stale", "");
    sim_clock_advance(&f.clock, FLEET_STALE_MS + 1);
    assert_first("fleet list", "stale", "STALE");
    assert_int_equal(row_count(admin_do(&f, "fleet list", "{\"stale\":true}")), 1);
    assert_int_equal(row_count(admin_do(&f, "fleet list", "{\"store\":2}")), 0);
    assert_non_null(admin_refused(&f, "fleet show", "{\"terminal\":99}"));
}

static int note_clock(void *arg, struct store_tx *tx)
{
    (void)arg;
    return terminal_clock_note_lead(tx, 1, 3 * TERMINAL_CLOCK_LIMIT_MS);
}

static void the_list_says_whose_clock_is_wrong(void **state)
{
    (void)state;
    enrol_device();
    assert_first("terminal list", "clock", "-");
    assert_int_equal(writer_call(f.central->writer, note_clock, NULL), 0);
    json_t *answer = admin_do(&f, "terminal list", "");
    const char *words = json_string_value(json_object_get(json_array_get(rows_of(answer), 0), "clock"));
    assert_non_null(strstr(words, "its records were 15 min ahead ("));
    json_decref(answer);
}

static void the_newest_self_tests_are_kept(void **state)
{
    (void)state;
    struct body well = test_of(SELF_TEST_PASSED), failed = test_of(SELF_TEST_FAILED);
    enrol_device();
    for (uint64_t i = 1; i <= FLEET_TESTS_MAX + 5; i++)
        note(&well, i);
    note(&failed, FLEET_TESTS_MAX + 6);
    assert_first("fleet list", "self_test", "failed");
    json_t *answer = admin_do(&f, "fleet show", "{\"terminal\":1}");
    const json_t *first = json_array_get(rows_of(answer), 0);
    assert_string_equal(json_string_value(json_object_get(first, "but")), "printer failed");
    assert_int_equal(json_array_size(rows_of(answer)), FLEET_TESTS_MAX);
    json_decref(answer);
}

static void a_report_is_read_and_its_signature_told(void **state)
{
    (void)state;
    struct device_report report = {.terminal = 1, .incarnation = 1};
    char text[DEVICE_REPORT_TEXT_MAX], args[DEVICE_REPORT_TEXT_MAX + 16];
    struct key_pair other;
    uint8_t seed[32] = {9};
    struct {
        uint32_t terminal;
        const uint8_t *secret;
        const char *words;
    } cases[] = {{1, device_key.secret_key, "genuine"},
                 {1, other.secret_key, "FORGED"},
                 {44, device_key.secret_key, "not known"},
                 {0, NULL, "unsigned"}};
    enrol_device();
    key_pair_from_seed(&other, seed);
    report.test = test_of(SELF_TEST_FAILED).self_test;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        report.terminal = cases[i].terminal;
        assert_int_equal(device_report_encode(&report, cases[i].secret, text), 0);
        snprintf(args, sizeof(args), "{\"text\":\"%s\"}", text);
        json_t *answer = admin_do(&f, "device report", args);
        const json_t *result = json_object_get(answer, "result");
        assert_non_null(strstr(json_string_value(json_object_get(result, "signature")), cases[i].words));
        assert_string_equal(json_string_value(json_object_get(result, "result")), "failed");
        json_decref(answer);
    }
    assert_non_null(strstr(admin_refused(&f, "device report", "{\"text\":\"TSD1:ABC\"}"), "damaged"));
    assert_non_null(strstr(admin_refused(&f, "device report", "{\"text\":\"hello\"}"), "TSD1:"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_device_of_a_sheet_gets_a_ticket_of_its_own, open_shop, close_shop),
        cmocka_unit_test_setup_teardown(a_sheet_is_a_document_of_as_many_pages_as_it_needs, open_shop, close_shop),
        cmocka_unit_test_setup_teardown(a_sheet_is_for_a_store_that_exists_and_a_sane_number, open_shop, close_shop),
        cmocka_unit_test_setup_teardown(the_operator_says_yes_to_a_place_not_to_digits_alone, open_shop, close_shop),
        cmocka_unit_test_setup_teardown(a_backup_is_made_when_it_is_asked_for, open_shop, close_shop),
        cmocka_unit_test_setup_teardown(the_fleet_shows_what_each_device_told_last, open_shop, close_shop),
        cmocka_unit_test_setup_teardown(the_list_says_whose_clock_is_wrong, open_shop, close_shop),
        cmocka_unit_test_setup_teardown(the_newest_self_tests_are_kept, open_shop, close_shop),
        cmocka_unit_test_setup_teardown(a_report_is_read_and_its_signature_told, open_shop, close_shop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
