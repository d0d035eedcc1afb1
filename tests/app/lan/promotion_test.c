#include "three_houses.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

/* The primary is gone or goes, and who does what in its place. */

static void submit_promotion(struct house *house, uint32_t ticket)
{
    struct till_request request = {.op = TILL_PROMOTE, .ticket = ticket, .clerk = 4, .promote = {.old_is_off = true}};
    assert_int_equal(lan_submit(house->lan, &request), 0);
}

static void a_primary_that_answers_is_not_deposed(void **state)
{
    (void)state;
    street_run(street, 5000);
    submit_promotion(peer, 3);
    street_run(street, 6000);
    assert_int_equal(peer->till.submits, 0);
    assert_int_equal(house_answer(peer, 3)->error, 0);
    assert_int_equal(house_answer(peer, 3)->store, STORE_STILL_ON);
}

static void only_the_third_has_a_record(void)
{
    peer->wire = WIRE_LOST;
    peer->only = "/v1/lan/journal";
    fake_till_append(&primary->till);
    street_run(street, 3 * LAN_HELLO_MS);
}

static void a_promotion_comes_after_what_the_others_hold(void **state)
{
    (void)state;
    street_run(street, 5000);
    only_the_third_has_a_record();
    assert_int_equal(fake_till_journal(&third->till, 1, 1)->through, 1);
    assert_int_equal(fake_till_journal(&peer->till, 1, 1)->through, 0);
    house_stop(primary);
    peer->wire = WIRE_GOOD;
    submit_promotion(peer, 3);
    street_run(street, 6000);
    assert_int_equal(peer->till.last.op, TILL_PROMOTE);
    assert_true(peer->till.last.promote.others_reached);
    assert_true(peer->till.last.promote.old_is_off);
    assert_int_equal(fake_till_journal(&peer->till, 1, 1)->through, 1);
    assert_int_equal(third->till.deposed, 1); /* it was told, so that its word stays true */
}

static void a_promotion_without_the_others_says_that_it_may_be_behind(void **state)
{
    (void)state;
    street_run(street, 5000);
    house_stop(primary);
    house_stop(third);
    submit_promotion(peer, 3);
    street_run(street, 7000);
    assert_int_equal(peer->till.last.op, TILL_PROMOTE);
    assert_false(peer->till.last.promote.others_reached);
}

static void what_was_pending_at_the_old_primary_is_asked_of_the_own_till_once_it_is_the_primary(void **state)
{
    (void)state;
    street_run(street, 5000);
    peer_redeems_over(WIRE_ANSWER_LOST);
    house_stop(primary);
    peer->till.store.primary = true;
    peer->till.store.primary_terminal = 2;
    peer->till.store.store_epoch = 2;
    lan_wake(peer->lan);
    street_run(street, 20000);
    assert_int_equal(peer->till.submits, 1);
    assert_int_equal(peer->till.last.via, 2); /* by its own request id, so a copy that knows it answers the same */
    assert_memory_equal(peer->till.last.request_id, primary->till.last.request_id, BODY_REQUEST_ID_LEN);
    assert_int_equal(house_answer(peer, 7)->error, 0);
    assert_int_equal(peer->till.pending_count, 0);
}

static void what_was_pending_goes_to_the_new_primary(void **state)
{
    (void)state;
    street_run(street, 5000);
    peer_redeems_over(WIRE_LOST);
    house_stop(primary);
    struct house *both[] = {peer, third};
    for (size_t i = 0; i < ARRAY_LEN(both); i++) {
        both[i]->till.store.primary_terminal = 3;
        both[i]->till.store.primary = both[i] == third;
        lan_wake(both[i]->lan);
    }
    street_run(street, 20000);
    assert_int_equal(third->till.done_count, 1);
    assert_int_equal(third->till.last.asked_terminal, 1); /* which may have done it */
    assert_int_equal(third->till.last.asked_epoch, 1);
    assert_int_equal(house_answer(peer, 7)->error, 0);
}

/* Central named it, and the other one's journal is not here yet: the till says so, also after a restart. */
static void what_the_former_primary_may_have_done_stays_pending_until_the_till_knows(void **state)
{
    static const int not_yet[] = {-EAGAIN, -EBUSY};
    (void)state;
    street_run(street, 5000);
    peer_redeems_over(WIRE_ANSWER_LOST);
    peer->till.store.primary = true;
    peer->till.store.primary_terminal = 2;
    peer->till.store.store_epoch = 2;
    for (size_t i = 0; i < ARRAY_LEN(not_yet); i++) {
        peer->till.act_error = not_yet[i];
        lan_wake(peer->lan);
        street_run(street, 20000);
        assert_int_equal(peer->till.pending_count, 1);
        assert_int_equal(peer->till.last.asked_terminal, 1);
        assert_int_equal(peer->till.last.asked_epoch, 1);
        house_stop(peer);
        house_start(peer);
    }
    assert_int_equal(house_answer(peer, 7)->error, -EINPROGRESS);
    peer->till.act_error = 0;
    street_run(street, 20000);
    assert_int_equal(peer->till.pending_count, 0);
    assert_int_equal(peer->till.done_count, 1);
}

static void forget_terminal(struct house *house, uint32_t gone, uint32_t next_primary)
{
    struct till_store *store = &house->till.store;
    uint32_t kept = 0;

    for (uint32_t i = 0; i < store->terminal_count; i++)
        if (store->terminals[i].terminal != gone)
            store->terminals[kept++] = store->terminals[i];
    store->terminal_count = kept;
    store->primary_terminal = next_primary;
    store->primary = house->terminal == next_primary;
    if (house->lan != NULL)
        lan_wake(house->lan);
}

/* The lost primary may have done it, and its copy is here: the machine in its place hears of that first. */
static void a_request_that_may_have_been_done_waits_until_the_new_primary_has_the_lost_ones_journal(void **state)
{
    (void)state;
    third->till.refuses_copies = true;
    fake_till_append(&primary->till);
    street_run(street, 5000);
    peer_redeems_over(WIRE_LOST);
    house_stop(primary);
    forget_terminal(peer, 1, 3);
    forget_terminal(third, 1, 3);
    street_run(street, 30000);
    assert_int_equal(third->till.submits, 0);
    assert_int_equal(house_answer(peer, 7)->error, -EINPROGRESS);
    third->till.refuses_copies = false;
    street_run(street, 70000);
    assert_int_equal(fake_till_journal(&third->till, 1, 1)->through, 1);
    assert_int_equal(third->till.done_count, 1);
    assert_int_equal(house_answer(peer, 7)->error, 0);
}

/* The lost primary may have done it, and another terminal holds its copy: the one named in its place hears of that. */
static void what_a_lost_primary_may_have_done_waits_for_the_copy_that_a_peer_holds(void **state)
{
    (void)state;
    street_run(street, 5000);
    only_the_third_has_a_record();
    peer_redeems_over(WIRE_LOST);
    house_stop(primary);
    house_stop(peer);
    forget_terminal(peer, 1, 2);
    forget_terminal(third, 1, 2);
    house_start(peer);
    street_run(street, 30000);
    assert_int_equal(peer->till.submits, 0);
    assert_int_equal(peer->till.pending_count, 1);
    peer->wire = WIRE_GOOD;
    street_run(street, 70000);
    assert_int_equal(fake_till_journal(&peer->till, 1, 1)->through, 1);
    assert_int_equal(peer->till.done_count, 1);
    assert_int_equal(peer->till.pending_count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TWO(a_primary_that_answers_is_not_deposed),
        THREE(a_promotion_comes_after_what_the_others_hold),
        THREE(a_promotion_without_the_others_says_that_it_may_be_behind),
        TWO(what_was_pending_at_the_old_primary_is_asked_of_the_own_till_once_it_is_the_primary),
        THREE(what_was_pending_goes_to_the_new_primary),
        TWO(what_the_former_primary_may_have_done_stays_pending_until_the_till_knows),
        THREE(what_a_lost_primary_may_have_done_waits_for_the_copy_that_a_peer_holds),
        THREE(a_request_that_may_have_been_done_waits_until_the_new_primary_has_the_lost_ones_journal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
