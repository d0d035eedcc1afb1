#include "central/store/journal.h"
#include "central/store/rights.h"
#include "central/store/succession.h"
#include "fixture.h"

#include <dirent.h>
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

static struct journal_answer upload(struct fake_terminal *t, unsigned count)
{
    batch_start(&batch);
    for (unsigned i = 0; i < count; i++) {
        struct body body = {.kind = RECORD_SIGN_IN, .sign_in = {.clerk = i + 1, .method = SIGN_IN_PIN}};
        batch_record(&batch, t, &body);
    }
    batch_upload(&batch, t, &answer);
    struct journal_answer told;
    assert_int_equal(answer.status, 200);
    assert_int_equal(journal_answer_decode(answer.body, answer.len, &told), 0);
    return told;
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

static void put_back(struct shop_world *w, const char *backup)
{
    char path[128];
    fixture_stop(&w->f);
    snprintf(path, sizeof(path), "%s/central.db-wal", w->f.dir);
    unlink(path);
    snprintf(path, sizeof(path), "%s/central.db-shm", w->f.dir);
    unlink(path);
    snprintf(path, sizeof(path), "%s/central.db", w->f.dir);
    copy_file(backup, path);
    fixture_start(&w->f, true);
}

static void only_a_verified_backup_allows_pruning(void **state)
{
    struct shop_world *w = *state;
    char path[256];
    assert_int_equal(upload(&w->t, 5).archived_through, 0);
    assert_int_equal(central_backup(w->f.central, path, sizeof(path)), 0);
    struct journal_answer told = upload(&w->t, 2);
    assert_int_equal(told.archived_through, 5);
    assert_int_equal(told.durable_through, 7);
}

static void the_oldest_backup_that_is_kept_decides_the_mark(void **state)
{
    struct shop_world *w = *state;
    char path[256];
    for (int i = 0; i < 4; i++) {
        upload(&w->t, 1);
        sim_clock_advance(&w->f.clock, 1000);
        assert_int_equal(central_backup(w->f.central, path, sizeof(path)), 0);
    }
    assert_int_equal(upload(&w->t, 1).archived_through, 2); /* the first of four is gone */
}

static unsigned backups_in(const struct shop_world *w)
{
    char folder[160];
    unsigned count = 0;
    snprintf(folder, sizeof(folder), "%s/backup", w->f.dir);
    DIR *dir = opendir(folder);
    assert_non_null(dir);
    for (struct dirent *entry; (entry = readdir(dir));)
        count += strstr(entry->d_name, ".db") != NULL;
    closedir(dir);
    return count;
}

static void what_is_asked_for_leaves_the_clocks_backups_alone(void **state)
{
    struct shop_world *w = *state;
    char path[256], first[256];
    w->f.central->config.backup_hours = 24;
    upload(&w->t, 1);
    assert_int_equal(central_backup(w->f.central, first, sizeof(first)), 0);
    assert_int_equal(central_backup(w->f.central, path, sizeof(path)), 0);
    for (int i = 0; i < 4; i++) {
        upload(&w->t, 1);
        assert_int_equal(central_backup_between(w->f.central, path, sizeof(path)), 0);
        assert_int_equal(backups_in(w), 3);
        assert_int_equal(access(path, R_OK), 0);
    }
    assert_int_equal(upload(&w->t, 1).archived_through, 1); /* the first day's is the oldest still */
    assert_int_equal(central_backup(w->f.central, path, sizeof(path)), 0);
    assert_int_equal(backups_in(w), 3);
    assert_int_equal(access(first, R_OK), 0);
}

static void a_confirmation_has_a_backup_made_but_not_one_each(void **state)
{
    struct shop_world *w = *state;
    struct central *central = w->f.central;
    char path[256];
    assert_int_equal(central_backup_soon(central), -1); /* the operator wants none by itself */
    central->config.backup_hours = 24;
    assert_int_equal(central_backup_soon(central), 60000);
    sim_clock_advance(&w->f.clock, 20000);
    assert_int_equal(central_backup_soon(central), 40000); /* two in a row are one */
    central_tick(central);
    assert_int_equal(central->metrics.backups, 0);
    sim_clock_advance(&w->f.clock, 40000);
    central_tick(central);
    assert_int_equal(central->metrics.backups, 1);
    assert_int_equal(central_backup_soon(central), 15 * 60000);
    assert_int_equal(central_backup(central, path, sizeof(path)), 0); /* one on request does not know of it */
    sim_clock_advance(&w->f.clock, 15 * 60000);
    central_tick(central);
    assert_int_equal(central->metrics.backups, 3);
    central_tick(central);
    assert_int_equal(central->metrics.backups, 3);
}

static void a_backup_that_a_confirmation_asked_for_is_tried_until_it_is_made(void **state)
{
    struct shop_world *w = *state;
    struct central *central = w->f.central;
    char folder[160];
    snprintf(folder, sizeof(folder), "%s/backup", w->f.dir);
    int fd = open(folder, O_WRONLY | O_CREAT | O_EXCL, 0600); /* in the folder's place: nothing can be made in it */
    assert_true(fd >= 0);
    close(fd);
    central->config.backup_hours = 24;
    assert_int_equal(central_backup_soon(central), 60000);
    sim_clock_advance(&w->f.clock, 60000);
    central_tick(central);
    assert_int_equal(central->metrics.backup_failures, 1);
    assert_int_equal(unlink(folder), 0);
    central_tick(central);
    assert_int_equal(central->metrics.backups, 0); /* not in every tick */
    sim_clock_advance(&w->f.clock, 15 * 60000);
    central_tick(central);
    assert_int_equal(central->metrics.backups, 1);
    sim_clock_advance(&w->f.clock, 15 * 60000);
    central_tick(central);
    assert_int_equal(central->metrics.backups, 1);
}

static void what_a_killed_backup_left_goes_with_the_next_one(void **state)
{
    static const char *const left[] = {"central-001795000000001.db.part", "central-001795000000001.db.part-journal",
                                       "central-001795000000001-between.db.part"};
    struct shop_world *w = *state;
    char path[256], beside[160];
    assert_int_equal(central_backup(w->f.central, path, sizeof(path)), 0);
    for (size_t i = 0; i < ARRAY_LEN(left); i++) {
        snprintf(beside, sizeof(beside), "%s/backup/%s", w->f.dir, left[i]);
        copy_file(path, beside);
    }
    snprintf(beside, sizeof(beside), "%s/backup/central-by-hand.zip", w->f.dir); /* somebody's own */
    copy_file(path, beside);
    assert_int_equal(central_backup(w->f.central, path, sizeof(path)), 0);
    assert_int_equal(backups_in(w), 2);
    assert_int_equal(access(beside, R_OK), 0);
}

static void a_restored_central_gets_back_what_it_lost(void **state)
{
    struct shop_world *w = *state;
    char path[256];
    upload(&w->t, 3);
    assert_int_equal(central_backup(w->f.central, path, sizeof(path)), 0);
    struct journal_answer before = upload(&w->t, 4);
    static struct batch lost;
    lost = batch;
    lost.writer.buffer = lost.buffer; /* what the terminal still has, from archived_through + 1 */
    put_back(w, path);
    assert_true(w->f.central->restored);

    struct journal_answer told = upload(&w->t, 1);
    assert_int_equal(told.status, JOURNAL_GAP);
    assert_int_equal(told.expected_seq, 4);
    assert_true(told.server_epoch > before.server_epoch);
    batch_upload(&lost, &w->t, &answer);
    assert_int_equal(journal_answer_decode(answer.body, answer.len, &told), 0);
    assert_int_equal(told.durable_through, 7);
    batch_upload(&batch, &w->t, &answer);
    assert_int_equal(journal_answer_decode(answer.body, answer.len, &told), 0);
    assert_int_equal(told.durable_through, 8);
}

static void two_restores_of_one_backup_differ(void **state)
{
    struct shop_world *w = *state;
    char path[256];
    assert_int_equal(central_backup(w->f.central, path, sizeof(path)), 0);
    put_back(w, path);
    uint32_t first = store_server_epoch(w->f.central->store);
    put_back(w, path);
    assert_int_not_equal(store_server_epoch(w->f.central->store), first);
}

static uint32_t enrolled_next(struct shop_world *w, uint8_t seed)
{
    struct fake_terminal t;
    terminal_make(&t, &w->f, seed);
    terminal_enrol(&t, &w->f, w->f.shops[0]);
    return t.id;
}

/* What the first restore gave out is on devices, and the second one never heard of it. */
static void no_terminals_number_is_given_twice_over_two_restores(void **state)
{
    struct shop_world *w = *state;
    char path[256];
    assert_int_equal(central_backup(w->f.central, path, sizeof(path)), 0);
    put_back(w, path);
    uint32_t first = enrolled_next(w, 2);
    put_back(w, path);
    uint32_t second = enrolled_next(w, 3);
    assert_true(first >= w->t.id + 100 && second >= first + 100);
    fixture_stop(&w->f);
    fixture_start(&w->f, true);
    assert_int_equal(enrolled_next(w, 4), second + 1); /* a start is no restore */
}

struct issue {
    struct fixture *f;
    struct coupon_id id;
};

static int run_issue(void *arg, struct store_tx *tx)
{
    struct issue *issue = arg;
    struct coupon coupon = {.id = {1001, 0}, .brand = issue->f->brand, .home_store = issue->f->shops[0]};
    return rights_issue_coupon(tx, &coupon, MODE_HOME, &issue->id);
}

static int run_learn(void *arg, struct store_tx *tx)
{
    return rights_learn_token(tx, arg, MODE_HOME);
}

static uint64_t next_serial(struct shop_world *w)
{
    struct issue issue = {.f = &w->f};
    assert_int_equal(fixture_write(&w->f, run_issue, &issue), 0);
    return issue.id.serial;
}

static void no_serial_is_given_twice_over_a_restore(void **state)
{
    struct shop_world *w = *state;
    char path[256];
    assert_int_equal(next_serial(w), 1);
    assert_int_equal(central_backup(w->f.central, path, sizeof(path)), 0);
    uint64_t lost = next_serial(w);
    put_back(w, path);
    uint64_t first = next_serial(w);
    put_back(w, path);
    uint64_t second = next_serial(w);

    assert_true(first > lost + 1000000 && second > lost + 1000000);
    assert_int_not_equal(first, second);
    fixture_stop(&w->f);
    fixture_start(&w->f, true);
    assert_int_equal(next_serial(w), second + 1); /* a start is no restore */
    struct coupon_token token = {.brand = (uint16_t)w->f.brand, .coupon = {1001, second + 500}, .home_store = 1};
    assert_int_equal(fixture_write(&w->f, run_learn, &token), 0);
    assert_int_equal(next_serial(w), second + 2); /* what comes back to the books does not count */
}

struct naming {
    uint32_t store, terminal;
};

static int run_name(void *arg, struct store_tx *tx)
{
    const struct naming *naming = arg;
    return succession_hand_over(tx, naming->store, naming->terminal, "manager");
}

/* The store epoch under which it is the primary. */
static uint32_t name_primary(struct shop_world *w, const struct fake_terminal *t)
{
    struct naming naming = {w->f.shops[0], t->id};
    struct store_tx tx;
    struct shop shop;
    assert_int_equal(fixture_write(&w->f, run_name, &naming), 0);
    assert_int_equal(store_read_begin(w->f.central->store, &tx), 0);
    assert_int_equal(identity_find_shop(&tx, naming.store, &shop), 0);
    store_read_end(&tx);
    assert_int_equal(shop.primary_terminal, t->id);
    return shop.store_epoch;
}

/* Whoever is promoted, or was named by books that are lost, holds the tokens of that epoch. */
static void no_store_epoch_is_given_twice_over_a_restore(void **state)
{
    struct shop_world *w = *state;
    struct fake_terminal peer;
    char path[256];
    terminal_make(&peer, &w->f, 2);
    terminal_enrol(&peer, &w->f, w->f.shops[0]);
    assert_int_equal(central_backup(w->f.central, path, sizeof(path)), 0);
    uint32_t lost = name_primary(w, &peer);
    put_back(w, path);
    uint32_t before = name_primary(w, &peer);
    assert_true(before >= lost + 64);
    put_back(w, path);
    uint32_t first = name_primary(w, &peer);
    assert_true(first >= before + 12);
    assert_int_equal(name_primary(w, &w->t), first + 1);
    fixture_stop(&w->f);
    fixture_start(&w->f, true);
    assert_int_equal(name_primary(w, &peer), first + 2); /* a start is no restore */
    assert_int_equal(central_backup(w->f.central, path, sizeof(path)), 0);
    put_back(w, path);
    assert_true(name_primary(w, &w->t) >= first + 2 + 64);
}

static struct feed_right right_in_feed(struct fake_terminal *t, enum feed_kind kind)
{
    struct feed_found found;
    struct feed_right right = {0};
    terminal_find_in_feed(t, kind, &found);
    assert_int_equal(found.count, 1);
    assert_int_equal(feed_right_decode((struct slice){found.body, found.len}, &right), 0);
    return right;
}

static enum authority_verdict ask(struct fake_terminal *t, struct coupon_id coupon, uint8_t request)
{
    struct authority_request ask = {.coupon = coupon, .request_id = {request}};
    struct authority_answer told;
    terminal_ask(t, "right", &ask, &told);
    return (enum authority_verdict)told.verdict;
}

static void right_record(struct batch *b, struct fake_terminal *t, enum record_kind kind, const struct feed_right *from)
{
    struct body body = {
        .kind = kind,
        .right = {.coupon = from->coupon, .epoch = from->epoch, .use_no = from->use_no, .transfer = from->transfer},
    };
    batch_start(b);
    batch_record(b, t, &body);
    batch_upload(b, t, &answer);
    assert_int_equal(answer.status, 200);
}

/* The backup is older than the move: released there, granted here, and central remembers neither. */
static void a_right_that_moved_after_the_backup_is_never_granted_twice(void **state)
{
    struct shop_world *w = *state;
    static struct batch release, taken;
    struct fake_terminal other;
    char path[256];
    terminal_make(&other, &w->f, 2);
    terminal_enrol(&other, &w->f, w->f.shops[1]);
    struct issue issue = {.f = &w->f};
    assert_int_equal(fixture_write(&w->f, run_issue, &issue), 0);
    assert_int_equal(central_backup(w->f.central, path, sizeof(path)), 0);
    assert_int_equal(ask(&other, issue.id, 1), AUTHORITY_WAITING);
    struct feed_right asked = right_in_feed(&w->t, FEED_RIGHT_REQUEST);
    right_record(&release, &w->t, RECORD_RIGHT_RELEASED, &asked);
    struct feed_right granted = right_in_feed(&other, FEED_RIGHT_GRANT);
    right_record(&taken, &other, RECORD_RIGHT_GRANTED, &granted);
    put_back(w, path);

    batch_upload(&release, &w->t, &answer);
    assert_int_equal(answer.status, 200);
    assert_int_equal(ask(&w->t, issue.id, 2), AUTHORITY_WAITING); /* somebody holds it, central cannot know who */
    struct feed_found none;
    terminal_find_in_feed(&w->t, FEED_RIGHT_GRANT, &none);
    assert_int_equal(none.count, 0);
    batch_upload(&taken, &other, &answer);
    assert_int_equal(answer.status, 200);
    assert_int_equal(ask(&other, issue.id, 3), AUTHORITY_GRANTED);
    assert_int_equal(ask(&w->t, issue.id, 4), AUTHORITY_WAITING);
    other.cursor = (struct feed_cursor){0, 0};
    assert_int_equal(right_in_feed(&other, FEED_RIGHT_REQUEST).epoch, 1);
}

static void ask_with_books(struct shop_world *w, struct fake_terminal *t)
{
    struct enrol_ticket ticket;
    make_ticket(&w->f, w->f.shops[0], &ticket);
    t->has_books = true;
    identity_key_id_waiting(t->pair.public_key, t->key_id);
    terminal_ask_enrol(t, &ticket, &answer);
}

/* Enrolled after the backup that central comes back from. early: what it had uploaded. */
static void enrol_and_go_back(struct shop_world *w, struct fake_terminal *late, struct batch *early)
{
    char path[256];
    assert_int_equal(central_backup(w->f.central, path, sizeof(path)), 0);
    terminal_make(late, &w->f, 2);
    terminal_enrol(late, &w->f, w->f.shops[0]);
    upload(late, 3);
    *early = batch;
    early->writer.buffer = early->buffer;
    put_back(w, path);
}

/* Enrolled after the backup: these books never heard of it, its journal and what it holds go on under its number. */
static void who_was_enrolled_after_the_backup_comes_back_as_itself(void **state)
{
    struct shop_world *w = *state;
    static struct batch early;
    struct fake_terminal late, newcomer;
    enrol_and_go_back(w, &late, &early);
    terminal_make(&newcomer, &w->f, 3);
    terminal_enrol(&newcomer, &w->f, w->f.shops[0]); /* first come, and not served with the other's number */
    assert_int_not_equal(newcomer.id, late.id);

    uint32_t number = late.id;
    ask_with_books(w, &late);
    assert_int_equal(answer.status, 200);
    terminal_confirm_waiting(&late); /* the operator compares the digits all the same */
    assert_int_equal(late.id, number);
    batch_upload(&early, &late, &answer);
    assert_int_equal(answer.status, 200);
    assert_int_equal(upload(&late, 1).durable_through, 4);
}

static int run_refuse(void *arg, struct store_tx *tx)
{
    return identity_confirm(tx, *(uint32_t *)arg, false, "operator");
}

/* The operator's no may have been a mistake, and a device whose books go on has no other key to come with. */
static void who_was_refused_after_a_restore_may_ask_again(void **state)
{
    struct shop_world *w = *state;
    static struct batch early;
    struct fake_terminal late, blank;
    enrol_and_go_back(w, &late, &early);
    uint32_t number = late.id;
    ask_with_books(w, &late);
    assert_int_equal(answer.status, 200);
    assert_int_equal(fixture_write(&w->f, run_refuse, &number), 0);

    blank = late; /* its key alone is not enough */
    blank.incarnation++;
    ask_with_books(w, &blank);
    assert_refused(&answer, 403, "key_known");
    ask_with_books(w, &late);
    assert_int_equal(answer.status, 200);
    terminal_confirm_waiting(&late);
    assert_int_equal(late.id, number);
    batch_upload(&early, &late, &answer);
    assert_int_equal(answer.status, 200);
}

static void an_ordinary_restart_keeps_the_epoch(void **state)
{
    struct shop_world *w = *state;
    uint32_t before = store_server_epoch(w->f.central->store);
    fixture_stop(&w->f);
    fixture_start(&w->f, true);
    assert_false(w->f.central->restored);
    assert_int_equal(store_server_epoch(w->f.central->store), before);
}

static void a_cursor_of_another_epoch_starts_the_feed_over(void **state)
{
    struct shop_world *w = *state;
    struct feed_found found;
    char target[96];
    terminal_find_in_feed(&w->t, FEED_SETTINGS, &found);
    uint32_t epoch = store_server_epoch(w->f.central->store);
    struct feed_page_head head;
    struct feed_page_reader reader;
    for (uint32_t other = 0; other < 2; other++) {
        snprintf(target, sizeof(target), "/v1/feed?store=%llu&brand=%llu&wait=0&epoch=%u",
                 (unsigned long long)w->t.cursor.store, (unsigned long long)w->t.cursor.brand, epoch + other);
        terminal_send(&w->t, "GET", target, (struct slice){NULL, 0}, &answer);
        assert_int_equal(feed_page_open((struct slice){answer.body, answer.len}, &head, &reader), 0);
        assert_int_equal(reader.left > 0, other);
    }
}

static void a_replay_from_before_a_restart_is_refused(void **state)
{
    struct shop_world *w = *state;
    struct signature_headers headers;
    struct slice none = {NULL, 0};
    static const char target[] = "/v1/feed?store=0&brand=0&wait=0";
    terminal_sign(&w->t, &(struct signature_message){"GET", target, none}, &headers);
    struct exchange exchange = {"GET", target, &headers, "", none};
    transport_direct(&w->f, &exchange, &answer);
    assert_int_equal(answer.status, 200);
    fixture_stop(&w->f);
    fixture_start(&w->f, true);
    transport_direct(&w->f, &exchange, &answer);
    assert_int_equal(answer.status, 401);
}

static void a_second_central_is_kept_out_by_the_lock(void **state)
{
    struct shop_world *w = *state;
    struct central_options options = {.config = w->f.central->config, .clock = &w->f.clock.base, .inline_jobs = true};
    struct central *second = NULL;
    pid_t holder = 0;
    assert_int_equal(central_open(&options, &second, &holder), -EBUSY);
    assert_int_equal(holder, getpid());
    assert_null(second);
}

static void init_never_overwrites(void **state)
{
    struct shop_world *w = *state;
    struct central_init_options init = {.config = w->f.central->config, .brand_zh = "x", .brand_en = "x"};
    fixture_stop(&w->f);
    assert_int_equal(central_init_data(&init), -EEXIST);
    fixture_start(&w->f, true);
    assert_int_equal(w->f.central->brand, w->f.brand);
}

static void damaged_books_do_not_open(void **state)
{
    struct shop_world *w = *state;
    char path[128];
    upload(&w->t, 50);
    struct central_config config = w->f.central->config;
    fixture_stop(&w->f);
    snprintf(path, sizeof(path), "%s/central.db", w->f.dir);
    int fd = open(path, O_WRONLY);
    static const uint8_t noise[4096] = {0x5a, 0xa5, 0x5a};
    for (off_t page = 1; page < 12; page++)
        assert_int_equal(pwrite(fd, noise, sizeof(noise), page * 4096), sizeof(noise));
    close(fd);
    struct central_options options = {.config = config, .clock = &w->f.clock.base, .inline_jobs = true};
    assert_int_equal(central_open(&options, &w->f.central, NULL), -EUCLEAN);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, shop_world_setup, shop_world_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(only_a_verified_backup_allows_pruning),
        CASE(the_oldest_backup_that_is_kept_decides_the_mark),
        CASE(what_is_asked_for_leaves_the_clocks_backups_alone),
        CASE(a_confirmation_has_a_backup_made_but_not_one_each),
        CASE(a_backup_that_a_confirmation_asked_for_is_tried_until_it_is_made),
        CASE(what_a_killed_backup_left_goes_with_the_next_one),
        CASE(a_restored_central_gets_back_what_it_lost),
        CASE(a_right_that_moved_after_the_backup_is_never_granted_twice),
        CASE(two_restores_of_one_backup_differ),
        CASE(no_terminals_number_is_given_twice_over_two_restores),
        CASE(no_serial_is_given_twice_over_a_restore),
        CASE(no_store_epoch_is_given_twice_over_a_restore),
        CASE(who_was_enrolled_after_the_backup_comes_back_as_itself),
        CASE(who_was_refused_after_a_restore_may_ask_again),
        CASE(an_ordinary_restart_keeps_the_epoch),
        CASE(a_cursor_of_another_epoch_starts_the_feed_over),
        CASE(a_replay_from_before_a_restart_is_refused),
        CASE(a_second_central_is_kept_out_by_the_lock),
        CASE(init_never_overwrites),
        CASE(damaged_books_do_not_open),
    };
    return crypto_start() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
