#include "central/doctor/doctor.h"
#include "central/store/journal.h"
#include "fixture.h"
#include "platform/buffer.h"
#include "platform/file.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

/* The doctor names whose record is damaged, whatever byte of it changed, and tells what an operator should see to. */

#define TERMINALS    2
#define RECORDS      8 /* of each */
#define FILE_CAP     ((size_t)4 << 20)
#define ROW_MAX      500
#define RECEIVED_LEN 6 /* a date of these years in a row */
#define MB           INT64_C(1048576)

struct ward {
    struct fixture f;
    struct fake_terminal terminals[TERMINALS];
    struct buffer file; /* of the sound books */
    char books[96], copy[96];
};

static struct batch batch;
static struct answer answer;

static void work(struct fake_terminal *t, uint32_t clerk)
{
    batch_start(&batch);
    for (uint32_t i = 0; i < RECORDS / 2; i++) {
        struct body body = {.kind = RECORD_SIGN_IN, .sign_in = {.clerk = clerk + i, .method = SIGN_IN_PIN}};
        sim_clock_advance(&t->fixture->clock, 1000);
        batch_record(&batch, t, &body);
    }
    batch_upload(&batch, t, &answer);
    assert_int_equal(answer.status, 200);
}

static int admit(void **state)
{
    static struct ward w;
    memset(&w, 0, sizeof(w));
    fixture_open(&w.f);
    for (uint8_t i = 0; i < TERMINALS; i++) {
        terminal_make(&w.terminals[i], &w.f, (uint8_t)(i + 1));
        terminal_enrol(&w.terminals[i], &w.f, w.f.shops[i]);
    }
    for (uint32_t round = 1; round <= 2; round++) { /* their records lie between each other's */
        for (uint32_t i = 0; i < TERMINALS; i++)
            work(&w.terminals[i], 1000 * round + 100 * i);
    }
    fixture_stop(&w.f);
    snprintf(w.books, sizeof(w.books), "%s/central.db", w.f.dir);
    snprintf(w.copy, sizeof(w.copy), "%s/copy.db", w.f.dir);
    buffer_init(&w.file, FILE_CAP);
    assert_int_equal(file_read(w.books, &w.file), 0);
    assert_int_equal(file_write_atomic(w.copy, w.file.data, w.file.len, 0600), 0);
    *state = &w;
    return 0;
}

static int discharge(void **state)
{
    struct ward *w = *state;
    buffer_finish(&w->file);
    fixture_remove(&w->f);
    return 0;
}

/* ---- one byte after the other */

struct seen {
    struct journal_damage wanted;
    unsigned named, others;
};

static void note_damage(void *context, const struct journal_damage *damage)
{
    struct seen *seen = context;
    if (record_id_equal(damage->at, seen->wanted.at))
        seen->named++;
    else
        seen->others++;
}

static int look(const char *path, struct seen *seen, struct journal_report *out_report)
{
    struct journal_watch watch = {note_damage, seen};
    struct store_view *view = NULL;
    int rc = store_view_open(path, &view);
    if (rc == 0)
        rc = journal_check(store_view_tx(view), &watch, out_report);
    store_view_close(view);
    return rc;
}

static void put_byte(const char *path, size_t at, uint8_t byte)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(pwrite(fd, &byte, 1, (off_t)at), 1);
    close(fd);
}

/* Whether just that one is named. *out_rc: 0 when nothing was found. */
static bool flip_names(struct ward *w, size_t at, unsigned bit, struct record_id id, int *out_rc)
{
    struct seen seen = {.wanted.at = id};
    struct journal_report report = {0};
    put_byte(w->copy, at, (uint8_t)(w->file.data[at] ^ 1u << bit));
    *out_rc = look(w->copy, &seen, &report);
    put_byte(w->copy, at, w->file.data[at]);
    return *out_rc == -EUCLEAN && seen.named > 0 && seen.others == 0;
}

struct place {
    size_t begin, body, end;
};

/* Where something stands that is there once. */
static size_t find_bytes(const struct ward *w, struct slice bytes)
{
    const uint8_t *at = memmem(w->file.data, w->file.len, bytes.data, bytes.len);
    assert_non_null(at);
    size_t after = (size_t)(at - w->file.data) + 1;
    assert_null(memmem(w->file.data + after, w->file.len - after, bytes.data, bytes.len));
    return after - 1;
}

static size_t row_end(const struct ward *w, struct db *db, int64_t position, size_t *out_body)
{
    struct db_stmt *stmt;
    assert_int_equal(db_stmt_open(db, "SELECT body || hash FROM journal WHERE position = ?", &stmt), 0);
    db_bind_int64(stmt, 1, position);
    assert_int_equal(db_stmt_step(stmt), DB_ROW);
    struct slice tail = db_column_blob(stmt, 0);
    *out_body = find_bytes(w, tail);
    size_t end = *out_body + tail.len;
    db_stmt_close(stmt);
    return end;
}

/* Rows lie one below the other: a row begins where the one after it ends. */
static struct place find_row(const struct ward *w, struct db *db, int64_t position)
{
    struct place place;
    size_t ignored;
    place.end = row_end(w, db, position, &place.body);
    place.begin = row_end(w, db, position + 1, &ignored);
    assert_true(place.begin < place.body && place.end - place.begin < ROW_MAX);
    return place;
}

static int64_t position_of(struct db *db, struct record_id id)
{
    struct db_stmt *stmt;
    assert_int_equal(
        db_stmt_open(db, "SELECT position FROM journal WHERE terminal = ? AND incarnation = ? AND seq = ?", &stmt), 0);
    db_bind_int64(stmt, 1, id.terminal);
    db_bind_int64(stmt, 2, id.incarnation);
    db_bind_int64(stmt, 3, (int64_t)id.seq);
    assert_int_equal(db_stmt_step(stmt), DB_ROW);
    int64_t position = db_column_int64(stmt, 0);
    db_stmt_close(stmt);
    return position;
}

static struct db *open_books(const char *path, enum db_mode mode)
{
    struct db_options options = {.mode = mode};
    struct db *db;
    assert_int_equal(db_open(path, &options, &db), 0);
    return db;
}

/* What holds nothing of the record: its row's length, the empty place of the position within it, and when it came. */
static bool is_beside_it(const struct place *place, size_t at)
{
    size_t length_len = 1, id_len = 1, header_len = 1;
    size_t empty = place->begin + length_len + id_len + header_len;
    return at < place->begin + length_len || at == empty || (at >= place->body - RECEIVED_LEN && at < place->body);
}

static void every_flipped_bit_of_a_record_names_it(void **state)
{
    struct ward *w = *state;
    struct db *db = open_books(w->books, DB_READER);
    unsigned flips = 0, beside = 0;
    for (int i = 0; i < TERMINALS; i++) {
        struct record_id id = {w->terminals[i].id, w->terminals[i].incarnation, i == 0 ? 1 : 6};
        struct place place = find_row(w, db, position_of(db, id));
        for (size_t at = place.begin; at < place.end; at++) {
            for (unsigned bit = 0; bit < 8; bit++, flips++) {
                int rc;
                if (flip_names(w, at, bit, id, &rc))
                    continue;
                beside++;
                if (!is_beside_it(&place, at))
                    fail_msg("terminal %u, byte %d of %d (body at %d), bit %u: %d", id.terminal,
                             (int)(at - place.begin), (int)(place.end - place.begin), (int)(place.body - place.begin),
                             bit, rc);
            }
        }
    }
    db_close(db);
    print_message("%u flips, %u of them beside the records\n", flips, beside);
    assert_true(flips > 1000 && beside <= TERMINALS * 8 * (2 + RECEIVED_LEN));
}

static void every_flipped_bit_of_a_signed_head_names_its_end(void **state)
{
    struct ward *w = *state;
    struct db *db = open_books(w->books, DB_READER);
    struct db_stmt *stmt;
    struct record_id id = {w->terminals[1].id, w->terminals[1].incarnation, RECORDS};
    assert_int_equal(
        db_stmt_open(db, "SELECT last_hash || signed_head || signature FROM journal_head WHERE terminal = ?", &stmt),
        0);
    db_bind_int64(stmt, 1, id.terminal);
    assert_int_equal(db_stmt_step(stmt), DB_ROW);
    struct slice tail = db_column_blob(stmt, 0);
    assert_true(tail.len > HASH_LEN + SIGNATURE_LEN + 2 * HASH_LEN);
    size_t begin = find_bytes(w, tail);
    for (size_t at = begin; at < begin + tail.len; at++) {
        for (unsigned bit = 0; bit < 8; bit++) {
            int rc;
            if (!flip_names(w, at, bit, id, &rc))
                fail_msg("byte %d, bit %u: %d", (int)(at - begin), bit, rc);
        }
    }
    db_stmt_close(stmt);
    db_close(db);
}

/* ---- what no flip does */

struct forged {
    const char *sql;
    enum journal_fault fault;
    uint64_t seq;
};

static void note_fault(void *context, const struct journal_damage *damage)
{
    struct journal_damage *first = context;
    if (first->at.seq == 0)
        *first = *damage;
}

static void what_was_changed_is_named_for_what_it_is(void **state)
{
    struct ward *w = *state;
    static const struct forged cases[] = {
        {"DELETE FROM journal WHERE terminal = 2 AND seq = 3", JOURNAL_BAD_RECORD, 3},
        {"DELETE FROM journal WHERE terminal = 2 AND seq = 8", JOURNAL_BAD_RECORD, 8},
        {"DELETE FROM journal WHERE terminal = 2 AND seq > 5", JOURNAL_BAD_RECORD, 6},
        {"UPDATE journal SET kind = kind + 65536 WHERE terminal = 2 AND seq = 4", JOURNAL_BAD_RECORD, 4},
        {"UPDATE journal SET version = 257 WHERE terminal = 2 AND seq = 4", JOURNAL_BAD_RECORD, 4},
        {"UPDATE journal SET incarnation = incarnation + 4294967296 WHERE terminal = 2 AND seq = 4", JOURNAL_BAD_RECORD,
         4294967296},
        {"UPDATE journal SET hlc = CAST(hlc AS TEXT) || 'x' WHERE terminal = 2 AND seq = 4", JOURNAL_BAD_RECORD, 4},
        {"UPDATE journal SET position = 1000 WHERE terminal = 2 AND seq = 8", JOURNAL_BAD_HEAD, 0},
        {"UPDATE journal SET store = 1 WHERE terminal = 2 AND seq = 4", JOURNAL_BAD_STORE, 4},
        {"UPDATE journal SET store = 77 WHERE terminal = 2 AND seq = 1", JOURNAL_BAD_STORE, 1},
        {"UPDATE journal SET store = store + 1 WHERE terminal = 0 AND seq = 3", JOURNAL_BAD_STORE, 3},
        {"UPDATE journal_head SET durable = 7 WHERE terminal = 2", JOURNAL_BAD_HEAD, 8},
        {"UPDATE journal_head SET archived = 9 WHERE terminal = 2", JOURNAL_BAD_HEAD, 8},
        {"DELETE FROM journal_head WHERE terminal = 2", JOURNAL_BAD_HEAD, 8},
        {"UPDATE journal_head SET signature = (SELECT signature FROM journal_head WHERE terminal = 1)"
         " WHERE terminal = 2",
         JOURNAL_BAD_SIGNATURE, 8},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct journal_damage first = {0};
        struct journal_watch watch = {note_fault, &first};
        struct journal_report report;
        struct store_view *view;
        assert_int_equal(file_write_atomic(w->copy, w->file.data, w->file.len, 0600), 0);
        struct db *db = open_books(w->copy, DB_WRITER);
        assert_int_equal(db_exec(db, cases[i].sql), 0);
        assert_int_equal(db_checkpoint(db), 0);
        db_close(db);
        assert_int_equal(store_view_open(w->copy, &view), 0);
        int rc = journal_check(store_view_tx(view), &watch, &report);
        store_view_close(view);
        if (cases[i].seq == 0) /* a gap in the positions alone is none in a journal */
            assert_int_equal(rc, 0);
        else if (rc != -EUCLEAN || (first.at.seq != cases[i].seq && cases[i].seq <= RECORDS) ||
                 first.fault != cases[i].fault)
            fail_msg("%s: %d, fault %d of record %u", cases[i].sql, rc, (int)first.fault, (unsigned)first.at.seq);
    }
}

/* ---- what the operator reads */

static char *said;
static size_t said_len;

static int examine(struct ward *w, struct central_doctor_options options)
{
    struct central_config config;
    central_config_defaults(&config);
    strcpy(config.data, w->f.dir);
    free(said);
    said = NULL;
    options.config = &config;
    options.out = open_memstream(&said, &said_len);
    assert_non_null(options.out);
    if (options.now_ms == 0)
        options.now_ms = clock_wall_ms(&w->f.clock.base);
    int rc = central_doctor_check(&options);
    fclose(options.out);
    return rc;
}

static void assert_said(const char *words)
{
    if (!strstr(said, words))
        fail_msg("\"%s\" is missing in:\n%s", words, said);
}

static void sound_books_are_vouched_for(void **state)
{
    struct ward *w = *state;
    assert_int_equal(examine(w, (struct central_doctor_options){.free_bytes = 10000 * MB}), 0);
    assert_said("database: sound\n");
    assert_said("every chain unbroken, 2 ends signed by their terminals\n");
    assert_said("made anew: equals the books, from ");
    assert_said("space: 10000 MB free\n");
    assert_said("after everything in the books\n");
    assert_null(strstr(said, "went back"));
}

static void change_books(struct ward *w, const char *sql)
{
    struct db *db = open_books(w->books, DB_WRITER);
    assert_int_equal(db_exec(db, sql), 0);
    assert_int_equal(db_checkpoint(db), 0);
    db_close(db);
}

static void a_row_that_no_record_makes_is_named(void **state)
{
    struct ward *w = *state;
    char scratch[112];
    change_books(w, "INSERT INTO voided VALUES (1, 1, 2, 1, 1, 3)");
    assert_int_equal(examine(w, (struct central_doctor_options){.free_bytes = 10000 * MB}), -EUCLEAN);
    assert_said("ledger: equals the journals and balances\n");
    assert_said("made anew: DIFFERS from the books in voided at 1.1.2\n");
    change_books(w, "DELETE FROM voided");
    snprintf(scratch, sizeof(scratch), "%s.anew", w->books);
    assert_int_equal(access(scratch, F_OK), -1);
}

static void books_that_cannot_be_made_anew_here_are_not_damaged(void **state)
{
    struct ward *w = *state;
    char scratch[112];
    snprintf(scratch, sizeof(scratch), "%s.anew", w->books);
    assert_int_equal(mkdir(scratch, 0700), 0);
    assert_int_equal(examine(w, (struct central_doctor_options){.free_bytes = 10000 * MB}), 0);
    assert_said("made anew: not compared (");
    assert_int_equal(rmdir(scratch), 0);
}

static void what_the_files_own_check_sees_does_not_hide_whose_record_it_is(void **state)
{
    struct ward *w = *state;
    struct db *db = open_books(w->books, DB_READER);
    struct record_id id = {w->terminals[0].id, w->terminals[0].incarnation, 2};
    struct place place = find_row(w, db, position_of(db, id));
    db_close(db);
    put_byte(w->books, place.begin + 5, (uint8_t)(w->file.data[place.begin + 5] ^ 4)); /* what type a column is of */
    assert_int_equal(examine(w, (struct central_doctor_options){.free_bytes = 10000 * MB}), -EUCLEAN);
    assert_said("database: DAMAGED");
    assert_said("journals: DAMAGED at terminal 1, incarnation 1, record 2: it is missing or not as it was written\n");
    assert_said("redemptions: 0 = 0");
    put_byte(w->books, place.begin + 5, w->file.data[place.begin + 5]);
}

static void a_disk_without_room_for_a_backup_is_named(void **state)
{
    struct ward *w = *state;
    struct central_doctor_options options = {.free_bytes = 1256 * MB, .books_bytes = 1000 * MB};
    assert_int_equal(examine(w, options), 0);
    assert_said("space: 1256 MB free\n");
    options.free_bytes = 1255 * MB;
    assert_int_equal(examine(w, options), 0);
    assert_said("space: LOW, 1255 MB free: one more backup of the books and 256 MB beside it need 1256 MB\n");
}

static void a_clock_behind_its_own_books_is_named(void **state)
{
    struct ward *w = *state;
    int64_t now_ms = clock_wall_ms(&w->f.clock.base);
    assert_int_equal(examine(w, (struct central_doctor_options){.now_ms = now_ms - 3600 * 1000}), 0);
    assert_said("clock: BEHIND, it is ");
    assert_said("record 5 of terminal 2, incarnation 1, came at ");
    struct db *db = open_books(w->books, DB_WRITER);
    assert_int_equal(
        db_exec(db, "UPDATE journal SET received_ms = received_ms + 3600000 WHERE terminal = 2 AND seq = 4"), 0);
    db_close(db);
    assert_int_equal(examine(w, (struct central_doctor_options){.now_ms = now_ms + 7200 * 1000}), 0);
    assert_said("after everything in the books\n");
    assert_said("clock: it went back by 35");
}

static void what_no_backup_holds_is_counted_and_an_old_one_named(void **state)
{
    struct ward *w = *state;
    char path[STORE_PATH_MAX];
    assert_int_equal(examine(w, (struct central_doctor_options){.free_bytes = -1}), 0);
    assert_said("space: not known\n");
    assert_said("backup: NONE in DATA/backup; ");
    fixture_start(&w->f, true);
    assert_int_equal(central_backup(w->f.central, path, sizeof(path)), 0);
    work(&w->terminals[0], 7000);
    fixture_stop(&w->f);
    int64_t now_ms = clock_wall_ms(&w->f.clock.base);
    assert_int_equal(examine(w, (struct central_doctor_options){.now_ms = now_ms + 3600 * 1000}), 0);
    assert_said("backup: the newest verified one is of ");
    assert_said("(1 h ago); 4 records are not in all that are kept\n");
    assert_int_equal(examine(w, (struct central_doctor_options){.now_ms = now_ms + 49 * 3600 * 1000}), 0);
    assert_said("backup: OLD, ");
}

int main(void)
{
#define IN_WARD(test) cmocka_unit_test_setup_teardown(test, admit, discharge)
    const struct CMUnitTest tests[] = {
        IN_WARD(every_flipped_bit_of_a_record_names_it),
        IN_WARD(every_flipped_bit_of_a_signed_head_names_its_end),
        IN_WARD(what_was_changed_is_named_for_what_it_is),
        IN_WARD(sound_books_are_vouched_for),
        IN_WARD(a_row_that_no_record_makes_is_named),
        IN_WARD(books_that_cannot_be_made_anew_here_are_not_damaged),
        IN_WARD(what_the_files_own_check_sees_does_not_hide_whose_record_it_is),
        IN_WARD(a_disk_without_room_for_a_backup_is_named),
        IN_WARD(a_clock_behind_its_own_books_is_named),
        IN_WARD(what_no_backup_holds_is_counted_and_an_old_one_named),
    };
    if (crypto_start() < 0)
        return 1;
    int failed = cmocka_run_group_tests_name("central_doctor", tests, NULL, NULL);
    free(said);
    return failed;
}
