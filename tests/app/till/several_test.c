#include "several.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What counts, and what does not, in a store of several terminals. */

static uint64_t waiting_for_central(struct several *s, uint32_t i)
{
    struct till_backlog backlog;

    assert_int_equal(till_backlog(s->shops[i].till, &backlog), 0);
    return backlog.waiting;
}

static void without_a_live_peer_nothing_is_redeemed(void **state)
{
    struct several *s = *state;
    struct till_request spend = {.op = TILL_SALE, .sale = {.gross_minor = 500, .credit_minor = 50}};
    struct till_request sale = {.op = TILL_SALE, .sale = {.gross_minor = 1000, .member = SHOP_MEMBER}};

    assert_int_equal(several_ask(s, 0, sale).error, 0);
    several_live(s, 0, 0);
    int64_t before = several_records(s, 0);
    spend.sale.member = SHOP_MEMBER;
    snprintf(spend.sale.pin, sizeof(spend.sale.pin), "1357");

    assert_int_equal(several_ask(s, 0, several_redeem(1)).error, -EHOSTDOWN);
    assert_int_equal(several_ask(s, 0, spend).error, -EHOSTDOWN);
    assert_int_equal(several_records(s, 0), before);
    assert_int_equal(several_ask(s, 0, several_named(sale, 9)).error, -EHOSTDOWN); /* would be asked elsewhere again */
    assert_int_equal(several_records(s, 0), before);
    assert_int_equal(several_ask(s, 0, sale).error, 0); /* consumes nothing */
    assert_int_equal(till_rebuild_compare(s->shops[0].till), 0);
}

static void an_act_is_done_when_a_peer_holds_it(void **state)
{
    struct several *s = *state;
    uint64_t before = waiting_for_central(s, 0);

    struct till_answer first = several_ask(s, 0, several_redeem(1));
    struct till_answer second = several_ask(s, 0, several_redeem(2));
    assert_int_equal(first.error, 1); /* no answer yet */
    assert_int_equal(second.error, 1);
    assert_true(several_store(s, 0).unconfirmed_from != 0);
    assert_int_equal(waiting_for_central(s, 0), before);
    (void)several_copy(s, 0, 1);
    assert_int_equal(several_word(s, 1, 0), 0);

    assert_int_equal(s->shops[0].answer.ticket, first.ticket);
    assert_int_equal(s->shops[0].answer.error, 0);
    assert_int_equal(s->shops[0].answer.redeemed.verdict, COUPON_OK);
    assert_int_equal(waiting_for_central(s, 0), before + 1);
    several_carry(s, 0, 1); /* the second was done behind it and waits now */
    assert_int_equal(s->shops[0].answer.ticket, second.ticket);
    assert_int_equal(s->shops[0].answer.redeemed.verdict, COUPON_OK);
    assert_int_equal(several_store(s, 0).unconfirmed_from, 0);
    assert_int_equal(shop_query(&s->shops[1], "SELECT count(*) FROM redemption"), 2);
    assert_int_equal(till_rebuild_compare(s->shops[1].till), 0);
}

/* The terminal that asked for it may ask a successor for it again. */
static void a_sale_that_another_terminal_asked_for_is_done_when_a_peer_holds_it(void **state)
{
    struct several *s = *state;
    struct till_request sale = {.op = TILL_SALE, .sale = {.gross_minor = 1000, .member = SHOP_MEMBER}};
    uint64_t before = waiting_for_central(s, 0);

    assert_int_equal(several_ask(s, 0, several_named(sale, 9)).error, 1);
    assert_int_equal(waiting_for_central(s, 0), before);
    several_carry(s, 0, 1);
    assert_int_equal(s->shops[0].answer.sold.verdict, CREDIT_OK);
    assert_int_equal(several_store(s, 0).unconfirmed_from, 0);
    assert_true(waiting_for_central(s, 0) > before);
}

static void after_three_seconds_the_answer_is_pending_and_others_are_told(void **state)
{
    struct several *s = *state;
    struct till_request member = {.op = TILL_RECENT};

    struct till_answer first = several_ask(s, 0, several_redeem(1));
    assert_int_equal(several_ask(s, 0, several_redeem(2)).error, 1);
    sim_clock_advance(&s->shops[0].clock, 2900);
    till_tick(s->shops[0].till);
    assert_false(s->shops[0].has_answer);
    sim_clock_advance(&s->shops[0].clock, 200);
    till_tick(s->shops[0].till);

    assert_int_equal(s->shops[0].answer.error, -EBUSY); /* the second, after the first was told */
    assert_int_equal(s->shops[0].answer_count, 2);
    assert_int_equal(several_ask(s, 0, several_redeem(3)).error, -EBUSY);
    struct till_answer recent = several_ask(s, 0, member);
    assert_int_equal(recent.error, 0);
    assert_int_equal(recent.recent.count, 0); /* not done yet */
    several_carry(s, 0, 1);
    assert_int_equal(s->shops[0].answer.ticket, first.ticket);
    assert_int_equal(s->shops[0].answer.redeemed.verdict, COUPON_OK);
    assert_int_equal(several_ask(s, 0, member).recent.count, 1);
}

/* With a thread of its own the till sees to the time itself. */
static void a_till_with_a_thread_tells_by_itself_that_an_act_is_pending(void **state)
{
    struct several *s = *state;
    struct shop *shop = &s->shops[0];
    struct till_request request = several_redeem(1);

    shop_stop(shop);
    shop->inline_jobs = false;
    shop_start(shop);
    shop_trust_time(shop);
    several_live(s, 0, 1);
    request.ticket = 70;
    request.clerk = SHOP_CLERK;
    assert_int_equal(till_submit(shop->till, &request), 0);
    while (several_store(s, 0).unconfirmed_from == 0) /* the queue is in order: the call comes after the request */
        continue;
    sim_clock_advance(&shop->clock, 3000);
    pthread_mutex_lock(&shop->mutex);
    while (!shop->has_answer)
        pthread_cond_wait(&shop->answered, &shop->mutex);
    assert_int_equal(shop->answer.ticket, 70);
    assert_int_equal(shop->answer.error, -EINPROGRESS);
    shop->has_answer = false;
    pthread_mutex_unlock(&shop->mutex);
    several_carry(s, 0, 1);
    pthread_mutex_lock(&shop->mutex);
    while (!shop->has_answer)
        pthread_cond_wait(&shop->answered, &shop->mutex);
    assert_int_equal(shop->answer.error, 0);
    assert_int_equal(shop->answer.redeemed.verdict, COUPON_OK);
    pthread_mutex_unlock(&shop->mutex);
}

static void a_restart_keeps_what_waits_and_the_same_request_gets_its_answer(void **state)
{
    struct several *s = *state;
    struct till_request request = several_named(several_redeem(1), 9);
    struct till_answer before, after;

    assert_int_equal(several_ask(s, 0, request).error, 1);
    several_restart(s, 0);

    assert_true(several_store(s, 0).unconfirmed_from != 0);
    assert_int_equal(several_ask(s, 0, several_redeem(2)).error, -EBUSY);
    before = several_ask(s, 0, request);
    assert_int_equal(before.error, -EINPROGRESS);
    several_carry(s, 0, 1);
    after = several_last(s, 0);
    assert_int_equal(after.ticket, before.ticket);
    assert_int_equal(after.error, 0);
    assert_int_equal(after.redeemed.verdict, COUPON_OK);
    assert_int_equal(after.redeemed.discount_minor, 500);
    assert_int_equal(several_ask(s, 0, request).redeemed.verdict, COUPON_OK); /* and again: the same */
    assert_int_equal(shop_query(&s->shops[0], "SELECT count(*) FROM journal WHERE kind = 4"), 1);
}

static void a_manager_goes_alone_and_it_ends_by_itself(void **state)
{
    struct several *s = *state;
    struct till_request sign_in = {.op = TILL_SIGN_IN, .sign_in = {.clerk = SEVERAL_MANAGER, .pin = "864200"}};

    struct till_answer first = several_ask(s, 0, several_redeem(1));
    several_live(s, 0, 0);
    assert_int_equal(several_ask(s, 0, sign_in).signed_in.verdict, PIN_OK);
    assert_int_equal(
        several_ask(s, 0, (struct till_request){.op = TILL_ALONE, .clerk = SHOP_CLERK, .alone.on = true}).store,
        STORE_NOT_ALLOWED);
    s->shops[0].answer_count = 0;
    assert_int_equal(several_alone(s, 1, true).store, STORE_NOT_PRIMARY);
    (void)several_alone(s, 0, true);

    assert_int_equal(s->shops[0].answer_count, 2); /* the verdict, then what waited */
    assert_int_equal(s->shops[0].answer.ticket, first.ticket);
    assert_int_equal(s->shops[0].answer.redeemed.verdict, COUPON_OK);
    assert_true(several_store(s, 0).alone);
    assert_int_equal(shop_query(&s->shops[0], "SELECT count(*) FROM journal WHERE kind = 2"), 1); /* the sign-in */
    assert_int_equal(several_ask(s, 0, several_redeem(2)).redeemed.verdict, COUPON_OK);
    several_live(s, 0, 1);
    several_carry(s, 0, 1);
    assert_false(several_store(s, 0).alone);
    assert_int_equal(shop_query(&s->shops[0], "SELECT count(*) FROM journal WHERE kind = 21"), 2);
    assert_int_equal(several_ask(s, 0, several_redeem(3)).error, 1);
}

static void central_can_order_it_to_go_alone(void **state)
{
    struct several *s = *state;
    struct feed_settings settings = {.brand = SHOP_BRAND,
                                     .store = SHOP_STORE,
                                     .primary_terminal = SHOP_TERMINAL,
                                     .store_epoch = SHOP_STORE_EPOCH,
                                     .alone = true};
    uint8_t body[FEED_BODY_MAX];
    size_t len;

    struct till_answer first = several_ask(s, 0, several_redeem(1));
    assert_int_equal(first.error, 1);
    assert_int_equal(feed_settings_encode(&settings, body, sizeof(body), &len), 0);
    shop_item(&s->shops[0], FEED_SETTINGS, body, len);
    shop_give(&s->shops[0]);

    assert_int_equal(s->shops[0].answer.ticket, first.ticket);
    assert_int_equal(s->shops[0].answer.error, 0);
    several_carry(s, 0, 1);
    assert_true(several_store(s, 0).alone); /* until central says otherwise */
}

/* Credit that a central gave which was restored since: it went back to the store that had released it. */
static void what_waits_goes_with_the_central_that_said_it(void **state)
{
    struct several *s = *state;
    struct feed_share grant = {
        .member = SHOP_MEMBER, .owner = {OWNER_STORE, SHOP_STORE}, .amount_minor = 300, .transfer = 78};

    shop_item_share(&s->shops[1], FEED_SHARE_GRANT, &grant);
    shop_give(&s->shops[1]);
    assert_int_equal(shop_query(&s->shops[1], "SELECT count(*) FROM authority_waiting"), 1);
    s->shops[1].server_epoch = 2;
    shop_give(&s->shops[1]);
    assert_int_equal(shop_query(&s->shops[1], "SELECT count(*) FROM authority_waiting"), 0);
}

/* The other one is lost while an act waits for it: the page that says so, and more behind it, is taken all the same. */
static void what_comes_behind_the_loss_of_the_only_peer_waits_for_the_act(void **state)
{
    struct several *s = *state;
    struct feed_right right = {.coupon = {SHOP_CAMPAIGN, 5}, .epoch = 0, .transfer = 77};
    struct till_answer first = several_ask(s, 0, several_redeem(1));

    several_item_gone(s, 0, 1);
    shop_item_right(&s->shops[0], FEED_RIGHT_REQUEST, &right);
    shop_give(&s->shops[0]);

    assert_int_equal(s->shops[0].answer.ticket, first.ticket);
    assert_int_equal(s->shops[0].answer.error, 0);
    assert_int_equal(shop_query(&s->shops[0], "SELECT count(*) FROM journal WHERE kind = 10"), 1);
    assert_int_equal(shop_query(&s->shops[0], "SELECT count(*) FROM authority_waiting"), 0);
}

static void releases_wait_for_a_peer_and_peers_keep_what_central_sends(void **state)
{
    struct several *s = *state;
    struct feed_right right = {.coupon = {SHOP_CAMPAIGN, 5}, .epoch = 0, .transfer = 77};
    struct feed_share grant = {
        .member = SHOP_MEMBER, .owner = {OWNER_STORE, SHOP_STORE}, .amount_minor = 300, .transfer = 78};

    several_live(s, 0, 0);
    for (uint32_t i = 0; i < 2; i++) {
        shop_item_right(&s->shops[i], FEED_RIGHT_REQUEST, &right);
        shop_item_share(&s->shops[i], FEED_SHARE_GRANT, &grant);
        shop_give(&s->shops[i]);
    }
    assert_int_equal(shop_query(&s->shops[0], "SELECT count(*) FROM authority_waiting"), 1);
    assert_int_equal(shop_query(&s->shops[1], "SELECT count(*) FROM authority_waiting"), 2);
    assert_int_equal(shop_query(&s->shops[0], "SELECT count(*) FROM journal WHERE kind = 10"), 0);
    several_live(s, 0, 1);
    assert_int_equal(several_word(s, 1, 0), 0); /* any word takes it up */

    assert_int_equal(shop_query(&s->shops[0], "SELECT count(*) FROM journal WHERE kind = 10"), 1);
    assert_true(several_store(s, 0).unconfirmed_from != 0);
    several_carry(s, 0, 1);
    assert_int_equal(several_store(s, 0).unconfirmed_from, 0);
    assert_int_equal(shop_query(&s->shops[1], "SELECT count(*) FROM authority_waiting"), 0);
    assert_int_equal(shop_query(&s->shops[1], "SELECT amount_minor FROM share"), 300);
    assert_int_equal(till_rebuild_compare(s->shops[0].till), 0);
}

static void a_peer_leaves_the_primarys_acts_to_it(void **state)
{
    struct several *s = *state;
    struct till_request request = several_redeem(1);
    struct till_request spend = {.op = TILL_SALE, .sale = {.gross_minor = 500, .credit_minor = 50}};

    assert_int_equal(several_ask(s, 1, request).redeemed.verdict, COUPON_HELD_ELSEWHERE);
    assert_int_equal(several_ask(s, 1, several_named(request, 3)).error, -EREMOTE);
    assert_int_equal(several_ask(s, 1, spend).error, -EREMOTE);
    assert_int_equal(several_ask(s, 1, (struct till_request){.op = TILL_VOID, .voided.group = 1}).error, -EREMOTE);
    assert_int_equal(shop_query(&s->shops[1], "SELECT count(*) FROM journal WHERE kind IN (4, 5, 7, 8)"), 0);
}

static struct till_request elsewhere(uint64_t serial)
{
    struct till_request request = {.op = TILL_REDEEM};

    shop_coupon_text(SHOP_BUDGET, serial, SHOP_OTHER_STORE, request.redeem.text);
    return request;
}

/* The books keep one of the two redemptions of a use. What the peer gave away it gave away all the same. */
static void a_use_that_the_primary_has_too_stays_in_the_peers_budget(void **state)
{
    struct several *s = *state;

    several_live(s, 0, 0);
    (void)several_alone(s, 0, true);
    assert_int_equal(several_ask(s, 1, elsewhere(1)).redeemed.verdict, COUPON_OK);
    assert_int_equal(several_ask(s, 1, elsewhere(2)).redeemed.verdict, COUPON_OK);
    assert_int_equal(several_ask(s, 0, elsewhere(1)).redeemed.verdict, COUPON_OK);
    several_carry(s, 0, 1);

    assert_int_equal(several_ask(s, 1, elsewhere(3)).redeemed.verdict, COUPON_BUDGET_SPENT);
    assert_int_equal(till_rebuild_compare(s->shops[1].till), 0);
}

static void copies_are_handed_on_as_they_came(void **state)
{
    struct several *s = *state;
    uint8_t *first = malloc(BATCH_BYTES_MAX), *second = malloc(BATCH_BYTES_MAX);
    uint8_t public_key[PUBLIC_KEY_LEN], secret[SECRET_KEY_LEN];
    struct lan_end after = {.terminal = several_terminal(0), .incarnation = 1, .from = 1};
    size_t first_len, second_len;

    assert_int_equal(several_ask(s, 0, several_redeem(1)).error, 1);
    several_secret(0, public_key, secret);
    assert_int_equal(till_copy_next(s->shops[0].till, &after, secret, first, BATCH_BYTES_MAX, &first_len), 0);
    several_carry(s, 0, 1);
    several_secret(1, public_key, secret);
    assert_int_equal(till_copy_next(s->shops[1].till, &after, secret, second, BATCH_BYTES_MAX, &second_len), 0);
    (void)several_copy(s, 1, 2);

    assert_int_equal(first_len, second_len);
    assert_memory_equal(first, second, first_len);
    assert_int_equal(shop_query(&s->shops[2], "SELECT count(*) FROM redemption"), 1);
    free(first);
    free(second);
}

static uint32_t carried(struct several *s, uint32_t i)
{
    struct till_backlog backlog;

    assert_int_equal(till_backlog(s->shops[i].till, &backlog), 0);
    assert_true(several_store(s, i).carries == (backlog.carried > 0));
    return backlog.carried;
}

static void the_journal_of_a_terminal_that_is_gone_goes_on_and_to_central(void **state)
{
    struct several *s = *state;
    struct journal_answer another = {.status = JOURNAL_STORED, .durable_through = 1, .server_epoch = 1};
    struct lan_end end = {.terminal = several_terminal(0), .incarnation = 1};

    assert_int_equal(several_ask(s, 0, several_redeem(1)).error, 1);
    several_carry(s, 0, 1);
    end.through = (uint64_t)several_records(s, 0);
    assert_int_equal(carried(s, 1), 0); /* it is there and does so itself */
    several_gone(s, 1, 0);
    several_gone(s, 2, 0);
    assert_int_equal(several_store(s, 2).terminal_count, 1);
    (void)several_copy(s, 1, 2);
    assert_int_equal(shop_query(&s->shops[2], "SELECT count(*) FROM redemption"), 1);
    assert_int_equal(carried(s, 2), 1);

    assert_int_equal(till_marks_store(s->shops[2].till, &another), 0);
    assert_int_equal(till_carried(s->shops[2].till, &end), 0);
    assert_int_equal(carried(s, 2), 0);
    several_restart(s, 2);
    assert_int_equal(carried(s, 2), 0);
    another.server_epoch = 2; /* restored: who knows what it has */
    assert_int_equal(till_marks_store(s->shops[2].till, &another), 0);
    assert_int_equal(carried(s, 2), 1);
}

struct forged {
    uint32_t signer, terminal;
    uint64_t first_seq;
    bool other; /* another history */
};

static struct journal_answer store_made(struct several *s, uint32_t to, const struct forged *made)
{
    uint8_t buffer[4096], batch[4096], public_key[PUBLIC_KEY_LEN], secret[SECRET_KEY_LEN], body[64];
    struct body note = {.kind = RECORD_QR_SHOWN, .qr_shown = {.seconds = made->other ? 2 : 1}};
    struct record record = {
        .version = RECORD_VERSION, .id = {made->terminal, 1, made->first_seq}, .hlc = 1, .kind = RECORD_QR_SHOWN};
    struct batch_writer w;
    struct journal_answer answer = {0};
    size_t len;

    assert_int_equal(body_encode(&note, body, sizeof(body), &len), 0);
    record.body = (struct slice){body, len};
    memset(record.prev_hash, made->first_seq == 1 ? 0 : 7, HASH_LEN);
    record_seal(&record);
    several_secret(made->signer, public_key, secret);
    batch_writer_init(&w, buffer, sizeof(buffer));
    assert_int_equal(batch_add(&w, &record), 0);
    assert_int_equal(batch_finish(&w, secret, batch, sizeof(batch), &len), 0);
    assert_int_equal(till_copy_store(s->shops[to].till, (struct slice){batch, len}, &answer), 0);
    return answer;
}

static void a_copy_must_be_signed_and_follow(void **state)
{
    struct several *s = *state;
    struct till_backlog backlog;

    several_carry(s, 0, 1);
    assert_int_equal(store_made(s, 1, &(struct forged){1, several_terminal(0), 2, false}).status, JOURNAL_REFUSED);
    assert_int_equal(store_made(s, 1, &(struct forged){0, 99, 1, false}).status, JOURNAL_REFUSED);
    struct journal_answer gap = store_made(s, 1, &(struct forged){0, several_terminal(0), 9, false});
    assert_int_equal(gap.status, JOURNAL_GAP);
    assert_int_equal(gap.expected_seq, 2);
    assert_int_equal(store_made(s, 1, &(struct forged){0, several_terminal(0), 1, true}).status, JOURNAL_FORK);
    assert_int_equal(store_made(s, 1, &(struct forged){0, several_terminal(0), 2, false}).status, JOURNAL_FORK);
    assert_int_equal(till_backlog(s->shops[1].till, &backlog), 0);
    assert_false(backlog.forked); /* it is the other one's */
}

static void a_peer_with_another_history_of_this_journal_is_a_fork(void **state)
{
    struct several *s = *state;
    struct lan_end end = {.terminal = several_terminal(0), .incarnation = 1, .from = 1, .through = 1};
    struct till_backlog backlog;

    assert_int_equal(till_peer_holds(s->shops[0].till, several_terminal(1), &end), -EILSEQ);
    assert_int_equal(till_backlog(s->shops[0].till, &backlog), 0);
    assert_true(backlog.forked);
    /* By a copy of its own journal, too, also when it goes further than the disk. */
    assert_int_equal(store_made(s, 1, &(struct forged){1, several_terminal(1), 9, false}).status, JOURNAL_FORK);
    assert_int_equal(till_backlog(s->shops[1].till, &backlog), 0);
    assert_true(backlog.forked);
}

static void a_new_incarnation_takes_the_copies_again(void **state)
{
    struct several *s = *state;

    assert_int_equal(several_ask(s, 0, several_redeem(1)).error, 1);
    several_carry(s, 0, 1);
    s->shops[1].incarnation = 2;
    shop_enrol(&s->shops[1]);
    assert_int_equal(shop_query(&s->shops[1], "SELECT count(*) FROM redemption"), 0);
    assert_int_equal(till_rebuild_compare(s->shops[1].till), 0);
    assert_true(several_store(s, 1).single); /* the feed begins anew */
}

static void requests_that_wait_for_an_answer_survive_a_restart(void **state)
{
    struct several *s = *state;
    struct till_pending pending = {.since_ms = 5, .act = {.op = LAN_SALE, .sale_minor = 900, .pin = "1357"}}, list[4];
    uint32_t count;

    memset(pending.request_id, 3, sizeof(pending.request_id));
    memcpy(pending.act.request_id, pending.request_id, sizeof(pending.request_id));
    assert_int_equal(till_pending_put(s->shops[1].till, &pending), 0);
    assert_int_equal(till_pending_put(s->shops[1].till, &pending), 0);
    several_restart(s, 1);
    assert_int_equal(till_pending_list(s->shops[1].till, list, ARRAY_LEN(list), &count), 0);
    assert_int_equal(count, 1);
    assert_int_equal(list[0].act.sale_minor, 900);
    assert_string_equal(list[0].act.pin, "");
    assert_false(shop_file_contains(s->shops[1].path, "1357", 4));
    assert_int_equal(till_pending_drop(s->shops[1].till, pending.request_id), 0);
    assert_int_equal(till_pending_list(s->shops[1].till, list, ARRAY_LEN(list), &count), 0);
    assert_int_equal(count, 0);
}

static void books_of_before_are_brought_up_to_date(void **state)
{
    struct several *s = *state;
    struct shop *shop = &s->shops[0];
    const struct db_options writer = {.mode = DB_WRITER};
    struct till_request sale = {.op = TILL_SALE, .sale = {.gross_minor = 1000, .member = SHOP_MEMBER}};
    struct till_request voided = {.op = TILL_VOID};
    struct db *db;

    several_live(s, 0, 0);
    (void)several_alone(s, 0, true);
    assert_int_equal(several_ask(s, 0, several_redeem(1)).redeemed.verdict, COUPON_OK);
    assert_int_equal(several_ask(s, 0, sale).error, 0);
    voided.voided.group = several_ask(s, 0, sale).sold.group;
    assert_int_equal(several_ask(s, 0, voided).voided.verdict, VOID_OK);
    shop_stop(shop);
    assert_int_equal(db_open(shop->path, &writer, &db), 0);
    assert_int_equal(db_exec(db, "ALTER TABLE era DROP COLUMN own; DROP TABLE copy_batch; DROP TABLE authority_waiting;"
                                 "DROP TABLE pending_request; DROP TABLE record_voided; DROP TABLE void_waiting;"
                                 "DROP TABLE promotion; DROP TABLE request_done; DROP TABLE share_transfer;"
                                 "ALTER TABLE held_right DROP COLUMN store_epoch; ALTER TABLE held_right DROP COLUMN"
                                 " lease_until_s; DROP TABLE pool; DROP TABLE survey; "
                                 "DROP TABLE budget_use; DROP TABLE terminal_gone; DROP INDEX coupon_public;"
                                 "DROP INDEX coupon_away;"
                                 "ALTER TABLE coupon DROP COLUMN public_from_s;"
                                 "DROP TABLE member_alias; DROP TABLE share_part;"
                                 "CREATE INDEX redemption_budget ON redemption(campaign, record);"
                                 "CREATE TABLE share_transfer(kind INTEGER NOT NULL, transfer INTEGER NOT NULL,"
                                 " PRIMARY KEY(kind, transfer)) WITHOUT ROWID; PRAGMA user_version = 3"),
                     0);
    db_close(db);
    shop_start(shop);

    assert_int_equal(shop_query(shop, "SELECT amount_minor FROM share"), 100);
    assert_int_equal(shop_query(shop, "SELECT count(*) FROM record_voided"), 2);
    assert_int_equal(shop_query(shop, "SELECT count(*) FROM config WHERE key = 'rebuild'"), 0);
    assert_int_equal(till_rebuild_compare(shop->till), 0);
}

#define WITH_TWO(test)   cmocka_unit_test_setup_teardown(test, several_open_two, several_close_all)
#define WITH_THREE(test) cmocka_unit_test_setup_teardown(test, several_open_three, several_close_all)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_TWO(without_a_live_peer_nothing_is_redeemed),
        WITH_TWO(an_act_is_done_when_a_peer_holds_it),
        WITH_TWO(a_sale_that_another_terminal_asked_for_is_done_when_a_peer_holds_it),
        WITH_TWO(after_three_seconds_the_answer_is_pending_and_others_are_told),
        WITH_TWO(a_till_with_a_thread_tells_by_itself_that_an_act_is_pending),
        WITH_TWO(a_restart_keeps_what_waits_and_the_same_request_gets_its_answer),
        WITH_TWO(a_manager_goes_alone_and_it_ends_by_itself),
        WITH_TWO(central_can_order_it_to_go_alone),
        WITH_TWO(what_waits_goes_with_the_central_that_said_it),
        WITH_TWO(what_comes_behind_the_loss_of_the_only_peer_waits_for_the_act),
        WITH_TWO(releases_wait_for_a_peer_and_peers_keep_what_central_sends),
        WITH_TWO(a_peer_leaves_the_primarys_acts_to_it),
        WITH_TWO(a_use_that_the_primary_has_too_stays_in_the_peers_budget),
        WITH_THREE(copies_are_handed_on_as_they_came),
        WITH_THREE(the_journal_of_a_terminal_that_is_gone_goes_on_and_to_central),
        WITH_TWO(a_copy_must_be_signed_and_follow),
        WITH_TWO(a_peer_with_another_history_of_this_journal_is_a_fork),
        WITH_TWO(a_new_incarnation_takes_the_copies_again),
        WITH_TWO(requests_that_wait_for_an_answer_survive_a_restart),
        WITH_TWO(books_of_before_are_brought_up_to_date),
    };

    return cmocka_run_group_tests_name("till_several", tests, NULL, NULL);
}
