#include "doctor/chain.h"
#include "doctor/export.h"
#include "domain/export.h"
#include "several.h"

#include <string.h>

/* The books of a terminal with copies of another one's journal, seen from outside: checked, and carried to central. */

static int open_two(void **state)
{
    static struct several s;

    several_open(&s, 2);
    *state = &s;
    return 0;
}

static int close_all(void **state)
{
    several_finish(*state);
    return 0;
}

static int check(struct several *s, uint32_t i, struct chain_finding *out_finding)
{
    const struct db_options reader = {.mode = DB_READER};
    struct db *db;
    int r;

    assert_int_equal(db_open(s->shops[i].path, &reader, &db), 0);
    r = chain_read(db, NULL, NULL, out_finding);
    db_close(db);
    return r;
}

static void export_of(struct several *s, uint32_t i, bool all, struct buffer *file)
{
    const struct db_options reader = {.mode = DB_READER};
    struct export_result result;
    struct key_pair key = {0};
    struct db *db;

    several_secret(i, key.public_key, key.secret_key);
    buffer_init(file, 1 << 20);
    assert_int_equal(db_open(s->shops[i].path, &reader, &db), 0);
    assert_int_equal(export_journal(db, &key, all, file, &result), 0);
    assert_false(result.damaged);
    db_close(db);
}

/* Records of a terminal in the file, each batch under that terminal's own signature; the last batch's terminal. */
static uint32_t records_of(const struct buffer *file, uint32_t i, uint32_t *out_last)
{
    struct export_reader reader;
    struct batch_reader batch;
    struct slice bytes;
    uint8_t public_key[PUBLIC_KEY_LEN], secret[SECRET_KEY_LEN];
    uint32_t count = 0;

    assert_int_equal(export_open((struct slice){file->data, file->len}, &reader), 0);
    while (export_next(&reader, &bytes) == 1) {
        assert_int_equal(batch_open(bytes.data, bytes.len, &batch), 0);
        several_secret(batch.head.terminal - several_terminal(0), public_key, secret);
        assert_true(batch_verify(&batch, public_key));
        if (batch.head.terminal == several_terminal(i))
            count += batch.head.count;
        *out_last = batch.head.terminal;
    }
    return count;
}

static void copies_are_part_of_the_chain_that_is_checked(void **state)
{
    struct several *s = *state;
    const struct db_options writer = {.mode = DB_WRITER};
    struct chain_finding finding;
    struct db *db;

    assert_int_equal(several_ask(s, 0, several_redeem(1)).error, 1);
    several_carry(s, 0, 1);
    assert_int_equal(check(s, 1, &finding), 0);
    assert_int_equal(finding.records, 3); /* its own beginning, and two of the other's */
    shop_stop(&s->shops[1]);
    assert_int_equal(db_open(s->shops[1].path, &writer, &db), 0);
    assert_int_equal(db_exec(db, "UPDATE journal SET hlc = hlc + 1 WHERE kind = 4"), 0);
    db_close(db);

    assert_int_equal(check(s, 1, &finding), -EUCLEAN);
    assert_int_equal(finding.at.terminal, several_terminal(0));
    assert_int_equal(finding.at.seq, 2);
}

static void an_export_carries_copies_under_their_own_signatures(void **state)
{
    struct several *s = *state;
    const struct journal_answer archived = {
        .status = JOURNAL_STORED, .durable_through = 1, .archived_through = 1, .server_epoch = 1};
    struct buffer file;
    uint32_t last = 0;

    assert_int_equal(several_ask(s, 0, several_redeem(1)).error, 1);
    several_carry(s, 0, 1);
    assert_int_equal(till_marks_store(s->shops[1].till, &archived), 0);
    export_of(s, 1, false, &file);

    assert_int_equal(records_of(&file, 0, &last), 2);
    assert_int_equal(records_of(&file, 1, &last), 1); /* whose end is signed comes last, archived or not */
    assert_int_equal(last, several_terminal(1));
    buffer_finish(&file);
}

static void what_no_peer_holds_is_not_exported(void **state)
{
    struct several *s = *state;
    struct buffer file;
    uint32_t last = 0;

    assert_int_equal(several_ask(s, 0, several_redeem(1)).error, 1);
    export_of(s, 0, true, &file);
    assert_int_equal(records_of(&file, 0, &last), 1);
    buffer_finish(&file);
    several_carry(s, 0, 1);
    export_of(s, 0, true, &file);
    assert_int_equal(records_of(&file, 0, &last), 2);
    buffer_finish(&file);
}

#define WITH_TWO(test) cmocka_unit_test_setup_teardown(test, open_two, close_all)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_TWO(copies_are_part_of_the_chain_that_is_checked),
        WITH_TWO(an_export_carries_copies_under_their_own_signatures),
        WITH_TWO(what_no_peer_holds_is_not_exported),
    };

    return cmocka_run_group_tests_name("fault_copies", tests, NULL, NULL);
}
