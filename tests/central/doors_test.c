#include "central/admin/command.h"
#include "central/store/feed.h"
#include "central/store/query.h"
#include "desk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* One command as the admin socket brings it; the answer belongs to the caller. */
static json_t *command(struct desk *d, const char *name, const char *args)
{
    char line[512];
    struct buffer reply;
    buffer_init(&reply, 1024 * 1024);
    int len = snprintf(line, sizeof(line), "{\"command\":\"%s\",\"args\":%s}", name, args);
    assert_int_equal(admin_line(d->f.central, line, (size_t)len, &reply), 0);
    json_t *answer = json_loads(buffer_text(&reply), 0, NULL);
    buffer_finish(&reply);
    assert_non_null(answer);
    return answer;
}

static bool is_ok(const json_t *answer)
{
    return json_is_true(json_object_get(answer, "ok"));
}

static void must(struct desk *d, const char *name, const char *args)
{
    json_t *answer = command(d, name, args);
    if (!is_ok(answer))
        print_message("%s: %s\n", name, json_string_value(json_object_get(answer, "error")));
    assert_true(is_ok(answer));
    json_decref(answer);
}

static void must_refuse(struct desk *d, const char *name, const char *args)
{
    json_t *answer = command(d, name, args);
    assert_false(is_ok(answer));
    assert_true(json_is_true(json_object_get(answer, "refused")));
    json_decref(answer);
}

static const json_t *field(const json_t *answer, const char *name)
{
    return json_object_get(json_object_get(answer, "result"), name);
}

static size_t row_count(const json_t *answer)
{
    return json_array_size(field(answer, "rows"));
}

static const json_t *row_field(const json_t *answer, size_t row, const char *name)
{
    return json_object_get(json_array_get(field(answer, "rows"), row), name);
}

/* A double after a write-off: the first store's coupon given on to the second. */
static struct coupon_id make_conflict(struct desk *d)
{
    char args[128];
    struct feed_right granted = {0};
    struct coupon_id coupon = desk_issue(d, MODE_HOME);
    snprintf(args, sizeof(args), "{\"coupon\":\"%u-%llu\",\"store\":%u,\"why\":\"burnt\"}", coupon.campaign,
             (unsigned long long)coupon.serial, d->f.shops[1]);
    must(d, "right write-off", args);
    assert_int_equal(desk_find_right(&d->b, FEED_RIGHT_GRANT, &granted), 1);
    struct body there = desk_redemption(coupon, 1, granted.epoch), here = desk_redemption(coupon, 1, 0);
    desk_record(d, &d->b, &there);
    desk_record(d, &d->a, &here);
    return coupon;
}

static void a_conflict_is_shown_with_all_its_evidence_and_how_it_was_settled(void **state)
{
    struct desk *d = *state;
    make_conflict(d);
    json_t *answer = command(d, "conflict show", "{\"conflict\":1}");
    assert_true(is_ok(answer));
    assert_string_equal(json_string_value(field(answer, "kind")), "write-off");
    assert_string_equal(json_string_value(field(answer, "mode")), "home");
    assert_int_equal(json_integer_value(field(answer, "policy")), 1);
    assert_int_equal(json_integer_value(field(answer, "sync_age")), 60);
    assert_int_equal(json_integer_value(field(answer, "clerk")), 3);
    assert_int_equal(json_integer_value(field(answer, "budget_used_minor")), 0);
    static const char *const texts[] = {"record_body",         "record_hash",          "record_signature",
                                        "record_signed_head",  "canonical_body",       "canonical_hash",
                                        "canonical_signature", "canonical_signed_head"};
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        assert_true(json_string_length(field(answer, texts[i])) >= 64);
    assert_int_equal(json_string_length(field(answer, "record_signature")), 2 * SIGNATURE_LEN);
    int64_t sum = 0;
    bool risk = false;
    for (size_t i = 0; i < row_count(answer); i++) {
        sum += json_integer_value(row_field(answer, i, "amount_minor"));
        risk |= strcmp(json_string_value(row_field(answer, i, "account")), "risk/1001") == 0;
    }
    assert_true(risk && sum == 0 && row_count(answer) == 2);
    json_decref(answer);
    must_refuse(d, "conflict show", "{\"conflict\":9}");
    desk_books_are_whole(d);
}

static void what_was_given_at_risk_is_listed(void **state)
{
    struct desk *d = *state;
    make_conflict(d);
    json_t *answer = command(d, "right write-offs", "{}");
    assert_int_equal(row_count(answer), 1);
    assert_true(json_is_true(row_field(answer, 0, "used")));
    assert_int_equal(json_integer_value(row_field(answer, 0, "conflicts")), 1);
    assert_int_equal(json_integer_value(field(answer, "write_offs")), 1);
    json_decref(answer);
}

static int end_a_lease(void *arg, struct store_tx *tx)
{
    const struct coupon_id *coupon = arg;
    return query_run(store_tx_write(tx), "UPDATE coupon SET lease_until_s = 1 WHERE campaign = ?1 AND serial = ?2",
                     QUERY(Q_INT(coupon->campaign), Q_INT(coupon->serial)));
}

static void rights_that_are_not_back_from_their_lease_are_counted(void **state)
{
    static const char *const commands[] = {"conflicts", "redemptions"};
    struct desk *d = *state;
    struct coupon_id coupon = desk_issue(d, MODE_HOME);
    assert_int_equal(fixture_write(&d->f, end_a_lease, &coupon), 0);
    for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
        json_t *answer = command(d, commands[i], "{}");
        assert_int_equal(json_integer_value(field(answer, "leases_over")), 1);
        json_decref(answer);
    }
}

static void a_used_or_unknown_coupon_cannot_be_written_off(void **state)
{
    struct desk *d = *state;
    make_conflict(d);
    must_refuse(d, "right write-off", "{\"coupon\":\"1001-1\",\"store\":1,\"why\":\"x\"}");
    must_refuse(d, "right write-off", "{\"coupon\":\"1001-77\",\"store\":1,\"why\":\"x\"}");
    must_refuse(d, "right write-off", "{\"coupon\":\"nonsense\",\"store\":1,\"why\":\"x\"}");
    must_refuse(d, "right write-off", "{\"coupon\":\"1001-1\",\"store\":99,\"why\":\"x\"}");
}

static void long_tables_come_in_pieces(void **state)
{
    struct desk *d = *state;
    for (int i = 0; i < 3; i++)
        make_conflict(d);
    json_t *first = command(d, "conflicts", "{\"limit\":2}"), *rest = command(d, "conflicts", "{\"after\":2}");
    assert_int_equal(row_count(first), 2);
    assert_non_null(field(first, "more"));
    assert_int_equal(row_count(rest), 1);
    assert_null(field(rest, "more"));
    assert_int_equal(json_integer_value(row_field(rest, 0, "conflict")), 3);
    json_decref(first);
    json_decref(rest);

    json_t *books = command(d, "books", "{\"limit\":1,\"verify\":true}");
    assert_int_equal(row_count(books), 1);
    assert_non_null(field(books, "more"));
    assert_true(json_is_true(field(books, "verified")));
    char args[128];
    snprintf(args, sizeof(args), "{\"after\":\"%s\"}", json_string_value(row_field(books, 0, "account")));
    json_t *others = command(d, "books", args);
    assert_true(row_count(others) >= 1);
    assert_null(field(others, "more"));
    json_decref(books);
    json_decref(others);
}

static struct keyset keyset_in_feed(struct desk *d)
{
    struct feed_found found;
    struct keyset set;
    desk_feed_over(&d->a);
    terminal_find_in_feed(&d->a, FEED_KEYSET, &found);
    assert_int_equal(keyset_open(found.body, found.len, d->f.central->keys.root_public, &set), 0);
    return set;
}

static struct keyset keyset_of(struct desk *d, uint32_t brand)
{
    uint8_t sealed[KEYSET_ENCODED_MAX];
    struct keyset set;
    struct store_tx tx;
    size_t len = 0;
    assert_int_equal(store_read_begin(d->f.central->store, &tx), 0);
    assert_int_equal(
        feed_find(&tx, (struct feed_target){.brand = brand}, FEED_KEYSET, "keyset", sealed, sizeof sealed, &len), 0);
    store_read_end(&tx);
    assert_int_equal(keyset_open(sealed, len, d->f.central->keys.root_public, &set), 0);
    return set;
}

static void a_revoked_key_reaches_every_terminal_and_never_signs_again(void **state)
{
    struct desk *d = *state;
    const struct keyset_key *key = NULL;
    must(d, "keys add", "{\"purpose\":\"coupon\"}");
    must(d, "keys revoke", "{\"kid\":1,\"why\":\"copied\"}");
    must_refuse(d, "keys revoke", "{\"kid\":77,\"why\":\"copied\"}");
    must_refuse(d, "keys add", "{\"purpose\":\"till\"}");
    must(d, "brand add", "{\"zh\":\"乙\",\"en\":\"Second\"}"); /* brings nobody the keys of before back */
    assert_int_equal(keyset_of(d, 2).version, 3);
    struct keyset set = keyset_in_feed(d);
    assert_int_equal(set.version, 3);
    assert_int_equal(keyset_find(&set, 1, KEY_COUPON, &key), KEY_REVOKED);
    assert_int_equal(keyset_find(&set, 4, KEY_COUPON, &key), KEY_GOOD);
    fixture_stop(&d->f);
    fixture_start(&d->f, true);
    assert_int_equal(d->f.central->keys.coupon_kid, 4);
    json_t *answer = command(d, "keys list", "{}");
    assert_int_equal(row_count(answer), 4);
    assert_string_equal(json_string_value(row_field(answer, 0, "state")), "revoked");
    assert_string_equal(json_string_value(row_field(answer, 3, "state")), "signs");
    json_decref(answer);
}

static void a_key_cannot_be_revoked_without_the_root(void **state)
{
    struct desk *d = *state;
    char path[128];
    snprintf(path, sizeof(path), "%s/keys/root.key", d->f.dir);
    assert_int_equal(remove(path), 0);
    must_refuse(d, "keys revoke", "{\"kid\":1,\"why\":\"copied\"}");
    assert_int_equal(keyset_in_feed(d).version, 1);
}

static void a_lost_primary_leaves_its_store_to_the_next_one(void **state)
{
    struct desk *d = *state;
    desk_issue(d, MODE_HOME);
    must(d, "terminal lost", "{\"terminal\":1,\"why\":\"stolen\"}");
    json_t *answer = command(d, "store successions", "{}");
    assert_int_equal(row_count(answer), 1);
    assert_true(json_is_true(row_field(answer, 0, "risk")));
    assert_int_equal(json_integer_value(row_field(answer, 0, "left")), 1);
    json_decref(answer);
    struct fake_terminal next;
    struct feed_right granted = {0};
    struct feed_found settings;
    terminal_make(&next, &d->f, 9);
    terminal_enrol(&next, &d->f, d->f.shops[0]);
    terminal_find_in_feed(&next, FEED_SETTINGS, &settings);
    desk_feed_over(&next);
    assert_int_equal(desk_find_right(&next, FEED_RIGHT_GRANT, &granted), 1);
    assert_int_equal(desk_totals(d).write_offs, 1);
    answer = command(d, "store successions", "{}");
    assert_int_equal(row_count(answer), 0);
    json_decref(answer);
}

static int run_no_epochs_left(void *arg, struct store_tx *tx)
{
    (void)arg;
    return query_run(store_tx_write(tx), "UPDATE shop SET epoch_floor = ?1", QUERY(Q_INT(UINT16_MAX)));
}

static void a_store_is_handed_over_and_ordered_alone_by_command(void **state)
{
    struct desk *d = *state;
    struct fake_terminal peer;
    char args[96];
    terminal_make(&peer, &d->f, 9);
    terminal_enrol(&peer, &d->f, d->f.shops[0]);
    snprintf(args, sizeof(args), "{\"store\":%u,\"terminal\":%u}", d->f.shops[0], peer.id);
    must(d, "store primary", args);
    snprintf(args, sizeof(args), "{\"store\":%u,\"terminal\":%u}", d->f.shops[0], d->b.id);
    must_refuse(d, "store primary", args);
    assert_int_equal(fixture_write(&d->f, run_no_epochs_left, NULL), 0);
    snprintf(args, sizeof(args), "{\"store\":%u,\"terminal\":%u}", d->f.shops[0], d->a.id);
    json_t *answer = command(d, "store primary", args);
    assert_false(is_ok(answer));
    assert_non_null(strstr(json_string_value(json_object_get(answer, "error")), "store epochs"));
    json_decref(answer);
    snprintf(args, sizeof(args), "{\"store\":%u,\"on\":\"on\"}", d->f.shops[0]);
    must(d, "store alone", args);
    snprintf(args, sizeof(args), "{\"store\":%u,\"on\":\"perhaps\"}", d->f.shops[0]);
    must_refuse(d, "store alone", args);
}

static void a_record_of_a_later_version_is_listed_and_taken_up_again(void **state)
{
    struct desk *d = *state;
    static struct batch batch;
    static struct answer told;
    static const uint8_t body[] = {0xa0};
    batch_start(&batch);
    batch_raw_record(&batch, &d->a, 77, (struct slice){body, sizeof(body)});
    batch_upload(&batch, &d->a, &told);
    assert_int_equal(told.status, 200);
    json_t *answer = command(d, "problems", "{}");
    assert_int_equal(row_count(answer), 1);
    assert_string_equal(json_string_value(row_field(answer, 0, "reason")), "of a later version");
    json_decref(answer);
    answer = command(d, "problems retry", "{}");
    assert_int_equal(json_integer_value(field(answer, "tried")), 1);
    json_decref(answer);
    assert_int_equal(desk_problems(d), 1); /* this version still does not know it */
    answer = command(d, "problems", "{\"after\":\"1.1.1\"}");
    assert_int_equal(row_count(answer), 0);
    json_decref(answer);
}

static void credit_that_another_owes_waits_until_the_settings_say_so(void **state)
{
    struct desk *d = *state;
    char args[96];
    struct body earned = desk_credit(d, RECORD_CREDIT_EARN, 1000);
    earned.credit.owner = (struct owner){OWNER_STORE, d->f.shops[1]};
    desk_record(d, &d->a, &earned); /* by a stolen key, or after a change that central forgot */
    assert_int_equal(desk_problems(d), 1);
    desk_books_are_whole(d);
    snprintf(args, sizeof(args), "{\"store\":%u,\"credit_owner\":\"s%u\"}", d->f.shops[0], d->f.shops[1]);
    must(d, "settings set", args);
    must(d, "problems retry", "{}");
    assert_int_equal(desk_problems(d), 0);
    snprintf(args, sizeof(args), "credit/s%u/4711", d->f.shops[1]);
    assert_int_equal(desk_balance(d, args, UNIT_CREDIT), 1000);
    desk_books_are_whole(d);
}

static void an_operator_sees_whom_a_restored_central_waits_for(void **state)
{
    struct desk *d = *state;
    must_refuse(d, "restore settle", "{\"why\":\"x\"}");
    desk_back_up(d);
    desk_restore(d);
    desk_show_end(d, &d->a);
    json_t *answer = command(d, "restore status", "{}");
    assert_int_equal(row_count(answer), 1);
    assert_int_equal(json_integer_value(row_field(answer, 0, "terminal")), d->b.id);
    assert_string_equal(json_string_value(field(answer, "restore")), "waits for 1 terminal");
    assert_true(json_is_true(field(answer, "waits")));
    json_decref(answer);
    must(d, "restore settle", "{\"why\":\"closed for good\"}");
    answer = command(d, "restore status", "{}");
    assert_int_equal(row_count(answer), 0);
    assert_true(json_is_true(field(answer, "grants_at_risk")));
    assert_false(json_is_true(field(answer, "waits")));
    assert_non_null(strstr(json_string_value(field(answer, "restore")), "nothing is waited for; what is granted"));
    json_decref(answer);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, desk_setup, desk_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_conflict_is_shown_with_all_its_evidence_and_how_it_was_settled),
        CASE(what_was_given_at_risk_is_listed),
        CASE(rights_that_are_not_back_from_their_lease_are_counted),
        CASE(a_used_or_unknown_coupon_cannot_be_written_off),
        CASE(long_tables_come_in_pieces),
        CASE(a_revoked_key_reaches_every_terminal_and_never_signs_again),
        CASE(a_key_cannot_be_revoked_without_the_root),
        CASE(a_lost_primary_leaves_its_store_to_the_next_one),
        CASE(a_store_is_handed_over_and_ordered_alone_by_command),
        CASE(a_record_of_a_later_version_is_listed_and_taken_up_again),
        CASE(credit_that_another_owes_waits_until_the_settings_say_so),
        CASE(an_operator_sees_whom_a_restored_central_waits_for),
    };
    return crypto_start() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
