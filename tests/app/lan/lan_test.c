#include "three_houses.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct lan_status status_of(const struct house *house)
{
    struct lan_status status;
    lan_status_copy(house->lan, &status);
    return status;
}

/* ---- who is there */

static void terminals_find_each_other_and_say_who_is_live(void **state)
{
    (void)state;
    street_run(street, 5000);
    assert_int_equal(primary->till.live, 1);
    assert_int_equal(peer->till.live, 1);
    assert_int_equal(status_of(primary).role, LAN_PRIMARY);
    assert_int_equal(status_of(peer).role, LAN_PEER);
    assert_true(status_of(peer).primary_live);
    assert_string_equal(status_of(peer).error, "");
}

static void a_terminal_that_does_not_listen_is_dead_at_once_and_found_again(void **state)
{
    (void)state;
    street_run(street, 5000);
    house_stop(primary);
    street_run(street, LAN_HELLO_MS + 100);
    assert_int_equal(peer->till.live, 0);
    assert_false(status_of(peer).primary_live);
    street_run(street, 60000);
    house_start(primary);
    street_run(street, 2 * LAN_HELLO_MS); /* its own hello wakes the other, whatever the back-off was */
    assert_int_equal(peer->till.live, 1);
    assert_int_equal(primary->till.live, 1);
}

static void a_silent_terminal_is_dead_after_three_hellos(void **state)
{
    (void)state;
    street_run(street, 5000);
    primary->wire = WIRE_LOST;
    street_run(street, LAN_HELLO_MS + 100);
    assert_int_equal(peer->till.live, 1);
    street_run(street, LAN_LIVE_MS);
    assert_int_equal(peer->till.live, 0);
}

static void dead_terminals_are_asked_less_and_less_often(void **state)
{
    (void)state;
    street_run(street, 5000);
    house_stop(peer);
    peer->requests = 0;
    street_run(street, 100000);
    assert_int_equal(primary->till.live, 0);
    house_start(peer);
    peer->wire = WIRE_LOST;
    primary->wire = WIRE_REFUSED;
    street_run(street, 100000);
    assert_in_range(peer->requests, 0, 20);
}

static void a_peer_with_another_clock_is_talked_to_all_the_same(void **state)
{
    (void)state;
    sim_clock_set_wall(&peer->clock, INT64_C(1780000000000) - INT64_C(86400000) * 3650);
    house_stop(peer);
    house_start(peer);
    street_run(street, 3 * LAN_HELLO_MS);
    assert_int_equal(primary->till.live, 1);
    assert_int_equal(peer->till.live, 1);
}

/* ---- the door */

static void replay(struct house *to, struct sync_response *response)
{
    const struct lan_request request = {street->seen_path,
                                        {street->seen_body, street->seen_len},
                                        street->seen_input,
                                        street->seen_signature,
                                        street->seen_digest};
    lan_handle(to->lan, &request, response);
}

static void a_request_is_taken_once_and_only_as_it_was_signed(void **state)
{
    (void)state;
    uint8_t body[LAN_ANSWER_MAX];
    struct sync_response response = {.body = body, .cap = sizeof(body)};
    street_run(street, 5000);
    struct house *to = primary->requests > 0 ? primary : peer;
    /* The last request went to one of the two; at the other its key is unknown or its nonce new, so try both. */
    replay(primary, &response);
    int at_primary = response.status;
    replay(peer, &response);
    assert_int_equal(at_primary, 401);
    assert_int_equal(response.status, 401);
    assert_true(response.len > 0 && response.server_ms > 0);
    street->seen_body[0] ^= 1;
    replay(to, &response);
    assert_int_equal(response.status, 401);
    const struct lan_request unsigned_request = {"/v1/lan/hello", {street->seen_body, 10}, NULL, NULL, NULL};
    lan_handle(primary->lan, &unsigned_request, &response);
    assert_int_equal(response.status, 401);
}

static void a_terminal_that_left_the_store_is_not_listened_to(void **state)
{
    (void)state;
    street_run(street, 5000);
    primary->till.store.terminal_count = 0;
    primary->till.store.single = true;
    lan_wake(primary->lan);
    street_run(street, LAN_LIVE_MS + 100);
    assert_int_equal(primary->last_status, 401);
    assert_false(status_of(peer).primary_live);
    assert_int_equal(status_of(primary).role, LAN_SINGLE);
}

/* ---- copies */

static void every_terminal_ends_with_every_journal(void **state)
{
    (void)state;
    for (int i = 0; i < 11; i++)
        fake_till_append(&primary->till);
    for (int i = 0; i < 3; i++)
        fake_till_append(&peer->till);
    street_run(street, 3 * LAN_HELLO_MS);
    assert_int_equal(fake_till_journal(&peer->till, 1, 1)->through, 11);
    assert_int_equal(fake_till_journal(&third->till, 1, 1)->through, 11);
    assert_int_equal(fake_till_journal(&third->till, 2, 1)->through, 3);
    assert_int_equal(fake_till_journal(&primary->till, 2, 1)->through, 3);
    assert_int_equal(primary->till.confirmed, 11);
    assert_int_equal(peer->till.confirmed, 3);
}

static void what_is_appended_goes_to_a_live_peer_without_waiting_for_the_next_hello(void **state)
{
    (void)state;
    street_run(street, 5000);
    fake_till_append(&primary->till);
    lan_wake(primary->lan);
    street_run(street, 0);
    assert_int_equal(primary->till.confirmed, 1);
}

static void a_copy_goes_by_way_of_a_third_terminal(void **state)
{
    (void)state;
    street_run(street, 5000);
    house_stop(third);
    fake_till_append(&primary->till);
    street_run(street, 3 * LAN_HELLO_MS);
    house_stop(primary);
    house_start(third);
    street_run(street, 3 * LAN_HELLO_MS);
    assert_int_equal(fake_till_journal(&third->till, 1, 1)->through, 1);
}

static void a_journal_that_a_peer_cannot_check_is_not_sent_again(void **state)
{
    (void)state;
    fake_till_append(&primary->till);
    peer->till.refuses_copies = true;
    peer->only = "/v1/lan/journal";
    street_run(street, 10 * LAN_HELLO_MS);
    uint32_t asked = peer->requests;
    street_run(street, 10 * LAN_HELLO_MS);
    assert_in_range(peer->requests - asked, 9, 12); /* hellos only */
    peer->till.refuses_copies = false;
    primary->till.store.terminals[0].role = 3; /* the feed says something new of it */
    lan_wake(primary->lan);
    street_run(street, LAN_HELLO_MS);
    assert_int_equal(primary->till.confirmed, 1);
}

static void a_journal_is_offered_again_because_the_peers_feed_may_have_been_behind(void **state)
{
    (void)state;
    fake_till_append(&primary->till);
    peer->till.refuses_copies = true;
    street_run(street, 10 * LAN_HELLO_MS);
    peer->till.refuses_copies = false; /* its feed caught up; the primary's has nothing new to say */
    street_run(street, 35 * LAN_HELLO_MS);
    assert_int_equal(primary->till.confirmed, 1);
}

static void the_primary_brings_central_the_journal_of_a_terminal_that_is_away(void **state)
{
    (void)state;
    for (int i = 0; i < 11; i++)
        fake_till_append(&peer->till);
    street_run(street, 3 * LAN_HELLO_MS);
    primary->relays = true;
    primary->relay_answer.durable_through = 3;
    street_run(street, 30000);
    assert_int_equal(primary->relay_count, 0); /* it is there and does so itself */
    house_stop(peer);
    street_run(street, 30000);
    assert_int_equal(primary->relay_answer.durable_through, 11);
    assert_int_equal(primary->relay_count, 3); /* the last one asks where central stands; then 4…7 and 8…11 */
    street_run(street, 60000);
    assert_int_equal(primary->relay_count, 3);
}

/* The last one asks where central stands, then what it lacks goes up; a peer does so too, and nobody twice. */
static void whoever_holds_the_journal_of_one_that_is_gone_brings_it_to_central(void **state)
{
    (void)state;
    for (int i = 0; i < 11; i++)
        fake_till_append(&primary->till);
    street_run(street, 3 * LAN_HELLO_MS);
    house_stop(primary);
    peer->till.store.terminal_count = 0;
    peer->till.store.carries = true;
    peer->relays = true;
    peer->relay_answer.durable_through = 3;
    street_run(street, 30000);
    assert_int_equal(peer->relay_answer.durable_through, 11);
    assert_int_equal(peer->relay_count, 3);
    assert_int_equal(peer->till.carried.terminal, 1);
    assert_int_equal(peer->till.carried.through, 11);
    street_run(street, 60000);
    assert_int_equal(peer->relay_count, 3);
    peer->till.store.carries = true; /* central was restored */
    peer->relay_answer.durable_through = 5;
    street_run(street, 30000);
    assert_int_equal(peer->relay_answer.durable_through, 11);
}

static void another_history_is_noticed(void **state)
{
    (void)state;
    fake_till_append(&primary->till);
    street_run(street, 3 * LAN_HELLO_MS);
    primary->till.journals[0].hashes[1][0] ^= 1; /* a disk that was rolled back and went another way */
    street_run(street, 2 * LAN_HELLO_MS);
    assert_non_null(strstr(status_of(primary).error, "EILSEQ"));
}

/* ---- acts */

static void a_coupon_at_a_peer_is_redeemed_by_the_primary(void **state)
{
    (void)state;
    street_run(street, 5000);
    assert_int_equal(house_redeem(peer, 7), 0);
    street_run(street, 0);
    assert_non_null(house_answer(peer, 7));
    assert_int_equal(house_answer(peer, 7)->error, 0);
    assert_int_equal(house_answer(peer, 7)->op, TILL_REDEEM);
    assert_int_equal(house_answer(peer, 7)->redeemed.group, 1);
    assert_int_equal(house_answer(peer, 7)->by, 1);
    assert_int_equal(primary->till.last.via, 2);
    assert_int_equal(primary->till.last.clerk, 4);
    assert_int_equal(peer->till.submits, 0);
    assert_int_equal(peer->till.pending_count, 0);
}

static void what_is_not_the_primarys_stays_here(void **state)
{
    (void)state;
    static const enum till_op own[] = {TILL_SIGN_IN, TILL_SIGN_OUT, TILL_PRICE, TILL_NOTE, TILL_ALONE};
    street_run(street, 5000);
    for (size_t i = 0; i < ARRAY_LEN(own); i++) {
        struct till_request request = {.op = own[i], .ticket = (uint32_t)i + 1};
        assert_int_equal(lan_submit(peer->lan, &request), 0);
        assert_int_equal(peer->till.submits, i + 1);
    }
    assert_int_equal(house_redeem(primary, 50), 0);
    assert_int_equal(primary->till.submits, 1);
}

static void an_act_waits_until_a_peer_holds_it_and_is_asked_for_again_under_the_same_id(void **state)
{
    (void)state;
    street_run(street, 5000);
    primary->till.wait_for_peer = true;
    assert_int_equal(house_redeem(peer, 7), 0);
    street_run(street, 0);
    assert_int_equal(house_answer(peer, 7)->error, -EINPROGRESS);
    assert_int_equal(status_of(peer).pending_count, 1);
    assert_int_equal(peer->till.pending_count, 1);
    lan_wake(primary->lan);
    street_run(street, 1000);
    assert_int_equal(house_answer(peer, 7)->error, 0);
    assert_int_equal(primary->till.done_count, 1);
    assert_int_equal(status_of(peer).pending_count, 0);
    assert_int_equal(peer->till.pending_count, 0);
}

static void a_lost_answer_is_fetched_and_nothing_is_done_twice(void **state)
{
    (void)state;
    street_run(street, 5000);
    peer_redeems_over(WIRE_ANSWER_LOST);
    street_run(street, 5000);
    assert_int_equal(house_answer(peer, 7)->error, -EINPROGRESS);
    assert_int_equal(peer->answer_count, 1); /* said once */
    assert_int_equal(peer->till.submits, 0); /* never decided here */
    primary->wire = WIRE_GOOD;
    street_run(street, 12000);
    assert_int_equal(house_answer(peer, 7)->error, 0);
    assert_int_equal(primary->till.done_count, 1);
}

static void a_lost_answer_survives_a_restart_and_is_never_decided_here(void **state)
{
    (void)state;
    street_run(street, 5000);
    peer_redeems_over(WIRE_ANSWER_LOST);
    house_stop(peer);
    house_stop(primary);
    assert_int_equal(peer->till.pending_count, 1);
    house_start(peer);
    street_run(street, 30000);
    assert_int_equal(status_of(peer).pending_count, 1);
    assert_int_equal(peer->till.submits, 0);
    primary->wire = WIRE_GOOD;
    house_start(primary);
    street_run(street, 20000);
    assert_non_null(house_answer(peer, 0)); /* nobody's ticket any more */
    assert_int_equal(house_answer(peer, 0)->error, 0);
    assert_int_equal(primary->till.done_count, 1);
    assert_int_equal(peer->till.pending_count, 0);
}

static void the_pin_is_not_among_what_is_kept(void **state)
{
    (void)state;
    struct till_request request = {.op = TILL_SALE, .ticket = 9};
    static const char pin[] = "271828";
    request.sale.gross_minor = 1000;
    request.sale.credit_minor = 100;
    memcpy(request.sale.pin, pin, sizeof(pin));
    street_run(street, 5000);
    primary->only = "/v1/lan/act";
    primary->wire = WIRE_ANSWER_LOST;
    assert_int_equal(lan_submit(peer->lan, &request), 0);
    street_run(street, 0);
    assert_int_equal(peer->till.pending_count, 1);
    assert_string_equal(primary->till.last.sale.pin, pin);
    assert_string_equal(peer->till.pending[0].act.pin, "");
    assert_null(memmem(peer->till.pending, sizeof(peer->till.pending), pin, sizeof(pin) - 1));
}

static void with_the_primary_away_the_till_here_decides_what_it_may(void **state)
{
    (void)state;
    struct till_request sale = {.op = TILL_SALE, .ticket = 2, .sale = {.gross_minor = 500}};
    struct till_request credit = {.op = TILL_SALE, .ticket = 3, .sale = {.gross_minor = 500, .credit_minor = 5}};
    struct till_request voided = {.op = TILL_VOID, .ticket = 4};
    street_run(street, 5000);
    house_stop(primary);
    street_run(street, LAN_HELLO_MS + 100);
    assert_int_equal(house_redeem(peer, 1), 0);
    assert_int_equal(lan_submit(peer->lan, &sale), 0);
    street_run(street, 0);
    assert_int_equal(peer->till.submits, 2);
    assert_int_equal(peer->till.last.via, 0);
    assert_int_equal(lan_submit(peer->lan, &credit), 0);
    assert_int_equal(lan_submit(peer->lan, &voided), 0);
    street_run(street, 0);
    assert_int_equal(peer->till.submits, 2);
    assert_int_equal(house_answer(peer, 3)->error, -EHOSTDOWN);
    assert_int_equal(house_answer(peer, 4)->error, -EHOSTDOWN);
    assert_int_equal(peer->till.pending_count, 0);
}

static void a_primary_that_went_this_moment_is_done_without_too(void **state)
{
    (void)state;
    street_run(street, 5000);
    house_stop(primary);
    assert_true(status_of(peer).primary_live); /* as far as anybody knows */
    assert_int_equal(house_redeem(peer, 1), 0);
    street_run(street, 0);
    assert_int_equal(peer->till.submits, 1); /* it never left this terminal */
    assert_int_equal(peer->till.pending_count, 0);
}

static void a_look_up_whose_answer_is_lost_is_simply_over(void **state)
{
    (void)state;
    struct till_request look = {.op = TILL_RECENT, .ticket = 6};
    street_run(street, 5000);
    primary->only = "/v1/lan/act";
    primary->wire = WIRE_LOST;
    assert_int_equal(lan_submit(peer->lan, &look), 0);
    street_run(street, 0);
    assert_int_equal(house_answer(peer, 6)->error, -EHOSTDOWN);
    assert_int_equal(status_of(peer).pending_count, 0);
}

static void a_request_that_cannot_be_kept_is_not_sent(void **state)
{
    (void)state;
    street_run(street, 5000);
    peer->till.pending_error = -ENOSPC;
    assert_int_equal(house_redeem(peer, 7), 0);
    street_run(street, 0);
    assert_int_equal(house_answer(peer, 7)->error, -ENOSPC);
    assert_int_equal(primary->till.submits, 0);
}

static void a_busy_primary_is_asked_again_and_staff_told_in_time(void **state)
{
    (void)state;
    street_run(street, 5000);
    primary->till.act_error = -EBUSY;
    assert_int_equal(house_redeem(peer, 7), 0);
    street_run(street, 1000);
    assert_null(house_answer(peer, 7));
    primary->till.act_error = 0;
    street_run(street, 1000);
    assert_int_equal(house_answer(peer, 7)->error, 0);
    primary->till.act_error = -EBUSY;
    assert_int_equal(house_redeem(peer, 8), 0);
    street_run(street, 3200);
    assert_int_equal(house_answer(peer, 8)->error, -EAGAIN);
    assert_int_equal(peer->till.pending_count, 0);
}

static void what_the_primary_says_of_itself_reaches_the_asker(void **state)
{
    (void)state;
    street_run(street, 5000);
    primary->till.act_error = -EHOSTDOWN;
    assert_int_equal(house_redeem(peer, 7), 0);
    street_run(street, 0);
    assert_int_equal(house_answer(peer, 7)->error, -EHOSTDOWN);
}

static void more_requests_than_may_wait_are_refused(void **state)
{
    (void)state;
    street_run(street, 5000);
    primary->only = "/v1/lan/act";
    primary->wire = WIRE_ANSWER_LOST;
    for (uint32_t i = 0; i < LAN_PENDING_MAX; i++)
        assert_int_equal(house_redeem(peer, i + 1), 0);
    assert_int_equal(house_redeem(peer, 99), -ENOSPC);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TWO(terminals_find_each_other_and_say_who_is_live),
        TWO(a_terminal_that_does_not_listen_is_dead_at_once_and_found_again),
        TWO(a_silent_terminal_is_dead_after_three_hellos),
        TWO(dead_terminals_are_asked_less_and_less_often),
        TWO(a_peer_with_another_clock_is_talked_to_all_the_same),
        TWO(a_request_is_taken_once_and_only_as_it_was_signed),
        TWO(a_terminal_that_left_the_store_is_not_listened_to),
        THREE(every_terminal_ends_with_every_journal),
        TWO(what_is_appended_goes_to_a_live_peer_without_waiting_for_the_next_hello),
        THREE(a_copy_goes_by_way_of_a_third_terminal),
        TWO(a_journal_that_a_peer_cannot_check_is_not_sent_again),
        TWO(a_journal_is_offered_again_because_the_peers_feed_may_have_been_behind),
        TWO(the_primary_brings_central_the_journal_of_a_terminal_that_is_away),
        TWO(whoever_holds_the_journal_of_one_that_is_gone_brings_it_to_central),
        TWO(another_history_is_noticed),
        TWO(a_coupon_at_a_peer_is_redeemed_by_the_primary),
        TWO(what_is_not_the_primarys_stays_here),
        TWO(an_act_waits_until_a_peer_holds_it_and_is_asked_for_again_under_the_same_id),
        TWO(a_lost_answer_is_fetched_and_nothing_is_done_twice),
        TWO(a_lost_answer_survives_a_restart_and_is_never_decided_here),
        TWO(the_pin_is_not_among_what_is_kept),
        TWO(with_the_primary_away_the_till_here_decides_what_it_may),
        TWO(a_primary_that_went_this_moment_is_done_without_too),
        TWO(a_look_up_whose_answer_is_lost_is_simply_over),
        TWO(a_request_that_cannot_be_kept_is_not_sent),
        TWO(a_busy_primary_is_asked_again_and_staff_told_in_time),
        TWO(what_the_primary_says_of_itself_reaches_the_asker),
        TWO(more_requests_than_may_wait_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
