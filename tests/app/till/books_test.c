#include "shop.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int open_shop(void **state)
{
    static struct shop shop;

    shop_open(&shop);
    *state = &shop;
    return 0;
}

static int close_shop(void **state)
{
    shop_finish(*state);
    return 0;
}

static struct till_options options_of(struct shop *shop);

static void ignore_answer(void *context, const struct till_answer *answer)
{
    (void)context;
    (void)answer;
}

static struct till_options options_of(struct shop *shop)
{
    return (struct till_options){
        .path = shop->path, .pepper_path = shop->pepper, .clock = &shop->clock.base, .answered = ignore_answer};
}

static void before_the_enrolment_nothing_is_done(void **state)
{
    static struct shop shop;
    struct till_request request = {.op = TILL_SALE, .ticket = 1, .sale = {.gross_minor = 100}};
    struct till_enrolment enrolment;
    struct till_reference reference;

    (void)state;
    shop_init(&shop);
    shop_start(&shop);
    till_reference_copy(shop.till, &reference);

    assert_false(reference.enrolled);
    assert_int_equal(shop_ask(&shop, &request).error, -EAGAIN);
    assert_int_equal(till_enrolment_load(shop.till, &enrolment), -ENOENT);
    shop_finish(&shop);
}

static void a_half_finished_enrolment_is_kept(void **state)
{
    static struct shop shop;
    struct till_enrolment enrolment = {.ticket = {.url = "https://c.example", .store = SHOP_STORE, .role = ROLE_BOTH},
                                       .answer = {.state = ENROL_WAITING, .store = SHOP_STORE}};
    struct till_enrolment kept;

    (void)state;
    shop_init(&shop);
    shop_start(&shop);
    memset(enrolment.ticket.secret, 7, ENROL_SECRET_LEN);
    assert_int_equal(till_enrolment_store(shop.till, &enrolment, NULL), 0);
    shop_stop(&shop);
    shop_start(&shop);
    assert_int_equal(till_enrolment_load(shop.till, &kept), 0);
    shop_enrol(&shop);

    assert_int_equal(kept.answer.state, ENROL_WAITING);
    assert_memory_equal(kept.ticket.secret, enrolment.ticket.secret, ENROL_SECRET_LEN);
    assert_int_equal(shop_query(&shop, "SELECT kind FROM journal WHERE seq = 1"), RECORD_INCARNATION);
    shop_finish(&shop);
}

static void the_same_enrolment_twice_is_one_incarnation(void **state)
{
    struct shop *shop = *state;

    shop_enrol(shop);

    assert_int_equal(shop_query(shop, "SELECT count(*) FROM journal WHERE kind = 1"), 1);
    assert_int_equal(shop_scan(shop, SHOP_CAMPAIGN, 1).verdict, COUPON_OK);
}

static void a_new_incarnation_holds_nothing_until_central_says_so(void **state)
{
    struct shop *shop = *state;
    struct till_enrolment enrolment;
    struct body_incarnation incarnation = {.hardware_serial = "HW-2"};
    uint8_t root_key[PUBLIC_KEY_LEN], secret[SECRET_KEY_LEN];

    shop_sell(shop, &(struct till_sale){.gross_minor = 1000, .member = SHOP_MEMBER});
    assert_int_equal(shop_scan(shop, SHOP_CAMPAIGN, 1).verdict, COUPON_OK);
    assert_int_equal(till_enrolment_load(shop->till, &enrolment), 0);
    shop_secret(99, root_key, secret);
    memcpy(enrolment.answer.root_key, root_key, PUBLIC_KEY_LEN);
    enrolment.answer.incarnation = 2;
    assert_int_equal(till_enrolment_store(shop->till, &enrolment, &incarnation), 0);

    assert_int_equal(shop_scan(shop, SHOP_CAMPAIGN, 2).verdict, COUPON_KEY_UNKNOWN);
    assert_int_equal(shop_query(shop, "SELECT count(*) FROM share"), 0);
    assert_int_equal(shop_query(shop, "SELECT max(seq) FROM journal WHERE incarnation = 2"), 2);
    assert_int_equal(till_rebuild_compare(shop->till), 0);
}

/* A factory reset would be their end: they go up no more, and are counted. */
static void records_of_the_terminal_that_a_disk_was_before_are_not_forgotten(void **state)
{
    struct shop *shop = *state;
    struct till_enrolment enrolment;
    struct body_incarnation incarnation = {.hardware_serial = "HW-2"};
    struct till_backlog before, after;

    assert_int_equal(shop_scan(shop, SHOP_CAMPAIGN, 1).verdict, COUPON_OK);
    assert_int_equal(till_backlog(shop->till, &before), 0);
    assert_true(before.waiting > 0 && before.stranded == 0);
    assert_int_equal(till_enrolment_load(shop->till, &enrolment), 0);
    enrolment.answer.terminal = SHOP_TERMINAL + 40;
    assert_int_equal(till_enrolment_store(shop->till, &enrolment, &incarnation), 0);

    assert_int_equal(till_backlog(shop->till, &after), 0);
    assert_int_equal(after.stranded, before.waiting);
    assert_int_equal(till_rebuild_compare(shop->till), 0);
}

/* Its central numbers as this one does. */
static void books_do_not_go_over_to_another_house(void **state)
{
    struct shop *shop = *state;
    struct till_enrolment enrolment, kept;
    struct body_incarnation incarnation = {.hardware_serial = "HW-1"};

    assert_int_equal(till_enrolment_load(shop->till, &enrolment), 0);
    enrolment.answer.root_key[0] ^= 1;
    assert_int_equal(till_enrolment_store(shop->till, &enrolment, &incarnation), -EPERM);

    assert_int_equal(till_enrolment_load(shop->till, &kept), 0);
    assert_int_equal(kept.answer.root_key[0], enrolment.answer.root_key[0] ^ 1);
    assert_int_equal(shop_scan(shop, SHOP_CAMPAIGN, 1).verdict, COUPON_OK);
}

static void a_second_till_on_the_same_books_is_refused(void **state)
{
    struct shop *shop = *state;
    struct till_options options = options_of(shop);
    struct till *second;

    assert_int_equal(till_open(&options, &second), -EBUSY);
}

static void overwrite(const char *path, long offset, const void *data, size_t len)
{
    FILE *file = fopen(path, "r+b");

    assert_non_null(file);
    assert_int_equal(fseek(file, offset, SEEK_SET), 0);
    assert_int_equal(fwrite(data, 1, len, file), len);
    assert_int_equal(fclose(file), 0);
}

static void a_damaged_database_is_said_so_at_start(void **state)
{
    struct shop *shop = *state;
    struct till_options options = options_of(shop);
    struct till *till;

    shop_stop(shop);
    overwrite(shop->path, 0, "this is no database at all", 26);

    assert_int_equal(till_open(&options, &till), -EUCLEAN);
}

static void a_changed_record_at_the_end_is_found_at_start(void **state)
{
    struct shop *shop = *state;
    struct till_options options = options_of(shop);
    const struct db_options writer = {.mode = DB_WRITER};
    struct db *db;
    struct till *till;

    shop_scan(shop, SHOP_CAMPAIGN, 1);
    shop_stop(shop);
    assert_int_equal(db_open(shop->path, &writer, &db), 0);
    assert_int_equal(db_exec(db, "UPDATE journal SET hlc = hlc + 1 WHERE kind = 4"), 0);
    db_close(db);

    assert_int_equal(till_open(&options, &till), -EUCLEAN);
}

static void a_full_queue_refuses_and_nothing_is_lost(void **state)
{
    struct shop *shop = *state;
    struct till_request request = {.op = TILL_NOTE, .ticket = 4, .note = {.kind = RECORD_QR_SHOWN}};
    int accepted = 0, refused = 0;

    shop->answer_count = 0;
    pthread_mutex_lock(&shop->mutex);
    shop->held = true;
    pthread_mutex_unlock(&shop->mutex);
    for (int i = 0; i < TILL_QUEUE_MAX + 10; i++) {
        int r = till_submit(shop->till, &request);
        assert_true(r == 0 || r == -ENOSPC);
        accepted += r == 0;
        refused += r < 0;
    }
    pthread_mutex_lock(&shop->mutex);
    shop->held = false;
    pthread_cond_broadcast(&shop->answered);
    pthread_mutex_unlock(&shop->mutex);
    shop_stop(shop); /* finishes what was accepted */

    assert_true(accepted >= TILL_QUEUE_MAX && refused > 0);
    assert_int_equal(shop->answer_count, accepted);
    shop_start(shop);
    assert_int_equal(shop_query(shop, "SELECT count(*) FROM journal WHERE kind = 16"), accepted);
}

static void only_records_that_move_nothing_can_be_noted(void **state)
{
    struct shop *shop = *state;
    struct till_request request = {.op = TILL_NOTE, .ticket = 4, .note = {.kind = RECORD_CREDIT_EARN}};

    assert_int_equal(shop_ask(shop, &request).error, -EINVAL);
    request.note = (struct body){.kind = RECORD_DRAWER_KICK, .drawer = {.clerk = SHOP_CLERK}};
    struct till_answer answer = shop_ask(shop, &request);
    assert_int_equal(answer.error, 0);
    assert_int_equal(shop_query(shop, "SELECT kind FROM journal ORDER BY id DESC LIMIT 1"), RECORD_DRAWER_KICK);
    assert_int_equal(shop_query(shop, "SELECT max(seq) FROM journal"), answer.noted_seq);
}

static struct till_signed_in sign_in(struct shop *shop, const char *pin, const char *badge)
{
    struct till_request request = {.op = TILL_SIGN_IN, .ticket = 8};

    request.sign_in.clerk = SHOP_CLERK;
    snprintf(request.sign_in.pin, sizeof(request.sign_in.pin), "%s", pin);
    snprintf(request.sign_in.badge, sizeof(request.sign_in.badge), "%s", badge);
    struct till_answer answer = shop_ask(shop, &request);
    assert_int_equal(answer.error, 0);
    return answer.signed_in;
}

static void five_wrong_pins_lock_the_clerk_out(void **state)
{
    struct shop *shop = *state;

    assert_int_equal(sign_in(shop, "2468", "").verdict, PIN_OK);
    for (int i = 1; i < PIN_TRIES; i++) {
        struct till_signed_in wrong = sign_in(shop, i % 2 ? "1111" : "x", "");
        assert_int_equal(wrong.verdict, PIN_WRONG);
        assert_int_equal(wrong.tries_left, PIN_TRIES - i);
    }
    struct till_signed_in locked = sign_in(shop, "1111", "");
    shop_stop(shop);
    shop_start(shop);
    struct till_signed_in still = sign_in(shop, "2468", "");
    sim_clock_advance(&shop->clock, PIN_LOCK_MS);

    assert_int_equal(locked.verdict, PIN_LOCKED);
    assert_int_equal(locked.locked_ms, PIN_LOCK_MS);
    assert_int_equal(still.verdict, PIN_LOCKED);
    assert_int_equal(sign_in(shop, "2468", "").verdict, PIN_OK);
    assert_int_equal(shop_query(shop, "SELECT count(*) FROM journal WHERE kind = 2"), 2);
}

static void badge_text(uint32_t serial, uint32_t expiry_s, char out_text[TOKEN_TEXT_MAX])
{
    struct badge_token badge = {.brand = SHOP_BRAND,
                                .kid = 3,
                                .store = SHOP_STORE,
                                .clerk = SHOP_CLERK,
                                .badge_serial = serial,
                                .expiry_s = expiry_s};
    uint8_t public_key[PUBLIC_KEY_LEN], secret[SECRET_KEY_LEN];

    shop_secret(3, public_key, secret);
    assert_int_equal(token_badge_sign(&badge, secret, out_text), 0);
}

static void only_the_current_badge_signs_in(void **state)
{
    struct shop *shop = *state;
    char good[TOKEN_TEXT_MAX], old[TOKEN_TEXT_MAX], expired[TOKEN_TEXT_MAX];

    badge_text(5, SHOP_EXPIRY_S, good);
    badge_text(4, SHOP_EXPIRY_S, old);
    badge_text(5, (uint32_t)(SHOP_START_MS / 1000) - 1, expired);

    struct till_signed_in in = sign_in(shop, "", good);
    assert_int_equal(in.verdict, PIN_OK);
    assert_int_equal(in.clerk, SHOP_CLERK);
    assert_string_equal(in.name, "小李");
    assert_true(sign_in(shop, "", old).unknown);
    assert_true(sign_in(shop, "", expired).unknown);
    assert_true(sign_in(shop, "", "TSB1:XX").unknown);
}

static void a_lost_pepper_makes_central_send_everything_again(void **state)
{
    struct shop *shop = *state;
    struct feed_cursor cursor;

    shop_stop(shop);
    assert_int_equal(unlink(shop->pepper), 0);
    shop_start(shop);
    assert_int_equal(till_feed_cursor(shop->till, &cursor), 0);

    assert_int_equal(cursor.store, 0);
    assert_int_equal(sign_in(shop, "2468", "").verdict, PIN_WRONG);
}

static void reopen_on(struct shop *shop, const struct body_incarnation *device)
{
    shop_stop(shop);
    shop->device = device;
    shop_start(shop);
    shop_trust_time(shop);
}

static bool forked(struct shop *shop)
{
    struct till_backlog backlog;

    assert_int_equal(till_backlog(shop->till, &backlog), 0);
    return backlog.forked;
}

static void the_books_on_their_own_device_go_on(void **state)
{
    struct shop *shop = *state;
    const struct body_incarnation later = {.hardware_serial = "HW-1", .disk_serial = "D-1"};
    const struct body_incarnation silent = {.version = "0.2.0"};

    reopen_on(shop, &later);
    reopen_on(shop, &silent);
    reopen_on(shop, &later);

    assert_false(forked(shop));
    assert_int_equal(shop_scan(shop, SHOP_CAMPAIGN, 1).verdict, COUPON_OK);
    shop->device = NULL;
}

static void a_disk_in_another_device_holds_no_rights(void **state)
{
    struct shop *shop = *state;
    const struct body_incarnation other = {.hardware_serial = "HW-2", .disk_serial = "D-1"};
    struct till_sale spend = {.gross_minor = 500, .credit_minor = 50, .member = SHOP_MEMBER, .pin = "1357"};
    const struct feed_right request = {.coupon = {SHOP_CAMPAIGN, 5}, .transfer = 4};

    shop_sell(shop, &(struct till_sale){.gross_minor = 9000, .member = SHOP_MEMBER});
    reopen_on(shop, &other);

    assert_true(forked(shop));
    assert_int_equal(shop_scan(shop, SHOP_CAMPAIGN, 1).verdict, COUPON_HELD_ELSEWHERE);
    assert_int_equal(shop_sell(shop, &spend).verdict, CREDIT_NOT_ENOUGH);
    shop_item_right(shop, FEED_RIGHT_REQUEST, &request);
    shop_give(shop);
    assert_int_equal(shop_query(shop, "SELECT count(*) FROM journal WHERE kind = 10"), 0);
    shop->device = NULL;
    reopen_on(shop, NULL); /* only a new enrolment ends it */
    assert_true(forked(shop));
    shop->incarnation = 2;
    shop_enrol(shop);
    assert_false(forked(shop));
    shop->incarnation = 0;
}

static void as_if(struct shop *shop, const char *sql)
{
    const struct db_options writer = {.mode = DB_WRITER, .sync = DB_SYNC_FULL};
    struct db *db;

    shop_stop(shop);
    assert_int_equal(db_open(shop->path, &writer, &db), 0);
    assert_int_equal(db_exec(db, sql), 0);
    db_close(db);
    shop_start(shop);
}

/* A device that fell back to the slot before: it sells on. */
static void books_of_a_later_version_are_written_and_the_later_one_makes_them_anew(void **state)
{
    struct shop *shop = *state;
    int64_t steps = shop_query(shop, "PRAGMA user_version");

    assert_int_equal(shop_query(shop, "SELECT value FROM config WHERE key = 'writer'"), steps);
    as_if(shop, "CREATE TABLE later(what INTEGER NOT NULL DEFAULT 1); PRAGMA user_version = 900;"
                "UPDATE config SET value = 900 WHERE key = 'writer'");
    shop_sell(shop, &(struct till_sale){.gross_minor = 9000, .member = SHOP_MEMBER});
    assert_int_equal(shop_query(shop, "PRAGMA user_version"), 900);
    assert_int_equal(shop_query(shop, "SELECT value FROM config WHERE key = 'writer'"), steps);
    assert_int_equal(till_rebuild_compare(shop->till), 0);

    int64_t share_minor = shop_query(shop, "SELECT amount_minor FROM share");
    as_if(shop, "UPDATE share SET amount_minor = amount_minor + 1; UPDATE config SET value = 1 WHERE key = 'writer'");
    assert_int_equal(shop_query(shop, "SELECT amount_minor FROM share"), share_minor);
    assert_int_equal(shop_query(shop, "SELECT count(*) FROM config WHERE key = 'rebuild'"), 0);
    assert_int_equal(till_rebuild_compare(shop->till), 0);
}

#define WITH_SHOP(test) cmocka_unit_test_setup_teardown(test, open_shop, close_shop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(before_the_enrolment_nothing_is_done),
        cmocka_unit_test(a_half_finished_enrolment_is_kept),
        WITH_SHOP(the_same_enrolment_twice_is_one_incarnation),
        WITH_SHOP(a_new_incarnation_holds_nothing_until_central_says_so),
        WITH_SHOP(records_of_the_terminal_that_a_disk_was_before_are_not_forgotten),
        WITH_SHOP(books_do_not_go_over_to_another_house),
        WITH_SHOP(a_second_till_on_the_same_books_is_refused),
        WITH_SHOP(a_damaged_database_is_said_so_at_start),
        WITH_SHOP(a_changed_record_at_the_end_is_found_at_start),
        WITH_SHOP(a_full_queue_refuses_and_nothing_is_lost),
        WITH_SHOP(only_records_that_move_nothing_can_be_noted),
        WITH_SHOP(five_wrong_pins_lock_the_clerk_out),
        WITH_SHOP(only_the_current_badge_signs_in),
        WITH_SHOP(books_of_a_later_version_are_written_and_the_later_one_makes_them_anew),
        WITH_SHOP(the_books_on_their_own_device_go_on),
        WITH_SHOP(a_disk_in_another_device_holds_no_rights),
        WITH_SHOP(a_lost_pepper_makes_central_send_everything_again),
    };

    return cmocka_run_group_tests_name("till_books", tests, NULL, NULL);
}
