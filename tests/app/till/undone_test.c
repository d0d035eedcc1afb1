#include "several.h"

#include "platform/db.h"

#include <string.h>

/* A primary's act that waits for a peer while another terminal is promoted over a copy without it. */

#define ALONE_COUNT "SELECT count(*) FROM journal WHERE kind = 21"

enum { LEARNS_FIRST, IS_NAMED_FIRST, GOES_ALONE, IS_DEPOSED_AGAIN };

/* The act that waits was undone by a promotion, and central names its author again before anybody said what he holds.
 */
static void act_of_one_that_is_named_again(struct several *s, int way)
{
    several_carry(s, 0, 1);
    struct till_answer first = several_ask(s, 0, several_redeem(1));
    assert_int_equal(several_promote(s, 1, true).store, STORE_OK);
    (void)several_alone(s, 1, true);
    assert_int_equal(several_ask(s, 1, several_redeem(1)).redeemed.verdict, COUPON_OK);
    if (way != IS_NAMED_FIRST)
        (void)several_copy(s, 1, 0);
    for (uint32_t i = 0; i < 2; i++)
        several_primary(s, i, 0, SHOP_STORE_EPOCH + 2);
    if (way == IS_DEPOSED_AGAIN) { /* by one that could ask nobody: the first promotion counts all the same */
        assert_int_equal(several_promote(s, 1, false).store, STORE_OK);
        (void)several_copy(s, 1, 0);
        for (uint32_t i = 0; i < 2; i++)
            several_primary(s, i, 0, SHOP_STORE_EPOCH + 4);
        several_restart(s, 0); /* nobody waits for its answer any more */
    }
    assert_true(several_store(s, 0).primary);
    assert_true(several_store(s, 0).unconfirmed_from != 0);
    if (way == GOES_ALONE)
        assert_int_equal(several_alone(s, 0, true).store, STORE_OK);
    several_meet(s);

    assert_int_equal(several_store(s, 0).unconfirmed_from, 0);
    if (way == LEARNS_FIRST || way == IS_NAMED_FIRST) {
        assert_int_equal(s->shops[0].answer.ticket, first.ticket);
        assert_int_equal(s->shops[0].answer.error, -EHOSTDOWN);
    }
    for (uint32_t i = 0; i < 2; i++) {
        assert_int_equal(shop_query(&s->shops[i], "SELECT count(*) FROM journal WHERE kind = 4"), 1);
        assert_int_equal(till_rebuild_compare(s->shops[i].till), 0);
    }
}

static void what_a_promotion_undid_is_taken_back_by_one_that_is_named_again(void **state)
{
    act_of_one_that_is_named_again(*state, LEARNS_FIRST);
}

static void what_a_promotion_undid_is_taken_back_by_one_that_hears_of_it_after_it_was_named_again(void **state)
{
    act_of_one_that_is_named_again(*state, IS_NAMED_FIRST);
}

static void what_a_promotion_undid_is_taken_back_by_one_that_goes_alone(void **state)
{
    act_of_one_that_is_named_again(*state, GOES_ALONE);
}

static void what_a_promotion_undid_is_taken_back_by_one_that_was_deposed_once_more(void **state)
{
    act_of_one_that_is_named_again(*state, IS_DEPOSED_AGAIN);
}

static struct till_mark outside; /* of terminal 0 */
static bool outside_off;         /* nothing is written any more */

static int outside_read(void *context, struct till_mark *out_mark)
{
    (void)context;
    *out_mark = outside;
    return outside.boot_count == 0 ? -ENOENT : 0;
}

static int outside_write(void *context, const struct till_mark *mark)
{
    (void)context;
    if (!outside_off)
        outside = *mark;
    return 0;
}

/* The mark outside the data partition was written while it waited (mark.c). */
static void books_that_took_an_act_back_are_not_set_back(void **state)
{
    struct several *s = *state;
    struct till_backlog backlog;

    s->shops[0].marks = (struct till_marks){.read = outside_read, .write = outside_write};
    several_restart(s, 0);
    act_of_one_that_is_named_again(s, IS_DEPOSED_AGAIN);
    outside_off = true;
    several_restart(s, 0);

    assert_int_equal(outside.boot_count, 2);
    assert_int_equal(till_backlog(s->shops[0].till, &backlog), 0);
    assert_false(backlog.forked);
    assert_int_equal(s->shops[0].marked_count, 0);
}

/* The last act of terminal 0 was undone by a promotion, and it is the primary again, by central's order alone. */
static struct till_answer undone_and_ordered_alone(struct several *s)
{
    struct feed_settings settings = {.brand = SHOP_BRAND,
                                     .store = SHOP_STORE,
                                     .credit_owner = {OWNER_STORE, SHOP_STORE},
                                     .primary_terminal = several_terminal(0),
                                     .store_epoch = SHOP_STORE_EPOCH + 2,
                                     .alone = true};
    struct till_request request = several_redeem(1);
    uint8_t body[FEED_BODY_MAX];
    size_t len;

    several_meet(s);
    request.redeem.member = SHOP_MEMBER; /* it earns: more than one record */
    request.redeem.sale_minor = 10000;
    struct till_answer first = several_ask(s, 0, request);
    assert_int_equal(several_promote(s, 1, true).store, STORE_OK);
    (void)several_copy(s, 1, 0);
    assert_int_equal(feed_settings_encode(&settings, body, sizeof(body), &len), 0);
    shop_item(&s->shops[0], FEED_SETTINGS, body, len);
    shop_give(&s->shops[0]);
    assert_int_equal(shop_query(&s->shops[0], ALONE_COUNT), 0);
    assert_true(several_store(s, 0).unconfirmed_from != 0);
    return first;
}

static void centrals_order_to_go_alone_is_noted_when_the_undone_act_is_taken_back(void **state)
{
    struct several *s = *state;
    struct till_answer first = undone_and_ordered_alone(s);

    assert_int_equal(several_word(s, 2, 0), 0);
    assert_int_equal(s->shops[0].answer.ticket, first.ticket);
    assert_int_equal(s->shops[0].answer.error, -EHOSTDOWN);
    assert_int_equal(shop_query(&s->shops[0], ALONE_COUNT), 1);
    assert_int_equal(till_rebuild_compare(s->shops[0].till), 0);
}

static void hash_at(struct shop *shop, uint64_t seq, uint8_t out_hash[HASH_LEN])
{
    const struct db_options options = {.mode = DB_READER};
    struct db *db;
    struct db_stmt *stmt;

    assert_int_equal(db_open(shop->path, &options, &db), 0);
    assert_int_equal(db_stmt_open(db, "SELECT hash FROM journal WHERE terminal = ?1 AND seq = ?2", &stmt), 0);
    db_bind_int64(stmt, 1, SHOP_TERMINAL);
    db_bind_int64(stmt, 2, (int64_t)seq);
    assert_int_equal(db_stmt_step(stmt), DB_ROW);
    struct slice hash = db_column_blob(stmt, 0);
    assert_int_equal(hash.len, HASH_LEN);
    memcpy(out_hash, hash.data, HASH_LEN);
    db_stmt_close(stmt);
    db_close(db);
}

/* Whoever holds its beginning would have another history of this journal, if it were taken back on somebody's word. */
static void an_undone_act_that_a_peer_holds_in_part_stands(void **state)
{
    struct several *s = *state;
    struct till_answer first = undone_and_ordered_alone(s);
    uint64_t from = several_store(s, 0).unconfirmed_from;
    struct lan_end end = {.terminal = SHOP_TERMINAL, .incarnation = 1, .from = 1, .through = from};

    assert_true(shop_query(&s->shops[0], "SELECT max(seq) FROM journal") > (int64_t)from);
    hash_at(&s->shops[0], from, end.hash);
    assert_int_equal(till_peer_holds(s->shops[0].till, several_terminal(2), &end), 0);
    assert_int_equal(s->shops[0].answer.ticket, first.ticket);
    assert_int_equal(s->shops[0].answer.error, 0);
    assert_int_equal(shop_query(&s->shops[0], "SELECT count(*) FROM journal WHERE kind = 4"), 1);
    assert_int_equal(shop_query(&s->shops[0], ALONE_COUNT), 1);
    assert_int_equal(till_rebuild_compare(s->shops[0].till), 0);
}

/* The promoted one, who would say what it holds, comes no more. */
static void what_a_promotion_undid_is_taken_back_on_anybodys_word_by_one_that_is_named_again(void **state)
{
    struct several *s = *state;

    several_meet(s);
    struct till_answer first = several_ask(s, 0, several_redeem(1));
    assert_int_equal(several_promote(s, 1, true).store, STORE_OK);
    (void)several_copy(s, 1, 0);
    for (uint32_t i = 0; i < 3; i++)
        several_primary(s, i, 0, SHOP_STORE_EPOCH + 2);
    assert_true(several_store(s, 0).unconfirmed_from != 0);
    assert_int_equal(several_word(s, 2, 0), 0);

    assert_int_equal(several_store(s, 0).unconfirmed_from, 0);
    assert_int_equal(s->shops[0].answer.ticket, first.ticket);
    assert_int_equal(s->shops[0].answer.error, -EHOSTDOWN);
    assert_int_equal(shop_query(&s->shops[0], "SELECT count(*) FROM journal WHERE kind = 4"), 0);
}

/* The promotion is later than the act before, and earlier than this one. */
static void an_act_that_was_begun_after_the_promotion_waits_on(void **state)
{
    struct several *s = *state;
    struct till_request sale = {.op = TILL_SALE, .sale = {.gross_minor = 1000, .member = SHOP_MEMBER}};

    assert_int_equal(several_ask(s, 0, several_redeem(1)).error, 1);
    several_meet(s);
    assert_int_equal(several_promote(s, 1, true).store, STORE_OK);
    several_meet(s);
    for (uint32_t i = 0; i < 2; i++)
        several_primary(s, i, 0, SHOP_STORE_EPOCH + 2);
    several_meet(s);

    assert_int_equal(several_ask(s, 0, several_named(sale, 5)).error, 1);
    assert_int_equal(several_word(s, 1, 0), 0);
    assert_true(several_store(s, 0).unconfirmed_from != 0);
    several_meet(s);
    assert_int_equal(several_store(s, 0).unconfirmed_from, 0);
    assert_int_equal(s->shops[0].answer.error, 0);
    assert_int_equal(till_rebuild_compare(s->shops[0].till), 0);
}

#define WITH_TWO(test)   cmocka_unit_test_setup_teardown(test, several_open_two, several_close_all)
#define WITH_THREE(test) cmocka_unit_test_setup_teardown(test, several_open_three, several_close_all)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_TWO(what_a_promotion_undid_is_taken_back_by_one_that_is_named_again),
        WITH_TWO(what_a_promotion_undid_is_taken_back_by_one_that_hears_of_it_after_it_was_named_again),
        WITH_TWO(what_a_promotion_undid_is_taken_back_by_one_that_goes_alone),
        WITH_THREE(what_a_promotion_undid_is_taken_back_on_anybodys_word_by_one_that_is_named_again),
        WITH_TWO(what_a_promotion_undid_is_taken_back_by_one_that_was_deposed_once_more),
        WITH_TWO(books_that_took_an_act_back_are_not_set_back),
        WITH_TWO(an_act_that_was_begun_after_the_promotion_waits_on),
        WITH_THREE(centrals_order_to_go_alone_is_noted_when_the_undone_act_is_taken_back),
        WITH_THREE(an_undone_act_that_a_peer_holds_in_part_stands),
    };

    return cmocka_run_group_tests_name("till_undone", tests, NULL, NULL);
}
