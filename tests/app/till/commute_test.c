#include "several.h"

#include "platform/random.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Copies arrive in any order, under any promotions: the books of all terminals come out the same, and a rebuild agrees.
 */

#define GROUPS_MAX 400

struct day {
    struct several *s;
    struct sim_random random;
    struct {
        uint32_t terminal;
        uint64_t group;
    } acts[GROUPS_MAX];
    uint32_t act_count, primary, done, voids, promotions, doubles, expired;
};

static uint64_t below(struct day *d, uint64_t n)
{
    return random_below(&d->random.base, n);
}

static void remember(struct day *d, uint32_t i, uint64_t group)
{
    if (group == 0 || d->act_count == GROUPS_MAX)
        return;
    d->acts[d->act_count].terminal = several_terminal(i);
    d->acts[d->act_count++].group = group;
    d->done++;
}

static void redeem(struct day *d, uint32_t i)
{
    struct till_request request = several_redeem(1 + below(d, 40));
    struct till_answer answer;

    request.redeem.member = below(d, 2) ? SHOP_MEMBER + below(d, 2) : 0;
    request.redeem.sale_minor = (int64_t)below(d, 2) * 3000;
    if (below(d, 4) == 0) /* by the budget of whoever reads it */
        shop_coupon_text(SHOP_BUDGET, 1 + below(d, 3), SHOP_OTHER_STORE, request.redeem.text);
    if (below(d, 3) == 0 && i == d->primary)
        request = several_named(request, (uint8_t)(1 + below(d, 250)));
    answer = several_ask(d->s, i, request);
    remember(d, i, answer.error == 0 && answer.redeemed.verdict == COUPON_OK ? answer.redeemed.group : 0);
}

static void sell(struct day *d, uint32_t i)
{
    struct till_request request = {.op = TILL_SALE};
    struct till_answer answer;

    request.sale.gross_minor = 1 + (int64_t)below(d, 9000);
    request.sale.member = SHOP_MEMBER + below(d, 2);
    if (i == d->primary && below(d, 2)) {
        request.sale.credit_minor = 1 + (int64_t)below(d, 200);
        shop_member_text(&d->s->shops[i], request.sale.member, true, request.sale.member_code);
        if (request.sale.credit_minor > request.sale.gross_minor)
            request.sale.credit_minor = request.sale.gross_minor;
    }
    answer = several_ask(d->s, i, request);
    remember(d, i, answer.error == 0 && answer.sold.verdict == CREDIT_OK ? answer.sold.group : 0);
}

static void void_some(struct day *d, uint32_t i)
{
    struct till_request request = {.op = TILL_VOID};
    struct till_answer answer;

    if (d->act_count == 0)
        return;
    uint32_t which = (uint32_t)below(d, d->act_count);
    request.voided.terminal = d->acts[which].terminal;
    request.voided.group = d->acts[which].group;
    answer = several_ask(d->s, i, request);
    d->voids += answer.error == 0 && answer.voided.verdict == VOID_OK;
}

/* Within the minute: some of it is spent before, some is not. */
static int64_t ends_s(struct day *d)
{
    return (clock_wall_ms(&d->s->shops[0].clock.base) / 20000 + 2) * 20;
}

static void central(struct day *d)
{
    uint64_t choice = below(d, 4), serial = 1 + below(d, 40), transfer = 1 + below(d, 60);
    struct feed_right right = {.coupon = {SHOP_CAMPAIGN, serial},
                               .epoch = (uint32_t)below(d, 3),
                               .use_no = 1 + (uint32_t)below(d, 3),
                               .transfer = transfer};
    struct feed_share share = {.member = SHOP_MEMBER + below(d, 2),
                               .owner = {OWNER_STORE, SHOP_STORE},
                               .amount_minor = (int64_t)below(d, 300),
                               .transfer = transfer};

    if (choice == 2 && share.amount_minor > 0)
        share.parts = (struct credit_parts){1, {{ends_s(d), share.amount_minor}}};

    for (uint32_t i = 0; i < d->s->count; i++) {
        struct shop *shop = &d->s->shops[i];
        if (choice < 2)
            shop_item_right(shop, choice == 0 ? FEED_RIGHT_GRANT : FEED_RIGHT_REQUEST, &right);
        else
            shop_item_share(shop, choice == 2 ? FEED_SHARE_GRANT : FEED_SHARE_REQUEST, &share);
        shop_give(shop);
    }
}

/* One batch of a journal that somebody lacks, from whoever has it. */
static void carry_one(struct day *d)
{
    uint32_t from = (uint32_t)below(d, d->s->count), to = (uint32_t)below(d, d->s->count);

    if (from == to)
        return;
    if (below(d, 3) == 0)
        assert_int_equal(several_word(d->s, from, to), 0);
    else if (below(d, 2) == 0)
        (void)several_copy(d->s, from, to);
    else
        several_carry(d->s, from, to);
}

static uint64_t held_of_primary(struct day *d, uint32_t i)
{
    char sql[96];

    snprintf(sql, sizeof(sql), "SELECT coalesce(max(seq), 0) FROM journal WHERE terminal = %u",
             several_terminal(d->primary));
    return (uint64_t)shop_query(&d->s->shops[i], sql);
}

/* As the LAN room does: everybody is told before, takes nothing more of the old one's, and says how much there is. */
static bool ask_others(struct day *d, uint32_t i)
{
    bool all = true;

    for (uint32_t k = 0; k < d->s->count; k++) {
        struct till *till = d->s->shops[k].till;
        if (k == i || k == d->primary)
            continue;
        assert_int_equal(till_peer_deposes(till, several_terminal(i), several_terminal(d->primary)), 0);
        all &= held_of_primary(d, k) <= held_of_primary(d, i);
    }
    return all;
}

static void promote(struct day *d)
{
    uint32_t i = (uint32_t)below(d, d->s->count);
    bool reached = below(d, 2) && i != d->primary && ask_others(d, i);

    if (several_promote(d->s, i, reached).store == STORE_OK) {
        d->primary = i;
        d->promotions++;
    }
}

static void step(struct day *d)
{
    uint64_t choice = below(d, 100);
    uint32_t i = below(d, 3) ? d->primary : (uint32_t)below(d, d->s->count);

    if (choice < 25)
        redeem(d, i);
    else if (choice < 45)
        sell(d, i);
    else if (choice < 55)
        void_some(d, i);
    else if (choice < 63)
        central(d);
    else if (choice < 95)
        carry_one(d);
    else if (choice < 98)
        (void)several_alone(d->s, i, below(d, 3) > 0); /* may make doubles: the rows must agree on them all the same */
    else
        promote(d);
    for (uint32_t k = 0; k < d->s->count; k++) {
        sim_clock_advance(&d->s->shops[k].clock, 700);
        shop_trust_time(&d->s->shops[k]);
        till_tick(d->s->shops[k].till);
    }
}

/* The first line that is not the same. */
static void tell_difference(const char *a, const char *b)
{
    size_t at = 0;

    for (size_t i = 0; a[i] != '\0' && a[i] == b[i]; i++) {
        if (a[i] == '\n')
            at = i + 1;
    }
    print_message("%.*s\n%.*s\n", (int)strcspn(a + at, "\n"), a + at, (int)strcspn(b + at, "\n"), b + at);
}

static void compare_all(struct day *d)
{
    char *first = several_books(d->s, 0);

    assert_int_equal(till_rebuild_compare(d->s->shops[0].till), 0);
    for (uint32_t i = 1; i < d->s->count; i++) {
        char *other = several_books(d->s, i);
        assert_int_equal(till_rebuild_compare(d->s->shops[i].till), 0);
        if (strcmp(first, other) != 0)
            tell_difference(first, other);
        assert_true(strcmp(first, other) == 0);
        free(other);
    }
    d->doubles += (uint32_t)(shop_query(&d->s->shops[0], "SELECT count(*) FROM journal WHERE kind = 4") -
                             shop_query(&d->s->shops[0], "SELECT count(*) FROM redemption"));
    d->expired += (uint32_t)shop_query(&d->s->shops[0], "SELECT count(*) FROM journal WHERE kind = 22");
    free(first);
}

static void a_day(struct day *d, uint64_t seed)
{
    static struct several s;

    several_open(&s, SEVERAL_MAX);
    d->s = &s;
    d->act_count = d->primary = 0;
    sim_random_init(&d->random, seed);
    for (int i = 0; i < 250; i++) {
        step(d);
        if (i % 50 == 49) { /* also in the middle of it */
            for (uint32_t k = 0; k < s.count; k++)
                assert_int_equal(till_rebuild_compare(s.shops[k].till), 0);
        }
    }
    for (uint32_t k = 0; k < s.count; k++)
        sim_clock_advance(&s.shops[k].clock, 31000); /* no promotion is under way any more */
    several_meet(&s);
    several_meet(&s);
    compare_all(d);
    several_finish(&s);
}

static void books_of_all_terminals_come_out_the_same(void **state)
{
    struct day d = {0};

    (void)state;
    for (uint64_t seed = 1; seed <= 12; seed++)
        a_day(&d, seed);

    print_message("done %u voids %u promotions %u doubles %u expired %u\n", d.done, d.voids, d.promotions, d.doubles,
                  d.expired);
    assert_true(d.done > 300);
    assert_true(d.voids > 20);
    assert_true(d.promotions > 10);
    assert_true(d.expired > 10);
    assert_true(d.doubles > 0); /* or the rule of the smaller key was never tried */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(books_of_all_terminals_come_out_the_same),
    };

    return cmocka_run_group_tests_name("till_commute", tests, NULL, NULL);
}
