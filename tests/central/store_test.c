#include "central/store/feed.h"
#include "central/store/store.h"
#include "central/store/writer.h"
#include "fault_vfs.h"
#include "fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

struct bench {
    struct fixture f; /* folder, clock, randomness */
    char path[96];
    struct store *store;
    struct writer *writer;
    struct store_touch touched[16]; /* the first ones */
    size_t touched_count;
};

static void note_touched(void *context, const struct store_touch *touches, size_t count, bool all)
{
    struct bench *b = context;
    assert_false(all);
    for (size_t i = 0; i < count && b->touched_count < ARRAY_LEN(b->touched); i++)
        b->touched[b->touched_count++] = touches[i];
}

static void open_store(struct bench *b, const char *vfs, bool inline_jobs)
{
    struct store_options options = {
        .path = b->path, .clock = &b->f.clock.base, .random = &b->f.random.base, .vfs = vfs, .create = true};
    assert_int_equal(store_open(&options, &b->store), 0);
    struct writer_options writer = {
        .store = b->store, .inline_jobs = inline_jobs, .touched = note_touched, .context = b};
    assert_int_equal(writer_open(&writer, &b->writer), 0);
}

static void close_store(struct bench *b)
{
    writer_close(b->writer);
    store_close(b->store);
    b->writer = NULL;
    b->store = NULL;
}

static int setup(void **state)
{
    static struct bench b;
    memset(&b, 0, sizeof(b));
    fixture_folder(&b.f);
    snprintf(b.path, sizeof(b.path), "%s/books.db", b.f.dir);
    *state = &b;
    return 0;
}

static int teardown(void **state)
{
    struct bench *b = *state;
    close_store(b);
    fixture_remove(&b->f);
    return 0;
}

static int64_t meta(struct bench *b, const char *name)
{
    struct store_tx tx;
    int64_t value = -1;
    assert_int_equal(store_read_begin(b->store, &tx), 0);
    int rc = store_meta_get(&tx, name, &value);
    store_read_end(&tx);
    assert_true(rc == 0 || rc == -ENOENT);
    return value;
}

struct job {
    struct bench *bench;
    const char *name;
    int verdict; /* what run returns after writing */
    int result;  /* what done was told */
    unsigned answers;
    struct job *then; /* submitted when this one is answered, three of them */
};

static int run_job(void *arg, struct store_tx *tx)
{
    struct job *job = arg;
    int rc = store_meta_set(tx, job->name, 1);
    store_tx_touch(tx, false, (uint32_t)(job->name[0]));
    return rc < 0 ? rc : job->verdict;
}

static void submit(struct job *job);

static void done_job(void *arg, int result)
{
    struct job *job = arg;
    job->result = result;
    job->answers++;
    for (int i = 0; job->then && i < 3; i++)
        submit(&job->then[i]);
}

static void submit(struct job *job)
{
    struct writer_job order = {.lane = WRITER_LIVE, .run = run_job, .done = done_job, .arg = job};
    assert_int_equal(writer_submit(job->bench->writer, &order), 0);
}

static void a_refusal_leaves_its_neighbours_in_the_same_commit(void **state)
{
    struct bench *b = *state;
    open_store(b, NULL, true);
    struct job group[3] = {
        {.bench = b, .name = "a"}, {.bench = b, .name = "b", .verdict = -ESTALE}, {.bench = b, .name = "c"}};
    struct job first = {.bench = b, .name = "x", .then = group};
    submit(&first);
    struct writer_stats stats;
    writer_stats(b->writer, &stats);
    assert_int_equal(stats.groups, 2); /* the first, and three together */
    assert_int_equal(stats.refused, 1);
    assert_int_equal(group[0].result, 0);
    assert_int_equal(group[1].result, -ESTALE);
    assert_int_equal(group[2].result, 0);
    assert_int_equal(meta(b, "a"), 1);
    assert_int_equal(meta(b, "b"), -1);
    assert_int_equal(meta(b, "c"), 1);
}

static void a_refused_job_wakes_nobody(void **state)
{
    struct bench *b = *state;
    open_store(b, NULL, true);
    struct job refused = {.bench = b, .name = "r", .verdict = -ESTALE};
    submit(&refused);
    assert_int_equal(b->touched_count, 0);
    struct job good = {.bench = b, .name = "g"};
    submit(&good);
    assert_int_equal(b->touched_count, 1);
    assert_int_equal(b->touched[0].id, 'g');
}

static void a_failed_commit_answers_every_job_and_the_books_open_again(void **state)
{
    struct bench *b = *state;
    struct fault_vfs *faults = fault_vfs_reset();
    open_store(b, FAULT_VFS_NAME, true);
    struct job before = {.bench = b, .name = "before"};
    submit(&before);
    faults->fail_log_sync = true;
    struct job group[3] = {{.bench = b, .name = "a"}, {.bench = b, .name = "b"}, {.bench = b, .name = "c"}};
    for (int i = 0; i < 3; i++)
        submit(&group[i]);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(group[i].result, -EIO);
        assert_int_equal(group[i].answers, 1);
    }
    faults->fail_log_sync = false;
    struct job after = {.bench = b, .name = "after"};
    submit(&after);
    assert_int_equal(after.result, 0);
    assert_int_equal(meta(b, "before"), 1);
    assert_int_equal(meta(b, "after"), 1);
    assert_false(store_failed(b->store));
}

static void a_full_disk_refuses_and_takes_again_when_there_is_room(void **state)
{
    struct bench *b = *state;
    struct fault_vfs *faults = fault_vfs_reset();
    open_store(b, FAULT_VFS_NAME, true);
    faults->fail_log_write = true;
    struct job job = {.bench = b, .name = "full"};
    submit(&job);
    assert_int_equal(job.result, -ENOSPC);
    faults->fail_log_write = false;
    submit(&job);
    assert_int_equal(job.result, 0);
    assert_int_equal(meta(b, "full"), 1);
}

static int run_fail(void *arg, struct store_tx *tx)
{
    (void)tx;
    return *(int *)arg;
}

static void a_call_waits_for_its_durable_result(void **state)
{
    struct bench *b = *state;
    open_store(b, NULL, false);
    struct job job = {.bench = b, .name = "called"};
    assert_int_equal(writer_call(b->writer, run_job, &job), 0);
    assert_int_equal(meta(b, "called"), 1);
    int error = -ENOENT;
    assert_int_equal(writer_call(b->writer, run_fail, &error), -ENOENT);
}

struct flood {
    struct bench *bench;
    int codes[3];
};

static int run_nothing(void *arg, struct store_tx *tx)
{
    (void)arg;
    (void)tx;
    return 0;
}

static void done_nothing(void *arg, int result)
{
    (void)arg;
    (void)result;
}

/* From within an answer nothing runs, so the third does not fit. */
static void done_flood(void *arg, int result)
{
    struct flood *flood = arg;
    assert_int_equal(result, 0);
    struct writer_job job = {.lane = WRITER_BULK, .run = run_nothing, .done = done_nothing};
    for (int i = 0; i < 3; i++)
        flood->codes[i] = writer_submit(flood->bench->writer, &job);
}

static void a_full_queue_says_so(void **state)
{
    struct bench *b = *state;
    open_store(b, NULL, true);
    writer_close(b->writer);
    struct writer_options options = {.store = b->store, .inline_jobs = true, .queue_max = 2};
    assert_int_equal(writer_open(&options, &b->writer), 0);
    struct flood flood = {.bench = b};
    struct writer_job job = {.lane = WRITER_LIVE, .run = run_nothing, .done = done_flood, .arg = &flood};
    assert_int_equal(writer_submit(b->writer, &job), 0);
    assert_int_equal(flood.codes[0], 0);
    assert_int_equal(flood.codes[1], 0);
    assert_int_equal(flood.codes[2], -EAGAIN);
}

/* Two of the bulk and one live, while nothing runs. */
static void done_mixed(void *arg, int result)
{
    struct bench *b = arg;
    struct writer_job job = {.lane = WRITER_BULK, .run = run_nothing, .done = done_nothing};
    assert_int_equal(result, 0);
    assert_int_equal(writer_submit(b->writer, &job), 0);
    assert_int_equal(writer_submit(b->writer, &job), 0);
    job.lane = WRITER_LIVE;
    assert_int_equal(writer_submit(b->writer, &job), 0);
}

static void whoever_waits_shares_a_commit_with_one_bulk_job(void **state)
{
    struct bench *b = *state;
    struct writer_stats stats;
    open_store(b, NULL, true);
    struct writer_job job = {.lane = WRITER_LIVE, .run = run_nothing, .done = done_mixed, .arg = b};
    assert_int_equal(writer_submit(b->writer, &job), 0);
    writer_stats(b->writer, &stats);
    assert_int_equal(stats.jobs, 4);
    assert_int_equal(stats.groups, 3); /* the first; live and one of the bulk; the other */
}

static struct slice text(const char *words)
{
    return (struct slice){(const uint8_t *)words, strlen(words)};
}

struct publication {
    struct feed_target target;
    const char *key, *body;
    uint64_t position;
};

static int run_publish(void *arg, struct store_tx *tx)
{
    struct publication *p = arg;
    return feed_publish(tx, p->target, FEED_PRODUCT, p->key, text(p->body), &p->position);
}

static uint64_t publish(struct bench *b, struct feed_target target, const char *key, const char *body)
{
    struct publication p = {target, key, body, 0};
    assert_int_equal(writer_call(b->writer, run_publish, &p), 0);
    return p.position;
}

struct page {
    uint8_t buffer[FEED_PAGE_BYTES_MAX], whole[FEED_PAGE_BYTES_MAX];
    struct feed_page_writer writer;
    struct feed_page_head head;
    struct feed_page_reader reader;
};

static struct page *read_page(struct bench *b, struct feed_target target, struct feed_cursor after)
{
    static struct page page;
    struct store_tx tx;
    feed_page_init(&page.writer, page.buffer, sizeof(page.buffer), after);
    assert_int_equal(store_read_begin(b->store, &tx), 0);
    assert_int_equal(feed_read_page(&tx, target, &page.writer, &page.head.more), 0);
    store_read_end(&tx);
    size_t len = 0;
    bool more = page.head.more;
    page.head.through = page.writer.through;
    assert_int_equal(feed_page_finish(&page.writer, &page.head, page.whole, sizeof(page.whole), &len), 0);
    assert_int_equal(feed_page_open((struct slice){page.whole, len}, &page.head, &page.reader), 0);
    assert_int_equal(page.head.more, more);
    return &page;
}

static const struct feed_target own = {1, 10}, other = {1, 11}, whole_brand = {1, 0};

static void the_newest_body_of_a_key_replaces_the_older_one(void **state)
{
    struct bench *b = *state;
    open_store(b, NULL, true);
    assert_int_equal(publish(b, own, "4006381333931", "old"), 1);
    assert_int_equal(publish(b, own, "4006381333948", "other"), 2);
    assert_int_equal(publish(b, own, "4006381333931", "new"), 3);
    assert_int_equal(publish(b, own, "4006381333931", "new"), 3); /* nothing new to say */
    struct page *page = read_page(b, own, (struct feed_cursor){0, 0});
    struct feed_item item;
    assert_int_equal(feed_page_next(&page->reader, &item), 1);
    assert_int_equal(item.position, 2);
    assert_int_equal(feed_page_next(&page->reader, &item), 1);
    assert_int_equal(item.position, 3);
    assert_memory_equal(item.body.data, "new", 3);
    assert_int_equal(feed_page_next(&page->reader, &item), 0);
    assert_int_equal(page->head.through.store, 3);
}

static void a_store_gets_its_own_lane_and_its_brands(void **state)
{
    struct bench *b = *state;
    open_store(b, NULL, true);
    publish(b, own, "a", "mine");
    publish(b, other, "a", "theirs");
    publish(b, whole_brand, "a", "everybody's");
    struct page *page = read_page(b, own, (struct feed_cursor){0, 0});
    assert_int_equal(page->reader.left, 2);
    assert_int_equal(page->head.through.store, 1);
    assert_int_equal(page->head.through.brand, 1);
    assert_int_equal(b->touched_count, 3);
    assert_true(b->touched[2].brand);
}

static void a_full_page_says_there_is_more_and_nothing_is_left_out(void **state)
{
    struct bench *b = *state;
    open_store(b, NULL, true);
    static char big[FEED_BODY_MAX + 1];
    memset(big, 'x', FEED_BODY_MAX);
    for (int i = 0; i < 100; i++) {
        char key[16];
        snprintf(key, sizeof(key), "%d", i);
        publish(b, i % 2 ? own : whole_brand, key, big);
    }
    struct feed_cursor cursor = {0, 0};
    unsigned items = 0, pages = 0;
    bool more = true;
    while (more) {
        struct page *page = read_page(b, own, cursor);
        items += page->reader.left;
        cursor = page->head.through;
        more = page->head.more;
        pages++;
    }
    assert_int_equal(items, 100);
    assert_true(pages > 1);
}

static void a_cursor_beyond_the_head_starts_over(void **state)
{
    struct bench *b = *state;
    open_store(b, NULL, true);
    publish(b, own, "a", "mine");
    struct page *page = read_page(b, own, (struct feed_cursor){77, 0});
    assert_int_equal(page->reader.left, 1);
    assert_int_equal(page->head.through.store, 1);
}

static void books_of_a_newer_version_are_left_alone(void **state)
{
    struct bench *b = *state;
    static const char *const newer_steps[] = {"CREATE TABLE later (id INTEGER PRIMARY KEY)", "SELECT 1"};
    static const struct store_schema newer = {"extra", newer_steps, 2}, older = {"extra", newer_steps, 1};
    const struct store_schema *parts[] = {&newer};
    struct store_options options = {
        .path = b->path, .clock = &b->f.clock.base, .parts = parts, .part_count = 1, .create = true};
    assert_int_equal(store_open(&options, &b->store), 0);
    store_close(b->store);
    b->store = NULL;
    parts[0] = &older;
    assert_int_equal(store_open(&options, &b->store), -ENOTSUP);
    parts[0] = &newer;
    assert_int_equal(store_open(&options, &b->store), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_refusal_leaves_its_neighbours_in_the_same_commit, setup, teardown),
        cmocka_unit_test_setup_teardown(a_refused_job_wakes_nobody, setup, teardown),
        cmocka_unit_test_setup_teardown(a_failed_commit_answers_every_job_and_the_books_open_again, setup, teardown),
        cmocka_unit_test_setup_teardown(a_full_disk_refuses_and_takes_again_when_there_is_room, setup, teardown),
        cmocka_unit_test_setup_teardown(a_call_waits_for_its_durable_result, setup, teardown),
        cmocka_unit_test_setup_teardown(a_full_queue_says_so, setup, teardown),
        cmocka_unit_test_setup_teardown(whoever_waits_shares_a_commit_with_one_bulk_job, setup, teardown),
        cmocka_unit_test_setup_teardown(the_newest_body_of_a_key_replaces_the_older_one, setup, teardown),
        cmocka_unit_test_setup_teardown(a_store_gets_its_own_lane_and_its_brands, setup, teardown),
        cmocka_unit_test_setup_teardown(a_full_page_says_there_is_more_and_nothing_is_left_out, setup, teardown),
        cmocka_unit_test_setup_teardown(a_cursor_beyond_the_head_starts_over, setup, teardown),
        cmocka_unit_test_setup_teardown(books_of_a_newer_version_are_left_alone, setup, teardown),
    };
    return crypto_start() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
