#include "day.h"
#include "doctor/export.h"
#include "domain/export.h"
#include "plain_memory.h"

#include <stdlib.h>
#include <string.h>

/* The doctor names what is wrong with a journal, whatever byte of it changed; the export loses and invents nothing. */

#define ID_LEN       7 /* bytes of a row's id: an era above bit 44 */
#define FILE_MAX_LEN ((size_t)1 << 20)

static struct day day;
static struct disk *disk;
static struct key_pair key;

static int open_day(void **state)
{
    uint8_t seed[32] = {7};
    (void)state;
    disk_open(&disk);
    day_open(&day, disk, 3);
    key_pair_from_seed(&key, seed);
    shop_start(&day.shop);
    shop_enrol(&day.shop);
    shop_trust_time(&day.shop);
    shop_give_basics(&day.shop);
    shop_sell(&day.shop, &(struct till_sale){.gross_minor = 5000, .member = SHOP_MEMBER});
    shop_scan(&day.shop, SHOP_CAMPAIGN, 1);
    shop_scan(&day.shop, SHOP_CAMPAIGN, 2);
    shop_sell(&day.shop, &(struct till_sale){.gross_minor = 700, .member = SHOP_MEMBER});
    shop_void(&day.shop, 2);
    shop_stop(&day.shop);
    return 0;
}

static int close_day(void **state)
{
    (void)state;
    day_close(&day);
    disk_close(disk);
    return 0;
}

static struct db *open_reader(void)
{
    const struct db_options options = {.mode = DB_READER, .vfs = disk_vfs_name(disk)};
    struct db *db;
    assert_int_equal(db_open(day.shop.path, &options, &db), 0);
    return db;
}

/* Where a record's row stands in the file. Rows lie one below the other: a row ends where the one before it begins. */
static int64_t row_end(struct db *db, const uint8_t *file, size_t len, uint64_t seq)
{
    struct db_stmt *stmt;
    int64_t end = 0;
    assert_int_equal(db_stmt_open(db, "SELECT body || prev_hash || hash FROM journal WHERE seq = ?", &stmt), 0);
    db_bind_int64(stmt, 1, (int64_t)seq);
    assert_int_equal(db_stmt_step(stmt), DB_ROW);
    struct slice tail = db_column_blob(stmt, 0);
    const uint8_t *at = memmem(file, len, tail.data, tail.len);
    assert_non_null(at);
    end = at - file + (int64_t)tail.len;
    db_stmt_close(stmt);
    return end;
}

static int look(struct chain_finding *out_finding)
{
    const struct db_options options = {.mode = DB_READER, .vfs = disk_vfs_name(disk)};
    char text[128];
    struct db *db;
    int r = db_open(day.shop.path, &options, &db);
    if (r < 0)
        return r;
    r = chain_read(db, NULL, NULL, out_finding);
    if (r == 0 && db_check(db, false, text, sizeof(text)) == -EUCLEAN)
        r = -EILSEQ; /* not in what the journal says, but in how it is stored */
    db_close(db);
    return r;
}

static void every_flipped_bit_of_a_record_is_found_and_its_seq_named(void **state)
{
    static uint8_t file[FILE_MAX_LEN];
    uint32_t flips = 0, sqlites_own = 0;
    (void)state;
    struct db *db = open_reader();
    size_t len = disk_file_read(disk, day.shop.path, file, sizeof(file));
    uint64_t last = 0;
    for (struct chain_finding f; chain_read(db, NULL, NULL, &f) == 0 && last == 0;)
        last = f.at.seq - 1;
    assert_true(last >= 8);
    for (uint64_t seq = 2; seq < last; seq++) {
        int64_t begin = row_end(db, file, len, seq + 1), end = row_end(db, file, len, seq);
        assert_true(begin < end && end - begin < 500);
        for (int64_t at = begin; at < end; at++) {
            for (unsigned bit = 0; bit < 8; bit++, flips++) {
                struct chain_finding finding = {0};
                disk_file_flip(disk, day.shop.path, at, (uint8_t)(1u << bit));
                int r = look(&finding);
                disk_file_flip(disk, day.shop.path, at, (uint8_t)(1u << bit));
                /* SQLite's own: the row's length, which its check watches over, and the place of the id within the
                 * row, which it never reads. They hold nothing of the record. */
                int64_t length_len = file[begin] & 0x80 ? 2 : 1;
                if ((r == -EILSEQ && at - begin < length_len) || (r == 0 && at - begin == length_len + ID_LEN + 1)) {
                    sqlites_own++;
                    continue;
                }
                if (r != -EUCLEAN || finding.at.seq != seq)
                    fail_msg("record %u, byte %d, bit %u: %d, named %u", (unsigned)seq, (int)(at - begin), bit, r,
                             (unsigned)finding.at.seq);
            }
        }
    }
    db_close(db);
    print_message("%u flips, %u of them in what SQLite keeps for itself\n", flips, sqlites_own);
    assert_true(flips > 5000 && sqlites_own < flips / 50);
}

static void a_record_that_is_gone_is_named(void **state)
{
    const struct db_options options = {.mode = DB_WRITER, .vfs = disk_vfs_name(disk)};
    struct chain_finding finding;
    struct db *db;
    (void)state;
    assert_int_equal(db_open(day.shop.path, &options, &db), 0);
    assert_int_equal(db_exec(db, "DELETE FROM journal WHERE seq = 5"), 0);
    assert_int_equal(chain_read(db, NULL, NULL, &finding), -EUCLEAN);
    assert_int_equal(finding.at.seq, 5);
    assert_int_equal(finding.records, 4);
    db_close(db);
}

/* Whoever forges a record makes its own hash fit; the next one's link does not. */
static void a_forged_record_is_found_by_the_one_after_it(void **state)
{
    const struct db_options options = {.mode = DB_WRITER, .vfs = disk_vfs_name(disk)};
    struct record forged = {.version = RECORD_VERSION, .id = {SHOP_TERMINAL, 1, 5}, .kind = RECORD_SALE};
    struct chain_finding finding;
    struct db_stmt *stmt;
    struct db *db;
    (void)state;
    assert_int_equal(db_open(day.shop.path, &options, &db), 0);
    assert_int_equal(db_stmt_open(db, "SELECT hlc, prev_hash FROM journal WHERE seq = 5", &stmt), 0);
    assert_int_equal(db_stmt_step(stmt), DB_ROW);
    forged.hlc = (uint64_t)db_column_int64(stmt, 0);
    memcpy(forged.prev_hash, db_column_blob(stmt, 1).data, HASH_LEN);
    db_stmt_close(stmt);
    forged.body = (struct slice){(const uint8_t *)"\xa0", 1};
    record_seal(&forged);
    assert_int_equal(db_stmt_open(db, "UPDATE journal SET kind = ?, body = x'a0', hash = ? WHERE seq = 5", &stmt), 0);
    db_bind_int64(stmt, 1, forged.kind);
    db_bind_blob(stmt, 2, forged.hash, HASH_LEN);
    assert_int_equal(db_stmt_run(stmt), 0);
    db_stmt_close(stmt);
    assert_int_equal(chain_read(db, NULL, NULL, &finding), -EUCLEAN);
    assert_int_equal(finding.at.seq, 6);
    db_close(db);
}

static void the_end_of_a_journal_that_central_has_is_missed(void **state)
{
    const struct db_options options = {.mode = DB_WRITER, .vfs = disk_vfs_name(disk)};
    struct chain_finding finding;
    struct db *db;
    (void)state;
    assert_int_equal(db_open(day.shop.path, &options, &db), 0);
    assert_int_equal(db_exec(db, "UPDATE era SET durable_through = (SELECT max(seq) FROM journal)"), 0);
    assert_int_equal(chain_read(db, NULL, NULL, &finding), 0);
    assert_int_equal(db_exec(db, "DELETE FROM journal WHERE seq = (SELECT max(seq) FROM journal)"), 0);
    assert_int_equal(chain_read(db, NULL, NULL, &finding), -EUCLEAN);
    db_close(db);
}

struct read_back {
    uint64_t records, last_seq;
    bool genuine; /* every batch and the end are signed */
};

static int read_export(struct slice file, struct read_back *out)
{
    struct export_reader reader;
    struct slice bytes;
    struct read_back back = {.genuine = true};
    int r = export_open(file, &reader);
    while (r == 0 && (r = export_next(&reader, &bytes)) == 1) {
        struct batch_reader batch;
        struct record record;
        r = batch_open(bytes.data, bytes.len, &batch);
        if (r < 0)
            return r;
        back.genuine &= batch_verify(&batch, key.public_key);
        while ((r = batch_next(&batch, &record)) == 1) {
            back.records++;
            back.last_seq = record.id.seq;
        }
    }
    if (r < 0)
        return r;
    uint8_t hash[HASH_LEN], signature[SIGNATURE_LEN];
    export_end(&reader, hash, signature);
    back.genuine &= crypto_verify(key.public_key, hash, sizeof(hash), signature);
    *out = back;
    return 0;
}

static struct buffer export_all(bool all, struct export_result *out_result)
{
    struct buffer file;
    struct db *db = open_reader();
    buffer_init(&file, FILE_MAX_LEN);
    assert_int_equal(export_journal(db, &key, all, &file, out_result), 0);
    db_close(db);
    return file;
}

static void an_export_holds_every_record_and_its_end_is_signed(void **state)
{
    struct export_result result;
    struct read_back back;
    (void)state;
    struct buffer file = export_all(false, &result);
    assert_int_equal(read_export((struct slice){file.data, file.len}, &back), 0);
    assert_true(back.genuine && !result.damaged);
    assert_int_equal(back.records, result.records);
    assert_int_equal(back.last_seq, result.records);
    buffer_finish(&file);
}

static void an_export_that_was_cut_or_changed_anywhere_is_not_genuine(void **state)
{
    struct export_result result;
    struct read_back back;
    (void)state;
    struct buffer file = export_all(true, &result);
    for (size_t len = 0; len < file.len; len++)
        assert_true(read_export((struct slice){file.data, len}, &back) < 0);
    for (size_t at = 0; at < file.len; at++) {
        file.data[at] ^= 0x20;
        assert_true(read_export((struct slice){file.data, file.len}, &back) < 0 || !back.genuine);
        file.data[at] ^= 0x20;
    }
    buffer_finish(&file);
}

static void what_is_sound_before_a_damage_is_exported(void **state)
{
    const struct db_options options = {.mode = DB_WRITER, .vfs = disk_vfs_name(disk)};
    struct export_result result;
    struct read_back back;
    struct db *db;
    (void)state;
    assert_int_equal(db_open(day.shop.path, &options, &db), 0);
    assert_int_equal(db_exec(db, "UPDATE journal SET hlc = hlc + 1 WHERE seq = 6"), 0);
    db_close(db);
    struct buffer file = export_all(false, &result);
    assert_true(result.damaged);
    assert_int_equal(result.finding.at.seq, 6);
    assert_int_equal(result.last.seq, 5);
    assert_int_equal(read_export((struct slice){file.data, file.len}, &back), -EBADMSG); /* nobody says it is all */
    uint8_t end[4 + SIGNATURE_LEN] = {0};
    assert_int_equal(buffer_append(&file, end, sizeof(end)), 0);
    assert_int_equal(read_export((struct slice){file.data, file.len}, &back), 0);
    assert_int_equal(back.last_seq, 5);
    buffer_finish(&file);
}

static void what_a_backup_of_central_holds_is_left_out(void **state)
{
    const struct db_options options = {.mode = DB_WRITER, .vfs = disk_vfs_name(disk)};
    struct export_result some, all;
    struct db *db;
    (void)state;
    assert_int_equal(db_open(day.shop.path, &options, &db), 0);
    assert_int_equal(db_exec(db, "UPDATE era SET durable_through = 6, archived_through = 4"), 0);
    db_close(db);
    struct buffer first = export_all(false, &some), second = export_all(true, &all);
    assert_int_equal(all.records, some.records + 4);
    buffer_finish(&first);
    buffer_finish(&second);
}

int main(void)
{
#define WITH_DAY(test) cmocka_unit_test_setup_teardown(test, open_day, close_day)
    const struct CMUnitTest tests[] = {
        WITH_DAY(every_flipped_bit_of_a_record_is_found_and_its_seq_named),
        WITH_DAY(a_record_that_is_gone_is_named),
        WITH_DAY(a_forged_record_is_found_by_the_one_after_it),
        WITH_DAY(the_end_of_a_journal_that_central_has_is_missed),
        WITH_DAY(an_export_holds_every_record_and_its_end_is_signed),
        WITH_DAY(an_export_that_was_cut_or_changed_anywhere_is_not_genuine),
        WITH_DAY(what_is_sound_before_a_damage_is_exported),
        WITH_DAY(what_a_backup_of_central_holds_is_left_out),
    };

    plain_memory_use();
    return cmocka_run_group_tests_name("fault_doctor", tests, NULL, NULL);
}
