#include "central/admin/groups.h"
#include "central/admin/session.h"
#include "central/store/journal.h"
#include "domain/export.h"
#include "fixture.h"

#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* `journal import` of files with journals of several terminals, as a device saves them. */

static struct buffer file;
static struct batch batch;

static void begin_file(void)
{
    buffer_init(&file, 1 << 20);
    assert_int_equal(buffer_append(&file, EXPORT_MAGIC, EXPORT_MAGIC_LEN), 0);
}

static void append(const void *data, size_t len)
{
    uint8_t prefix[4];
    export_length_put((uint32_t)len, prefix);
    assert_int_equal(buffer_append(&file, prefix, sizeof(prefix)), 0);
    if (len > 0)
        assert_int_equal(buffer_append(&file, data, len), 0);
}

static void append_records(struct fake_terminal *t, unsigned count)
{
    batch_start(&batch);
    for (unsigned i = 0; i < count; i++) {
        struct body body = {.kind = RECORD_SIGN_IN, .sign_in = {.clerk = i + 1, .method = SIGN_IN_PIN}};
        batch_record(&batch, t, &body);
    }
    batch_seal(&batch, t);
    append(batch.bytes, batch.len);
}

static void end_file(const struct fake_terminal *t)
{
    uint8_t hash[HASH_LEN], signature[SIGNATURE_LEN];
    append(NULL, 0);
    crypto_sha256(file.data, file.len, hash);
    crypto_sign_message(t->pair.secret_key, hash, sizeof(hash), signature);
    assert_int_equal(buffer_append(&file, signature, sizeof(signature)), 0);
}

/* What the command printed goes to *out_said, the caller's. */
static int import(struct shop_world *w, struct admin_session *session, json_t **out_said)
{
    json_t *args = json_object();
    json_object_set_new(args, "file", json_stringn_nocheck((const char *)file.data, file.len));
    *session = (struct admin_session){.central = w->f.central, .json = true};
    FILE *printed = tmpfile();
    assert_non_null(printed);
    fflush(stdout);
    int before = dup(STDOUT_FILENO);
    assert_true(before >= 0 && dup2(fileno(printed), STDOUT_FILENO) >= 0);
    int code = client_journal_import(session, NULL, args);
    fflush(stdout);
    dup2(before, STDOUT_FILENO);
    close(before);
    rewind(printed);
    *out_said = json_loadf(printed, 0, NULL);
    fclose(printed);
    json_decref(args);
    assert_non_null(*out_said);
    return code;
}

static json_int_t number(const json_t *row, const char *name)
{
    return json_integer_value(json_object_get(row, name));
}

static int find_note(void *context, const struct journal_entry *entry, uint64_t position)
{
    static const char words[] = "journal imported";
    (void)position;
    if (memmem(entry->record.body.data, entry->record.body.len, words, strlen(words)))
        *(bool *)context = true;
    return 0;
}

static int run_find_note(void *arg, struct store_tx *tx)
{
    return journal_each_newest(tx, 50, find_note, arg);
}

static bool is_noted_as_imported(struct shop_world *w)
{
    bool noted = false;
    assert_int_equal(fixture_write(&w->f, run_find_note, &noted), 0);
    return noted;
}

/* As after a key was made anew: the device signs its older era, too, with the key that it has now. */
static void what_is_refused_of_one_terminal_keeps_no_other_out(void **state)
{
    struct shop_world *w = *state;
    struct fake_terminal now;
    struct admin_session session;
    json_t *said;
    terminal_make(&now, &w->f, 2);
    terminal_enrol(&now, &w->f, w->f.shops[0]);
    w->t.pair = now.pair;
    begin_file();
    append_records(&w->t, 2);
    append_records(&w->t, 3);
    append_records(&now, 4);
    end_file(&now);

    assert_int_equal(import(w, &session, &said), ADMIN_REFUSED);
    assert_non_null(strstr(session.error, "not all"));
    assert_int_equal(number(said, "terminal"), now.id);
    assert_int_equal(number(said, "stored"), 4);
    const json_t *refused = json_object_get(said, "refused"), *row = json_array_get(refused, 0);
    assert_int_equal(json_array_size(refused), 1);
    assert_int_equal(number(row, "terminal"), w->t.id);
    assert_int_equal(number(row, "batches"), 2);
    assert_int_equal(number(row, "records"), 5);
    assert_non_null(strstr(json_string_value(json_object_get(row, "why")), "not signed with the key"));
    assert_true(is_noted_as_imported(w)); /* of the one that signed the end all is here */
    json_decref(said);
    buffer_finish(&file);
}

static void a_journal_that_is_not_all_here_has_no_end(void **state)
{
    struct shop_world *w = *state;
    struct admin_session session;
    json_t *said;
    begin_file();
    append_records(&w->t, 2);
    w->t.seq += 5;
    append_records(&w->t, 3);
    end_file(&w->t);
    assert_int_equal(import(w, &session, &said), ADMIN_REFUSED);
    assert_int_equal(number(said, "stored"), 2);
    assert_int_equal(number(json_array_get(json_object_get(said, "refused"), 0), "records"), 3);
    assert_false(is_noted_as_imported(w));
    json_decref(said);
    buffer_finish(&file);
}

static void out_of_damaged_books_comes_what_is_sound_and_no_end(void **state)
{
    struct shop_world *w = *state;
    struct admin_session session;
    json_t *said;
    begin_file();
    append_records(&w->t, 2);
    assert_int_equal(import(w, &session, &said), ADMIN_REFUSED);
    assert_non_null(strstr(session.error, "no signed end"));
    assert_int_equal(number(said, "stored"), 2);
    assert_false(is_noted_as_imported(w));
    json_decref(said);
    buffer_finish(&file);
}

static void a_whole_file_is_taken_in_and_twice_is_harmless(void **state)
{
    struct shop_world *w = *state;
    struct admin_session session;
    json_t *said;
    begin_file();
    append_records(&w->t, 2);
    append_records(&w->t, 3);
    end_file(&w->t);
    for (int again = 0; again < 2; again++) {
        assert_int_equal(import(w, &session, &said), ADMIN_OK);
        assert_int_equal(number(said, again ? "known" : "stored"), 5);
        assert_int_equal(json_array_size(json_object_get(said, "refused")), 0);
        json_decref(said);
    }
    assert_true(is_noted_as_imported(w));
    buffer_finish(&file);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, shop_world_setup, shop_world_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(what_is_refused_of_one_terminal_keeps_no_other_out),
        CASE(a_journal_that_is_not_all_here_has_no_end),
        CASE(out_of_damaged_books_comes_what_is_sound_and_no_end),
        CASE(a_whole_file_is_taken_in_and_twice_is_harmless),
    };
    return crypto_start() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
