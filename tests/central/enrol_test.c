#include "fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* Who gets in, as what, and who does not (docs/decisions/2026-11-22-who-enrols-has-the-key.md). */

static struct answer answer;

static void refused_with(int status, const char *reason)
{
    assert_refused(&answer, status, reason);
}

static struct enrol_answer told(void)
{
    struct enrol_answer said;
    assert_int_equal(answer.status, 200);
    assert_int_equal(enrol_answer_decode(answer.body, answer.len, &said), 0);
    return said;
}

static void a_ticket_serves_one_key(void **state)
{
    struct shop_world *w = *state;
    struct fake_terminal first, second;
    struct enrol_ticket ticket;
    terminal_make(&first, &w->f, 5);
    terminal_make(&second, &w->f, 6);
    make_ticket(&w->f, w->f.shops[0], &ticket);
    terminal_ask_enrol(&first, &ticket, &answer);
    assert_int_equal(answer.status, 200);
    struct enrol_answer told;
    assert_int_equal(enrol_answer_decode(answer.body, answer.len, &told), 0);
    assert_int_equal(told.state, ENROL_WAITING);
    assert_int_equal(told.terminal, 0);
    uint8_t root[HASH_LEN];
    crypto_sha256(told.root_key, PUBLIC_KEY_LEN, root);
    assert_memory_equal(root, ticket.root_hash, HASH_LEN);
    terminal_ask_enrol(&second, &ticket, &answer);
    refused_with(403, "ticket_used");
    terminal_ask_enrol(&first, &ticket, &answer); /* its answer was lost: asks again */
    assert_int_equal(answer.status, 200);
}

/* Its books took the first answer not: nothing is left of that try but the key. */
static void who_waits_may_come_with_a_new_ticket(void **state)
{
    struct shop_world *w = *state;
    struct fake_terminal t;
    struct enrol_ticket ticket;
    terminal_make(&t, &w->f, 5);
    make_ticket(&w->f, w->f.shops[0], &ticket);
    terminal_ask_enrol(&t, &ticket, &answer);
    assert_int_equal(answer.status, 200);
    terminal_enrol(&t, &w->f, w->f.shops[1]);
    assert_int_equal(t.store, w->f.shops[1]);
}

static void a_ticket_is_over_after_its_time(void **state)
{
    struct shop_world *w = *state;
    struct fake_terminal late;
    struct enrol_ticket ticket;
    terminal_make(&late, &w->f, 5);
    make_ticket(&w->f, w->f.shops[0], &ticket);
    sim_clock_advance(&w->f.clock, 3600 * 1000);
    terminal_ask_enrol(&late, &ticket, &answer);
    refused_with(403, "ticket_over");
}

static void a_guessed_secret_opens_nothing(void **state)
{
    struct shop_world *w = *state;
    struct fake_terminal thief;
    struct enrol_ticket ticket;
    terminal_make(&thief, &w->f, 5);
    make_ticket(&w->f, w->f.shops[0], &ticket);
    ticket.secret[3] ^= 1;
    terminal_ask_enrol(&thief, &ticket, &answer);
    refused_with(403, "ticket_unknown");
}

static int run_find(void *arg, struct store_tx *tx)
{
    struct terminal *terminal = arg;
    return identity_find_terminal(tx, terminal->id, terminal);
}

static struct terminal terminal_at(struct shop_world *w, uint32_t id)
{
    struct terminal terminal = {.id = id};
    assert_int_equal(fixture_write(&w->f, run_find, &terminal), 0);
    return terminal;
}

/* A ticket of another store and a public key, which is no secret: the one that waits stays where it waits. */
static void a_ticket_does_not_move_a_key_that_is_anothers(void **state)
{
    struct shop_world *w = *state;
    struct fake_terminal waits, thief;
    struct enrol_ticket ticket;
    terminal_make(&waits, &w->f, 5);
    terminal_make(&thief, &w->f, 6);
    make_ticket(&w->f, w->f.shops[0], &ticket);
    terminal_ask_enrol(&waits, &ticket, &answer);
    assert_int_equal(told().state, ENROL_WAITING);
    memcpy(thief.pair.public_key, waits.pair.public_key, PUBLIC_KEY_LEN);
    make_ticket(&w->f, w->f.shops[1], &ticket);
    terminal_ask_enrol(&thief, &ticket, &answer);
    refused_with(403, "key_proof_wrong");
    waits.unsigned_request = true; /* as versions before this one asked */
    terminal_ask_enrol(&waits, &ticket, &answer);
    refused_with(403, "key_proof_wrong");
    assert_int_equal(terminal_at(w, w->t.id + 1).store, w->f.shops[0]);
}

static void who_is_at_work_is_confirmed_anew_as_itself(void **state)
{
    struct shop_world *w = *state;
    struct enrol_ticket ticket;
    make_ticket(&w->f, w->t.store, &ticket);
    w->t.has_books = true;
    for (int i = 0; i < 2; i++) { /* its answer was lost: asks again */
        terminal_ask_enrol(&w->t, &ticket, &answer);
        assert_int_equal(told().state, ENROL_CONFIRMED);
        assert_int_equal(told().terminal, w->t.id);
        assert_int_equal(told().incarnation, w->t.incarnation);
    }
    terminal_send(&w->t, "GET", "/v1/feed?store=0&brand=0", (struct slice){NULL, 0}, &answer);
    assert_int_equal(answer.status, 200);
}

static int run_counter_ticket(void *arg, struct store_tx *tx)
{
    struct enrol_ticket *ticket = arg;
    return identity_make_ticket(tx, ticket->store, ROLE_COUNTER, 3600, ticket);
}

static void confirmed_anew_it_has_the_tickets_role(void **state)
{
    struct shop_world *w = *state;
    struct enrol_ticket ticket = {.store = w->t.store};
    assert_int_equal(fixture_write(&w->f, run_counter_ticket, &ticket), 0);
    w->t.has_books = true;
    terminal_ask_enrol(&w->t, &ticket, &answer);
    assert_int_equal(told().role, ROLE_COUNTER);
    assert_int_equal(terminal_at(w, w->t.id).role, ROLE_COUNTER);
}

/* Its disk was emptied, or its history forked: under the old name a second journal would begin. */
static void without_its_books_a_known_key_is_nobody(void **state)
{
    struct shop_world *w = *state;
    struct enrol_ticket ticket;
    make_ticket(&w->f, w->t.store, &ticket);
    terminal_ask_enrol(&w->t, &ticket, &answer);
    refused_with(403, "key_known");
    w->t.has_books = true;
    w->t.incarnation++;
    terminal_ask_enrol(&w->t, &ticket, &answer);
    refused_with(403, "key_known");
}

/* Nor with the ticket that it once used, which is good for a lost answer only as long as no journal began. */
static void a_used_ticket_does_not_begin_a_journal_twice(void **state)
{
    struct shop_world *w = *state;
    struct fake_terminal t;
    struct enrol_ticket ticket;
    static struct batch batch;
    terminal_make(&t, &w->f, 5);
    make_ticket(&w->f, w->f.shops[0], &ticket);
    terminal_ask_enrol(&t, &ticket, &answer);
    assert_int_equal(told().state, ENROL_WAITING);
    terminal_confirm_waiting(&t);
    terminal_ask_enrol(&t, &ticket, &answer);
    assert_int_equal(told().terminal, t.id);
    struct body body = {.kind = RECORD_SIGN_IN, .sign_in = {.clerk = 1, .method = SIGN_IN_PIN}};
    batch_start(&batch);
    batch_record(&batch, &t, &body);
    batch_upload(&batch, &t, &answer);
    assert_int_equal(answer.status, 200);
    terminal_ask_enrol(&t, &ticket, &answer);
    refused_with(403, "key_known");
}

static void another_stores_ticket_moves_nobody_who_is_at_work(void **state)
{
    struct shop_world *w = *state;
    struct enrol_ticket ticket;
    make_ticket(&w->f, w->f.shops[1], &ticket);
    w->t.has_books = true;
    terminal_ask_enrol(&w->t, &ticket, &answer);
    refused_with(403, "key_elsewhere");
    assert_int_equal(terminal_at(w, w->t.id).store, w->f.shops[0]);
}

static int run_remove(void *arg, struct store_tx *tx)
{
    return identity_remove(tx, *(uint32_t *)arg, "operator", "stolen");
}

static void who_was_removed_is_told_so(void **state)
{
    struct shop_world *w = *state;
    struct enrol_ticket ticket;
    assert_int_equal(fixture_write(&w->f, run_remove, &w->t.id), 0);
    make_ticket(&w->f, w->t.store, &ticket);
    w->t.has_books = true;
    terminal_ask_enrol(&w->t, &ticket, &answer);
    refused_with(403, "terminal_removed");
}

/* A number that nobody was given: of another house, or invented. */
static void a_number_is_not_had_for_the_asking(void **state)
{
    struct shop_world *w = *state;
    struct fake_terminal t;
    struct enrol_ticket ticket;
    terminal_make(&t, &w->f, 5);
    make_ticket(&w->f, w->f.shops[0], &ticket);
    t.has_books = true;
    t.id = 4000;
    t.incarnation = 3;
    terminal_ask_enrol(&t, &ticket, &answer);
    assert_int_equal(told().state, ENROL_WAITING);
    assert_int_equal(terminal_at(w, w->t.id + 1).incarnation, 1);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, shop_world_setup, shop_world_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_ticket_serves_one_key),
        CASE(who_waits_may_come_with_a_new_ticket),
        CASE(a_ticket_is_over_after_its_time),
        CASE(a_guessed_secret_opens_nothing),
        CASE(a_ticket_does_not_move_a_key_that_is_anothers),
        CASE(who_is_at_work_is_confirmed_anew_as_itself),
        CASE(confirmed_anew_it_has_the_tickets_role),
        CASE(without_its_books_a_known_key_is_nobody),
        CASE(a_used_ticket_does_not_begin_a_journal_twice),
        CASE(another_stores_ticket_moves_nobody_who_is_at_work),
        CASE(who_was_removed_is_told_so),
        CASE(a_number_is_not_had_for_the_asking),
    };
    return crypto_start() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
