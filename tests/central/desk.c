#include "desk.h"

#include "central/store/records.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static struct answer answer;
static struct batch batch;

int desk_setup(void **state)
{
    static struct desk desk;
    memset(&desk, 0, sizeof(desk));
    fixture_open(&desk.f);
    terminal_make(&desk.a, &desk.f, 1);
    terminal_make(&desk.b, &desk.f, 2);
    terminal_enrol(&desk.a, &desk.f, desk.f.shops[0]);
    terminal_enrol(&desk.b, &desk.f, desk.f.shops[1]);
    *state = &desk;
    return 0;
}

int desk_teardown(void **state)
{
    struct desk *d = *state;
    fixture_close(&d->f);
    return 0;
}

struct issue {
    struct coupon coupon;
    enum campaign_mode mode;
};

static int run_issue(void *arg, struct store_tx *tx)
{
    struct issue *issue = arg;
    return rights_issue_coupon(tx, &issue->coupon, issue->mode, &issue->coupon.id);
}

struct coupon_id desk_issue(struct desk *d, enum campaign_mode mode)
{
    struct issue issue = {
        .coupon = {.id = {DESK_CAMPAIGN, 0}, .brand = d->f.brand, .member = DESK_MEMBER, .home_store = d->f.shops[0]},
        .mode = mode,
    };
    assert_int_equal(fixture_write(&d->f, run_issue, &issue), 0);
    return issue.coupon.id;
}

struct body desk_redemption(struct coupon_id coupon, uint32_t use_no, uint32_t epoch)
{
    return (struct body){
        .kind = RECORD_REDEMPTION,
        .redemption = {.coupon = coupon,
                       .use_no = use_no,
                       .epoch = epoch,
                       .mode = MODE_HOME,
                       .member = DESK_MEMBER,
                       .clerk = 3,
                       .discount_minor = 500,
                       .policy_version = 1,
                       .sync_age_s = 60,
                       .business_ms = START_MS},
    };
}

struct body desk_right(enum record_kind kind, const struct feed_right *from)
{
    return (struct body){
        .kind = kind,
        .right = {.coupon = from->coupon,
                  .epoch = from->epoch,
                  .use_no = from->use_no,
                  .transfer = from->transfer,
                  .risk = from->risk,
                  .lease_until_s = from->lease_until_s},
    };
}

struct body desk_share(enum record_kind kind, const struct feed_share *from, int64_t amount)
{
    return (struct body){
        .kind = kind,
        .share = {.member = from->member, .owner = from->owner, .amount_minor = amount, .transfer = from->transfer},
    };
}

struct body desk_credit(struct desk *d, enum record_kind kind, int64_t amount)
{
    return (struct body){
        .kind = kind,
        .credit = {.member = DESK_MEMBER,
                   .owner = {OWNER_BRAND, d->f.brand},
                   .amount_minor = amount,
                   .clerk = 3,
                   .auth = kind == RECORD_CREDIT_SPEND ? SPEND_BY_CODE : 0,
                   .business_ms = START_MS},
    };
}

struct body desk_promotion(const struct fake_terminal *old, uint64_t copy_through, uint32_t epoch)
{
    return (struct body){
        .kind = RECORD_PROMOTION,
        .promotion = {.old_terminal = old->id,
                      .old_incarnation = old->incarnation,
                      .copy_through = copy_through,
                      .copy_complete = true,
                      .store_epoch = epoch,
                      .clerk = 9,
                      .business_ms = START_MS},
    };
}

struct fake_terminal desk_join(struct desk *d, uint8_t seed)
{
    struct fake_terminal peer;
    terminal_make(&peer, &d->f, seed);
    terminal_enrol(&peer, &d->f, d->f.shops[0]);
    return peer;
}

static struct desk_sent *sent_of(struct desk *d, const struct fake_terminal *t)
{
    return t->id == d->a.id ? &d->sent_a : &d->sent_b;
}

static void take_answer(const struct fake_terminal *t, uint64_t durable)
{
    struct journal_answer told;
    (void)t;
    assert_int_equal(answer.status, 200);
    assert_int_equal(journal_answer_decode(answer.body, answer.len, &told), 0);
    assert_int_equal(told.status, JOURNAL_STORED);
    assert_true(told.durable_through >= durable);
}

struct record_id desk_record(struct desk *d, struct fake_terminal *t, const struct body *body)
{
    struct desk_sent *sent = sent_of(d, t);
    batch_start(&batch);
    struct record_id id = batch_record(&batch, t, body);
    batch_upload(&batch, t, &answer);
    take_answer(t, t->seq);
    assert_true(sent->count < DESK_SENT_MAX && batch.len <= sizeof(sent->bytes[0]));
    memcpy(sent->bytes[sent->count], batch.bytes, batch.len);
    sent->len[sent->count++] = batch.len;
    return id;
}

void desk_send_again(struct desk *d, struct fake_terminal *t)
{
    const struct desk_sent *sent = sent_of(d, t);
    for (size_t i = 0; i < sent->count; i++) {
        terminal_send(t, "POST", "/v1/journal", (struct slice){sent->bytes[i], sent->len[i]}, &answer);
        take_answer(t, i + 1);
    }
}

void desk_show_end(struct desk *d, struct fake_terminal *t)
{
    char target[160];
    snprintf(target, sizeof(target), "/v1/feed?store=%llu&brand=%llu&wait=0&epoch=%u&seq=%llu",
             (unsigned long long)t->cursor.store, (unsigned long long)t->cursor.brand,
             store_server_epoch(d->f.central->store), (unsigned long long)t->seq);
    terminal_send(t, "GET", target, (struct slice){NULL, 0}, &answer);
    assert_int_equal(answer.status, 200);
}

void desk_show_news(struct desk *d, struct fake_terminal *t)
{
    struct feed_found found;
    terminal_find_in_feed(t, FEED_SHOW_END, &found);
    desk_show_end(d, t);
}

void desk_feed_over(struct fake_terminal *t)
{
    t->cursor = (struct feed_cursor){0, 0};
}

struct authority_answer desk_ask(struct fake_terminal *t, struct coupon_id coupon, uint8_t request)
{
    struct authority_request ask = {.coupon = coupon};
    struct authority_answer told;
    memset(ask.request_id, request, sizeof(ask.request_id));
    terminal_ask(t, "right", &ask, &told);
    return told;
}

struct authority_answer desk_ask_credit(struct desk *d, struct fake_terminal *t, int64_t amount, uint8_t request)
{
    struct authority_request ask = {
        .member = DESK_MEMBER, .owner = {OWNER_BRAND, d->f.brand}, .amount_minor = amount, .request_id = {request}};
    struct authority_answer told;
    terminal_ask(t, "credit", &ask, &told);
    return told;
}

unsigned desk_find_right(struct fake_terminal *t, enum feed_kind kind, struct feed_right *out_right)
{
    struct feed_found found;
    terminal_find_in_feed(t, kind, &found);
    assert_true(found.count <= 1);
    if (found.count == 1)
        assert_int_equal(feed_right_decode((struct slice){found.body, found.len}, out_right), 0);
    return found.count;
}

unsigned desk_find_share(struct fake_terminal *t, enum feed_kind kind, struct feed_share *out_share)
{
    struct feed_found found;
    terminal_find_in_feed(t, kind, &found);
    assert_true(found.count <= 1);
    if (found.count == 1)
        assert_int_equal(feed_share_decode((struct slice){found.body, found.len}, out_share), 0);
    return found.count;
}

void desk_back_up(struct desk *d)
{
    assert_int_equal(central_backup(d->f.central, d->backup, sizeof(d->backup)), 0);
}

static void copy_file(const char *from, const char *to)
{
    static uint8_t bytes[8 * 1024 * 1024];
    int in = open(from, O_RDONLY), out = open(to, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_true(in >= 0 && out >= 0);
    ssize_t len = read(in, bytes, sizeof(bytes));
    assert_true(len > 0 && (size_t)len < sizeof(bytes));
    assert_int_equal(write(out, bytes, (size_t)len), len);
    close(in);
    close(out);
}

void desk_restore(struct desk *d)
{
    static const char *const logs[] = {"-wal", "-shm"};
    char path[128];
    fixture_stop(&d->f);
    for (size_t i = 0; i < ARRAY_LEN(logs); i++) {
        snprintf(path, sizeof(path), "%s/central.db%s", d->f.dir, logs[i]);
        unlink(path);
    }
    snprintf(path, sizeof(path), "%s/central.db", d->f.dir);
    copy_file(d->backup, path);
    fixture_start(&d->f, true);
    assert_true(d->f.central->restored);
}

static struct store_tx look(struct desk *d)
{
    struct store_tx tx;
    assert_int_equal(store_read_begin(d->f.central->store, &tx), 0);
    return tx;
}

static int keep_conflict(void *context, const struct conflict *conflict)
{
    struct desk_conflicts *found = context;
    found->count++;
    found->last = *conflict;
    return 0;
}

struct desk_conflicts desk_conflicts(struct desk *d)
{
    struct desk_conflicts found = {0};
    struct store_tx tx;
    assert_int_equal(store_read_begin(d->f.central->store, &tx), 0);
    assert_int_equal(rights_each_conflict(&tx, keep_conflict, &found), 0);
    store_read_end(&tx);
    return found;
}

int64_t desk_share_at(struct desk *d, uint32_t store)
{
    int64_t minor = 0;
    struct store_tx tx = look(d);
    assert_int_equal(rights_share_at(&tx, DESK_MEMBER, (struct owner){OWNER_BRAND, d->f.brand}, store, &minor), 0);
    store_read_end(&tx);
    return minor;
}

int64_t desk_balance(struct desk *d, const char *account, enum ledger_unit unit)
{
    int64_t minor = 0;
    struct store_tx tx = look(d);
    assert_int_equal(ledger_balance(&tx, account, unit, &minor), 0);
    store_read_end(&tx);
    return minor;
}

struct rights_totals desk_totals(struct desk *d)
{
    struct rights_totals totals;
    struct store_tx tx = look(d);
    assert_int_equal(rights_totals(&tx, &totals), 0);
    store_read_end(&tx);
    return totals;
}

static int count_problem(void *context, const struct record_problem *problem)
{
    (void)problem;
    ++*(uint64_t *)context;
    return 0;
}

uint64_t desk_problems(struct desk *d)
{
    uint64_t count = 0;
    struct store_tx tx = look(d);
    assert_int_equal(records_each_problem(&tx, count_problem, &count), 0);
    store_read_end(&tx);
    return count;
}

void desk_books_are_whole(struct desk *d)
{
    char account[ACCOUNT_MAX] = "";
    int64_t cny = 1, points = 1;
    struct store_tx tx = look(d);
    assert_int_equal(ledger_verify(&tx, account), 0);
    assert_int_equal(ledger_sums(&tx, &cny, &points), 0);
    assert_int_equal(rights_shares_verify(&tx, account), 0);
    store_read_end(&tx);
    assert_int_equal(cny, 0);
    assert_int_equal(points, 0);
    assert_int_equal(desk_totals(d).unexplained, 0);
    fixture_equals_anew(&d->f);
}
