#include "acts.h"

#include <stdlib.h>
#include <string.h>

/* A store of two terminals: the first is the primary, the second holds copies of its journal. */

#define COUPON 77

static uint8_t page[FEED_PAGE_BYTES_MAX], batch[BATCH_BYTES_MAX];
static size_t page_len;
static uint64_t sold;

static struct till_request redemption(void)
{
    struct till_request request = several_redeem(COUPON);

    request.redeem.sale_minor = 3000;
    request.redeem.member = SHOP_MEMBER;
    return several_named(request, ACT_REQUEST);
}

static bool well(const struct till_answer *answer)
{
    return answer->op == TILL_VOID ? answer->voided.verdict == VOID_OK : answer->redeemed.verdict == COUPON_OK;
}

/* One journal as it goes over the wire, and either disk may fail. */
static int send(struct several *s, uint32_t from, uint32_t to, const struct lan_end *offered)
{
    struct lan_end ends[LAN_TERMINALS_MAX],
        after = {.terminal = offered->terminal, .incarnation = offered->incarnation, .from = 1};
    uint8_t public_key[PUBLIC_KEY_LEN], secret[SECRET_KEY_LEN];
    struct journal_answer answer;
    uint32_t count = 0;
    size_t len;
    int r = till_ends(s->shops[to].till, ends, &count);

    for (uint32_t i = 0; i < count && r == 0; i++) {
        if (ends[i].terminal == offered->terminal && ends[i].incarnation == offered->incarnation)
            after = ends[i];
    }
    if (r < 0 || after.through >= offered->through)
        return r;
    several_secret(from, public_key, secret);
    r = till_copy_next(s->shops[from].till, &after, secret, batch, sizeof(batch), &len);
    return r < 0 ? r : till_copy_store(s->shops[to].till, (struct slice){batch, len}, &answer);
}

/* Who talks to a peer looks at its own books first: a till that closed them opens them then. */
static int copy(struct several *s, uint32_t from, uint32_t to)
{
    struct lan_end ends[LAN_TERMINALS_MAX];
    struct till_store store;
    uint32_t count = 0;
    int r = till_store_read(s->shops[to].till, &store);

    if (r == 0)
        r = till_store_read(s->shops[from].till, &store);
    if (r == 0)
        r = till_ends(s->shops[from].till, ends, &count);

    for (uint32_t i = 0; i < count && r == 0; i++) {
        if (ends[i].terminal != several_terminal(to))
            r = send(s, from, to, &ends[i]);
    }
    return r;
}

static int word(struct several *s, uint32_t from, uint32_t to)
{
    struct lan_hello hello = {.terminal = several_terminal(from)};
    struct lan_end held = {.terminal = several_terminal(to), .incarnation = 1};
    struct till_store store;
    int r = till_store_read(s->shops[to].till, &store);

    if (r == 0)
        r = till_store_read(s->shops[from].till, &store);
    if (r == 0)
        r = till_ends(s->shops[from].till, hello.ends, &hello.end_count);
    if (r < 0)
        return r;
    hello.incarnation = store.incarnation;
    hello.store_epoch = store.store_epoch;
    hello.primary = store.primary_terminal;
    hello.act_epoch = store.act_epoch;
    for (uint32_t i = 0; i < hello.end_count; i++) {
        if (hello.ends[i].terminal == held.terminal)
            held = hello.ends[i];
    }
    r = till_peer_hello(s->shops[to].till, &hello);
    return r < 0 ? r : till_peer_holds(s->shops[to].till, several_terminal(from), &held);
}

/* Asked, copied, held by the other: only then there is an answer. */
static int do_with_peer(struct several *s, struct till_request request)
{
    struct till_answer answer = several_ask(s, 0, request);
    int r = 0;

    if (!s->shops[0].has_answer || answer.error == -EINPROGRESS) {
        s->shops[0].has_answer = false;
        r = copy(s, 0, 1);
        if (r == 0)
            r = word(s, 1, 0);
        answer = several_last(s, 0);
    }
    if (!s->shops[0].has_answer)
        return r;
    assert_true(answer.error != 0 || well(&answer));
    return answer.error;
}

static int redeem(struct several *s)
{
    return do_with_peer(s, redemption());
}

static int undo(struct several *s)
{
    const struct till_request request = {.op = TILL_VOID,
                                         .voided = {.terminal = several_terminal(0), .group = sold, .reason = "wrong"}};

    return do_with_peer(s, several_named(request, ACT_REQUEST));
}

static void with_sale(struct several *s)
{
    const struct till_request sale = {.op = TILL_SALE, .sale = {.gross_minor = 9000, .member = SHOP_MEMBER}};

    sold = several_ask(s, 0, sale).sold.group;
    assert_true(sold != 0);
    several_meet(s);
}

/* An act that nobody else holds yet. */
static void with_waiting(struct several *s)
{
    several_meet(s);
    assert_int_equal(several_ask(s, 0, redemption()).error, 1);
}

static int store_answer(struct till_answer answer)
{
    assert_true(answer.error != 0 || answer.store == STORE_OK);
    return answer.error;
}

static int go_alone(struct several *s)
{
    return store_answer(several_alone(s, 0, true));
}

static void with_alone(struct several *s)
{
    several_meet(s);
    assert_int_equal(go_alone(s), 0);
}

static int be_alone_no_more(struct several *s)
{
    return store_answer(several_alone(s, 0, false));
}

static void with_successor(struct several *s)
{
    with_waiting(s);
    assert_int_equal(several_promote(s, 1, true).store, STORE_OK);
    several_live(s, 1, 0);
    assert_int_equal(several_alone(s, 1, true).store, STORE_OK);
    assert_int_equal(several_ask(s, 1, several_redeem(COUPON)).redeemed.verdict, COUPON_OK);
}

static int learn_of_successor(struct several *s)
{
    return copy(s, 1, 0);
}

static void with_known_successor(struct several *s)
{
    with_successor(s);
    assert_int_equal(learn_of_successor(s), 0);
}

static int take_back(struct several *s)
{
    return word(s, 1, 0);
}

static void finish_page(struct several *s, uint32_t i)
{
    page_len = shop_page(&s->shops[i], page, sizeof(page));
}

static void other_primary_page(struct several *s)
{
    const struct feed_settings settings = {.brand = SHOP_BRAND,
                                           .store = SHOP_STORE,
                                           .credit_owner = {OWNER_STORE, SHOP_STORE},
                                           .primary_terminal = several_terminal(1),
                                           .store_epoch = SHOP_STORE_EPOCH + 1};
    uint8_t body[FEED_BODY_MAX];
    size_t len;

    assert_int_equal(feed_settings_encode(&settings, body, sizeof(body), &len), 0);
    shop_item(&s->shops[0], FEED_SETTINGS, body, len);
    finish_page(s, 0);
}

static void gone_page(struct several *s)
{
    several_item_gone(s, 1, 0);
    finish_page(s, 1);
}

static int learn(struct several *s, uint32_t i)
{
    struct feed_page_head head;

    return till_feed_apply(s->shops[i].till, (struct slice){page, page_len}, &head);
}

static int learn_at_primary(struct several *s)
{
    return learn(s, 0);
}

static int learn_at_peer(struct several *s)
{
    return learn(s, 1);
}

/* The peer holds a record under this terminal's name that it never wrote. */
static int be_forked(struct several *s)
{
    const struct lan_end held = {.terminal = several_terminal(0), .incarnation = 1, .from = 1, .through = 1};
    int r = till_peer_holds(s->shops[0].till, several_terminal(1), &held);

    return r == -EILSEQ ? 0 : r; /* it says so */
}

static void as_the_next(struct several *s)
{
    s->shops[0].incarnation = 2;
}

static void with_copies(struct several *s)
{
    with_sale(s);
    assert_int_equal(several_ask(s, 1, (struct till_request){.op = TILL_SIGN_OUT}).error, 0);
    several_meet(s);
}

static int enrol(struct several *s)
{
    return shop_try_enrol(&s->shops[0]);
}

/* Sales, a redemption and a void that the other does not hold. */
static void with_news(struct several *s)
{
    with_sale(s);
    for (uint64_t i = 0; i < 3; i++) {
        const struct till_request sale = {.op = TILL_SALE, .sale = {.gross_minor = 900, .member = SHOP_MEMBER}};
        assert_int_equal(several_ask(s, 0, sale).error, 0);
    }
    assert_int_equal(several_ask(s, 0, redemption()).error, 1);
}

static int hold_copy(struct several *s)
{
    return copy(s, 0, 1);
}

static int promote(struct several *s)
{
    struct till_answer answer = several_promote(s, 1, true);

    return answer.error == 0 && answer.store == STORE_IS_PRIMARY ? 0 : store_answer(answer); /* asked again */
}

static void with_journal_to_carry(struct several *s)
{
    with_sale(s);
    several_gone(s, 1, 0);
}

static int carry(struct several *s)
{
    struct lan_end ends[LAN_TERMINALS_MAX];
    struct till_store store;
    uint32_t count = 0;
    int r = till_store_read(s->shops[1].till, &store);

    if (r == 0)
        r = till_ends(s->shops[1].till, ends, &count);
    for (uint32_t i = 0; i < count && r == 0; i++) {
        if (ends[i].terminal == several_terminal(0))
            r = till_carried(s->shops[1].till, &ends[i]);
    }
    return r;
}

#define PRIMARY     .terminals = 2, .at = 0
#define PEER        .terminals = 2, .at = 1
#define UNCONFIRMED "(SELECT count(*) FROM config WHERE key = 'unconfirmed_from' AND value <> 0)"
#define OWN_USES    "SELECT count(*) FROM journal WHERE kind = 4 AND terminal = 11"

const struct act acts_of_two[] = {
    {PRIMARY, .name = "redeem, held by a peer", .states = 3, .prepare = several_meet, .run = redeem,
     .effect = "SELECT count(*) || ' ' || " UNCONFIRMED " FROM redemption"},
    {PRIMARY, .name = "void, held by a peer", .states = 3, .prepare = with_sale, .run = undo,
     .effect = "SELECT count(*) || ' ' || " UNCONFIRMED " FROM voided"},
    {PRIMARY, .name = "going alone", .states = 2, .prepare = with_waiting, .run = go_alone,
     .effect = "SELECT count(*) || ' ' || " UNCONFIRMED " FROM journal WHERE kind = 21"},
    {PRIMARY, .name = "alone no more", .states = 2, .prepare = with_alone, .run = be_alone_no_more,
     .effect = "SELECT count(*) FROM journal WHERE kind = 21"},
    {PRIMARY, .name = "hearing of a successor", .states = 2, .prepare = with_successor, .run = learn_of_successor,
     .effect = "SELECT count(*) FROM promotion"},
    {PRIMARY, .name = "taking back", .states = 2, .prepare = with_known_successor, .run = take_back,
     .effect = OWN_USES},
    {PRIMARY, .name = "another primary by central", .states = 2, .prepare = several_meet, .ready = other_primary_page,
     .run = learn_at_primary, .effect = "SELECT quote(value) FROM config WHERE key = 'settings'"},
    {PRIMARY, .name = "fork, by a peer", .states = 2, .prepare = with_sale, .run = be_forked,
     .effect = "SELECT count(*) FROM config WHERE key = 'forked' AND value <> 0"},
    {PRIMARY, .name = "next incarnation, copies dropped", .states = 2, .prepare = with_copies, .ready = as_the_next,
     .run = enrol, .effect = "SELECT group_concat(terminal || '.' || incarnation) FROM era"},
    {PEER, .name = "storing a copy", .states = 2, .prepare = with_news, .run = hold_copy,
     .effect = "SELECT count(*) FROM journal WHERE terminal = 11"},
    {PEER, .name = "promotion", .states = 2, .prepare = with_waiting, .run = promote,
     .effect = "SELECT count(*) FROM promotion"},
    {PEER, .name = "a peer is gone", .states = 2, .prepare = with_sale, .ready = gone_page, .run = learn_at_peer,
     .effect = "SELECT count(*) FROM terminal_gone"},
    {PEER, .name = "a journal was carried", .states = 2, .prepare = with_journal_to_carry, .run = carry,
     .effect = "SELECT group_concat(durable_through) FROM era WHERE terminal = 11"},
};
const size_t acts_of_two_count = ARRAY_LEN(acts_of_two);
