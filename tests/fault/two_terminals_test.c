#include "disk.h"
#include "plain_memory.h"
#include "several.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * The plug of a store's primary is pulled at every step of an act: before each write, sync, truncation and deletion on
 * its disk, and between the messages of the two terminals. Then the other one goes on: it is promoted, asks for the
 * lost answer again, tries the same coupon at its own desk, sells on; or nobody is promoted and the first comes back.
 * Nothing that was answered is lost, nothing is redeemed twice, and in the end both have the same books.
 */

#define CUTS_MAX 600
#define COUPON   77
#define OTHER    78
#define REQUEST  9

enum peer_state { PEER_BEFORE, PEER_HOLDS }; /* the act's records */

struct cut {
    struct disk_image *image;
    enum peer_state peer;
    bool answered; /* "done" was said before it */
};

static struct several s;
static struct disk *disks[2];
static struct sim_random chance;
static struct cut cuts[CUTS_MAX];
static size_t cut_count;
static enum peer_state peer_now;
static struct disk_image *begin_images[2], *peer_images[2];
static struct disk_image *torn_peers[CUTS_MAX];
static size_t torn_count;
static uint64_t sold_before;
static struct {
    uint32_t scenes, promoted, taken_back, stood, never;
} seen;

static struct till_request redemption(void)
{
    struct till_request request = several_redeem(COUPON);

    request.redeem.sale_minor = 3000;
    request.redeem.member = SHOP_MEMBER;
    return request;
}

static struct till_request spend(void)
{
    struct till_request request = {.op = TILL_SALE, .sale = {.gross_minor = 2500, .credit_minor = 40}};

    request.sale.member = SHOP_MEMBER;
    snprintf(request.sale.pin, sizeof(request.sale.pin), "1357");
    return request;
}

static struct till_request earn(void)
{
    return (struct till_request){.op = TILL_SALE, .sale = {.gross_minor = 3548, .member = SHOP_MEMBER}};
}

static struct till_request voiding(void)
{
    return (struct till_request){.op = TILL_VOID,
                                 .voided = {.terminal = several_terminal(0), .group = sold_before, .reason = "wrong"}};
}

static bool done_well(const struct till_answer *answer)
{
    if (answer->error != 0)
        return false;
    if (answer->op == TILL_VOID)
        return answer->voided.verdict == VOID_OK;
    return answer->op == TILL_REDEEM ? answer->redeemed.verdict == COUPON_OK : answer->sold.verdict == CREDIT_OK;
}

/* On the disk, by a connection of its own. */
static int64_t query(uint32_t i, const char *sql)
{
    const struct db_options options = {.mode = DB_READER, .vfs = s.shops[i].vfs};
    struct db *db;
    struct db_stmt *stmt;
    int64_t value;

    assert_int_equal(db_open(s.shops[i].path, &options, &db), 0);
    assert_int_equal(db_stmt_open(db, sql, &stmt), 0);
    assert_int_equal(db_stmt_step(stmt), DB_ROW);
    value = db_column_int64(stmt, 0);
    db_stmt_close(stmt);
    db_close(db);
    return value;
}

static void start(uint32_t i, const struct disk_image *image, uint32_t live)
{
    disk_load(disks[i], image);
    shop_start(&s.shops[i]);
    shop_trust_time(&s.shops[i]);
    till_peers_live(s.shops[i].till, live);
    s.shops[i].has_answer = false;
}

static void stop_both(void)
{
    shop_stop(&s.shops[0]);
    shop_stop(&s.shops[1]);
}

static void add_cut(struct disk_image *image, bool answered)
{
    assert_true(cut_count < CUTS_MAX);
    cuts[cut_count++] = (struct cut){image, peer_now, answered};
}

static void cut_primary(void *context, struct disk *disk)
{
    (void)context;
    bool answered = s.shops[0].has_answer && done_well(&s.shops[0].answer);
    add_cut(disk_cut(disk, &chance.base, DISK_LOSE_BY_CHANCE), answered);
    add_cut(disk_cut(disk, &chance.base, DISK_LOSE_ALL), answered);
    add_cut(disk_cut(disk, &chance.base, DISK_LOSE_NOTHING), answered);
}

static void cut_peer(void *context, struct disk *disk)
{
    (void)context;
    assert_true(torn_count < CUTS_MAX);
    torn_peers[torn_count++] = disk_cut(disk, &chance.base, DISK_LOSE_BY_CHANCE);
}

/* One act from its request to its answer, cut wherever it can be. */
static void record_act(struct till_request request)
{
    cut_count = torn_count = 0;
    peer_now = PEER_BEFORE;
    start(0, begin_images[0], 1);
    start(1, begin_images[1], 1);
    disk_watch_set(disks[0], cut_primary, NULL);
    cut_primary(NULL, disks[0]); /* the request was lost */
    assert_int_equal(several_ask(&s, 0, several_named(request, REQUEST)).error, 1);
    cut_primary(NULL, disks[0]); /* the copy was lost */
    peer_images[PEER_BEFORE] = disk_cut(disks[1], &chance.base, DISK_LOSE_ALL);
    disk_watch_set(disks[1], cut_peer, NULL);
    (void)several_copy(&s, 0, 1);
    disk_watch_set(disks[1], NULL, NULL);
    peer_images[PEER_HOLDS] = disk_cut(disks[1], &chance.base, DISK_LOSE_ALL);
    peer_now = PEER_HOLDS;
    cut_primary(NULL, disks[0]); /* its word was lost */
    assert_int_equal(several_word(&s, 1, 0), 0);
    assert_true(done_well(&s.shops[0].answer));
    cut_primary(NULL, disks[0]); /* the answer was lost */
    disk_watch_set(disks[0], NULL, NULL);
    stop_both();
}

static void forget_act(void)
{
    for (size_t i = 0; i < cut_count; i++)
        disk_image_close(cuts[i].image);
    for (size_t i = 0; i < torn_count; i++)
        disk_image_close(torn_peers[i]);
    disk_image_close(peer_images[PEER_BEFORE]);
    disk_image_close(peer_images[PEER_HOLDS]);
}

static bool begins(const struct till_request *request, const struct body *body)
{
    if (request->op == TILL_REDEEM)
        return body->kind == RECORD_REDEMPTION && body->redemption.coupon.serial == COUPON;
    if (request->op == TILL_SALE)
        return body->kind == RECORD_SALE && body->sale.gross_minor == request->sale.gross_minor;
    return body->kind == RECORD_VOID && body->voided.target_kind == RECORD_SALE;
}

/* How often the act stands in all journals. */
static uint32_t times(const struct till_request *request, uint32_t i)
{
    const struct db_options options = {.mode = DB_READER, .vfs = s.shops[i].vfs};
    struct db_stmt *stmt;
    struct body body;
    struct db *db;
    uint32_t count = 0;

    assert_int_equal(db_open(s.shops[i].path, &options, &db), 0);
    assert_int_equal(db_stmt_open(db, "SELECT kind, body FROM journal WHERE kind <= ?", &stmt), 0);
    db_bind_int64(stmt, 1, RECORD_VOID);
    while (db_stmt_step(stmt) == DB_ROW) {
        assert_int_equal(body_decode((uint16_t)db_column_int64(stmt, 0), db_column_blob(stmt, 1), &body), 0);
        count += begins(request, &body);
    }
    db_stmt_close(stmt);
    db_close(db);
    return count;
}

static void same_books(void)
{
    char *first, *second;
    struct till_backlog backlog;

    several_meet(&s);
    for (uint32_t i = 0; i < 2; i++) {
        assert_int_equal(till_rebuild_compare(s.shops[i].till), 0);
        assert_int_equal(till_backlog(s.shops[i].till, &backlog), 0);
        assert_false(backlog.forked);
        assert_int_equal(query(i, "SELECT count(*) FROM share WHERE amount_minor < 0"), 0);
        assert_int_equal(query(i, "SELECT count(*) FROM (SELECT 1 FROM redemption r JOIN redemption q"
                                  " USING(campaign, serial) WHERE r.use_no < q.use_no)"),
                         0);
    }
    first = several_books(&s, 0);
    second = several_books(&s, 1);
    assert_string_equal(first, second);
    free(first);
    free(second);
}

/* What came back by itself consumes nothing before it met the other. */
static void first_comes_back(const struct disk_image *image)
{
    start(0, image, 0);
    struct till_answer again = several_ask(&s, 0, several_redeem(COUPON));
    struct till_answer other = several_ask(&s, 0, several_redeem(OTHER));
    assert_false(again.error == 0 && again.redeemed.verdict == COUPON_OK);
    assert_true(other.error == -EHOSTDOWN || other.error == -EBUSY);
}

/* The other one goes on without the first, which comes back at last. */
static void promoted_scene(struct till_request request, const struct cut *cut)
{
    struct till_request named = several_named(request, REQUEST);
    int64_t first_has;

    start(1, peer_images[cut->peer], 0);
    assert_int_equal(several_promote(&s, 1, true).store, STORE_OK);
    assert_int_equal(several_alone(&s, 1, true).store, STORE_OK);
    struct till_answer lost = several_ask(&s, 1, named);
    assert_true(done_well(&lost)); /* known from the copy, or done now */
    if (request.op == TILL_REDEEM)
        assert_int_equal(several_ask(&s, 1, several_redeem(COUPON)).redeemed.verdict, COUPON_ALREADY_USED);
    struct till_answer on = several_ask(&s, 1, several_redeem(OTHER));
    assert_true(done_well(&on));

    first_comes_back(cut->image);
    first_has = query(0, "SELECT count(*) FROM config WHERE key = 'unconfirmed_from' AND value <> 0");
    same_books();
    assert_int_equal(times(&request, 1), 1);
    assert_int_equal(query(0, "SELECT count(*) FROM config WHERE key = 'unconfirmed_from' AND value <> 0"), 0);
    if (cut->answered) /* it stands in the first's journal, as it was said */
        assert_int_equal(query(1, "SELECT count(*) FROM request_done d JOIN era e ON e.era = d.record >> 44"
                                  " WHERE e.terminal = 11"),
                         1);
    seen.taken_back += first_has && cut->peer == PEER_BEFORE;
    seen.stood += first_has && cut->peer == PEER_HOLDS;
    seen.promoted++;
}

/* Nobody is promoted: the first comes back, and the request is asked again. */
static void returning_scene(struct till_request request, const struct disk_image *first, const struct disk_image *other)
{
    struct till_request named = several_named(request, REQUEST);
    struct till_answer again;

    start(1, other, 0);
    first_comes_back(first);
    several_meet(&s);
    till_peers_live(s.shops[0].till, 1);
    again = several_ask(&s, 0, named);
    if (again.error == 1) { /* it was never done: it is now */
        seen.never++;
        several_carry(&s, 0, 1);
        again = several_last(&s, 0);
    }
    assert_true(done_well(&again));
    same_books();
    assert_int_equal(times(&request, 0), 1);
}

static void try_act(struct till_request request)
{
    record_act(request);
    assert_true(cuts[cut_count - 1].answered);
    assert_false(cuts[0].answered);
    for (size_t i = 0; i < cut_count; i++) {
        promoted_scene(request, &cuts[i]);
        stop_both();
        returning_scene(request, cuts[i].image, peer_images[cuts[i].peer]);
        stop_both();
        seen.scenes += 2;
    }
    for (size_t i = 0; i < torn_count; i++) { /* the whole store is dark while the peer stores the copy */
        size_t committed = cut_count - 1;
        while (cuts[committed].peer == PEER_HOLDS)
            committed--;
        returning_scene(request, cuts[committed].image, torn_peers[i]);
        stop_both();
        seen.scenes++;
    }
    forget_act();
}

static int open_store(void **state)
{
    struct till_request sale = {.op = TILL_SALE, .sale = {.gross_minor = 9000, .member = SHOP_MEMBER}};

    (void)state;
    sim_random_init(&chance, 6);
    several_init(&s, 2);
    for (uint32_t i = 0; i < 2; i++) {
        disk_open(&disks[i]);
        s.shops[i].vfs = disk_vfs_name(disks[i]);
        several_begin(&s, i);
    }
    sold_before = several_ask(&s, 0, sale).sold.group;
    assert_true(sold_before != 0);
    several_meet(&s);
    stop_both();
    for (uint32_t i = 0; i < 2; i++)
        begin_images[i] = disk_cut(disks[i], &chance.base, DISK_LOSE_ALL);
    return 0;
}

static int close_store(void **state)
{
    (void)state;
    several_finish(&s);
    for (uint32_t i = 0; i < 2; i++) {
        disk_image_close(begin_images[i]);
        disk_close(disks[i]);
    }
    return 0;
}

static void a_redemption_survives_the_primarys_plug_at_every_step(void **state)
{
    (void)state;
    try_act(redemption());
}

static void a_spend_survives_the_primarys_plug_at_every_step(void **state)
{
    (void)state;
    try_act(spend());
}

static void a_sale_that_the_other_terminal_asked_for_survives_the_primarys_plug_at_every_step(void **state)
{
    (void)state;
    try_act(earn());
}

static void a_void_that_the_other_terminal_asked_for_survives_the_primarys_plug_at_every_step(void **state)
{
    (void)state;
    try_act(voiding());
}

static void every_way_it_can_end_was_seen(void **state)
{
    (void)state;
    print_message("%u scenes, %u promotions: %u acts taken back, %u stood, %u done anew\n", seen.scenes, seen.promoted,
                  seen.taken_back, seen.stood, seen.never);
    assert_true(seen.taken_back > 0);
    assert_true(seen.stood > 0);
    assert_true(seen.never > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_redemption_survives_the_primarys_plug_at_every_step),
        cmocka_unit_test(a_spend_survives_the_primarys_plug_at_every_step),
        cmocka_unit_test(a_sale_that_the_other_terminal_asked_for_survives_the_primarys_plug_at_every_step),
        cmocka_unit_test(a_void_that_the_other_terminal_asked_for_survives_the_primarys_plug_at_every_step),
        cmocka_unit_test(every_way_it_can_end_was_seen),
    };

    plain_memory_use();
    return cmocka_run_group_tests_name("fault_two_terminals", tests, open_store, close_store);
}
