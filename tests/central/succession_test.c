#include "central/store/succession.h"
#include "desk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct answer answer;
static struct batch batch;

/* One record of `of`, signed by it, brought by another terminal. */
static int carry(struct fake_terminal *by, struct fake_terminal *of, const struct body *body)
{
    batch_start(&batch);
    batch_record(&batch, of, body);
    batch_seal(&batch, of);
    terminal_send(by, "POST", "/v1/journal", (struct slice){batch.bytes, batch.len}, &answer);
    return answer.status;
}

static struct shop shop_of(struct desk *d)
{
    struct store_tx tx;
    struct shop shop;
    assert_int_equal(store_read_begin(d->f.central->store, &tx), 0);
    assert_int_equal(identity_find_shop(&tx, d->f.shops[0], &shop), 0);
    store_read_end(&tx);
    return shop;
}

static void a_journal_may_come_by_a_peer_of_the_same_store(void **state)
{
    struct desk *d = *state;
    struct fake_terminal peer = desk_join(d, 3);
    struct body earned = desk_credit(d, RECORD_CREDIT_EARN, 1000);
    assert_int_equal(carry(&d->b, &d->a, &earned), 403);
    terminal_send(&peer, "POST", "/v1/journal", (struct slice){batch.bytes, batch.len}, &answer);
    assert_int_equal(answer.status, 200);
    struct journal_answer told;
    assert_int_equal(journal_answer_decode(answer.body, answer.len, &told), 0);
    assert_int_equal(told.durable_through, 1); /* of the terminal whose journal it is */
    terminal_send(&d->a, "POST", "/v1/journal", (struct slice){batch.bytes, batch.len}, &answer);
    assert_int_equal(answer.status, 200); /* its own upload of the same is a duplicate */
    assert_int_equal(desk_share_at(d, d->f.shops[0]), 1000);
    desk_books_are_whole(d);
}

static void a_journal_that_a_peer_brings_is_checked_like_any_other(void **state)
{
    struct desk *d = *state;
    struct fake_terminal peer = desk_join(d, 3), forger = d->a;
    forger.pair = peer.pair;
    struct body earned = desk_credit(d, RECORD_CREDIT_EARN, 1000);
    assert_int_equal(carry(&peer, &forger, &earned), 401);
    struct fake_terminal copy = d->a;
    assert_int_equal(carry(&peer, &d->a, &earned), 200);
    earned.credit.amount_minor = 2000;
    assert_int_equal(carry(&peer, &copy, &earned), 409);
    assert_int_equal(desk_share_at(d, d->f.shops[0]), 1000);
}

static void a_promoted_peer_sells_on_with_the_stores_rights(void **state)
{
    struct desk *d = *state;
    struct feed_found found;
    struct feed_settings settings;
    struct fake_terminal peer = desk_join(d, 3);
    struct coupon_id coupon = desk_issue(d, MODE_HOME);
    struct body earned = desk_credit(d, RECORD_CREDIT_EARN, 1000), spent = desk_credit(d, RECORD_CREDIT_SPEND, 600);
    desk_record(d, &d->a, &earned);
    struct body taken_over = desk_promotion(&d->a, 1, 2), used = desk_redemption(coupon, 1, 0);
    terminal_record(&peer, &taken_over);
    terminal_record(&peer, &used);
    terminal_record(&peer, &spent);
    assert_int_equal(shop_of(d).primary_terminal, peer.id);
    terminal_find_in_feed(&d->a, FEED_SETTINGS, &found);
    assert_int_equal(feed_settings_decode((struct slice){found.body, found.len}, &settings), 0);
    assert_true(settings.primary_terminal == peer.id && settings.store_epoch == 2);
    assert_int_equal(desk_totals(d).canonical, 1);
    assert_int_equal(desk_share_at(d, d->f.shops[0]), 400);
    assert_int_equal(desk_conflicts(d).count, 0);
    desk_books_are_whole(d);
}

/* It had gone alone, and its last acts were in nobody's copy. */
static void what_the_old_primary_did_beyond_the_copy_is_an_explained_conflict(void **state)
{
    struct desk *d = *state;
    struct fake_terminal peer = desk_join(d, 3);
    struct coupon_id coupon = desk_issue(d, MODE_HOME);
    struct body earned = desk_credit(d, RECORD_CREDIT_EARN, 1000), spent = desk_credit(d, RECORD_CREDIT_SPEND, 700);
    desk_record(d, &d->a, &earned);
    struct body taken_over = desk_promotion(&d->a, 1, 2), used = desk_redemption(coupon, 1, 0);
    terminal_record(&peer, &taken_over);
    terminal_record(&peer, &used);
    terminal_record(&peer, &spent);
    terminal_record(&d->a, &used);
    struct desk_conflicts found = desk_conflicts(d);
    assert_int_equal(found.count, 1);
    assert_int_equal(found.last.kind, CONFLICT_WRITE_OFF);
    terminal_record(&d->a, &spent);
    assert_int_equal(desk_conflicts(d).count, 1); /* what covers it may still come */
    desk_show_news(d, &d->a);
    desk_show_news(d, &peer);
    found = desk_conflicts(d);
    assert_int_equal(found.count, 2);
    assert_true(found.last.kind == CONFLICT_WRITE_OFF && found.last.coupon.campaign == 0);
    assert_int_equal(found.last.discount_minor, 400);
    assert_int_equal(desk_share_at(d, d->f.shops[0]), -400); /* as the store's terminals have it */
    assert_int_equal(desk_share_at(d, 0), 400);
    char account[ACCOUNT_MAX];
    snprintf(account, sizeof(account), "credit/b%u/4711", d->f.brand);
    assert_int_equal(desk_balance(d, account, UNIT_CREDIT), 0); /* the member is not debited twice */
    snprintf(account, sizeof(account), "risk/credit/b%u/4711", d->f.brand);
    assert_int_equal(desk_balance(d, account, UNIT_CREDIT), -400);
    desk_books_are_whole(d);

    struct body undone = {
        .kind = RECORD_VOID,
        .voided = {.target = found.last.record, .target_kind = RECORD_CREDIT_SPEND, .business_ms = START_MS}};
    terminal_record(found.last.record.terminal == peer.id ? &peer : &d->a, &undone);
    assert_int_equal(desk_share_at(d, d->f.shops[0]), 300);
    assert_int_equal(desk_share_at(d, 0), 0);
    assert_int_equal(desk_balance(d, account, UNIT_CREDIT), 0);
    desk_books_are_whole(d);
}

/* By the first store's terminal, to the second's, which uses it. */
static struct coupon_id give_away(struct desk *d)
{
    struct coupon_id coupon = desk_issue(d, MODE_HOME);
    struct feed_right asked = {0}, given = {0};
    assert_int_equal(desk_ask(&d->b, coupon, (uint8_t)coupon.serial).verdict, AUTHORITY_WAITING);
    assert_int_equal(desk_find_right(&d->a, FEED_RIGHT_REQUEST, &asked), 1);
    struct body released = desk_right(RECORD_RIGHT_RELEASED, &asked);
    desk_record(d, &d->a, &released);
    assert_int_equal(desk_find_right(&d->b, FEED_RIGHT_GRANT, &given), 1);
    struct body taken = desk_right(RECORD_RIGHT_GRANTED, &given), used = desk_redemption(coupon, 1, given.epoch);
    desk_record(d, &d->b, &taken);
    desk_record(d, &d->b, &used);
    return coupon;
}

static void who_redeems_what_the_old_primary_gave_away_beyond_the_copy_made_an_explained_double(void **state)
{
    struct desk *d = *state;
    struct fake_terminal peer = desk_join(d, 3);
    struct coupon_id coupon = give_away(d);
    struct body taken_over = desk_promotion(&d->a, d->a.seq - 1, 2), used = desk_redemption(coupon, 1, 0);
    terminal_record(&peer, &taken_over);
    terminal_record(&peer, &used);
    struct desk_conflicts found = desk_conflicts(d);
    assert_int_equal(found.count, 1);
    assert_int_equal(found.last.kind, CONFLICT_WRITE_OFF);
    desk_books_are_whole(d);
}

static void who_redeems_what_its_copy_says_was_given_away_made_a_double_that_nothing_explains(void **state)
{
    struct desk *d = *state;
    struct fake_terminal peer = desk_join(d, 3);
    struct coupon_id other = give_away(d), coupon = give_away(d);
    struct body taken_over = desk_promotion(&d->a, d->a.seq - 1, 2), used = desk_redemption(other, 1, 0);
    terminal_record(&peer, &taken_over); /* only the second was given away beyond it */
    terminal_record(&peer, &used);
    struct desk_conflicts found = desk_conflicts(d);
    assert_int_equal(found.count, 1);
    assert_int_equal(found.last.kind, CONFLICT_DOUBLE);
    used = desk_redemption(coupon, 1, 7); /* not the right that was given away */
    terminal_record(&peer, &used);
    found = desk_conflicts(d);
    assert_int_equal(found.count, 2);
    assert_int_equal(found.last.kind, CONFLICT_NO_RIGHT);
    desk_books_are_whole(d);
}

/* Who follows a promoted one may be at central before it. */
static void a_promotion_that_comes_up_late_explains_a_double_that_was_noted_already(void **state)
{
    struct desk *d = *state;
    struct fake_terminal peer = desk_join(d, 3), next = desk_join(d, 4);
    struct coupon_id coupon = give_away(d);
    struct body first = desk_promotion(&d->a, d->a.seq - 1, 2), second = desk_promotion(&peer, 1, 3),
                used = desk_redemption(coupon, 1, 0);
    terminal_record(&next, &second);
    terminal_record(&next, &used);
    assert_int_equal(desk_conflicts(d).last.kind, CONFLICT_DOUBLE);
    assert_int_equal(carry(&next, &peer, &first), 200);
    struct desk_conflicts found = desk_conflicts(d);
    assert_int_equal(found.count, 1);
    assert_int_equal(found.last.kind, CONFLICT_WRITE_OFF);
    desk_books_are_whole(d);
}

/* The journals come up anew, and the former primary's last. */
static void a_release_that_comes_up_late_explains_a_double_that_was_noted_already(void **state)
{
    struct desk *d = *state;
    struct fake_terminal peer = desk_join(d, 3);
    desk_back_up(d);
    struct coupon_id coupon = give_away(d);
    struct body taken_over = desk_promotion(&d->a, d->a.seq - 1, 2), used = desk_redemption(coupon, 1, 0);
    desk_restore(d);
    desk_send_again(d, &d->b);
    terminal_record(&peer, &taken_over);
    terminal_record(&peer, &used);
    assert_int_equal(desk_conflicts(d).last.kind, CONFLICT_DOUBLE);
    desk_send_again(d, &d->a);
    struct desk_conflicts found = desk_conflicts(d);
    assert_int_equal(found.count, 1);
    assert_int_equal(found.last.kind, CONFLICT_WRITE_OFF);
    desk_books_are_whole(d);
}

static void a_void_that_both_primaries_did_counts_once(void **state)
{
    struct desk *d = *state;
    struct fake_terminal peer = desk_join(d, 3);
    struct body earned = desk_credit(d, RECORD_CREDIT_EARN, 1000);
    desk_record(d, &d->a, &earned);
    struct body promotion = desk_promotion(&d->a, d->a.seq, 2);
    struct body undone = {.kind = RECORD_VOID,
                          .voided = {.target = {d->a.id, d->a.incarnation, d->a.seq},
                                     .target_kind = RECORD_CREDIT_EARN,
                                     .business_ms = START_MS}};
    terminal_record(&peer, &undone);
    assert_int_equal(carry(&peer, &d->a, &undone), 200);
    assert_int_equal(desk_problems(d), 1); /* nobody followed anybody */
    terminal_record(&peer, &promotion);
    assert_int_equal(carry(&peer, &d->a, &undone), 200);
    assert_int_equal(desk_problems(d), 1);
    assert_int_equal(desk_share_at(d, d->f.shops[0]), 0);
    desk_books_are_whole(d);
}

/* It had none of the old one's journal, and so could not name its incarnation. */
static void a_promotion_without_any_copy_explains_what_the_old_primary_did(void **state)
{
    struct desk *d = *state;
    struct fake_terminal peer = desk_join(d, 3);
    struct coupon_id coupon = desk_issue(d, MODE_HOME);
    struct body taken_over = desk_promotion(&d->a, 0, 2), used = desk_redemption(coupon, 1, 0);
    taken_over.promotion.old_incarnation = 0;
    terminal_record(&peer, &taken_over);
    terminal_record(&peer, &used);
    terminal_record(&d->a, &used);
    struct desk_conflicts found = desk_conflicts(d);
    assert_int_equal(found.count, 1);
    assert_int_equal(found.last.kind, CONFLICT_WRITE_OFF);
    desk_books_are_whole(d);
}

/* The old primary answered alone, and its successor had the same request in its feed. */
static void credit_that_both_primaries_released_for_one_request_moves_once(void **state)
{
    struct desk *d = *state;
    struct fake_terminal peer = desk_join(d, 3);
    struct feed_share asked = {0};
    struct body earned = desk_credit(d, RECORD_CREDIT_EARN, 1000), taken_over = desk_promotion(&d->a, 1, 2);
    desk_record(d, &d->a, &earned);
    assert_int_equal(desk_ask_credit(d, &d->b, 600, 5).verdict, AUTHORITY_WAITING);
    assert_int_equal(desk_find_share(&d->a, FEED_SHARE_REQUEST, &asked), 1);
    struct body released = desk_share(RECORD_SHARE_RELEASED, &asked, 600);
    terminal_record(&d->a, &released);
    terminal_record(&peer, &taken_over);
    terminal_record(&peer, &released);
    assert_int_equal(desk_problems(d), 0);
    assert_int_equal(desk_share_at(d, d->f.shops[0]), 400);
    assert_int_equal(desk_share_at(d, d->f.shops[1]), 600);
    desk_books_are_whole(d);

    released.share.amount_minor = 500; /* it had less of it, which changes nothing; more of it is noted */
    terminal_record(&peer, &released);
    assert_int_equal(desk_problems(d), 0);
    assert_int_equal(desk_share_at(d, d->f.shops[0]), 400);
    released.share.amount_minor = 700;
    terminal_record(&peer, &released);
    assert_int_equal(desk_problems(d), 1);
}

static void an_older_promotion_changes_nothing_any_more(void **state)
{
    struct desk *d = *state;
    struct fake_terminal peer = desk_join(d, 3), late = desk_join(d, 4);
    struct body newer = desk_promotion(&d->a, 0, 5), older = desk_promotion(&d->a, 0, 3),
                foreign = desk_promotion(&d->b, 0, 9), far = desk_promotion(&d->a, 0, 5 + 4097);
    terminal_record(&peer, &newer);
    terminal_record(&late, &older);
    assert_int_equal(shop_of(d).primary_terminal, peer.id);
    assert_int_equal(shop_of(d).store_epoch, 5);
    terminal_record(&late, &foreign);
    assert_int_equal(desk_problems(d), 1);
    terminal_record(&late, &far);
    assert_int_equal(desk_problems(d), 2);
    assert_int_equal(shop_of(d).store_epoch, 5);
    assert_int_equal(shop_of(d).primary_terminal, peer.id);
}

struct act {
    uint32_t store, terminal;
};

static int run_hand_over(void *arg, struct store_tx *tx)
{
    const struct act *act = arg;
    return succession_hand_over(tx, act->store, act->terminal, "manager");
}

static int run_lost(void *arg, struct store_tx *tx)
{
    const struct act *act = arg;
    return succession_lost(tx, act->terminal, "manager", "its disk is gone");
}

/* Central had come back from a backup that knew nothing of the promotion, and nobody would follow who is not there. */
static void a_promotion_of_who_is_lost_already_leaves_the_store_its_primary(void **state)
{
    struct desk *d = *state;
    struct fake_terminal peer = desk_join(d, 3), other = desk_join(d, 4);
    struct body promotion = desk_promotion(&d->a, 0, 5);
    assert_int_equal(fixture_write(&d->f, run_lost, &(struct act){.terminal = peer.id}), 0);
    assert_int_equal(shop_of(d).primary_terminal, d->a.id);
    assert_int_equal(carry(&other, &peer, &promotion), 200);
    assert_int_equal(shop_of(d).primary_terminal, d->a.id);
    assert_int_equal(shop_of(d).store_epoch, 6);
    assert_int_equal(desk_problems(d), 0);
    desk_books_are_whole(d);
}

static void a_planned_successor_gets_the_rights_when_the_old_one_has_stopped(void **state)
{
    struct desk *d = *state;
    struct feed_right granted = {0};
    struct fake_terminal peer = desk_join(d, 3);
    struct coupon_id coupon = desk_issue(d, MODE_HOME);
    struct act act = {d->f.shops[0], peer.id};
    assert_int_equal(fixture_write(&d->f, run_hand_over, &act), 0);
    desk_show_end(d, &d->a); /* it has not taken the news yet */
    assert_int_equal(desk_find_right(&peer, FEED_RIGHT_GRANT, &granted), 0);
    struct feed_found none;
    terminal_find_in_feed(&d->a, FEED_SETTINGS, &none);
    desk_show_end(d, &d->a);
    assert_int_equal(desk_find_right(&peer, FEED_RIGHT_GRANT, &granted), 1);
    assert_true(coupon_id_equal(granted.coupon, coupon) && granted.epoch == 1);
    assert_int_equal(desk_totals(d).write_offs, 0);
    struct body taken = desk_right(RECORD_RIGHT_GRANTED, &granted), used = desk_redemption(coupon, 1, 1);
    terminal_record(&peer, &taken);
    terminal_record(&peer, &used);
    assert_int_equal(desk_totals(d).canonical, 1);
    struct coupon_id later = desk_issue(d, MODE_HOME);
    (void)later;
    desk_show_end(d, &d->a);
    assert_int_equal(desk_find_right(&peer, FEED_RIGHT_GRANT, &granted), 0); /* given once */
    desk_books_are_whole(d);
}

struct order {
    uint32_t store, replaces;
    struct enrol_ticket ticket;
};

static int run_ticket(void *arg, struct store_tx *tx)
{
    struct order *order = arg;
    int rc = identity_make_ticket(tx, order->store, ROLE_BOTH, 3600, &order->ticket);
    return rc < 0 ? rc : identity_ticket_replaces(tx, &order->ticket, order->replaces);
}

static int find_waiting(void *arg, struct store_tx *tx)
{
    struct fake_terminal *t = arg;
    char digits[7];
    struct terminal found;
    crypto_confirm_code(t->pair.public_key, digits);
    int rc = identity_find_by_digits(tx, digits, &found);
    t->id = found.id;
    t->store = found.store;
    t->incarnation = found.incarnation;
    return rc;
}

/* A blank device in the place of the first store's terminal. */
static struct fake_terminal replace(struct desk *d, uint8_t seed)
{
    struct fake_terminal fresh;
    struct order order = {.store = d->f.shops[0], .replaces = d->a.id};
    terminal_make(&fresh, &d->f, seed);
    assert_int_equal(central_fill_ticket(d->f.central, &order.ticket), 0);
    assert_int_equal(fixture_write(&d->f, run_ticket, &order), 0);
    terminal_ask_enrol(&fresh, &order.ticket, &answer);
    assert_int_equal(answer.status, 200);
    assert_int_equal(fixture_write(&d->f, find_waiting, &fresh), 0);
    confirm_terminal(&d->f, fresh.id);
    snprintf(fresh.key_id, sizeof(fresh.key_id), "t%u", fresh.id);
    return fresh;
}

static void a_replaced_terminal_can_sell_again_with_what_its_store_holds(void **state)
{
    struct desk *d = *state;
    struct feed_right right = {0};
    struct feed_share share = {0};
    struct feed_found none;
    struct coupon_id used = desk_issue(d, MODE_HOME), open = desk_issue(d, MODE_HOME);
    struct body earned = desk_credit(d, RECORD_CREDIT_EARN, 1000), use = desk_redemption(used, 1, 0);
    desk_record(d, &d->a, &earned);
    desk_record(d, &d->a, &use);
    struct fake_terminal fresh = replace(d, 7);
    assert_true(shop_of(d).primary_terminal == fresh.id && shop_of(d).store_epoch == 2);

    terminal_find_in_feed(&fresh, FEED_SETTINGS, &none); /* it comes, and what it needs is made ready */
    assert_int_equal(none.count, 1);
    desk_feed_over(&fresh);
    assert_int_equal(desk_find_right(&fresh, FEED_RIGHT_GRANT, &right), 1); /* not the used one */
    assert_true(coupon_id_equal(right.coupon, open) && right.epoch == 1);
    desk_feed_over(&fresh);
    assert_int_equal(desk_find_share(&fresh, FEED_SHARE_GRANT, &share), 1);
    assert_int_equal(share.amount_minor, 1000);
    struct body taken = desk_right(RECORD_RIGHT_GRANTED, &right);
    struct body held = desk_share(RECORD_SHARE_GRANTED, &share, 1000);
    terminal_record(&fresh, &taken);
    terminal_record(&fresh, &held);
    assert_int_equal(desk_share_at(d, d->f.shops[0]), 1000); /* told, not earned */
    assert_int_equal(desk_totals(d).write_offs, 1);
    assert_int_equal(desk_problems(d), 0);
    desk_books_are_whole(d);

    struct body again = desk_redemption(open, 1, 1), spent = desk_credit(d, RECORD_CREDIT_SPEND, 1000);
    terminal_record(&fresh, &again);
    terminal_record(&fresh, &spent);
    struct body late = desk_redemption(open, 1, 0), late_spend = desk_credit(d, RECORD_CREDIT_SPEND, 300);
    assert_int_equal(carry(&fresh, &d->a, &late), 200); /* the lost one's disk was found */
    assert_int_equal(carry(&fresh, &d->a, &late_spend), 200);
    desk_show_news(d, &fresh);
    assert_int_equal(desk_conflicts(d).count, 2);
    assert_int_equal(desk_conflicts(d).last.kind, CONFLICT_WRITE_OFF);
    assert_int_equal(desk_share_at(d, d->f.shops[0]) + desk_share_at(d, 0), 0);
    desk_books_are_whole(d);
}

static int run_ended(void *arg, struct store_tx *tx)
{
    const struct desk *d = arg;
    return succession_note_ended(tx, d->a.id, d->a.seq);
}

static void nothing_is_at_risk_when_the_lost_ones_journal_came_in_to_its_end(void **state)
{
    struct desk *d = *state;
    struct feed_right right = {0};
    struct feed_found none;
    desk_issue(d, MODE_HOME);
    struct body earned = desk_credit(d, RECORD_CREDIT_EARN, 1000);
    desk_record(d, &d->a, &earned);
    assert_int_equal(fixture_write(&d->f, run_ended, d), 0);
    struct fake_terminal fresh = replace(d, 7);
    terminal_find_in_feed(&fresh, FEED_SETTINGS, &none);
    desk_feed_over(&fresh);
    assert_int_equal(desk_find_right(&fresh, FEED_RIGHT_GRANT, &right), 1);
    assert_int_equal(desk_totals(d).write_offs, 0);
}

static void a_replaced_terminal_may_no_longer_speak(void **state)
{
    struct desk *d = *state;
    struct body body = desk_credit(d, RECORD_CREDIT_EARN, 1);
    replace(d, 7);
    batch_start(&batch);
    batch_record(&batch, &d->a, &body);
    batch_upload(&batch, &d->a, &answer);
    assert_int_equal(answer.status, 403);
}

static void a_listeners_address_is_told_to_the_store_when_it_changes(void **state)
{
    struct desk *d = *state;
    static const char *const says[] = {"192.168.1.20:7443", "192.168.1.20:7443", "192.168.1.21:7443", "evil\"host:1"};
    static const unsigned told[] = {1, 0, 1, 0};
    struct fake_terminal peer = desk_join(d, 3);
    struct feed_found found;
    terminal_find_in_feed(&peer, FEED_TERMINAL, &found);
    for (size_t i = 0; i < ARRAY_LEN(says); i++) {
        char target[128];
        snprintf(target, sizeof(target), "/v1/feed?store=0&brand=0&wait=0&lan=%s", says[i]);
        terminal_send(&d->a, "GET", target, (struct slice){NULL, 0}, &answer);
        terminal_find_in_feed(&peer, FEED_TERMINAL, &found);
        assert_int_equal(found.count, told[i]);
        struct feed_terminal terminal;
        if (found.count == 0)
            continue;
        assert_int_equal(feed_terminal_decode((struct slice){found.body, found.len}, &terminal), 0);
        assert_string_equal(terminal.lan_address, says[i]);
        assert_true(terminal.primary);
    }
}

static int run_alone(void *arg, struct store_tx *tx)
{
    const struct desk *d = arg;
    return succession_order_alone(tx, d->f.shops[0], true);
}

static void central_may_order_a_store_to_go_alone(void **state)
{
    struct desk *d = *state;
    struct feed_found found;
    struct feed_settings settings;
    assert_int_equal(fixture_write(&d->f, run_alone, d), 0);
    terminal_find_in_feed(&d->a, FEED_SETTINGS, &found);
    assert_int_equal(feed_settings_decode((struct slice){found.body, found.len}, &settings), 0);
    assert_true(settings.alone);
}

static struct body incarnation(uint64_t boots)
{
    struct body body = {.kind = RECORD_INCARNATION, .incarnation = {.boot_count = boots}};
    strcpy(body.incarnation.hardware_serial, "hw-2");
    strcpy(body.incarnation.disk_serial, "disk-2");
    strcpy(body.incarnation.data_uuid, "00000000-0000-4000-8000-000000000002");
    return body;
}

/* Its disk was copied back, or changed: it knows nothing that counts. */
static void a_new_incarnation_holds_nothing_until_central_gives_it_anew(void **state)
{
    struct desk *d = *state;
    struct feed_right right = {0};
    struct feed_share share = {0};
    struct coupon_id coupon = desk_issue(d, MODE_HOME);
    struct body earned = desk_credit(d, RECORD_CREDIT_EARN, 1000), anew = incarnation(1);
    desk_record(d, &d->a, &earned);
    struct fake_terminal reborn = d->a;
    reborn.incarnation = 2;
    reborn.seq = 0;
    memset(reborn.last_hash, 0, HASH_LEN);
    terminal_record(&reborn, &anew);
    assert_int_equal(shop_of(d).store_epoch, 2);
    assert_int_equal(shop_of(d).primary_terminal, d->a.id);
    struct feed_found settings;
    terminal_find_in_feed(&reborn, FEED_SETTINGS, &settings);
    desk_feed_over(&reborn);
    assert_int_equal(desk_find_right(&reborn, FEED_RIGHT_GRANT, &right), 1);
    assert_true(coupon_id_equal(right.coupon, coupon) && right.epoch == 1);
    desk_feed_over(&reborn);
    assert_int_equal(desk_find_share(&reborn, FEED_SHARE_GRANT, &share), 1);
    assert_int_equal(share.amount_minor, 1000);
    assert_int_equal(desk_totals(d).write_offs, 1);

    struct body taken = desk_right(RECORD_RIGHT_GRANTED, &right), used = desk_redemption(coupon, 1, 1);
    struct body held = desk_share(RECORD_SHARE_GRANTED, &share, 1000), before = desk_redemption(coupon, 1, 0);
    terminal_record(&reborn, &taken);
    terminal_record(&reborn, &held);
    terminal_record(&reborn, &used);
    reborn.nonce += 100;
    d->a.nonce = reborn.nonce;
    desk_record(d, &d->a, &before); /* the rest of the old incarnation's journal */
    assert_int_equal(desk_conflicts(d).count, 1);
    assert_int_equal(desk_conflicts(d).last.kind, CONFLICT_WRITE_OFF);
    assert_int_equal(desk_share_at(d, d->f.shops[0]), 1000);
    desk_books_are_whole(d);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, desk_setup, desk_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_journal_may_come_by_a_peer_of_the_same_store),
        CASE(a_journal_that_a_peer_brings_is_checked_like_any_other),
        CASE(a_promoted_peer_sells_on_with_the_stores_rights),
        CASE(what_the_old_primary_did_beyond_the_copy_is_an_explained_conflict),
        CASE(who_redeems_what_the_old_primary_gave_away_beyond_the_copy_made_an_explained_double),
        CASE(who_redeems_what_its_copy_says_was_given_away_made_a_double_that_nothing_explains),
        CASE(a_promotion_that_comes_up_late_explains_a_double_that_was_noted_already),
        CASE(a_release_that_comes_up_late_explains_a_double_that_was_noted_already),
        CASE(a_void_that_both_primaries_did_counts_once),
        CASE(a_promotion_without_any_copy_explains_what_the_old_primary_did),
        CASE(credit_that_both_primaries_released_for_one_request_moves_once),
        CASE(an_older_promotion_changes_nothing_any_more),
        CASE(a_promotion_of_who_is_lost_already_leaves_the_store_its_primary),
        CASE(a_planned_successor_gets_the_rights_when_the_old_one_has_stopped),
        CASE(a_replaced_terminal_can_sell_again_with_what_its_store_holds),
        CASE(nothing_is_at_risk_when_the_lost_ones_journal_came_in_to_its_end),
        CASE(a_replaced_terminal_may_no_longer_speak),
        CASE(a_new_incarnation_holds_nothing_until_central_gives_it_anew),
        CASE(a_listeners_address_is_told_to_the_store_when_it_changes),
        CASE(central_may_order_a_store_to_go_alone),
    };
    return crypto_start() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
